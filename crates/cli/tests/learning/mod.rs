//! Learning the profile of a script.

use std::path::Path;
use std::process::{Command, Stdio};

/// Runs `lapbelt workflow` on a shell script in a folder; answers with exit code and messages.
pub(crate) fn learn(folder: &Path, options: &[&str], script: &str) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_lapbelt"))
        .current_dir(folder)
        .arg("workflow")
        .args(options)
        .args(["--cmd", "/bin/sh", "--", "-c", script])
        .stdin(Stdio::null())
        .output()
        .expect("a run");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().expect("an exit code"), text)
}
