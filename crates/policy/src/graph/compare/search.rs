//! Looking for requests that are decided differently.
//!
//! Thirty expressions that may be found anywhere in a path tell more than a billion classes of
//! paths apart, of which two policies rarely decide any differently. So tests are taken for
//! statements first: ways through either graph that come to different decisions are looked for, and
//! for each a request that goes them. Which tests no request answers so becomes known by that, and
//! no way that needs it is looked at again: where there is no way left, there is no difference.

use std::collections::HashMap;

use super::Difference;
use super::clauses::{Clauses, Literal};
use crate::filter::Test;
use crate::graph::{Canon, NodeId, OutcomeId, Step};
use crate::socket::End;
use crate::theory::{TooComplex, laws, request};
use crate::world::{FilterId, FilterInfo};

/// Most differences to look for.
const ENOUGH: usize = 100;

/// Requests that two nodes decide differently: one for each way of differing and what is needed for
/// it, up to a hundred, and none exactly if there are none.
pub(super) fn differences<'w>(
    canon: &Canon,
    left: NodeId,
    right: NodeId,
    end: Option<End>,
    filter: &impl Fn(FilterId) -> &'w FilterInfo,
) -> Result<Vec<Difference>, TooComplex> {
    let mut search = Search::new(canon, [left, right], end, filter);
    let mut found = Vec::new();
    // One that is there is none the less if it is too much to say what else is.
    match search.run(end, filter, &mut found) {
        Err(TooComplex) if found.is_empty() => Err(TooComplex),
        _ => Ok(found),
    }
}

struct Search<'c> {
    canon: &'c Canon,
    clauses: Clauses,
    /// What is asked, in the order of their statements.
    tests: Vec<Test>,
    numbers: HashMap<Test, u32>,
    /// The statements of laws: they are asked of every request.
    laws: Vec<u32>,
    sides: [Side; 2],
}

/// One of the graphs.
struct Side {
    start: NodeId,
    /// A statement for each node: that it is come to.
    nodes: HashMap<NodeId, u32>,
    /// The statement of the test that a node asks, and where it leads if that holds and if not.
    tests: HashMap<NodeId, (u32, [NodeId; 2])>,
    /// The decisions, each with statements for the edges that lead to it: that they are taken.
    ends: Vec<(NodeId, Vec<u32>)>,
}

impl<'c> Search<'c> {
    fn new<'w>(
        canon: &'c Canon,
        starts: [NodeId; 2],
        end: Option<End>,
        filter: &impl Fn(FilterId) -> &'w FilterInfo,
    ) -> Self {
        let sides = starts.map(|start| Side {
            start,
            nodes: HashMap::new(),
            tests: HashMap::new(),
            ends: Vec::new(),
        });
        let mut search = Self {
            canon,
            clauses: Clauses::default(),
            tests: Vec::new(),
            numbers: HashMap::new(),
            laws: Vec::new(),
            sides,
        };
        // The first that is asked is the first statement.
        for id in canon.reachable(&starts).into_iter().rev() {
            if let Step::Test { test, .. } = canon.step(id) {
                search.number(canon.test(test));
            }
        }
        let laws = laws(end, search.tests.iter().map(|test| filter(test.filter)));
        for law in laws {
            let parts: Vec<Literal> = (law.iter())
                .map(|(test, is_true)| literal(search.number(test), *is_true))
                .collect();
            search.laws.extend(parts.iter().map(|part| part.statement));
            search.clauses.require(parts);
        }
        search.laws.sort_unstable();
        search.laws.dedup();
        for side in 0..2 {
            search.add_side(side);
        }
        let [left, right] = &search.sides;
        // What is the same by then stays the same.
        let both = |(id, one): (&NodeId, &u32)| Some([*one, *right.nodes.get(id)?]);
        for pair in left.nodes.iter().filter_map(both) {
            let never = pair.map(|statement| literal(statement, false));
            search.clauses.require(never);
        }
        search
    }

    /// The statement of a test.
    fn number(&mut self, test: &Test) -> u32 {
        if let Some(known) = self.numbers.get(test) {
            return *known;
        }
        let number = self.clauses.statement();
        debug_assert_eq!(number as usize, self.tests.len());
        self.tests.push(test.clone());
        self.numbers.insert(test.clone(), number);
        number
    }

    /// Says which nodes of a graph are come to by which answers.
    fn add_side(&mut self, side: usize) {
        let start = self.sides[side].start;
        let mut reachable = self.canon.reachable(&[start]);
        // Now a node comes before those it leads to.
        reachable.reverse();
        let mut nodes: HashMap<NodeId, u32> = HashMap::new();
        let mut edges: HashMap<NodeId, Vec<(NodeId, u32)>> = HashMap::new();
        // The nearest node that is on all ways to one.
        let mut before: HashMap<NodeId, NodeId> = HashMap::new();
        let mut tests = HashMap::new();
        let mut ends = Vec::new();
        for id in reachable {
            let here = self.clauses.statement();
            nodes.insert(id, here);
            let edges_here = edges.remove(&id).unwrap_or_default();
            let taken = edges_here.iter().map(|(_, edge)| literal(*edge, true));
            match id == start {
                true => self.clauses.require([literal(here, true)]),
                false => self.clauses.require(taken.chain([literal(here, false)])),
            }
            for (_, edge) in &edges_here {
                self.clauses
                    .require([literal(*edge, false), literal(here, true)]);
            }
            let from = edges_here.iter().map(|(from, _)| *from);
            if let Some(all) = from.reduce(|one, other| common(one, other, &before)) {
                before.insert(id, all);
                self.clauses
                    .require([literal(here, false), literal(nodes[&all], true)]);
            }
            let Step::Test {
                test,
                matched,
                unmatched,
            } = self.canon.step(id)
            else {
                ends.push((id, edges_here.into_iter().map(|(_, edge)| edge).collect()));
                continue;
            };
            let test = self.numbers[self.canon.test(test)];
            tests.insert(id, (test, [matched, unmatched]));
            for (next, answer) in [(matched, true), (unmatched, false)] {
                let edge = self.clauses.statement();
                edges.entry(next).or_default().push((id, edge));
                let both = [literal(here, true), literal(test, answer)];
                for one in both {
                    self.clauses.require([literal(edge, false), one]);
                }
                let neither = both.map(Literal::not);
                self.clauses
                    .require(neither.into_iter().chain([literal(edge, true)]));
            }
        }
        let any = ends.iter().map(|(end, _)| literal(nodes[end], true));
        self.clauses.require(any);
        for (at, (one, _)) in ends.iter().enumerate() {
            for (other, _) in &ends[..at] {
                self.clauses
                    .require([one, other].map(|end| literal(nodes[end], false)));
            }
        }
        self.sides[side] = Side {
            start,
            nodes,
            tests,
            ends,
        };
    }

    fn run<'w>(
        &mut self,
        end: Option<End>,
        filter: &impl Fn(FilterId) -> &'w FilterInfo,
        found: &mut Vec<Difference>,
    ) -> Result<(), TooComplex> {
        while found.len() < ENOUGH && self.next_way()? {
            let [left, right] = [0, 1].map(|side| self.way(side));
            let (Some(left), Some(right)) = (left, right) else {
                return Err(TooComplex);
            };
            let mut asked: Vec<u32> = left.asked.iter().chain(&right.asked).copied().collect();
            asked.extend(&self.laws);
            asked.sort_unstable();
            asked.dedup();
            let answers: Vec<Literal> = (asked.into_iter())
                .map(|number| literal(number, self.clauses.value(number) == Some(true)))
                .collect();
            let tests: Vec<(&Test, bool)> = (answers.iter())
                .map(|one| (&self.tests[one.statement as usize], one.is_true))
                .collect();
            match request(&tests, end, filter)? {
                Ok(values) => {
                    found.push(Difference {
                        values,
                        left: left.outcome,
                        right: right.outcome,
                    });
                    // Not again what needs as much and is decided so.
                    let held = answers.iter().filter(|one| one.is_true);
                    let ends = [left.end, right.end].map(|end| literal(end, false));
                    let other: Vec<Literal> = held.map(|one| one.not()).chain(ends).collect();
                    self.clauses.require(other);
                }
                Err(conflicts) => {
                    for conflict in conflicts {
                        let never = conflict.into_iter().map(|at| answers[at].not());
                        self.clauses.require(never);
                    }
                }
            }
        }
        Ok(())
    }

    /// Answers all tests on a way through either graph, so that they come to different ends.
    fn next_way(&mut self) -> Result<bool, TooComplex> {
        let (sides, laws) = (&self.sides, &self.laws);
        // By how many statements were taken for something: up to where there is nothing to choose.
        let mut places: Vec<Place> = Vec::new();
        self.clauses.solve(|clauses| {
            places.truncate(clauses.level());
            let mut place = places.last().copied().unwrap_or_default();
            let choice = place.choose(sides, laws, clauses);
            places.push(place);
            choice
        })
    }

    /// The way through one of the graphs, if all tests on it are answered.
    fn way(&self, side: usize) -> Option<Way> {
        let side = &self.sides[side];
        let mut at = side.start;
        let mut asked = Vec::new();
        while let Some((test, [matched, unmatched])) = side.tests.get(&at).copied() {
            asked.push(test);
            at = match self.clauses.value(test)? {
                true => matched,
                false => unmatched,
            };
        }
        let Step::Decide(outcome) = self.canon.step(at) else {
            return None;
        };
        let end = side.nodes[&at];
        Some(Way {
            asked,
            end,
            outcome,
        })
    }
}

/// What is asked on a way, and where it ends.
struct Way {
    asked: Vec<u32>,
    end: u32,
    outcome: OutcomeId,
}

/// How far the choices have come.
#[derive(Clone, Copy, Default)]
struct Place {
    /// Graphs of which it is known where they end.
    ended: usize,
    /// Graphs of which it is known by which edge they do.
    entered: usize,
    /// Graphs of which the way is known, and the node that the next has come to.
    gone: usize,
    at: Option<NodeId>,
    laws: usize,
}

impl Place {
    /// What to take for true or false next.
    fn choose(&mut self, sides: &[Side; 2], laws: &[u32], clauses: &Clauses) -> Option<Literal> {
        // Where it ends says more than how it begins.
        while let Some(side) = sides.get(self.ended) {
            let ends = side.ends.iter();
            if let Some(end) = first_open(ends.map(|(end, _)| side.nodes[end]), clauses) {
                return Some(literal(end, true));
            }
            self.ended += 1;
        }
        while let Some(side) = sides.get(self.entered) {
            let mut ends = side.ends.iter();
            let end = ends.find(|(end, _)| clauses.value(side.nodes[end]) == Some(true));
            let edges = end.iter().flat_map(|(_, edges)| edges).copied();
            if let Some(edge) = first_open(edges, clauses) {
                return Some(literal(edge, true));
            }
            self.entered += 1;
        }
        while let Some(side) = sides.get(self.gone) {
            let at = self.at.unwrap_or(side.start);
            let Some((test, [matched, unmatched])) = side.tests.get(&at).copied() else {
                self.at = None;
                self.gone += 1;
                continue;
            };
            self.at = match clauses.value(test) {
                Some(true) => Some(matched),
                Some(false) => Some(unmatched),
                // What does not hold is easier to find.
                None => return Some(literal(test, false)),
            };
        }
        while let Some(law) = laws.get(self.laws) {
            if clauses.value(*law).is_none() {
                return Some(literal(*law, false));
            }
            self.laws += 1;
        }
        None
    }
}

/// The first of some statements that nothing is known of, if none of them is known to be true.
fn first_open(statements: impl Iterator<Item = u32>, clauses: &Clauses) -> Option<u32> {
    let mut first = None;
    for statement in statements {
        match clauses.value(statement) {
            Some(true) => return None,
            Some(false) => {}
            None => first = first.or(Some(statement)),
        }
    }
    first
}

/// The nearest node that is on all ways to two, by that for each node before them.
fn common(mut one: NodeId, mut other: NodeId, before: &HashMap<NodeId, NodeId>) -> NodeId {
    while one != other {
        // Those that lead to a node come after it.
        let first = if one < other { &mut one } else { &mut other };
        *first = before[first];
    }
    one
}

fn literal(statement: u32, is_true: bool) -> Literal {
    Literal { statement, is_true }
}
