//! Nothing of a run is left in the process that made it. Alone in its file: other tests of one
//! process would be counted.
#![cfg(target_os = "linux")]

mod support;

use std::sync::Arc;

use lapbelt_sandbox::Status;
use support::{FIXTURE, finish, job};

#[test]
fn nothing_leaks_over_many_runs() {
    let count = || std::fs::read_dir("/proc/self/fd").expect("/proc").count();
    let threads = || std::fs::read_dir("/proc/self/task").expect("/proc").count();
    let (world, start) = (
        support::world(),
        job("(version 1)(allow default)", FIXTURE, &["stat", "/"]),
    );
    let before = (count(), threads());
    for _ in 0..200 {
        let mut job = job("(version 1)(allow default)", FIXTURE, &["stat", "/"]);
        job.world = Arc::clone(&world);
        job.decider = Arc::clone(&start.decider);
        let (outcome, _) = finish(job);
        assert_eq!(outcome.status, Status::Exited(0));
    }
    assert_eq!((count(), threads()), before);
    // SAFETY: asks for any child without waiting.
    #[allow(unsafe_code, reason = "waitpid has no safe form for any child")]
    let left = unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) };
    assert_eq!(left, -1, "no child is left");
}
