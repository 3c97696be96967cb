//! One operation, tried by the very process that is confined: what a probe of a policy runs.
//!
//! A probe program calls [`answer_to`] and does nothing else. It says on standard output that it is
//! about to ask, and then what the system answered, so that whoever started it can tell a refusal
//! from a program that ended before it asked. Nothing is written or ended by trying: files are
//! opened and not written, signals are signal 0; what is created or removed is what
//! [`Kind::needs`] says, and to put that in place and away is the caller's part.

mod attempt;
mod names;

use std::ffi::OsStr;
use std::fmt;
use std::io::Write;

/// What an attempt needs to find at its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing; whatever is there stays as it is.
    Whatever,
    /// A file, which stays as it is.
    File,
    /// A file of the caller's own: it is changed or removed.
    OwnFile,
    /// Nothing may be there: it is made.
    Nothing,
}

/// What a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// There is none.
    Nothing,
    /// A path.
    Path,
    /// A name: of a service, a system control, shared memory, a socket domain.
    Name,
    /// `HOST:PORT`, or the path of a unix socket, with or without `unix:` before it.
    Address,
    /// `self`, `others`, `children` or the number of a process.
    Process,
}

/// One operation that can be tried.
pub struct Kind {
    /// Its name in the world.
    pub operation: &'static str,
    /// What it is tried on.
    pub takes: Takes,
    /// What must be there.
    pub needs: Needs,
    /// What is done, for a person to read.
    pub how: &'static str,
    /// Whether success ends the process that asked, so that it cannot tell of it.
    pub replaces: bool,
    attempt: fn(&OsStr) -> Answer,
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} by {}", self.operation, self.how)
    }
}

/// What the system answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was done.
    Done,
    /// It failed with this errno of the host.
    Errno(i32),
    /// The service that was asked answered with this code of its own.
    Code(i64),
    /// It cannot be tried here, for this reason.
    Impossible(String),
}

impl Answer {
    fn of<T>(result: rustix::io::Result<T>) -> Self {
        match result {
            Ok(_) => Self::Done,
            Err(errno) => Self::Errno(errno.raw_os_error()),
        }
    }

    /// Of a call of libc that says by -1 that it failed.
    fn of_call(result: libc::c_int) -> Self {
        if result == -1 {
            Self::last()
        } else {
            Self::Done
        }
    }

    fn last() -> Self {
        Self::Errno(
            std::io::Error::last_os_error()
                .raw_os_error()
                .unwrap_or(libc::EIO),
        )
    }
}

/// Everything that can be tried.
pub const KINDS: &[Kind] = &attempt::KINDS;

/// How the operation of a name is tried, if it can be.
pub fn kind(operation: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.operation == operation)
}

/// The word by which a probe program says that all it needed to start has been asked.
const ASKING: &str = "asking";

/// Tries an operation on a target and says on standard output what came of it. The operation
/// `nothing` tries nothing: it shows what a program needs to get so far.
pub fn answer_to(operation: &str, target: &OsStr) {
    say(ASKING);
    let answer = match kind(operation) {
        Some(kind) => (kind.attempt)(target),
        None if operation == NOTHING => Answer::Done,
        None => Answer::Impossible(format!("nothing is known that asks {operation}")),
    };
    match answer {
        Answer::Done => say("done"),
        Answer::Errno(errno) => say(&format!("errno {errno}")),
        Answer::Code(code) => say(&format!("code {code}")),
        Answer::Impossible(reason) => say(&format!("impossible {reason}")),
    }
}

/// The operation that asks nothing.
pub const NOTHING: &str = "nothing";

/// A reader that has gone away shows as a probe that never answered.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

/// What a probe program said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// It got as far as asking.
    pub asked: bool,
    /// What it was answered; `None` if it ended before it could tell.
    pub answer: Option<Answer>,
}

/// Reads what a probe program wrote on its standard output.
pub fn said(output: &str) -> Said {
    let mut lines = output.lines().skip_while(|line| *line != ASKING);
    let asked = lines.next().is_some();
    let answer = lines.next().and_then(|line| {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "done" => Some(Answer::Done),
            "errno" => rest.parse().ok().map(Answer::Errno),
            "code" => rest.parse().ok().map(Answer::Code),
            "impossible" => Some(Answer::Impossible(rest.to_owned())),
            _ => None,
        }
    });
    Said { asked, answer }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_read_back() {
        let answered = |line: &str| said(&format!("asking\n{line}\n"));
        assert_eq!(answered("done").answer, Some(Answer::Done));
        assert_eq!(answered("errno 13").answer, Some(Answer::Errno(13)));
        assert_eq!(answered("code 1100").answer, Some(Answer::Code(1100)));
        let reason = Answer::Impossible("no such thing".to_owned());
        assert_eq!(answered("impossible no such thing").answer, Some(reason));
        assert_eq!(answered("errno many").answer, None);
        assert!(said("asking\n").asked && !said("").asked && !said("done\n").asked);
    }

    #[test]
    fn each_operation_is_tried_in_one_way_and_is_one_of_the_world() {
        let world = lapbelt_policy::world::shipped("macos-14.4.1");
        let world = world.expect("shipped").expect("it parses");
        for (at, kind) in KINDS.iter().enumerate() {
            assert!(world.operation_named(kind.operation).is_some(), "{kind:?}");
            let again = KINDS[at + 1..]
                .iter()
                .any(|k| k.operation == kind.operation);
            assert!(!again, "{kind:?}");
        }
    }
}
