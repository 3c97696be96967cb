//! Signals to us: runs that learn stop and keep what they have; `exec` passes them on.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::iterator::{Signals, SignalsInfo};
use signal_hook::low_level::siginfo::Cause;

/// A program is started in this time, but on a machine that is very busy.
const LAUNCH: Duration = Duration::from_millis(200);

/// One that is not there after this time has ended.
const PATIENCE: Duration = Duration::from_secs(10);

/// The signals among these that whoever started us did not have ignored, as nohup(1) does: an
/// ignored one stays so, for us and for the program.
fn heeded(signals: &[i32]) -> Vec<i32> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let ignored = ignored.unwrap_or(0);
    let mut heeded = signals.to_vec();
    heeded.retain(|signal| ignored >> (signal - 1) & 1 == 0);
    heeded
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
    let wanted = [SIGINT, SIGTERM].into_iter().chain(heeded(&[SIGHUP]));
    let wanted: Vec<i32> = wanted.collect();
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

/// From now on, signals sent to us reach the program we run, once it is there. Those that a
/// terminal makes reach it without us, as it is then in the same foreground group.
pub(crate) fn pass_on() {
    let wanted = heeded(&[SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2]);
    // Failing to register leaves the default: the signal ends us, and with us the program.
    let Ok(mut signals) = SignalsInfo::<WithOrigin>::new(wanted) else {
        return;
    };
    let began = Instant::now();
    thread::spawn(move || {
        for origin in &mut signals {
            let by_terminal = matches!(origin.cause, Cause::Kernel);
            // The program may not have been in the group yet: better it gets two than none.
            if by_terminal && began.elapsed() > LAUNCH {
                continue;
            }
            if let (Some(program), Some(signal)) =
                (awaited_program(), Signal::from_named_raw(origin.signal))
            {
                // It may have ended meanwhile, and then there is nobody to tell.
                let _ = kill_process(program, signal);
            }
        }
    });
}

/// The program, which may still be on its way.
fn awaited_program() -> Option<Pid> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let program = program();
        if program.is_some() || Instant::now() > deadline {
            return program;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// The program: the only child of our only child, which minds it.
fn program() -> Option<Pid> {
    let own = std::process::id();
    let tasks = fs::read_dir(format!("/proc/{own}/task")).ok()?;
    let custodian = tasks.flatten().find_map(|task| children(&task.path()))?;
    let program = children(format!("/proc/{custodian}/task/{custodian}").as_ref())?;
    Pid::from_raw(program)
}

/// The first child of a task.
fn children(task: &std::path::Path) -> Option<i32> {
    let list = fs::read_to_string(task.join("children")).ok()?;
    list.split_whitespace().next()?.parse().ok()
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
