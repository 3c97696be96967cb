//! One text of which some tests hold and others do not.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Machine, Question, Shape, State, Track, text};
use crate::pattern::Pattern;
use crate::theory::TooComplex;

/// Steps one search may take.
const LIMIT: usize = 5_000_000;

/// A text for which each test is as is said beside it, and a short one; else the places of tests
/// that no text answers so.
///
/// Tests that are not to hold are looked at only once a text is found for which they do: most have
/// nothing to do with what the others ask for.
pub(in crate::theory) fn member(
    questions: &[(Question<'_>, bool)],
    shape: Shape<'_>,
) -> Result<Result<Vec<u8>, Vec<usize>>, TooComplex> {
    let numbered = || (0_u32..).zip(questions);
    let all: Vec<(u32, Question<'_>)> = numbered().map(|(at, one)| (at, one.0)).collect();
    let all = Machine::new(&all, shape);
    let mut looked_at: Vec<u32> = numbered().filter(|one| one.1.1).map(|one| one.0).collect();
    loop {
        let own: Vec<(u32, Question<'_>, bool)> = (looked_at.iter())
            .map(|at| (*at, questions[*at as usize]))
            .map(|(at, (question, holds))| (at, question, holds))
            .collect();
        let Some(found) = Search::new(&own, shape).run()? else {
            return Ok(Err(looked_at.iter().map(|at| *at as usize).collect()));
        };
        let read = found
            .iter()
            .try_fold(all.start(), |state, byte| all.step(&state, *byte));
        let holds = read.map(|state| all.signature(&state)).ok_or(TooComplex)?;
        let wrong = numbered().find(|(at, one)| holds.contains(*at) != one.1);
        match wrong {
            Some((at, _)) if !looked_at.contains(&at) => looked_at.push(at),
            Some(_) => return Err(TooComplex),
            None => return Ok(Ok(found)),
        }
    }
}

/// Goes where it is nearest to what has to hold.
struct Search<'t> {
    machine: Machine<'t>,
    /// How far it is to each test that is to hold, by where a text is.
    wanted: Vec<(u32, Way)>,
    unwanted: Vec<u32>,
}

/// How many bytes it takes at least until a test holds.
enum Way {
    /// By state of an expression.
    Regex(Vec<Option<usize>>),
    /// By node.
    Nodes(FxHashMap<u32, usize>),
}

impl<'t> Search<'t> {
    fn new(questions: &[(u32, Question<'t>, bool)], shape: Shape<'t>) -> Self {
        let all: Vec<(u32, Question<'t>)> = questions.iter().map(|one| (one.0, one.1)).collect();
        let mut machine = Machine::new(&all, shape);
        let mut wanted = Vec::new();
        for (test, question, _) in questions.iter().filter(|one| one.2) {
            let way = match question {
                Question::Pattern(Pattern::Regex(regex)) => {
                    Way::Regex(regex.automaton().distances())
                }
                Question::Equals(text) => Way::Nodes(machine.way_to(text)),
                Question::Pattern(
                    Pattern::Literal(text) | Pattern::Prefix(text) | Pattern::Subpath(text),
                ) => Way::Nodes(machine.way_to(text)),
            };
            wanted.push((*test, way));
        }
        let unwanted = questions.iter().filter(|one| !one.2);
        Self {
            machine,
            wanted,
            unwanted: unwanted.map(|one| one.0).collect(),
        }
    }

    fn run(&self) -> Result<Option<Vec<u8>>, TooComplex> {
        let start = Rc::new(self.machine.start());
        let mut seen = FxHashSet::from_iter([start.clone()]);
        let mut open = BinaryHeap::new();
        open.extend(self.distance(&start).map(|far| Reverse((far, far, 0))));
        let mut reached = vec![(start, 0, 0)];
        let mut lengths = vec![0_usize];
        let mut steps = 0;
        while let Some(Reverse((_, _, at))) = open.pop() {
            let state: Rc<State> = reached[at].0.clone();
            if at > 0 && self.may_end(&state) {
                return Ok(Some(text(&reached, at)));
            }
            for byte in self.machine.bytes(&state) {
                let sizes = state.tracks();
                let sizes = sizes.map(|track| track.live.len() + track.matched.members().len());
                steps += 8 + sizes.sum::<usize>();
                if steps > LIMIT {
                    return Err(TooComplex);
                }
                let Some(next) = self.machine.step(&state, byte) else {
                    continue;
                };
                if seen.contains(&next) {
                    continue;
                }
                let next = Rc::new(next);
                seen.insert(next.clone());
                if let Some(far) = self.distance(&next) {
                    let length = lengths[at] + 1;
                    open.push(Reverse((length + far, far, reached.len())));
                    reached.push((next, at, byte));
                    lengths.push(length);
                }
            }
        }
        let is_empty = self.machine.shape == Shape::Name && self.may_end(&reached[0].0);
        Ok(is_empty.then(Vec::new))
    }

    fn may_end(&self, state: &State) -> bool {
        let holds = self.machine.signature(state);
        self.machine.may_end(state)
            && self.wanted.iter().all(|(test, _)| holds.contains(*test))
            && !self.unwanted.iter().any(|test| holds.contains(*test))
    }

    /// How far it may be to a text as is wanted; `None` if none goes on so.
    fn distance(&self, state: &State) -> Option<usize> {
        let certain = self.machine.matched(state);
        if self.unwanted.iter().any(|test| certain.contains(*test)) {
            return None;
        }
        let may_be_other = self.machine.may_get_another(state);
        let mut sum = 0;
        for (test, way) in &self.wanted {
            let far = state
                .tracks()
                .filter_map(|track| self.far(track, *test, way));
            match far.min() {
                Some(far) => sum += far,
                None if may_be_other => {}
                None => return None,
            }
        }
        Some(sum)
    }

    fn far(&self, track: &Track, test: u32, way: &Way) -> Option<usize> {
        if track.matched.contains(test) {
            return Some(0);
        }
        match way {
            Way::Nodes(nodes) => nodes.get(&track.node).copied(),
            Way::Regex(far) => {
                let mut live = track.live.iter();
                let (at, state) =
                    live.find(|(at, _)| self.machine.regexes[*at as usize].0 == test)?;
                let (_, automaton) = self.machine.regexes[*at as usize];
                far[automaton.number(*state)]
            }
        }
    }
}
