//! Spreads the work of a scan over the processors.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use indicatif::ProgressBar;
use lapbelt_scan::Workers;

use crate::output::Output;

/// As many threads as there are processors, and how far they are.
pub(super) struct Threads {
    count: usize,
    pub(super) bar: ProgressBar,
}

impl Threads {
    pub(super) fn new(output: &Output) -> Self {
        let bar = output.spinner("{spinner} {pos} of {len} functions, {elapsed}");
        bar.enable_steady_tick(Duration::from_millis(200));
        Self {
            count: thread::available_parallelism().map_or(1, NonZero::get),
            bar,
        }
    }
}

impl Workers for Threads {
    fn each(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
        let next = AtomicUsize::new(0);
        let work = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= count {
                    break;
                }
                job(at);
            }
        };
        thread::scope(|scope| {
            for _ in 1..self.count.min(count) {
                scope.spawn(work);
            }
            work();
        });
    }

    fn done(&self, functions: usize, of: usize) {
        self.bar.set_length(of as u64);
        self.bar.set_position(functions as u64);
    }
}
