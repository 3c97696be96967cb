//! What confines a program on this host.

use std::path::PathBuf;

use lapbelt_sandbox::{Backend, LinuxBackend, MacosBackend};

/// A backend by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum BackendName {
    /// Whatever this host has.
    Auto,
    /// Seccomp user notification.
    Linux,
    /// sandbox-exec and the unified log; LAPBELT_SANDBOX_EXEC, LAPBELT_LOG and LAPBELT_PS name
    /// other programs for them and ps.
    Macos,
}

/// A backend and the world whose language it speaks.
pub(crate) struct Host {
    pub(crate) backend: Box<dyn Backend>,
    pub(crate) world: &'static str,
}

impl Host {
    pub(crate) fn new(name: BackendName) -> Self {
        let is_macos = match name {
            BackendName::Auto => cfg!(target_os = "macos"),
            BackendName::Linux => false,
            BackendName::Macos => true,
        };
        if is_macos {
            let program = |variable: &str, default: &str| {
                std::env::var_os(variable).map_or_else(|| default.into(), PathBuf::from)
            };
            let backend = MacosBackend::new(
                program("LAPBELT_SANDBOX_EXEC", "/usr/bin/sandbox-exec"),
                program("LAPBELT_LOG", "/usr/bin/log"),
                program("LAPBELT_PS", "/bin/ps"),
            );
            Self {
                backend: Box::new(backend),
                world: "macos-14.4.1",
            }
        } else {
            Self {
                backend: Box::new(LinuxBackend),
                world: "linux",
            }
        }
    }
}
