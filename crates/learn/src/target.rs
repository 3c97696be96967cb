//! The program to learn, and what counts as its success.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The program to run again and again.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its resolved path.
    pub program: PathBuf,
    /// What it is called by, a name or a path: many a program looks at that.
    pub name: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Where it runs.
    pub cwd: PathBuf,
    /// A shell command that says by exit status 0 whether a run was a success; the run's own exit
    /// status is in `LAPBELT_STATUS`. Without one, exit status 0 of the run is success.
    pub success_cmd: Option<String>,
    /// A shell command to run before each fresh run, to put back what a run changes.
    pub fresh_cmd: Option<String>,
    /// After this long a run is ended and counts as failed.
    pub timeout: Option<Duration>,
    /// For so long what outlives the program is still watched, before it is ended.
    pub linger: Duration,
}

impl Target {
    /// The command line for a person to read.
    pub fn command_line(&self) -> String {
        let mut line = self.program.display().to_string();
        for arg in &self.args {
            line.push(' ');
            line.push_str(&arg.to_string_lossy());
        }
        line
    }
}

/// The program a name means: a path as it is, else the first of that name in `PATH`.
///
/// # Errors
/// A paragraph for the user if there is none, or it cannot be executed.
pub fn find_program(name: &Path) -> Result<PathBuf, String> {
    let shown = name.display();
    if name.as_os_str().as_bytes().contains(&b'/') {
        let meta = std::fs::metadata(name)
            .map_err(|error| format!("cannot find the program {shown}: {error}; check the path"))?;
        if !meta.is_file() || meta.permissions().mode() & 0o111 == 0 {
            return Err(format!(
                "{shown} is not an executable file; name a program, or make it one with chmod +x"
            ));
        }
        return std::path::absolute(name).map_err(|error| format!("{shown}: {error}"));
    }
    let path = std::env::var_os("PATH").unwrap_or_else(|| OsString::from("/usr/bin:/bin"));
    let mut candidates = std::env::split_paths(&path).map(|folder| folder.join(name));
    let found = candidates.find(|candidate| {
        let meta = std::fs::metadata(candidate);
        meta.is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
    });
    found.ok_or_else(|| format!("no program {shown} in PATH; give its path, or check the spelling"))
}
