//! Questions about messages, which the message filter of what let them be sent decides.

mod opened;

use std::collections::{BTreeMap, BTreeSet};

use lapbelt_policy::ask::Question;
use lapbelt_policy::decide::Decider;
use lapbelt_policy::graph::Source;
use lapbelt_policy::rule::Action;
use lapbelt_policy::world::{OperationId, World};
use serde_json::json;

use crate::exit::Exit;
use crate::output::Output;
use crate::subject::Subject;

/// What is said where message filters do not agree and one answer is asked for.
pub(super) const UNDECIDED: &str = "the message filters of the profile decide it differently";

/// What is said of a message after one decision.
pub(super) struct Message {
    action: Action,
    /// The rule of the message filter.
    pub(super) by: String,
    text: Option<String>,
    /// What let it be sent.
    after: String,
    target: Option<String>,
    lacks: Option<String>,
}

/// What is said of a message after each decision that may have let it be sent; none if no message
/// filter is about it, or it is no operation of messages.
pub(super) fn answers(
    question: &Question<'_>,
    subject: &Subject,
    decider: &Decider,
    world: &World,
) -> Result<Vec<Message>, String> {
    let operation = world.operation_named(question.operation);
    let Some(operation) = operation.filter(|one| !one.in_table).map(|one| one.id) else {
        return Ok(Vec::new());
    };
    let about = subject.filtering(operation, world);
    let opened = opened::opened(question, decider, &about, world)?;
    let mut found = Vec::new();
    for outer in &opened.by {
        let filter = decider.messages(outer);
        let answer = question.answer(filter.unwrap_or(decider), world);
        let answer = answer.map_err(|error| error.to_string())?;
        let inner = answer.verdict.source;
        let (by, text) = match filter {
            Some(_) => (
                subject.place_within(outer, &inner),
                subject.text_within(outer, &inner, world),
            ),
            None => ("default".to_owned(), None),
        };
        found.push(Message {
            action: answer.verdict.action,
            by,
            text,
            after: subject.place(outer, world),
            target: answer.target,
            lacks: answer.lacks,
        });
    }
    if let (true, Some((operation, source))) = (found.is_empty(), opened.denied) {
        let operation = &world.operation(operation).name;
        found.push(Message {
            action: Action::Deny,
            by: subject.place(&source, world),
            text: subject.rule_text(&source, world),
            after: format!("{operation} is denied"),
            target: question.target.map(str::to_owned),
            lacks: None,
        });
    }
    Ok(found)
}

/// The decision, if all say the same.
pub(super) fn decision(messages: &[Message]) -> Option<Action> {
    let first = messages.first()?.action;
    let is_one = messages.iter().all(|one| one.action == first);
    is_one.then_some(first)
}

/// Answers with what each message filter says.
pub(super) fn tell(
    question: &Question<'_>,
    messages: &[Message],
    given: BTreeMap<&str, Vec<&str>>,
    world: &World,
    output: &Output,
) -> Exit {
    let action = decision(messages);
    let word = action.map_or("undecided", Action::word);
    let operation = question.operation;
    let target = messages.iter().find_map(|one| one.target.as_ref());
    let lacks = messages.iter().find_map(|one| one.lacks.as_ref());
    output.answer_either(
        || {
            let each = messages.iter().map(|one| {
                json!({"decision": one.action.word(), "by": one.by, "rule": one.text,
                       "after": one.after})
            });
            json!({"decision": word, "operation": operation, "target": target, "filters": given,
                   "lacks": lacks, "messages": each.collect::<Vec<_>>(), "world": world.id()})
        },
        || {
            let target = target.map_or(String::new(), |target| format!(" {target}"));
            let mut text = format!("{word} {operation}{target}");
            for one in messages {
                let decided = one.action.word();
                text += &format!("\n  {decided} by {} after {}", one.by, one.after);
                text += &one
                    .text
                    .as_ref()
                    .map_or(String::new(), |text| format!("\n    {text}"));
            }
            text
        },
    );
    if let Some(filter) = lacks {
        output.tell(&super::lacking(filter));
    }
    match action {
        Some(Action::Allow) => Exit::Yes,
        Some(Action::Deny) => Exit::No,
        None => Exit::Undecided,
    }
}

/// What is to be known beside an answer: that messages are decided elsewhere.
pub(super) fn note(
    operation: &str,
    source: &Source,
    subject: &Subject,
    world: &World,
) -> Option<String> {
    if world
        .operation_named(operation)
        .is_some_and(|one| !one.in_table)
    {
        let note = "it is asked within message filters only, and none of this profile is about it";
        return Some(note.to_string());
    }
    let Source::Rule(reference) = source else {
        return None;
    };
    let rules = subject.rules()[reference.rule as usize].message_filter()?;
    let about: BTreeSet<OperationId> = rules.iter().flat_map(|r| &r.operations).copied().collect();
    let names = about
        .into_iter()
        .map(|id| world.operation(id).name.as_str());
    let names: Vec<&str> = names.collect();
    (!names.is_empty()).then(|| {
        let names = names.join(", ");
        format!("what follows passes the message filter of that rule; ask about {names} too")
    })
}
