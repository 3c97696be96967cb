//! Which statements can be true together, where clauses say what cannot be.
//!
//! A statement is taken for true or false, what follows from that is worked out, and where that
//! breaks a clause, what led there becomes a clause of its own. So a part that has nothing to do
//! with the rest is looked at once and not for each of the ways of the rest.

use crate::theory::TooComplex;

/// Literals that may be looked at.
const MOST_STEPS: usize = 300_000_000;

/// A statement, or that it is not so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Literal {
    pub(super) statement: u32,
    pub(super) is_true: bool,
}

impl Literal {
    pub(super) fn not(self) -> Self {
        Self {
            is_true: !self.is_true,
            ..self
        }
    }

    fn place(self) -> usize {
        2 * self.statement as usize + usize::from(self.is_true)
    }
}

/// What is known of a statement.
#[derive(Clone, Copy, Debug)]
struct Known {
    is_true: bool,
    /// How many statements had been taken for something by then.
    level: usize,
    /// The clause that it follows from, if it was not taken so.
    reason: Option<usize>,
}

/// Clauses: of the literals of each, at least one is so.
#[derive(Debug, Default)]
pub(super) struct Clauses {
    /// The two literals at the front are those that it is looked at for.
    clauses: Vec<Vec<Literal>>,
    /// By literal: the clauses that are looked at when it is not so.
    watching: Vec<Vec<usize>>,
    known: Vec<Option<Known>>,
    /// What is so, in the order in which that became known.
    trail: Vec<Literal>,
    /// How long the trail was when each statement was taken for something.
    levels: Vec<usize>,
    /// How much of the trail was looked at.
    done: usize,
    is_broken: bool,
    steps: usize,
}

impl Clauses {
    /// A new statement.
    pub(super) fn statement(&mut self) -> u32 {
        let number = self.known.len() as u32;
        self.known.push(None);
        self.watching.extend([Vec::new(), Vec::new()]);
        number
    }

    /// Whether a statement is true, as far as that is known.
    pub(super) fn value(&self, statement: u32) -> Option<bool> {
        self.known[statement as usize].map(|known| known.is_true)
    }

    /// How many statements are taken for something.
    pub(super) fn level(&self) -> usize {
        self.levels.len()
    }

    fn holds(&self, literal: Literal) -> Option<bool> {
        let value = self.value(literal.statement)?;
        Some(value == literal.is_true)
    }

    /// Requires that one of some literals is so. What was taken for something no longer is.
    pub(super) fn require(&mut self, literals: impl IntoIterator<Item = Literal>) {
        self.back_to(0);
        let mut clause: Vec<Literal> = Vec::new();
        for literal in literals {
            match self.holds(literal) {
                Some(true) => return,
                Some(false) => {}
                None if clause.contains(&literal.not()) => return,
                None if clause.contains(&literal) => {}
                None => clause.push(literal),
            }
        }
        self.add(clause);
    }

    /// Adds a clause of which all but the first literal are not so, or which nothing is known of.
    fn add(&mut self, clause: Vec<Literal>) {
        let number = self.clauses.len();
        match clause[..] {
            [] => self.is_broken = true,
            [only] => self.learn(only, None),
            [first, second, ..] => {
                for literal in [first, second] {
                    self.watching[literal.place()].push(number);
                }
                let follows = clause[1..]
                    .iter()
                    .all(|one| self.holds(*one) == Some(false));
                self.clauses.push(clause);
                if follows {
                    self.learn(first, Some(number));
                }
            }
        }
    }

    fn learn(&mut self, literal: Literal, reason: Option<usize>) {
        self.known[literal.statement as usize] = Some(Known {
            is_true: literal.is_true,
            level: self.levels.len(),
            reason,
        });
        self.trail.push(literal);
    }

    /// Forgets what was taken for something beyond a level, and what followed from it.
    fn back_to(&mut self, level: usize) {
        if let Some(length) = self.levels.get(level).copied() {
            for literal in self.trail.drain(length..) {
                self.known[literal.statement as usize] = None;
            }
            self.levels.truncate(level);
            self.done = length;
        }
    }

    /// Finds out what follows, and gives a clause that is broken by it.
    fn follow(&mut self) -> Option<usize> {
        while let Some(literal) = self.trail.get(self.done).copied() {
            self.done += 1;
            let not = literal.not();
            let watching = std::mem::take(&mut self.watching[not.place()]);
            let mut kept = Vec::with_capacity(watching.len());
            let mut broken = None;
            for number in watching {
                if broken.is_some() {
                    kept.push(number);
                    continue;
                }
                let clause = &mut self.clauses[number];
                self.steps += clause.len();
                if clause[0] == not {
                    clause.swap(0, 1);
                }
                let clause = &self.clauses[number];
                let first = clause[0];
                let other = match self.holds(first) {
                    Some(true) => None,
                    _ => (2..clause.len()).find(|at| self.holds(clause[*at]) != Some(false)),
                };
                if let Some(at) = other {
                    let clause = &mut self.clauses[number];
                    clause.swap(1, at);
                    self.watching[clause[1].place()].push(number);
                    continue;
                }
                kept.push(number);
                match self.holds(first) {
                    Some(true) => {}
                    Some(false) => broken = Some(number),
                    None => self.learn(first, Some(number)),
                }
            }
            self.watching[not.place()].extend(kept);
            if broken.is_some() {
                return broken;
            }
        }
        None
    }

    /// A clause that follows from those that led to a broken one, and the level at which all of it
    /// but the first literal, which is the only one of the last level, is known not to be so.
    fn lesson(&mut self, broken: usize) -> (Vec<Literal>, usize) {
        let last = self.levels.len();
        let mut clause = Vec::new();
        let mut seen = vec![false; self.known.len()];
        let mut open = 0;
        let mut from = broken;
        let mut at = self.trail.len();
        loop {
            self.steps += self.clauses[from].len();
            for literal in &self.clauses[from] {
                let Some(known) = self.known[literal.statement as usize] else {
                    continue;
                };
                if known.level == 0
                    || std::mem::replace(&mut seen[literal.statement as usize], true)
                {
                    continue;
                }
                match known.level == last {
                    true => open += 1,
                    false => clause.push(*literal),
                }
            }
            // What became known last, of what is left to explain.
            let literal = loop {
                at -= 1;
                if seen[self.trail[at].statement as usize] {
                    break self.trail[at];
                }
            };
            open -= 1;
            let reason = self.known[literal.statement as usize].and_then(|known| known.reason);
            match reason {
                Some(reason) if open > 0 => from = reason,
                _ => {
                    clause.insert(0, literal.not());
                    break;
                }
            }
        }
        let level = |literal: &Literal| {
            self.known[literal.statement as usize].map_or(0, |known| known.level)
        };
        // The one that is forgotten first is looked at, too.
        let second = (1..clause.len()).max_by_key(|at| level(&clause[*at]));
        let back = second.map_or(0, |at| level(&clause[at]));
        if let Some(at) = second {
            clause.swap(1, at);
        }
        (clause, back)
    }

    /// Whether there is a way in which all clauses are so. What `choose` gives is taken for so, until
    /// it gives nothing: the rest does not matter then.
    ///
    /// # Errors
    /// If that takes too long.
    pub(super) fn solve(
        &mut self,
        mut choose: impl FnMut(&Self) -> Option<Literal>,
    ) -> Result<bool, TooComplex> {
        self.back_to(0);
        loop {
            if self.is_broken || self.steps > MOST_STEPS {
                return (self.is_broken).then_some(false).ok_or(TooComplex);
            }
            if let Some(broken) = self.follow() {
                if self.levels.is_empty() {
                    self.is_broken = true;
                    continue;
                }
                let (clause, level) = self.lesson(broken);
                self.back_to(level);
                self.add(clause);
                continue;
            }
            let Some(literal) = choose(self) else {
                return Ok(true);
            };
            self.levels.push(self.trail.len());
            self.learn(literal, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Clauses, Literal};

    proptest! {
        #[test]
        fn there_is_a_way_where_one_is_found(
            clauses in prop::collection::vec(
                prop::collection::vec((0..7_u32, any::<bool>()), 1..4),
                1..40,
            ),
        ) {
            let literal = |(statement, is_true): &(u32, bool)| Literal {
                statement: *statement,
                is_true: *is_true,
            };
            let is_way = |way: u32| {
                clauses.iter().all(|clause| {
                    clause.iter().any(|(statement, is_true)| (way >> statement & 1 == 1) == *is_true)
                })
            };
            let mut own = Clauses::default();
            for _ in 0..7 {
                own.statement();
            }
            for (at, clause) in clauses.iter().enumerate() {
                own.require(clause.iter().map(literal));
                // Clauses may come after a way was found.
                if at % 10 == 9 {
                    own.solve(free).expect("few statements");
                }
            }
            let found = own.solve(free).expect("few statements");
            prop_assert_eq!(found, (0..1 << 7).any(is_way));
            if found {
                let way = (0..7).filter(|at| own.value(*at) == Some(true)).map(|at| 1 << at);
                prop_assert!(is_way(way.sum()));
            }
        }
    }

    fn free(clauses: &Clauses) -> Option<Literal> {
        let statement = (0..7).find(|at| clauses.value(*at).is_none())?;
        let is_true = false;
        Some(Literal { statement, is_true })
    }
}
