//! Where tests find third-party data, and how they say that they were skipped, or that they must
//! not be.
//!
//! Real profiles, compiled blobs and recorded decisions belong to others, so none is in the
//! repository: `LAPBELT_CORPUS` names the folder they are in.
#![forbid(unsafe_code)]

use std::io::Write;
use std::path::{Path, PathBuf};

/// The corpus: the folder that `LAPBELT_CORPUS` names, else `../shared/corpus` beside the
/// repository. `None`, and said so, if there is none.
///
/// # Panics
/// If there is none and `LAPBELT_REQUIRE_CORPUS` is 1.
pub fn folder() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let folder = std::env::var_os("LAPBELT_CORPUS").map_or_else(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    let lacking = format!(
        "no corpus at {}; name one in LAPBELT_CORPUS",
        folder.display()
    );
    skip(is_required("LAPBELT_REQUIRE_CORPUS"), &lacking);
    None
}

/// Says that the calling test was skipped, as this machine cannot confine a program.
///
/// # Panics
/// If `LAPBELT_REQUIRE_SUPERVISOR` is 1.
pub fn skip_unsupervised(reason: &str) {
    skip(is_required("LAPBELT_REQUIRE_SUPERVISOR"), reason);
}

fn is_required(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| value == "1")
}

fn skip(is_required: bool, reason: &str) {
    assert!(!is_required, "{reason}");
    say_skipped(reason);
}

/// Says on standard error, even where a test's output is kept back, that the calling test was
/// skipped, and why.
pub fn say_skipped(reason: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    // Nobody is left to tell if standard error is closed.
    let _ = writeln!(std::io::stderr(), "skipped {test}: {reason}");
}

#[cfg(test)]
mod tests {
    use super::skip;

    #[test]
    #[should_panic(expected = "no user notification")]
    fn what_is_required_is_not_skipped() {
        skip(true, "no user notification");
    }

    #[test]
    fn anything_else_is() {
        skip(false, "no user notification");
    }
}
