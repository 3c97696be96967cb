//! Signals to us: runs that learn stop and keep what they have; `exec` passes them on.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::Cause;

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

/// A flag that the usual signals raise; a second signal ends the process at once.
pub(crate) fn stop_flag() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    // A shell has SIGINT ignored by what it starts in the background; who sends it there means it.
    let wanted = [SIGINT, SIGTERM].into_iter().chain(heeded(&[SIGHUP]));
    for signal in wanted {
        // Registered first, so that it sees the flag before the second line raises it. Failing to
        // register leaves the default: the signal ends us, which is safe.
        let _ = signal_hook::flag::register_conditional_shutdown(
            signal,
            128 + signal,
            Arc::clone(&flag),
        );
        let _ = signal_hook::flag::register(signal, Arc::clone(&flag));
    }
    flag
}

/// From now on, signals sent to us reach the program we run. Those that a terminal makes reach it
/// without us, as it is in the same foreground group.
pub(crate) fn pass_on() {
    let wanted = heeded(&[SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2]);
    // Failing to register leaves the default: the signal ends us, and with us the program.
    let Ok(mut signals) = SignalsInfo::<WithOrigin>::new(wanted) else {
        return;
    };
    thread::spawn(move || {
        for origin in &mut signals {
            let by_terminal = matches!(origin.cause, Cause::Kernel);
            if by_terminal {
                continue;
            }
            if let (Some(program), Some(signal)) =
                (program(), Signal::from_named_raw(origin.signal))
            {
                // It may have ended meanwhile, and then there is nobody to tell.
                let _ = kill_process(program, signal);
            }
        }
    });
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
