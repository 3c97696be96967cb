//! Where two nodes of a canon decide differently, exactly over all requests.

mod clauses;
mod search;
#[cfg(test)]
mod tests;
mod unmatched;

use super::{Canon, NodeId, OutcomeId, Step, TestId};
use crate::socket::End;
use crate::theory::{FALSE, Holds, Ref, Space, TooComplex, Values};
use crate::world::{FilterId, FilterInfo};
use unmatched::Unmatched;

/// A request that two nodes decide differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The smallest such request found, by the values that matter.
    pub values: Values,
    /// What the one node decides.
    pub left: OutcomeId,
    /// What the other does.
    pub right: OutcomeId,
}

/// Requests that two nodes decide differently: none exactly when they decide all the same, else at
/// least one for each class of values of the filter that is asked about most and for each way of
/// differing there. In order of size. `end` is that of the operation that they are requests of.
///
/// # Errors
/// If there are too many combinations.
pub fn differences<'w>(
    canon: &Canon,
    left: NodeId,
    right: NodeId,
    end: Option<End>,
    filter: impl Fn(FilterId) -> &'w FilterInfo,
) -> Result<Vec<Difference>, TooComplex> {
    if left == right {
        return Ok(Vec::new());
    }
    // All there are, if there are not too many; few of them are decided differently.
    by_columns(canon, left, right, end, &filter)
        .or_else(|TooComplex| search::differences(canon, left, right, end, &filter))
}

fn by_columns<'w>(
    canon: &Canon,
    left: NodeId,
    right: NodeId,
    end: Option<End>,
    filter: &impl Fn(FilterId) -> &'w FilterInfo,
) -> Result<Vec<Difference>, TooComplex> {
    let mut columns = Columns::new(canon, &[left, right], end, filter)?;
    let mut found = Vec::new();
    let mut first = None;
    let mut is_uniform = true;
    for column in 0..columns.space.columns() {
        columns.column = column;
        let pair = (columns.possible(left)?, columns.possible(right)?);
        is_uniform &= *first.get_or_insert(pair) == pair;
        if pair.0 != pair.1 {
            found.push((column, pair));
        }
    }
    if is_uniform {
        // The main filter does not matter.
        found.truncate(1);
    }
    let mut differences = Vec::with_capacity(found.len());
    for (column, (one, other)) in found {
        let space = &mut columns.space;
        for (mut values, ends) in space.differences(column, one, other) {
            if is_uniform {
                values.retain(|(filter, _)| Some(*filter) != space.main());
            }
            differences.push(Difference {
                values,
                left: OutcomeId(ends.0),
                right: OutcomeId(ends.1),
            });
        }
    }
    Ok(differences)
}

/// The functions of nodes, one column of the main filter's values at a time.
struct Columns<'c> {
    canon: &'c Canon,
    space: Space,
    /// By test of another filter than the main one: where it holds.
    holds: Vec<Option<Ref>>,
    unmatched: Unmatched,
    /// By column: the nodes whose test of the main filter holds.
    asked: Vec<Vec<NodeId>>,
    column: u32,
    /// By node: its function in the column it was last worked out for.
    known: Vec<Option<(u32, Ref)>>,
}

impl<'c> Columns<'c> {
    fn new<'w>(
        canon: &'c Canon,
        from: &[NodeId],
        end: Option<End>,
        filter: &impl Fn(FilterId) -> &'w FilterInfo,
    ) -> Result<Self, TooComplex> {
        let nodes = canon.reachable(from);
        let mut asking: Vec<Vec<NodeId>> = vec![Vec::new(); canon.tests().len()];
        for id in &nodes {
            if let Step::Test { test, .. } = canon.step(*id) {
                asking[test.0 as usize].push(*id);
            }
        }
        let tests = || canon.tests().iter().zip(&asking);
        let asked = tests().filter(|(_, nodes)| !nodes.is_empty());
        let space = Space::new(asked.map(|(test, _)| test), end, filter)?;
        let mut asked = vec![Vec::new(); space.columns() as usize];
        let mut holds = Vec::with_capacity(asking.len());
        for (test, nodes) in tests() {
            match space.holds(test) {
                Some(Holds::Everywhere(function)) => holds.push(Some(*function)),
                Some(Holds::In(columns)) => {
                    for column in columns {
                        asked[*column as usize].extend(nodes);
                    }
                    holds.push(None);
                }
                None => holds.push(None),
            }
        }
        let is_of_main = |test: TestId| holds[test.0 as usize].is_none();
        Ok(Self {
            unmatched: Unmatched::new(canon, &nodes, is_of_main),
            canon,
            space,
            holds,
            asked,
            column: 0,
            known: vec![None; canon.len()],
        })
    }

    /// The function of a node if it is known, else the node that has to be worked out first.
    fn lookup(&mut self, mut at: NodeId) -> Result<Ref, NodeId> {
        let asked = &self.asked[self.column as usize];
        while let Some((end, met)) = self.unmatched.on_the_way(at, asked) {
            at = match met.map(|id| self.canon.step(id)) {
                Some(Step::Test { matched, .. }) => matched,
                _ => end,
            };
        }
        match (self.canon.step(at), self.known[at.0 as usize]) {
            (Step::Decide(outcome), _) => Ok(self.space.constant(outcome.0)),
            (_, Some((column, function))) if column == self.column => Ok(function),
            _ => Err(at),
        }
    }

    /// The function of a node in the column, the same everywhere but for requests that there can be.
    fn possible(&mut self, from: NodeId) -> Result<Ref, TooComplex> {
        let function = self.function(from)?;
        let possible = self.space.possible(self.column)?;
        self.space.choose(possible, function, FALSE)
    }

    /// The function of a node in the column. Not recursive: chains are as long as profiles.
    fn function(&mut self, from: NodeId) -> Result<Ref, TooComplex> {
        let mut open = Vec::new();
        loop {
            match self.lookup(from) {
                Ok(function) => return Ok(function),
                Err(first) => open.push(first),
            }
            while let Some(&at) = open.last() {
                let Step::Test {
                    test,
                    matched,
                    unmatched,
                } = self.canon.step(at)
                else {
                    open.pop();
                    continue;
                };
                match (self.lookup(matched), self.lookup(unmatched)) {
                    (Ok(high), Ok(low)) => {
                        if let Some(holds) = self.holds[test.0 as usize] {
                            let made = self.space.choose(holds, high, low)?;
                            self.known[at.0 as usize] = Some((self.column, made));
                        }
                        open.pop();
                    }
                    (Err(first), Ok(_)) | (Ok(_), Err(first)) => open.push(first),
                    (Err(first), Err(second)) => open.extend([first, second]),
                }
            }
        }
    }
}
