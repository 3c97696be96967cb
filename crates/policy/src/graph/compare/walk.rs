//! Comparing along the bytes of a text.
//!
//! Thirty expressions that may be found anywhere in a path tell more than a billion classes of
//! paths apart, of which two profiles rarely decide any differently. So the text of the filter that
//! is asked about most is gone through byte by byte, with what either node comes to by what is
//! known so far; where both come to the same, nothing that follows is looked at.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{Columns, Difference, by_columns};
use crate::event::OwnedValue;
use crate::filter::Argument;
use crate::graph::{Canon, NodeId, Step, TestId};
use crate::socket::End;
use crate::theory::text::{Machine, Shape, State, questions};
use crate::theory::{Known, TooComplex, has_many};
use crate::world::{FilterId, FilterInfo};

/// Most places of the walk, and most nodes that either side may come to.
const MOST: usize = 200_000;
/// Most differences to look for.
const ENOUGH: usize = 100;

pub(super) fn differences<'w>(
    canon: &Canon,
    left: NodeId,
    right: NodeId,
    end: Option<End>,
    filter: &impl Fn(FilterId) -> &'w FilterInfo,
) -> Result<Vec<Difference>, TooComplex> {
    let mut by_filter: BTreeMap<FilterId, Vec<TestId>> = BTreeMap::new();
    for id in canon.reachable(&[left, right]) {
        if let Step::Test { test, .. } = canon.step(id) {
            let asked = canon.test(test);
            let is_text = matches!(asked.argument, Argument::Pattern(_) | Argument::Text(_));
            if is_text && !has_many(filter(asked.filter)) {
                by_filter.entry(asked.filter).or_default().push(test);
            }
        }
    }
    for tests in by_filter.values_mut() {
        tests.sort();
        tests.dedup();
    }
    let most = by_filter.into_iter().max_by_key(|(_, tests)| tests.len());
    let Some((main, ids)) = most else {
        return Err(TooComplex);
    };
    let tests: Vec<&Argument> = ids.iter().map(|id| &canon.test(*id).argument).collect();
    let questions = questions(&tests);
    let mut walk = Walk {
        canon: canon.clone(),
        machine: Machine::new(&questions, Shape::of(filter(main), end)),
        numbers: (0..).zip(&ids).map(|(number, id)| (*id, number)).collect(),
        asked: HashMap::new(),
    };
    let mut found = Vec::new();
    let is_path = filter(main).name == "path";
    let mut ends = HashSet::new();
    walk.run(left, right, |canon, ended, text| {
        if ended.0 == ended.1 || found.len() >= ENOUGH {
            return Ok(());
        }
        let text = text();
        let has_path = is_path && text.is_some();
        if !ends.insert((ended, has_path)) {
            return Ok(());
        }
        // Nothing of the main filter is asked any more.
        let known = Known { end, has_path };
        let columns = Columns::new(canon, &[ended.0, ended.1], known, filter)?;
        for mut difference in by_columns(columns, ended.0, ended.1)? {
            if let Some(text) = &text {
                let value = (main, OwnedValue::Text(text.clone()));
                difference.values.insert(0, value);
            }
            found.push(difference);
        }
        Ok(())
    })?;
    Ok(found)
}

struct Walk<'t> {
    /// The graph, with what nodes come to as tests get known.
    canon: Canon,
    machine: Machine<'t>,
    /// Numbers of the tests of the text.
    numbers: HashMap<TestId, u32>,
    /// Tests of the text that a node still asks.
    asked: HashMap<NodeId, HashSet<u32>>,
}

/// Where the walk is: what was read, and what the two nodes come to by that.
type Place = (State, NodeId, NodeId);

impl Walk<'_> {
    /// Calls `ended` with what the two nodes come to for each kind of text, and for no text.
    fn run(
        &mut self,
        left: NodeId,
        right: NodeId,
        mut ended: impl FnMut(
            &Canon,
            (NodeId, NodeId),
            &dyn Fn() -> Option<Vec<u8>>,
        ) -> Result<(), TooComplex>,
    ) -> Result<(), TooComplex> {
        let first = self.place(self.machine.start(), left, right);
        let mut seen = HashSet::from([first.clone()]);
        let mut queue: Vec<(Place, usize, u8)> = vec![(first, 0, 0)];
        let mut at = 0;
        while at < queue.len() {
            let (state, left, right) = queue[at].0.clone();
            if self.machine.may_end(&state) {
                let holds = self.machine.signature(&state);
                let known = |number| Some(holds.contains(number));
                let pair = (self.come_to(left, known), self.come_to(right, known));
                ended(&self.canon, pair, &|| Some(text(&queue, at)))?;
            }
            for byte in self.machine.bytes(&state) {
                let Some(next) = self.machine.step(&state, byte) else {
                    continue;
                };
                let place = self.place(next, left, right);
                // What is the same by now stays the same.
                if place.1 != place.2 && seen.insert(place.clone()) {
                    queue.push((place, at, byte));
                }
            }
            if queue.len() > MOST || self.canon.len() > 20 * MOST {
                return Err(TooComplex);
            }
            at += 1;
        }
        let pair = (
            self.come_to(left, |_| Some(false)),
            self.come_to(right, |_| Some(false)),
        );
        ended(&self.canon, pair, &|| None)
    }

    /// A place without anything that does not matter to where it leads.
    fn place(&mut self, mut state: State, left: NodeId, right: NodeId) -> Place {
        let mut pair = [left, right];
        let matched = self.machine.matched(&state);
        if !matched.is_empty() {
            let known = |number| matched.contains(number).then_some(true);
            pair = pair.map(|node| self.come_to(node, known));
        }
        for node in pair {
            self.note_asked(node);
        }
        let asked = pair.map(|node| &self.asked[&node]);
        let is_asked = |number: u32| asked.iter().any(|set| set.contains(&number));
        self.machine.forget(&mut state, is_asked);
        (state, pair[0], pair[1])
    }

    /// All nodes that can be reached from one, successors before a node: few of all there are.
    fn reachable(&self, node: NodeId) -> BTreeSet<NodeId> {
        let mut seen = BTreeSet::new();
        let mut open = vec![node];
        while let Some(id) = open.pop() {
            if let (
                true,
                Step::Test {
                    matched, unmatched, ..
                },
            ) = (seen.insert(id), self.canon.step(id))
            {
                open.extend([matched, unmatched]);
            }
        }
        seen
    }

    fn note_asked(&mut self, node: NodeId) {
        if self.asked.contains_key(&node) {
            return;
        }
        let mut asked = HashSet::new();
        for id in self.reachable(node) {
            if let Step::Test { test, .. } = self.canon.step(id) {
                asked.extend(self.numbers.get(&test));
            }
        }
        self.asked.insert(node, asked);
    }

    /// What a node comes to if some tests of the text are known.
    fn come_to(&mut self, node: NodeId, known: impl Fn(u32) -> Option<bool>) -> NodeId {
        let mut made: HashMap<NodeId, NodeId> = HashMap::new();
        for id in self.reachable(node) {
            let here = match self.canon.step(id) {
                Step::Decide(_) => id,
                Step::Test {
                    test,
                    matched,
                    unmatched,
                } => {
                    let (matched, unmatched) = (made[&matched], made[&unmatched]);
                    let number = self.numbers.get(&test).copied();
                    match number.and_then(&known) {
                        Some(true) => matched,
                        Some(false) => unmatched,
                        None => {
                            let test = self.canon.test(test).clone();
                            self.canon.ask(&test, matched, unmatched)
                        }
                    }
                }
            };
            made.insert(id, here);
        }
        made[&node]
    }
}

/// The text that led to a place.
fn text(queue: &[(Place, usize, u8)], mut at: usize) -> Vec<u8> {
    let mut text = Vec::new();
    while at > 0 {
        text.push(queue[at].2);
        at = queue[at].1;
    }
    text.reverse();
    text
}
