//! Goes through the functions of a program, from the called to the callers.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::ScanError;
use crate::decode::Decoder;
use crate::findings::{Findings, Seen};
use crate::image::Image;
use crate::outline::Outline;
use crate::report::Report;
use crate::summary::Summaries;
use crate::workers::{self, Workers};

/// Functions of a file of which not all are gone through.
const MANY: usize = 5000;
/// Most functions that are gone through before it is said how many are done.
const AT_ONCE: usize = 2048;

/// Scans what is reached from some places, or everything.
pub(crate) fn scan(
    image: &Image<'_>,
    from: &[String],
    workers: &dyn Workers,
) -> Result<Report, ScanError> {
    let mut roots = Vec::new();
    for place in from {
        let address = match place.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => image.address_of(place),
        };
        let address = address.filter(|address| image.is_code(*address));
        roots.push(address.ok_or_else(|| ScanError::NoStart(place.clone()))?);
    }
    if from.is_empty() {
        roots.extend(image.functions());
    }
    if roots.is_empty() {
        return Err(ScanError::NoFunctions);
    }
    let mut program = Program {
        image,
        workers,
        outlines: FxHashMap::default(),
        summaries: Summaries::default(),
        visited: FxHashSet::default(),
        is_large: from.is_empty() && roots.len() > MANY,
    };
    let mut all: Vec<Findings> = Vec::new();
    while !roots.is_empty() {
        program.outline(&roots);
        let found = program.go_through(&roots);
        let reached = found.iter().flat_map(|one| one.reached.iter().copied());
        // Where computed calls lead is known only now.
        roots = reached.filter(|f| !program.visited.contains(f)).collect();
        all.extend(found);
    }
    program.look_again(&mut all);
    let mut seen = Seen::new(!from.is_empty());
    all.into_iter().for_each(|one| seen.add(one));
    Ok(crate::verdict::report(image, seen))
}

struct Program<'a, 'i> {
    image: &'a Image<'i>,
    workers: &'a dyn Workers,
    outlines: FxHashMap<u64, Outline>,
    summaries: Summaries,
    visited: FxHashSet<u64>,
    /// Whether functions that cannot hold what is looked for are passed over.
    is_large: bool,
}

impl Program<'_, '_> {
    /// Reads some functions and all that they call.
    fn outline(&mut self, roots: &[u64]) {
        let image = self.image;
        let mut wave = roots.to_vec();
        loop {
            wave.sort_unstable();
            wave.dedup();
            wave.retain(|start| image.is_code(*start) && !self.outlines.contains_key(start));
            if wave.is_empty() {
                break;
            }
            let read =
                |start: &u64| Outline::read(image, &mut Decoder::new(image.processor), *start);
            let outlines = workers::map(self.workers, &wave, read);
            let mut next = Vec::new();
            for (start, outline) in wave.into_iter().zip(outlines) {
                next.extend_from_slice(&outline.callees);
                self.outlines.insert(start, outline);
            }
            wave = next;
        }
    }

    /// Goes through some functions and all that they call, in an order that is always the same.
    fn go_through(&mut self, roots: &[u64]) -> Vec<Findings> {
        let (order, levels) = self.order(roots);
        let mut found: Vec<Option<Findings>> = order.iter().map(|_| None).collect();
        // Functions of a level call only those of levels before, but where they call each other.
        for part in levels.iter().flat_map(|level| level.chunks(AT_ONCE)) {
            let (image, summaries, is_large) = (self.image, &self.summaries, self.is_large);
            let outlines = &self.outlines;
            let look = |at: &usize| {
                let start = order[*at];
                Findings::of(image, start, &outlines[&start], summaries, is_large)
            };
            let made = workers::map(self.workers, part, look);
            for (at, (findings, summary)) in part.iter().zip(made) {
                self.summaries.insert(order[*at], summary);
                found[*at] = Some(findings);
            }
            self.workers.done(self.summaries.len(), self.outlines.len());
        }
        found.into_iter().flatten().collect()
    }

    /// Functions that were not gone through yet, the called before the callers, and their places by
    /// levels: each calls such of levels before it.
    fn order(&mut self, roots: &[u64]) -> (Vec<u64>, Vec<Vec<usize>>) {
        let mut order = Vec::new();
        let mut levels: Vec<Vec<usize>> = Vec::new();
        let mut level_of: FxHashMap<u64, usize> = FxHashMap::default();
        for root in roots {
            if !self.outlines.contains_key(root) || !self.visited.insert(*root) {
                continue;
            }
            let mut path = vec![(*root, 0)];
            while let Some((start, next)) = path.last_mut() {
                let callees = &self.outlines[start].callees;
                match callees.get(*next).copied() {
                    Some(callee) => {
                        *next += 1;
                        if self.outlines.contains_key(&callee) && self.visited.insert(callee) {
                            path.push((callee, 0));
                        }
                    }
                    None => {
                        let above = callees.iter().filter_map(|c| level_of.get(c)).max();
                        let level = above.map_or(0, |level| level + 1);
                        if levels.len() == level {
                            levels.push(Vec::new());
                        }
                        levels[level].push(order.len());
                        level_of.insert(*start, level);
                        order.push(*start);
                        path.pop();
                    }
                }
            }
        }
        (order, levels)
    }

    /// Looks again at functions that call through tables of such as were gone through after them.
    fn look_again(&self, all: &mut [Findings]) {
        let early: Vec<usize> = (0..all.len()).filter(|at| all[*at].is_early).collect();
        let starts: Vec<u64> = early.iter().map(|at| all[*at].start).collect();
        let look = |start: &u64| {
            let (image, outline) = (self.image, &self.outlines[start]);
            Findings::of(image, *start, outline, &self.summaries, self.is_large)
        };
        let found = workers::map(self.workers, &starts, look);
        for (at, (findings, _)) in early.into_iter().zip(found) {
            all[at].machines = findings.machines;
        }
    }
}
