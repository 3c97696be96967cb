//! A request of which some tests hold and others do not.

use std::collections::BTreeMap;

use super::classes::classes;
use super::space::{Group, Values};
use super::text::{self, Question, Shape};
use super::{TooComplex, has_many};
use crate::event::OwnedValue;
use crate::filter::{Argument, Test};
use crate::socket::End;
use crate::world::{FilterId, FilterInfo};

/// Tests, by their place, that no request answers as they are to be answered.
pub(crate) type Conflict = Vec<usize>;

/// The values of a request that answers each test as is said beside it; else answers that no request
/// gives together. What is known of sockets has to be among the tests.
pub(crate) fn request<'w>(
    tests: &[(&Test, bool)],
    end: Option<End>,
    filter: &impl Fn(FilterId) -> &'w FilterInfo,
) -> Result<Result<Values, Vec<Conflict>>, TooComplex> {
    let mut groups: BTreeMap<Group<'_>, Vec<Answer<'_>>> = BTreeMap::new();
    for (at, (test, holds)) in tests.iter().enumerate() {
        groups.entry(Group::of(test)).or_default().push(Answer {
            at,
            argument: test.argument.plain(),
            holds: *holds,
        });
    }
    let mut values = Vec::new();
    let mut conflicts = Vec::new();
    for (group, answers) in groups {
        let info = filter(group.filter);
        let found = match group.is_bits {
            true => bits(&answers),
            false => of_filter(&answers, info, end)?,
        };
        match found {
            Ok(own) => {
                let own = own.into_iter().map(|value| group.value(value));
                values.extend(own.map(|value| (group.filter, value)));
            }
            Err(conflict) => conflicts.push(conflict.into_iter().map(|one| one.at).collect()),
        }
    }
    match conflicts.is_empty() {
        true => Ok(Ok(values)),
        false => Ok(Err(conflicts)),
    }
}

/// A test, by its place, and whether it is to hold.
#[derive(Clone, Copy)]
struct Answer<'t> {
    at: usize,
    argument: &'t Argument,
    holds: bool,
}

impl<'t> Answer<'t> {
    fn question(&self) -> Option<Question<'t>> {
        Question::of(self.argument)
    }

    fn mask(&self) -> u64 {
        match self.argument {
            Argument::Bits(mask) => *mask,
            _ => 0,
        }
    }
}

type Found<'t, T> = Result<T, Vec<Answer<'t>>>;

fn bits<'t>(answers: &[Answer<'t>]) -> Found<'t, Vec<OwnedValue>> {
    let held = || answers.iter().filter(|one| one.holds);
    let all = held().fold(0, |all, one| all | one.mask());
    let failed = answers
        .iter()
        .find(|one| !one.holds && one.mask() & !all == 0);
    match failed {
        _ if held().next().is_none() => Ok(Vec::new()),
        None => Ok(vec![OwnedValue::Bits(all)]),
        Some(failed) => Err(held().chain([failed]).copied().collect()),
    }
}

/// What a request has of one filter.
fn of_filter<'t>(
    answers: &[Answer<'t>],
    info: &FilterInfo,
    end: Option<End>,
) -> Result<Found<'t, Vec<OwnedValue>>, TooComplex> {
    let failed = answers.iter().filter(|one| !one.holds);
    let mut held = answers.iter().filter(|one| one.holds).peekable();
    let each: Vec<Vec<Answer<'t>>> = if has_many(info) {
        // Whatever value one needs, another may have its own.
        let one = |held| failed.clone().chain([held]).copied().collect();
        held.map(one).collect()
    } else if held.peek().is_some() || (end.is_some() && info.name == "socket-protocol") {
        // Every socket has a protocol.
        vec![answers.to_vec()]
    } else {
        Vec::new()
    };
    let mut values = Vec::new();
    for answers in each {
        match value(&answers, info, end)? {
            Ok(value) if values.contains(&value) => {}
            Ok(value) => values.push(value),
            Err(conflict) => return Ok(Err(least(conflict, info, end))),
        }
    }
    Ok(Ok(values))
}

/// One value that gives these answers.
fn value<'t>(
    answers: &[Answer<'t>],
    info: &FilterInfo,
    end: Option<End>,
) -> Result<Found<'t, OwnedValue>, TooComplex> {
    // No text is of another kind.
    let is_text = answers
        .iter()
        .any(|one| one.holds && one.question().is_some());
    let (own, others): (Vec<Answer<'t>>, Vec<Answer<'t>>) =
        (answers.iter()).partition(|one| one.question().is_some() == is_text);
    if others.iter().any(|one| one.holds) {
        return Ok(Err(answers
            .iter()
            .filter(|one| one.holds)
            .copied()
            .collect()));
    }
    if is_text {
        let questions: Vec<(Question<'t>, bool)> = (own.iter())
            .filter_map(|one| Some((one.question()?, one.holds)))
            .collect();
        let found = text::member(&questions, Shape::of(info, end))?;
        return Ok(found
            .map(OwnedValue::Text)
            .map_err(|conflict| conflict.into_iter().map(|at| own[at]).collect()));
    }
    let arguments: Vec<&Argument> = own.iter().map(|one| one.argument).collect();
    let fits = |value: &OwnedValue| {
        let mut own = own.iter();
        own.all(|one| one.argument.accepts(value.borrow()) == one.holds)
    };
    let mut values = classes(&arguments, info, end)?
        .into_iter()
        .filter_map(|class| class.value);
    Ok(values.find(fits).ok_or(own))
}

/// As few of some answers that no value gives as are easily found.
fn least<'t>(
    mut conflict: Vec<Answer<'t>>,
    info: &FilterInfo,
    end: Option<End>,
) -> Vec<Answer<'t>> {
    for at in (0..conflict.len()).rev() {
        let mut fewer = conflict.clone();
        fewer.remove(at);
        let is_one = fewer.iter().any(|one| one.holds);
        if let (true, Ok(Err(_))) = (is_one, value(&fewer, info, end)) {
            conflict = fewer;
        }
    }
    conflict
}
