//! What a lint sees.

use std::cell::OnceCell;

use lapbelt_policy::decide::Decider;
use lapbelt_policy::filter::Filter;
use lapbelt_policy::origin::{Origin, SourceId};
use lapbelt_policy::rule::{Action, Policy, Rule};
use lapbelt_policy::world::{OperationId, World};

use super::Subject;
use super::finding::Edit;
use super::idle::{IdlePart, idle_parts};
use super::leaf::{Leaf, leaves};
use super::tree::Tree;
use crate::diag::{Diagnostic, Severity};
use crate::syntax::{NodeId, Span};

/// A subject with what is derived from it, made once.
pub(super) struct Context<'a> {
    pub(super) subject: &'a Subject,
    pub(super) world: &'a World,
    pub(super) tree: Tree<'a>,
    leaves: OnceCell<Vec<Leaf<'a>>>,
    decider: OnceCell<Option<Decider>>,
    idle: OnceCell<(Vec<IdlePart<'a>>, Vec<OperationId>)>,
}

impl<'a> Context<'a> {
    pub(super) fn new(subject: &'a Subject, world: &'a World) -> Self {
        Self {
            subject,
            world,
            tree: Tree::new(&subject.parse, subject.main),
            leaves: OnceCell::new(),
            decider: OnceCell::new(),
            idle: OnceCell::new(),
        }
    }

    /// The text being linted.
    pub(super) fn main(&self) -> SourceId {
        self.subject.main
    }

    /// Whether the text is well formed, so that there is a tree to look at.
    pub(super) fn is_readable(&self) -> bool {
        self.subject.parse.errors().is_empty()
    }

    pub(super) fn policy(&self) -> Option<&'a Policy> {
        self.subject.policy.as_ref()
    }

    pub(super) fn rules(&self) -> &'a [Rule] {
        self.policy().map_or(&[], |policy| &policy.rules)
    }

    /// The policy made ready for deciding, if there is one.
    pub(super) fn decider(&self) -> Option<&Decider> {
        let made = self
            .decider
            .get_or_init(|| self.policy().map(|policy| Decider::new(policy, self.world)));
        made.as_ref()
    }

    /// The tests in the filters of all rules that stand in the text being linted.
    pub(super) fn leaves(&self) -> &[Leaf<'a>] {
        self.leaves.get_or_init(|| leaves(self))
    }

    /// What decides nothing.
    pub(super) fn idle_parts(&self) -> &[IdlePart<'a>] {
        &self.idle.get_or_init(|| idle_parts(self)).0
    }

    /// Operations for which it cannot be said what decides.
    pub(super) fn undecided(&self) -> &[OperationId] {
        &self.idle.get_or_init(|| idle_parts(self)).1
    }

    /// The tests of path filters whose path is known in full.
    pub(super) fn paths(&self) -> impl Iterator<Item = (&Leaf<'a>, &'a [u8])> {
        let known = |text: &[u8]| !text.windows(2).any(|pair| pair == b"${");
        self.leaves()
            .iter()
            .filter(|leaf| self.world.filter(leaf.test.filter).name == "path")
            .filter_map(move |leaf| {
                leaf.path()
                    .filter(|text| known(text))
                    .map(|text| (leaf, text))
            })
    }

    /// Whether what the profile does not mention is denied. Where it is allowed, a deny without
    /// filters after its exceptions is the usual way to say "and nothing else".
    pub(super) fn denies_by_default(&self) -> bool {
        let root = self.world.root();
        let mut rules = self.rules().iter();
        let last = rules.rfind(|rule| rule.filters.is_empty() && rule.operations.contains(&root));
        last.is_none_or(|rule| rule.action == Action::Deny)
    }

    /// Whether the world says which operations are asked at all.
    pub(super) fn asks_some_only(&self) -> bool {
        self.world
            .operations()
            .iter()
            .any(|operation| operation.enforced)
    }

    pub(super) fn warnings(&self) -> impl Iterator<Item = &'a Diagnostic> {
        let all = self.subject.diagnostics.iter();
        all.filter(|d| d.severity == Severity::Warning)
    }

    /// Where to point when a finding is about the whole profile.
    pub(super) fn start(&self) -> Origin {
        match self.tree.parse.forms().first() {
            Some(form) => self.tree.origin(*form),
            None => self.tree.origin_of(Span { start: 0, end: 0 }),
        }
    }

    /// The place of a rule, if it stands in the text being linted.
    pub(super) fn place(&self, rule: &Rule) -> Option<Origin> {
        rule.origin.filter(|origin| origin.source == self.main())
    }

    /// A rule's form, if nothing else made a rule of the same form.
    pub(super) fn only_form(&self, rule: &Rule) -> Option<NodeId> {
        let origin = self.place(rule)?;
        let same = self
            .rules()
            .iter()
            .filter(|other| other.origin == rule.origin);
        (same.count() == 1).then_some(())?;
        self.tree.node_at(origin)
    }

    /// An edit that takes a form out, with its lines if it has them for itself.
    pub(super) fn removal(&self, form: NodeId) -> Edit {
        let span = self.tree.whole_lines(form);
        Edit {
            start: span.start,
            end: span.end,
            text: String::new(),
        }
    }

    pub(super) fn replacement(&self, node: NodeId, text: impl Into<String>) -> Edit {
        let span = self.tree.span(node);
        Edit {
            start: span.start,
            end: span.end,
            text: text.into(),
        }
    }

    pub(super) fn operation_name(&self, id: OperationId) -> &'a str {
        &self.world.operation(id).name
    }

    /// The operations that a rule on `operation` may decide: itself and what falls back to it.
    pub(super) fn members(&self, operation: OperationId) -> impl Iterator<Item = OperationId> {
        let world = self.world;
        let all = world.operations().iter().map(|o| o.id);
        all.filter(move |id| world.falls_back_to(*id, operation))
    }
}

/// Visits every test of a filter.
pub(super) fn each_test<'f>(
    filter: &'f Filter,
    visit: &mut impl FnMut(&'f lapbelt_policy::filter::Test),
) {
    match filter {
        Filter::Test(test) => visit(test),
        Filter::Any(parts) | Filter::All(parts) => {
            parts.iter().for_each(|part| each_test(part, visit));
        }
        Filter::Not(inner) => each_test(inner, visit),
    }
}
