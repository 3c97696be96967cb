//! Supervising a program on Linux.

mod address;
mod arch;
mod blank;
mod bpf;
mod caller;
mod classify;
mod custodian;
mod darwin;
mod descendants;
mod gate;
pub(crate) mod host;
pub(crate) mod inherited;
mod job_control;
mod judge;
mod mapping;
mod memory;
mod notify;
mod numbers;
mod outbox;
mod place;
mod program;
mod resolve;
mod supervise;
mod vocabulary;

use lapbelt_policy::event::Event;

use crate::job::{Backend, Job, Left, Outcome, RunError, Support};

/// Runs programs on this Linux host.
#[derive(Clone, Copy, Debug, Default)]
pub struct LinuxBackend;

impl Backend for LinuxBackend {
    fn probe(&self) -> Support {
        // pidfd_getfd is of Linux 5.6, openat2 too; user notification is older.
        if !kernel_at_least(5, 6) {
            return Support::None(
                "the kernel is older than Linux 5.6 and lacks pidfd_getfd and openat2; \
                 use a newer one"
                    .into(),
            );
        }
        if let Err(cause) = notify::available() {
            return Support::None(format!(
                "seccomp user notification is not available ({cause}); it may be switched off in \
                 the kernel or by a container's own filter"
            ));
        }
        if !std::path::Path::new("/proc/self/fd").exists() {
            return Support::None("/proc is not mounted; mount it".into());
        }
        if !kernel_at_least(5, 19) {
            return Support::Partial(vec![
                "signals may interrupt a call that is being decided (before Linux 5.19)".into(),
            ]);
        }
        Support::Full
    }

    fn run(&self, job: Job, sink: &mut dyn FnMut(&Event)) -> Result<Outcome, RunError> {
        supervise::run(job, sink)
    }

    fn run_free(&self, job: Job) -> Result<Outcome, RunError> {
        supervise::run_free(job, false).map(|(outcome, _)| outcome)
    }

    fn run_leaving(&self, job: Job) -> Result<(Outcome, Left), RunError> {
        supervise::run_free(job, true)
    }
}

/// Whether the running kernel is of a release or later.
fn kernel_at_least(major: u32, minor: u32) -> bool {
    let uname = rustix::system::uname();
    let release = uname.release().to_string_lossy();
    let mut numbers = release
        .split(|c: char| !c.is_ascii_digit())
        .map_while(|n| n.parse().ok());
    let running: (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    running >= (major, minor)
}
