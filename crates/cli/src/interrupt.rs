//! Signals to us: runs that learn stop and keep what they have; `exec` passes them on.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use lapbelt_sandbox::was_ignored;
use rustix::process::{Pid, Resource, Rlimit, Signal, getpid, getsid, kill_process, setrlimit};
use signal_hook::consts::*;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::iterator::{Signals, SignalsInfo};
use signal_hook::low_level::siginfo::{Cause, Origin};

/// A program is started in this time, but on a machine that is very busy.
const LAUNCH: Duration = Duration::from_millis(200);

/// One that is not there after this time has ended.
const PATIENCE: Duration = Duration::from_secs(10);

/// Elsewhere it is not looked at whether a signal was ignored.
#[cfg(not(target_os = "linux"))]
fn was_ignored(_signal: i32) -> bool {
    false
}

/// For how long more signals of one kind are the same wish: timeout(1) sends one to us and one to
/// our group.
const SAME_WISH: Duration = Duration::from_millis(500);

/// The first signal to us, and when it came.
#[derive(Default)]
struct FirstSignal(Option<(i32, Instant)>);

impl FirstSignal {
    /// Whether a signal that comes now is meant to end us at once.
    fn is_insisted(&mut self, signal: i32, now: Instant) -> bool {
        let (first, then) = *self.0.get_or_insert((signal, now));
        signal != first || now.saturating_duration_since(then) > SAME_WISH
    }
}

/// A flag that the usual signals raise; another signal later ends the process at once.
pub(crate) fn stop_flag() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    // A shell has SIGINT ignored by what it starts in the background; who sends it there means it.
    let mut wanted = vec![SIGINT, SIGTERM];
    if !was_ignored(SIGHUP) {
        wanted.push(SIGHUP);
    }
    for signal in &wanted {
        // Raised at once, before anyone sees that the program was ended by the same signal. Failing
        // to register leaves the default: the signal ends us, which is safe.
        let _ = signal_hook::flag::register(*signal, Arc::clone(&flag));
    }
    if let Ok(mut signals) = Signals::new(&wanted) {
        thread::spawn(move || {
            let mut first = FirstSignal::default();
            for signal in &mut signals {
                if first.is_insisted(signal, Instant::now()) {
                    signal_hook::low_level::exit(128 + signal);
                }
            }
        });
    }
    flag
}

/// Signals that are for the program: all that can be heeded, but for those of faults and of children.
#[cfg(target_os = "linux")]
const PASSED_ON: &[i32] = &[
    SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM, SIGVTALRM, SIGPROF,
    SIGIO, SIGURG, SIGWINCH, SIGXCPU, SIGXFSZ, SIGTSTP, SIGCONT, SIGTTIN, SIGTTOU,
];
#[cfg(not(target_os = "linux"))]
const PASSED_ON: &[i32] = &[SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];

/// Those that a terminal makes. They reach the program without us, as it is in the same group.
const OF_TERMINALS: &[i32] = &[
    SIGHUP, SIGINT, SIGQUIT, SIGWINCH, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU,
];

/// From now on, signals sent to us reach the program we run, once it is there. What it inherits is
/// as if we were not there, so those that whoever started us had ignored are passed on too: it may
/// have taken to heeding them. We are stopped when it is.
pub(crate) fn pass_on() {
    // Failing to register leaves the default: the signal ends us, and with us the program.
    let Ok(mut signals) = SignalsInfo::<WithOrigin>::new(PASSED_ON) else {
        return;
    };
    let began = Instant::now();
    thread::spawn(move || {
        let (mut family, mut unheard) = (Family::default(), FirstSignal::default());
        loop {
            let mut told: Vec<Origin> = signals.wait().collect();
            told.retain(|origin| !family.sent(origin));
            // To go on takes back a stop that came meanwhile, and that has stopped us already.
            let goes_on = told.iter().any(|origin| origin.signal == SIGCONT);
            told.retain(|origin| !(goes_on && origin.signal == SIGTSTP));
            for origin in told {
                let signal = origin.signal;
                let Some(program) = family.program() else {
                    let is_for_us = match signal {
                        // What is on its way to the terminal is our own.
                        SIGTTIN | SIGTTOU => true,
                        SIGTSTP => false,
                        // The first may have been meant for a program that has just ended.
                        _ => unheard.is_insisted(signal, Instant::now()),
                    };
                    if is_for_us {
                        let _ = signal_hook::low_level::emulate_default_handler(signal);
                    }
                    continue;
                };
                // The program may not have been in the group yet: better it gets two than none.
                if by_terminal(&origin) && began.elapsed() > LAUNCH {
                    continue;
                }
                if let Some(signal) = Signal::from_named_raw(signal) {
                    // It may have ended meanwhile, and then there is nobody to tell.
                    let _ = kill_process(program, signal);
                }
            }
        }
    });
}

/// Whether a signal went to all of our group. A terminal that is gone is told to the leader of its
/// session alone.
fn by_terminal(origin: &Origin) -> bool {
    let is_leader = || getsid(None).is_ok_and(|session| session == getpid());
    matches!(origin.cause, Cause::Kernel)
        && OF_TERMINALS.contains(&origin.signal)
        && !(matches!(origin.signal, SIGHUP | SIGCONT) && is_leader())
}

/// The program, and our only child, which minds it: its only child is the program as long as that
/// runs.
#[derive(Default)]
struct Family {
    custodian: Option<i32>,
    program: Option<i32>,
}

impl Family {
    /// Whether one of us sent a signal: of a pipe that nobody reads, or to wake us.
    fn sent(&mut self, origin: &Origin) -> bool {
        if self.custodian.is_none() {
            self.look();
        }
        origin.process.is_some_and(|sender| {
            sender.pid == getpid().as_raw_pid() || Some(sender.pid) == self.custodian
        })
    }

    /// The program, which may still be on its way.
    fn program(&mut self) -> Option<Pid> {
        let deadline = Instant::now() + PATIENCE;
        while self.program.is_none() && Instant::now() <= deadline {
            self.look();
            thread::sleep(Duration::from_millis(1));
        }
        let (program, custodian) = (self.program?, self.custodian?);
        // Others come to the custodian when the program has ended.
        let runs = children(custodian, custodian).contains(&program);
        Pid::from_raw(program).filter(|_| runs)
    }

    fn look(&mut self) {
        let own = getpid().as_raw_pid();
        let tasks = fs::read_dir(format!("/proc/{own}/task")).into_iter();
        let mut tasks = tasks.flatten().flatten();
        self.custodian = tasks.find_map(|task| {
            let task = task.file_name().to_str()?.parse().ok()?;
            children(own, task).first().copied()
        });
        self.program = self.custodian.and_then(|custodian| {
            let of_custodian = children(custodian, custodian);
            of_custodian.first().copied()
        });
    }
}

/// The children of a task of a process.
fn children(process: i32, task: i32) -> Vec<i32> {
    let list = fs::read_to_string(format!("/proc/{process}/task/{task}/children"));
    let list = list.unwrap_or_default();
    list.split_whitespace()
        .filter_map(|number| number.parse().ok())
        .collect()
}

/// Ends us as a signal ended the program, so that whoever waits for us is told the same; without the
/// memory that was not the program's. Returns where the signal ends nobody here.
pub(crate) fn die_of(signal: i32) {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    if setrlimit(Resource::Core, none).is_ok() {
        let _ = signal_hook::low_level::emulate_default_handler(signal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_of_one_moment_are_one_wish() {
        let now = Instant::now();
        let mut first = FirstSignal::default();
        assert!(!first.is_insisted(SIGTERM, now));
        assert!(!first.is_insisted(SIGTERM, now + Duration::from_millis(1)));
        assert!(!first.is_insisted(SIGTERM, now + SAME_WISH));
        assert!(first.is_insisted(SIGINT, now + Duration::from_millis(1)));
        assert!(first.is_insisted(SIGTERM, now + SAME_WISH * 2));
    }
}
