//! How a program is watched in a run.

use lapbelt_tracer::Mode;
use serde::Deserialize;

/// A way to watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Way {
    /// By the debug registers of each of its threads.
    HwBreakpoint,
    /// By an instruction in its code.
    Patch,
    /// By a library that is loaded first, with a routine of the same name.
    Interpose,
    /// Not at all: say only what could be done, of a program that runs until the routine is there.
    Triage,
}

impl Way {
    /// How the routine is watched, unless it is not to be.
    pub(super) fn mode(self) -> Option<Mode> {
        match self {
            Self::HwBreakpoint => Some(Mode::HwBreakpoint),
            Self::Patch => Some(Mode::Patch),
            Self::Interpose => Some(Mode::Interpose),
            Self::Triage => None,
        }
    }
}
