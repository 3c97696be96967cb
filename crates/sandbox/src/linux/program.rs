//! A job's program made ready for execve: everything that may allocate, done before the fork.

use std::ffi::{CString, OsStr, OsString};
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::job::{Job, RunError, Stdio};

/// Lowest number for descriptors that are to become standard streams, so that none is in the way
/// of another.
const ABOVE_STANDARD: i32 = 10;

/// What the child needs to become the program.
#[derive(Debug)]
pub(crate) struct Program {
    /// File to execute.
    pub(crate) file: CString,
    /// What the system will call it: the last part of the file's path, which the kernel shortens.
    pub(crate) name: CString,
    /// Arguments, the name first.
    pub(crate) arguments: Vec<CString>,
    /// Those of the shell that runs the file if it is no format the kernel knows, as execvp(3) of
    /// macOS has it, by which `sandbox-exec` starts programs.
    pub(crate) shell_arguments: Vec<CString>,
    /// Environment.
    pub(crate) environment: Vec<CString>,
    /// Directory to enter.
    pub(crate) directory: Option<CString>,
    /// Descriptors for standard input, output and error; `None` for ours.
    pub(crate) streams: [Option<OwnedFd>; 3],
    /// The kernel, which asks nobody, may write a file when it ends badly.
    pub(crate) may_dump: bool,
}

impl Program {
    /// Takes what is needed out of a job.
    pub(crate) fn of(job: &mut Job) -> Result<Self, RunError> {
        let environment: Vec<(OsString, OsString)> = match job.env.take() {
            Some(variables) => variables,
            None => std::env::vars_os().collect(),
        };
        let path = environment
            .iter()
            .find(|(name, _)| name == "PATH")
            .map(|(_, path)| path);
        let called = [text(job.program.as_os_str())?];
        let file = find(
            &job.program,
            path.map(OsString::as_os_str),
            job.cwd.as_deref(),
        )?;
        let name = text(file.file_name().unwrap_or_default())?;
        let file = text(file.as_os_str())?;
        let arguments: Vec<CString> = job
            .args
            .iter()
            .map(|argument| text(argument))
            .collect::<Result<_, _>>()?;
        let shell = [c"sh".to_owned(), file.clone()];
        let variables = environment.iter().map(|(name, value)| {
            let mut variable = name.clone();
            variable.push("=");
            variable.push(value);
            text(&variable)
        });
        Ok(Self {
            name,
            file,
            shell_arguments: [&shell[..], &arguments].concat(),
            arguments: [&called[..], &arguments].concat(),
            environment: variables.collect::<Result<_, _>>()?,
            directory: job
                .cwd
                .as_ref()
                .map(|cwd| text(cwd.as_os_str()))
                .transpose()?,
            streams: [
                stream(&mut job.stdin)?,
                stream(&mut job.stdout)?,
                stream(&mut job.stderr)?,
            ],
            may_dump: true,
        })
    }

    /// The file as we find it, who are not in its directory.
    pub(crate) fn path(&self) -> PathBuf {
        let path = |text: &CString| PathBuf::from(OsStr::from_bytes(text.as_bytes()));
        let directory = self.directory.as_ref().map(path).unwrap_or_default();
        directory.join(path(&self.file))
    }
}

fn text(value: &OsStr) -> Result<CString, RunError> {
    CString::new(value.as_bytes())
        .map_err(|error| RunError::Nul(OsString::from_vec(error.into_vec())))
}

/// A name without a slash is looked for in `PATH`; anything else is a path already.
fn find(program: &Path, path: Option<&OsStr>, cwd: Option<&Path>) -> Result<PathBuf, RunError> {
    if program.as_os_str().as_bytes().contains(&b'/') {
        return Ok(program.to_owned());
    }
    let path = path.unwrap_or(OsStr::new("/usr/bin:/bin"));
    let mut candidates = std::env::split_paths(path).map(|directory| directory.join(program));
    let runnable = |candidate: &PathBuf| {
        let seen = cwd.map_or_else(|| candidate.clone(), |cwd| cwd.join(candidate));
        seen.is_file() && rustix::fs::access(&seen, rustix::fs::Access::EXEC_OK).is_ok()
    };
    candidates
        .find(runnable)
        .ok_or_else(|| RunError::ProgramMissing(program.to_owned()))
}

fn stream(stdio: &mut Stdio) -> Result<Option<OwnedFd>, RunError> {
    let file = match std::mem::take(stdio) {
        Stdio::Inherit => return Ok(None),
        Stdio::Null => File::options()
            .read(true)
            .write(true)
            .open("/dev/null")
            .map_err(RunError::system("open /dev/null"))?,
        Stdio::File(file) => file,
    };
    rustix::io::fcntl_dupfd_cloexec(file.as_fd(), ABOVE_STANDARD)
        .map(Some)
        .map_err(|cause| RunError::system("duplicate a standard stream")(cause.into()))
}
