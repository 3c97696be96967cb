//! What two policies decide differently.

mod vocabulary;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use lapbelt_policy::ask::target_filter;
use lapbelt_policy::event::OwnedValue;
use lapbelt_policy::graph::{Canon, NodeId, Outcome, Source, differences};
use lapbelt_policy::request::{Request, Value};
use lapbelt_policy::rule::Action;
use lapbelt_policy::socket::End;
use lapbelt_policy::world::{FilterId, OperationId, World};

use crate::operations::grouped;
use crate::subject::Subject;
use vocabulary::{Spelled, Vocabulary};

/// Answer of [`diff`]. Operations are named as in the world of the left side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// What is decided differently, by operations that differ in the same way.
    pub different: Vec<Differing>,
    /// How many operations decide the same.
    pub equal: usize,
    /// Operations that only the left world has.
    pub only_left: Vec<String>,
    /// Operations that only the right world has.
    pub only_right: Vec<String>,
    /// Operations whose tests combine in too many ways to say.
    pub undecided: Vec<String>,
}

/// Operations that differ in the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differing {
    /// The operations; a wildcard stands for its members if all of them do.
    pub operations: Vec<String>,
    /// Each of them.
    pub all: Vec<String>,
    /// Requests that are decided differently, one for each pair of rules that decide, smallest
    /// first; at least one.
    pub examples: Vec<Example>,
    /// How many more such pairs there are.
    pub more: usize,
}

/// A request that is decided differently.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Example {
    /// Names of filters with the values that matter.
    pub values: Vec<(String, OwnedValue)>,
    /// What the left side says.
    pub left: Decided,
    /// What the right side says.
    pub right: Decided,
    /// Where both sides allow it: messages that may follow after one side's decision and not after
    /// the other's, for each operation of messages the smallest.
    pub messages: Vec<Message>,
}

/// A message that is decided differently.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Message {
    /// Its operation, as the left world calls it.
    pub operation: String,
    /// Names of filters with the values that matter.
    pub values: Vec<(String, OwnedValue)>,
    /// What the left side says, by a rule of its message filter.
    pub left: Decided,
    /// What the right side says.
    pub right: Decided,
}

/// What one side says of a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decided {
    /// The decision, in terms of the side's own world.
    pub outcome: Outcome,
    /// Who said so.
    pub source: Source,
}

/// Compares two policies for every operation that both worlds have in their op table. At most
/// `most` examples are given for a way of differing.
///
/// Where the system compares paths in one case, so does this.
pub fn diff(left: &Subject<'_>, right: &Subject<'_>, most: usize) -> Diff {
    if left.world().folds_paths() && right.world().folds_paths() {
        let (left, right) = (left.with_folded_paths(), right.with_folded_paths());
        return compare(&left, &right, most, true);
    }
    // One asks about paths as they are written: of the other they are asked in either case.
    let in_either_case = |side: &Subject<'_>| side.world().folds_paths();
    match (in_either_case(left), in_either_case(right)) {
        (true, _) => compare(&left.with_paths_in_either_case(), right, most, false),
        (_, true) => compare(left, &right.with_paths_in_either_case(), most, false),
        _ => compare(left, right, most, false),
    }
}

fn compare(left: &Subject<'_>, right: &Subject<'_>, most: usize, in_lower_case: bool) -> Diff {
    let vocabulary = Vocabulary::new(left, right, in_lower_case);
    let mut answer = Diff::default();
    let pairs = pairs(left.world(), right.world(), &mut answer);
    let mut comparison = Comparison::new(left, right, &vocabulary, &pairs);
    let mut ways: Vec<(Vec<Example>, usize, BTreeSet<OperationId>)> = Vec::new();
    for (at, (here, there)) in pairs.into_iter().enumerate() {
        match comparison.examples(at, here, there, most) {
            None => answer.undecided.push(name(left.world(), here)),
            Some((examples, _)) if examples.is_empty() => answer.equal += 1,
            Some((examples, more)) => match ways.iter_mut().find(|way| way.0 == examples) {
                Some(way) => _ = way.2.insert(here),
                None => ways.push((examples, more, BTreeSet::from([here]))),
            },
        }
    }
    answer.different = ways
        .into_iter()
        .map(|(examples, more, operations)| Differing {
            operations: grouped(&operations, left.world())
                .into_iter()
                .map(|id| name(left.world(), id))
                .collect(),
            all: operations
                .iter()
                .map(|id| name(left.world(), *id))
                .collect(),
            examples,
            more,
        })
        .collect();
    answer
}

fn name(world: &World, id: OperationId) -> String {
    world.operation(id).name.clone()
}

/// Operations of both worlds by name; those of one only go into the answer.
fn pairs(left: &World, right: &World, answer: &mut Diff) -> Vec<(OperationId, OperationId)> {
    let mut there: BTreeMap<&str, OperationId> = (right.operations().iter())
        .filter(|operation| operation.in_table)
        .map(|operation| (operation.name.as_str(), operation.id))
        .collect();
    let mut pairs = Vec::new();
    for operation in left.operations().iter().filter(|o| o.in_table) {
        match there.remove(operation.name.as_str()) {
            Some(other) => pairs.push((operation.id, other)),
            None => answer.only_left.push(operation.name.clone()),
        }
    }
    let mut rest: Vec<(OperationId, &str)> = there.into_iter().map(|(n, id)| (id, n)).collect();
    rest.sort();
    answer.only_right = rest.into_iter().map(|(_, name)| name.to_owned()).collect();
    pairs
}

struct Comparison<'s> {
    left: &'s Subject<'s>,
    right: &'s Subject<'s>,
    vocabulary: &'s Vocabulary<'s>,
    canon: Canon,
    entries: Vec<(NodeId, NodeId)>,
    /// Requests that two nodes decide differently; `None` if that is too complex.
    known: HashMap<(NodeId, NodeId, Option<End>), Option<Vec<Values>>>,
}

type Values = Vec<(FilterId, OwnedValue)>;

impl<'s> Comparison<'s> {
    fn new(
        left: &'s Subject<'s>,
        right: &'s Subject<'s>,
        vocabulary: &'s Vocabulary<'s>,
        pairs: &[(OperationId, OperationId)],
    ) -> Self {
        let mut canon = Canon::default();
        let here: Vec<NodeId> = pairs.iter().map(|pair| left.entry(pair.0)).collect();
        let there: Vec<NodeId> = pairs.iter().map(|pair| right.entry(pair.1)).collect();
        let here = canon.add_changed(left.canon(), &here, Clone::clone, |outcome| {
            vocabulary.left_outcome(outcome)
        });
        let there = canon.add_changed(
            right.canon(),
            &there,
            |test| vocabulary.right_test(test),
            |outcome| vocabulary.right_outcome(outcome),
        );
        let entries = here.into_iter().zip(there).collect();
        Self {
            left,
            right,
            vocabulary,
            canon,
            entries,
            known: HashMap::new(),
        }
    }

    /// Examples for an operation, and for how many more pairs of rules there are some; `None` if
    /// that is too complex.
    fn examples(
        &mut self,
        at: usize,
        here: OperationId,
        there: OperationId,
        most: usize,
    ) -> Option<(Vec<Example>, usize)> {
        let (left, right) = self.entries[at];
        let (canon, vocabulary) = (&self.canon, self.vocabulary);
        let end = End::of(self.left.world().operation(here));
        let found = self.known.entry((left, right, end)).or_insert_with(|| {
            let found = differences(canon, left, right, end, |id| vocabulary.filter(id)).ok()?;
            Some(found.into_iter().map(|one| one.values).collect())
        });
        let found: &Vec<Values> = found.as_ref()?;
        let mut seen = HashSet::new();
        let mut examples = Vec::new();
        let left = self.left.world();
        let target = target_filter(left, left.operation(here));
        for values in found {
            // Decided anew by each side itself, which says by which rule.
            let by_both = |values: &Values| {
                let values = Spelled::new(vocabulary, values);
                let one = decided(self.left, here, &values.in_left());
                let other = decided(self.right, there, &values.in_right(vocabulary));
                (one, other)
            };
            let (one, other) = by_both(values);
            if vocabulary.left_outcome(&one.outcome) == vocabulary.right_outcome(&other.outcome)
                || !seen.insert((one.source, other.source))
            {
                continue;
            }
            if examples.len() == most {
                continue;
            }
            let mut values = values.clone();
            // What tells some requests apart need not matter for this one. A target is shown in any
            // case, and of a socket all that goes together.
            for at in (0..values.len()).rev().filter(|_| end.is_none()) {
                let mut fewer = values.clone();
                let (filter, _) = fewer.remove(at);
                let (less, lesser) = by_both(&fewer);
                let is_same = less.source == one.source && lesser.source == other.source;
                if is_same && target != Some(filter) {
                    values = fewer;
                }
            }
            examples.push(Example {
                values: vocabulary.named(&values),
                messages: messages((self.left, &one), (self.right, &other), vocabulary),
                left: one,
                right: other,
            });
        }
        let more = seen.len() - examples.len();
        // A difference that no request shows is not taken for none.
        (found.is_empty() || !seen.is_empty()).then_some((examples, more))
    }
}

/// Where the message filters of two decisions differ, decided anew by each side itself.
fn messages(
    (left, one): (&Subject<'_>, &Decided),
    (right, other): (&Subject<'_>, &Decided),
    vocabulary: &Vocabulary<'_>,
) -> Vec<Message> {
    if [one, other]
        .iter()
        .any(|side| side.outcome.action != Action::Allow)
    {
        return Vec::new();
    }
    let found = vocabulary
        .messages(&one.outcome, &other.outcome)
        .into_iter();
    let decided = found.map(|message| {
        let values = Spelled::new(vocabulary, &message.values);
        let (here, there) = (values.in_left(), values.in_right(vocabulary));
        let here = Request::of(message.left, &here);
        let there = Request::of(message.right, &there);
        let side = |(outcome, source)| Decided { outcome, source };
        Message {
            operation: name(left.world(), message.left),
            values: vocabulary.named(&message.values),
            left: side(left.decide_message(&one.source, &here)),
            right: side(right.decide_message(&other.source, &there)),
        }
    });
    let differs = |one: &Message| {
        let right = vocabulary.right_outcome(&one.right.outcome);
        vocabulary.left_outcome(&one.left.outcome) != right
    };
    decided.filter(differs).collect()
}

/// What a side says of values by its own numbers.
fn decided(
    side: &Subject<'_>,
    operation: OperationId,
    values: &[(FilterId, Value<'_>)],
) -> Decided {
    let (outcome, source) = side.decide(&Request::of(operation, values));
    Decided { outcome, source }
}
