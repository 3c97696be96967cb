//! The argument that names what confines a program.

use lapbelt_learn::host::BackendName;

/// A backend by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum BackendArg {
    /// Whatever this host has.
    Auto,
    /// Seccomp user notification.
    Linux,
    /// sandbox-exec and the unified log; LAPBELT_SANDBOX_EXEC, LAPBELT_LOG and LAPBELT_PS name
    /// other programs for them and ps.
    Macos,
}

impl From<BackendArg> for BackendName {
    fn from(arg: BackendArg) -> Self {
        match arg {
            BackendArg::Auto => Self::Auto,
            BackendArg::Linux => Self::Linux,
            BackendArg::Macos => Self::Macos,
        }
    }
}
