//! What an attempt means: pure, from what the program said, what the system reported, and how the
//! same attempt ends without the policy.

use lapbelt_policy::event::Event;
use lapbelt_policy::rule::Action;
use lapbelt_policy::world::{OperationId, World};
use lapbelt_sandbox::denial;
use lapbelt_sandbox::probe::{Answer, Kind};

use super::record::{Case, Check, Confidence, Record};
use super::{Question, Tried};

/// BOOTSTRAP_NOT_PRIVILEGED of servers/bootstrap.h: how a refused lookup ends.
const NOT_PRIVILEGED: i64 = 1100;

/// EPERM and EACCES, which have the same numbers on macOS and Linux.
const REFUSALS: [i32; 2] = [1, 13];

/// All that is known of one attempt.
pub(super) struct Meaning<'m> {
    pub(super) kind: &'m Kind,
    pub(super) operation: OperationId,
    pub(super) tried: &'m Tried,
    pub(super) bare: Option<Answer>,
    /// What the attempt asked, as far as the system reported it.
    pub(super) events: &'m [&'m Event],
    pub(super) world: &'m World,
}

fn code(answer: Option<&Answer>) -> Option<i64> {
    match answer? {
        Answer::Errno(errno) => Some(i64::from(*errno)),
        Answer::Code(code) => Some(*code),
        Answer::Done | Answer::Impossible(_) => None,
    }
}

fn is_refusal(answer: &Answer) -> bool {
    match answer {
        Answer::Errno(errno) => REFUSALS.contains(errno),
        Answer::Code(code) => *code == NOT_PRIVILEGED,
        Answer::Done | Answer::Impossible(_) => false,
    }
}

fn shown(answer: &Answer) -> String {
    match answer {
        Answer::Done => "success".to_owned(),
        Answer::Errno(errno) => std::io::Error::from_raw_os_error(*errno).to_string(),
        Answer::Code(code) => format!("code {code}"),
        Answer::Impossible(reason) => reason.clone(),
    }
}

impl Meaning<'_> {
    pub(super) fn record(&self, question: &Question) -> Record {
        let undecided = |reason: String| Record::non_decision(question, reason);
        let tried = self.tried;
        if !tried.said.asked {
            let said = tried.stderr.trim();
            let said = if said.is_empty() {
                String::new()
            } else {
                format!(": {said}")
            };
            let end = &tried.end;
            return undecided(format!(
                "the asking program ended before it asked: {end}{said}"
            ));
        }
        let of = |action: Action| {
            let matching = self
                .events
                .iter()
                .filter(move |event| event.decision == action);
            let own = matching
                .clone()
                .find(|event| event.operation == self.operation);
            (own.copied(), matching.copied().next_back())
        };
        let (own_denial, any_denial) = of(Action::Deny);
        let (own_leave, _) = of(Action::Allow);
        let decided = |action, event: Option<&Event>, confidence, notes: &str| {
            Record::Case(Box::new(
                self.case(question, action, event, confidence, notes),
            ))
        };
        let allowed = || {
            let confidence = match own_leave {
                Some(_) => Confidence::Exact,
                None => Confidence::Strong,
            };
            decided(Action::Allow, own_leave, confidence, "")
        };
        let answer = tried.said.answer.as_ref();
        if let Some(denial) = own_denial {
            let notes = match answer {
                Some(Answer::Done) => "the attempt succeeded all the same",
                _ => "",
            };
            return decided(Action::Deny, Some(denial), Confidence::Exact, notes);
        }
        match answer {
            Some(Answer::Impossible(reason)) => undecided(reason.clone()),
            Some(Answer::Done) => allowed(),
            // A failed attempt to become another program would have been told; what is refused from
            // then on is that program's.
            None if self.kind.replaces => allowed(),
            None => undecided(format!("the asking program never answered: {}", tried.end)),
            Some(failure) => {
                if let Some(denial) = any_denial.filter(|_| is_refusal(failure)) {
                    let notes = "refused on the way, by another operation";
                    return decided(Action::Deny, Some(denial), Confidence::Exact, notes);
                }
                if let Some(leave) = own_leave {
                    let notes = format!("let through, then failed: {}", shown(failure));
                    return decided(Action::Allow, Some(leave), Confidence::Exact, &notes);
                }
                match &self.bare {
                    Some(bare) if bare == failure => undecided(format!(
                        "it ends the same with no policy in force: {}",
                        shown(failure)
                    )),
                    Some(Answer::Done) if is_refusal(failure) => decided(
                        Action::Deny,
                        None,
                        Confidence::Strong,
                        "no report of it; it succeeds with no policy in force",
                    ),
                    bare => undecided(format!(
                        "it ended with {} and with {} when no policy was in force, which tells \
                         nothing",
                        shown(failure),
                        bare.as_ref().map_or("nothing".to_owned(), shown)
                    )),
                }
            }
        }
    }

    fn case(
        &self,
        question: &Question,
        action: Action,
        event: Option<&Event>,
        confidence: Confidence,
        notes: &str,
    ) -> Case {
        let name = |event: &Event| self.world.operation(event.operation).name.clone();
        // What stands beside the target, as an attribute does, is no part of it.
        let target = |event: &Event| {
            let mut event = event.clone();
            event.values.truncate(1);
            denial::target(&event, self.world)
        };
        let kernel_target = event.map(target);
        let differs = |decided: &String| !decided.is_empty() && *decided != question.target;
        Case {
            id: String::new(),
            profile: String::new(),
            params: Default::default(),
            operation: question.operation.clone(),
            target: question.target.clone(),
            probe: self.kind.how,
            observed: action.word(),
            errno: code(self.tried.said.answer.as_ref()),
            errno_unconfined: code(self.bare.as_ref()),
            kernel_op: event.map(name),
            canonicalisation: question.target.starts_with('/')
                && kernel_target.as_ref().is_some_and(differs),
            kernel_target,
            confidence,
            kernel_checks: self
                .events
                .iter()
                .map(|event| Check {
                    operation: name(event),
                    target: target(event),
                    decision: event.decision.word(),
                })
                .collect(),
            kernel_log: event.map(|event| denial::decision(event, self.world)),
            predicted: None,
            notes: notes.to_owned(),
            source: String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use lapbelt_policy::world::shipped;
    use lapbelt_sandbox::probe::{Said, kind};

    use super::*;

    /// What an attempt to read a file means that was answered so, with no report of it.
    fn unreported(answer: Option<Answer>, bare: Option<Answer>) -> Record {
        let world = shipped("macos-14.4.1").expect("shipped").expect("parses");
        let kind = kind("file-read-data").expect("it can be tried");
        let tried = Tried {
            said: Said {
                asked: true,
                answer,
            },
            end: "exit status 0".to_owned(),
            stderr: String::new(),
            events: Vec::new(),
        };
        let meaning = Meaning {
            kind,
            operation: world.operation_named(kind.operation).expect("known").id,
            tried: &tried,
            bare,
            events: &[],
            world: &world,
        };
        meaning.record(&Question {
            operation: kind.operation.to_owned(),
            target: "/x".to_owned(),
        })
    }

    fn observed(record: &Record) -> Option<(&str, Confidence)> {
        match record {
            Record::Case(case) => Some((case.observed, case.confidence)),
            _ => None,
        }
    }

    #[test]
    fn without_a_report_only_the_comparison_tells() {
        let (done, eperm, eacces) = (Answer::Done, Answer::Errno(1), Answer::Errno(13));
        let cases = [
            (Some(&done), None, Some(("allow", Confidence::Strong))),
            (
                Some(&eperm),
                Some(&done),
                Some(("deny", Confidence::Strong)),
            ),
            (
                Some(&eacces),
                Some(&done),
                Some(("deny", Confidence::Strong)),
            ),
            (
                Some(&Answer::Code(1100)),
                Some(&done),
                Some(("deny", Confidence::Strong)),
            ),
            (Some(&eacces), Some(&eacces), None),
            (Some(&eperm), None, None),
            (Some(&Answer::Errno(2)), Some(&done), None),
            (Some(&Answer::Code(1102)), Some(&Answer::Code(1102)), None),
            (None, None, None),
        ];
        for (answer, bare, wanted) in cases {
            let record = unreported(answer.cloned(), bare.cloned());
            assert_eq!(
                observed(&record),
                wanted,
                "{answer:?}, else {bare:?}: {record:?}"
            );
        }
    }
}
