//! Watching by a hook that is preloaded: a small shared library, made here, that has a routine of
//! the same name, writes what it is called with to a ring in shared memory, and goes on to the
//! routine itself. Nothing of the program is stopped or changed, and no right to trace it is needed.
//!
//! The hook is machine code that lies in this program as data ([`hook`]); around it goes an ELF file
//! ([`library`]) that exists only in memory and is named to the loader as a file of this process.

mod hook;
mod library;
mod shared;

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::time::Duration;

use crate::record::Record;
use crate::stop::Running;
use crate::trace::{Hook, Outcome, Plan, TraceError, Traced};
use crate::triage::NO_SYMBOL;
use library::Names;
use shared::{Memory, Ring};

/// The variable in which the loader is told what to load first.
const PRELOAD: &str = "LD_PRELOAD";
/// How long the program's calls are left to gather.
const PAUSE: Duration = Duration::from_micros(200);

/// Runs a program with the hook in it.
pub(crate) fn trace(
    mut command: Command,
    plan: &Plan<'_>,
    running: &Running,
    take: &mut dyn FnMut(Record),
) -> Result<Traced, TraceError> {
    let routine = plan.routine;
    let mut traced = Traced::unseen(routine.triage().clone());
    let refused = |error| TraceError::Refused {
        what: "memory to be shared",
        error,
    };
    let triage = routine.triage();
    let verdict = triage.verdict(plan.mode);
    let hooked = match (verdict.filter(|verdict| !verdict.can_work), &triage.symbol) {
        (Some(verdict), _) => Err(verdict.reason.clone()),
        (None, symbol) => symbol.as_ref().ok_or_else(|| NO_SYMBOL.to_string()),
    };
    let mut ring = Ring::new(plan.ring).map_err(refused)?;
    let library = match hooked {
        Err(why) => {
            traced.hook = Hook::HookFailed(why);
            None
        }
        Ok(write) => {
            let before = preloaded(&command);
            let bytes = library::made(&Names {
                write: &write.name,
                immutable: triage.immutable.as_ref().map(|symbol| symbol.name.as_str()),
                image: routine.image().path(),
                ring: &ring.path(),
                before: before.as_deref().unwrap_or_default().as_encoded_bytes(),
                watch: routine.watch(),
                size: ring.size(),
            });
            let library = Memory::holding(&bytes).map_err(refused)?;
            let mut all = OsString::from(library.path());
            if let Some(before) = before {
                all.push(":");
                all.push(before);
            }
            command.env(PRELOAD, all);
            Some(library)
        }
    };
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .spawn()
        .map_err(|error| TraceError::Launch { program, error })?;
    running.started(child.id());
    let ended = loop {
        ring.drain(take);
        match child.try_wait() {
            Ok(Some(status)) => break Ok(status),
            Ok(None) => std::thread::sleep(PAUSE),
            Err(error) => break Err(error),
        }
    };
    let status = ended.map_err(|error: io::Error| TraceError::Refused {
        what: "to be waited for",
        error,
    })?;
    ring.finish(take);
    drop(library);
    traced.outcome = match status.signal() {
        Some(signal) => Outcome::Signaled(signal),
        None => Outcome::Exited(status.code().unwrap_or_default()),
    };
    traced.stats = ring.stats();
    if ring.is_hooked() {
        traced.hook = Hook::Ok;
        traced.triage.address = ring.address();
    }
    Ok(traced)
}

/// What the program is to load first in any case.
fn preloaded(command: &Command) -> Option<OsString> {
    let own = command.get_envs().find(|(name, _)| *name == PRELOAD);
    let value = match own {
        Some((_, value)) => value.map(OsString::from),
        None => std::env::var_os(PRELOAD),
    };
    value.filter(|value| !value.is_empty())
}
