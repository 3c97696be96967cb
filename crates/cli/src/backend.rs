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

/// The programs of macOS that are used: sandbox-exec, log and ps.
pub(crate) fn programs() -> [PathBuf; 3] {
    [
        ("LAPBELT_SANDBOX_EXEC", "/usr/bin/sandbox-exec"),
        ("LAPBELT_LOG", "/usr/bin/log"),
        ("LAPBELT_PS", "/bin/ps"),
    ]
    .map(|(variable, default)| {
        std::env::var_os(variable).map_or_else(|| default.into(), PathBuf::from)
    })
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
            let [sandbox_exec, log, ps] = programs();
            Self {
                backend: Box::new(MacosBackend::new(sandbox_exec, log, ps)),
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
