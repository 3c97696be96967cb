//! Which pieces are needed: adaptive group testing, then one pass that proves 1-minimality.
//!
//! A passing run may show pieces that it did not use; they are dropped together at the next step,
//! if that passes too.
//!
//! The search knows nothing of programs: it asks an oracle whether a set of pieces is enough. It
//! assumes little: that the whole set is enough. Groups are contiguous and sized by the running
//! estimate of how many pieces are needed, so that a test is as likely to pass as to fail; above
//! 38 % that is one at a time.

use std::collections::VecDeque;

/// What an oracle says of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Enough.
    Pass {
        /// Pieces of the set that were seen not to be used.
        idle: Vec<usize>,
    },
    /// Not enough.
    Fail,
}

/// Why a set is being tried, for the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Only what was used in the last passing run.
    Seed,
    /// Without a group.
    Group,
    /// Without one piece, in the closing pass.
    Minimal,
}

/// A set to try: which pieces stay, and which of them this step leaves out.
#[derive(Debug)]
pub struct Candidate<'s> {
    /// Why.
    pub step: Step,
    /// Per piece, whether it stays.
    pub kept: &'s [bool],
    /// The pieces taken out by this step.
    pub removed: &'s [usize],
}

/// Finds a set that is enough and from which no single piece can be removed.
///
/// `count` pieces are numbered from 0; `fixed` ones are never removed; `used` are those seen at
/// work, if known. The oracle is called for one candidate at a time.
///
/// # Errors
/// Whatever the oracle fails with; the search stops there.
pub fn search<E>(
    count: usize,
    fixed: &[bool],
    used: Option<&[bool]>,
    mut oracle: impl FnMut(&Candidate<'_>) -> Result<Answer, E>,
) -> Result<Vec<bool>, E> {
    let mut state = Search::new(vec![true; count], fixed);
    let mut likely = 0.4;
    if let Some(used) = used {
        state.idle = (0..count).filter(|i| !used[*i]).collect();
        likely = 0.6;
    }
    state.groups(likely, &mut oracle)?;
    state.closing_pass(None, &mut oracle)?;
    Ok(state.kept)
}

/// Removes from a set that is enough what can be removed from it, one piece at a time. `known` is a
/// piece without which the set was seen not to be enough.
///
/// # Errors
/// Whatever the oracle fails with.
pub fn close<E>(
    kept: Vec<bool>,
    fixed: &[bool],
    known: Option<usize>,
    mut oracle: impl FnMut(&Candidate<'_>) -> Result<Answer, E>,
) -> Result<Vec<bool>, E> {
    let mut state = Search::new(kept, fixed);
    state.closing_pass(known, &mut oracle)?;
    Ok(state.kept)
}

struct Search<'f> {
    kept: Vec<bool>,
    fixed: &'f [bool],
    /// Fixed, or found needed: not to be tried again before the closing pass.
    settled: Vec<bool>,
    needed: usize,
    tried: usize,
    /// Not used by the last passing run.
    idle: Vec<usize>,
}

impl<'f> Search<'f> {
    fn new(kept: Vec<bool>, fixed: &'f [bool]) -> Self {
        Self {
            kept,
            fixed,
            settled: fixed.to_vec(),
            needed: 0,
            tried: 0,
            idle: Vec::new(),
        }
    }

    /// Tries the set without some pieces and keeps it if it is enough.
    fn ask<E>(
        &mut self,
        step: Step,
        removed: &[usize],
        oracle: &mut impl FnMut(&Candidate<'_>) -> Result<Answer, E>,
    ) -> Result<bool, E> {
        let mut kept = self.kept.clone();
        for index in removed {
            kept[*index] = false;
        }
        match oracle(&Candidate {
            step,
            kept: &kept,
            removed,
        })? {
            Answer::Pass { idle } => {
                self.kept = kept;
                self.idle = idle;
                Ok(true)
            }
            Answer::Fail => Ok(false),
        }
    }

    /// Drops what the last passing run did not use, until a run uses all that is left.
    fn drop_idle<E>(
        &mut self,
        oracle: &mut impl FnMut(&Candidate<'_>) -> Result<Answer, E>,
    ) -> Result<(), E> {
        loop {
            let mut idle = std::mem::take(&mut self.idle);
            idle.retain(|i| self.kept[*i] && !self.settled[*i]);
            if idle.is_empty() || !self.ask(Step::Seed, &idle, oracle)? {
                return Ok(());
            }
        }
    }

    fn open(&self) -> Vec<usize> {
        (0..self.kept.len())
            .filter(|i| self.kept[*i] && !self.settled[*i])
            .collect()
    }

    /// Removes what is not needed, group by group, from the last piece to the first: later pieces
    /// are the more special ones.
    fn groups<E>(
        &mut self,
        likely: f64,
        oracle: &mut impl FnMut(&Candidate<'_>) -> Result<Answer, E>,
    ) -> Result<(), E> {
        loop {
            self.drop_idle(oracle)?;
            let open = self.open();
            if open.is_empty() {
                return Ok(());
            }
            let size = self.group_size(likely).min(open.len());
            let group = open[open.len() - size..].to_vec();
            if self.ask(Step::Group, &group, oracle)? {
                self.tried += group.len();
            } else {
                self.split(group, oracle)?;
            }
        }
    }

    /// A group that cannot go whole: finds one needed piece in it by halving, removing what it can
    /// on the way; the rest of the group stays open.
    fn split<E>(
        &mut self,
        mut group: Vec<usize>,
        oracle: &mut impl FnMut(&Candidate<'_>) -> Result<Answer, E>,
    ) -> Result<(), E> {
        while group.len() > 1 {
            let half = group.split_off(group.len() / 2);
            if self.ask(Step::Group, &half, oracle)? {
                self.tried += half.len();
            } else {
                group = half;
            }
        }
        for index in group {
            self.settled[index] = true;
            self.needed += 1;
            self.tried += 1;
        }
        Ok(())
    }

    /// Size for which a group is as likely to be removable as not.
    fn group_size(&self, likely: f64) -> usize {
        // The first guess weighs as much as four pieces seen.
        let share = (likely * 4.0 + self.needed as f64) / (4.0 + self.tried as f64);
        let share = share.clamp(0.001, 0.999);
        let size = (0.5_f64.ln() / (1.0 - share).ln()).round() as usize;
        // The rounding would still make pairs up to 45 %; above 38 % they cost more than they save.
        if share >= 0.38 { 1 } else { size.max(1) }
    }

    /// Tries each remaining piece alone, round and round, until each has failed since the last one
    /// that could go: that is the proof of 1-minimality, and it asks again what an unsteady oracle
    /// may have refused before.
    fn closing_pass<E>(
        &mut self,
        known: Option<usize>,
        oracle: &mut impl FnMut(&Candidate<'_>) -> Result<Answer, E>,
    ) -> Result<(), E> {
        self.settled = self.fixed.to_vec();
        let (mut proven, open): (Vec<_>, Vec<_>) = self
            .open()
            .into_iter()
            .partition(|index| Some(*index) == known);
        let mut unproven: VecDeque<usize> = open.into_iter().rev().collect();
        while let Some(index) = unproven.pop_front() {
            if !self.kept[index] {
                continue;
            }
            if self.ask(Step::Minimal, &[index], oracle)? {
                self.drop_idle(oracle)?;
                unproven.extend(proven.drain(..));
            } else {
                proven.push(index);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
