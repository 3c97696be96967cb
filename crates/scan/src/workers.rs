//! Who does work that can be done in any order: this crate starts no threads itself.

use std::sync::OnceLock;

/// Does jobs, at once where it can.
pub trait Workers: Sync {
    /// Does the jobs 0 to `count`, each once, in any order and by any thread, and returns when all
    /// are done.
    fn each(&self, count: usize, job: &(dyn Fn(usize) + Sync));

    /// So many functions are gone through, of as many as are known.
    fn done(&self, functions: usize, of: usize) {
        let _ = (functions, of);
    }
}

/// Does one job after the other.
pub(crate) struct Alone;

impl Workers for Alone {
    fn each(&self, count: usize, job: &(dyn Fn(usize) + Sync)) {
        (0..count).for_each(job);
    }
}

/// Makes something of each, in their order.
pub(crate) fn map<A: Sync, B: Send + Sync>(
    workers: &dyn Workers,
    all: &[A],
    make: impl Fn(&A) -> B + Sync,
) -> Vec<B> {
    let made: Vec<OnceLock<B>> = all.iter().map(|_| OnceLock::new()).collect();
    workers.each(all.len(), &|at| {
        if let (Some(one), Some(slot)) = (all.get(at), made.get(at)) {
            slot.get_or_init(|| make(one));
        }
    });
    let made = made.into_iter().zip(all);
    // A job that was not done is done now.
    made.map(|(slot, one)| slot.into_inner().unwrap_or_else(|| make(one)))
        .collect()
}
