//! Which calls are sent to the supervisor: the table made into a kernel filter for one policy.

use lapbelt_policy::decide::Decider;
use lapbelt_policy::request::Request;
use lapbelt_policy::rule::Action;

use super::arch::Call;
use super::bpf::{Fate, Leaf};
use super::classify::{Case, Only, TABLE};
use super::vocabulary::{Op, OpSet, Vocabulary};

/// The operations for which the supervisor must see calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interest {
    loud: OpSet,
    refusable: OpSet,
    /// The policy denies process-fork.
    pub(crate) fork_denied: bool,
    /// Nothing is refused.
    learn: bool,
}

impl Interest {
    /// Operations that the policy does not wholly allow, or all.
    pub(crate) fn of(
        decider: &Decider,
        vocabulary: &Vocabulary,
        everything: bool,
        learn: bool,
    ) -> Self {
        let is_known = |op: &Op| vocabulary.operation(*op).is_some();
        let is_refusable = |op: &Op| {
            let id = vocabulary.operation(*op);
            id.is_some_and(|id| decider.always(id) != Some(Action::Allow))
        };
        let (mut loud, mut refusable) = (OpSet::default(), OpSet::default());
        for op in Op::ALL {
            if is_refusable(op) || op.becomes().iter().any(is_refusable) {
                refusable.add(*op);
            }
            if refusable.has(*op) || (everything && is_known(op)) {
                loud.add(*op);
            }
        }
        let fork_denied = vocabulary
            .operation(Op::ProcessFork)
            .is_some_and(|id| decider.decide(&Request::new(id)).action == Action::Deny);
        Self {
            loud,
            refusable,
            fork_denied,
            learn,
        }
    }

    /// Whether an operation, or one that it may become, can be refused or reported.
    pub(crate) fn in_op(&self, op: Op) -> bool {
        // fork and clone are never trapped to be allowed: a signal would make them fail.
        if op == Op::ProcessFork {
            self.fork_refused()
        } else {
            self.loud.has(op)
        }
    }

    /// Whether all calls that make names are seen, and none of them is refused.
    pub(crate) fn in_names(&self) -> bool {
        self.learn && self.in_op(Op::FileWriteCreate)
    }

    /// Whether all calls by which a descriptor may come to stand for another directory are to be seen.
    /// Most of them are where opening is.
    pub(crate) fn in_descriptors(&self) -> bool {
        let opening = [Op::FileReadData, Op::FileReadMetadata];
        self.in_names() && opening.into_iter().all(|op| self.in_op(op))
    }

    /// Whether an operation must not be of those who supervise, whatever the policy says: what has
    /// them decide could let go on all that it refuses. A learner refuses nothing, so that it is not
    /// worth to get round it.
    pub(crate) fn guards(&self, op: Op) -> bool {
        !self.learn && op.reaches_into()
    }

    fn fork_refused(&self) -> bool {
        self.fork_denied && !self.learn
    }

    /// Whether the policy may refuse an operation, or one that it may become.
    pub(crate) fn can_refuse(&self, op: Op) -> bool {
        self.refusable.has(op)
    }

    /// The filter's leaves.
    pub(crate) fn leaves(&self) -> Vec<Leaf> {
        let mut leaves: Vec<Leaf> = TABLE
            .iter()
            .filter_map(|row| {
                let counts = |case: &Case, op| match case.only {
                    Some(Only::Refused) => self.can_refuse(op) && !self.learn,
                    _ => self.in_op(op) || self.guards(op),
                };
                let needed = row.cases.iter().filter(|case| match case.only {
                    Some(Only::Reopening) => self.in_descriptors(),
                    _ => case.asks.is_empty() || case.asks.iter().any(|op| counts(case, *op)),
                });
                let cases: Vec<_> = needed.map(|case| case.when.to_vec()).collect();
                (!cases.is_empty()).then_some(Leaf {
                    number: row.call.number()?,
                    fate: Fate::Notify,
                    cases,
                })
            })
            .collect();
        // Its work would go past every other call; programs fall back to those.
        leaves.extend(absent(Call::IoUringSetup));
        if self.fork_refused() {
            // Its flags lie in memory; libraries fall back to clone.
            leaves.extend(absent(Call::Clone3));
        }
        leaves
    }
}

fn absent(call: Call) -> Option<Leaf> {
    Some(Leaf {
        number: call.number()?,
        fate: Fate::Errno(libc::ENOSYS as u16),
        cases: vec![vec![]],
    })
}
