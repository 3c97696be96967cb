//! What this host can do, in single checks that a person can act on.

use std::path::Path;

/// One thing that a host has or lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What it is.
    pub name: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// Whether it is there.
    pub finding: Finding,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It is there; which version or level.
    Present(String),
    /// It is not there.
    Missing {
        /// What was seen.
        seen: String,
        /// How to get it.
        remedy: &'static str,
    },
}

impl Check {
    pub(crate) fn new(
        name: &'static str,
        purpose: &'static str,
        remedy: &'static str,
        result: Result<String, String>,
    ) -> Self {
        let finding = match result {
            Ok(detail) => Finding::Present(detail),
            Err(seen) => Finding::Missing { seen, remedy },
        };
        Self {
            name,
            purpose,
            finding,
        }
    }
}

/// The programs of macOS by which it confines and reports.
pub fn macos_checks(sandbox_exec: &Path, log: &Path) -> Vec<Check> {
    let there = |path: &Path| match path.metadata() {
        Ok(_) => Ok(path.display().to_string()),
        Err(error) => Err(format!("{}: {error}", path.display())),
    };
    vec![
        Check::new(
            "sandbox-exec",
            "confines programs on macOS",
            "it is part of macOS; LAPBELT_SANDBOX_EXEC names another",
            there(sandbox_exec),
        ),
        Check::new(
            "unified log",
            "tells what was denied on macOS",
            "it is part of macOS; LAPBELT_LOG names another, and the terminal may need Full Disk \
             Access to read it",
            there(log),
        ),
    ]
}
