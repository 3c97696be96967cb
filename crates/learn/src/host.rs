//! What confines programs on this host.

use std::path::PathBuf;

use lapbelt_policy::world::{World, shipped};
use lapbelt_sandbox::{Backend, LinuxBackend, MacosBackend};

/// A backend by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackendName {
    /// Whatever this host has.
    #[default]
    Auto,
    /// Seccomp user notification.
    Linux,
    /// `sandbox-exec` and the unified log.
    Macos,
}

/// The programs of macOS that are used, `sandbox-exec`, `log` and `ps`: the system's own unless
/// `LAPBELT_SANDBOX_EXEC`, `LAPBELT_LOG` and `LAPBELT_PS` name others.
pub fn programs() -> [PathBuf; 3] {
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
pub struct Host {
    /// What confines.
    pub backend: Box<dyn Backend>,
    /// Name of the world.
    pub world: &'static str,
}

impl Host {
    /// The host as the backend of that name sees it.
    pub fn new(name: BackendName) -> Self {
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

    /// The world itself.
    ///
    /// # Panics
    /// Never: the worlds named here are shipped, and a test parses them.
    pub fn load_world(&self) -> World {
        shipped(self.world)
            .and_then(Result::ok)
            .unwrap_or_else(|| panic!("no world {}", self.world))
    }
}

/// The id of this very host, such as `linux-6.18.44-x86_64`; where the system enforces by itself,
/// that of the world it is taken for.
pub fn exact_world(backend: &dyn Backend, world: &World) -> String {
    if backend.dialect().is_some() {
        return world.id().to_string();
    }
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let release = release.trim().split('-').next().unwrap_or_default();
    format!("{}-{release}-{}", world.id(), std::env::consts::ARCH)
}
