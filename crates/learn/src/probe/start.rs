//! What the asking program needs to start under a policy that would not let it.

use std::collections::HashSet;
use std::sync::Arc;

use lapbelt_policy::decide::Decider;
use lapbelt_policy::event::Event;
use lapbelt_policy::rule::{Action, Policy, Rule, RuleFilter};
use lapbelt_policy::world::World;
use lapbelt_sandbox::probe::NOTHING;

use super::{Probe, ProbeError, Request, Tried, request_of};
use crate::base::Base;
use crate::denial_rule::{NetworkRules, atom_for};
use crate::seed::Loader;
use crate::system_profile::system_profile;

/// Most runs in which a need is found. A loader that is refused something ends at once, so on
/// macOS each run may show one.
const RUNS: usize = 40;

/// How `sandbox-exec` says that the kernel did not take a profile that it had compiled.
const APPLY: &str = "sandbox_apply";

/// The policy with the rules for the start.
pub(super) struct Start {
    pub(super) policy: Policy,
    pub(super) decider: Arc<Decider>,
    /// What the program asks before it asks the question.
    pub(super) noise: HashSet<Request>,
}

impl Start {
    /// Without any. What is refused in silence would not be known, so it is refused aloud.
    pub(super) fn given(policy: &Policy, world: &World) -> Self {
        let mut policy = policy.clone();
        let silent = world.modifier_named("no-report").map(|info| info.id);
        for rule in &mut policy.rules {
            rule.modifiers.retain(|own| Some(own.modifier) != silent);
        }
        Self {
            decider: Arc::new(Decider::new(&policy, world)),
            policy,
            noise: HashSet::new(),
        }
    }

    /// Adds rules; false if all were there.
    fn add(&mut self, rules: Vec<Rule>, world: &World) -> bool {
        let before = self.policy.rules.len();
        for rule in rules {
            if !self.policy.rules.contains(&rule) {
                self.policy.rules.push(rule);
            }
        }
        self.decider = Arc::new(Decider::new(&self.policy, world));
        self.policy.rules.len() > before
    }
}

impl Probe<'_> {
    /// Runs the program without a question until it is refused nothing more that a rule could
    /// allow. If it still does not get as far as asking, each question will show why.
    pub(super) fn learn_to_start(&mut self) -> Result<(), ProbeError> {
        let can_let_go_on = self.backend.dialect().is_none();
        if let Some(dialect) = self.backend.dialect() {
            let profile = system_profile(&self.start.policy, &dialect, &self.world);
            if !self.backend.accepts(&profile)? {
                return Err(ProbeError::NotApplied {
                    stage: "parse (sandbox-exec rc 65)",
                    message: "sandbox-exec does not accept it".to_owned(),
                });
            }
        }
        let mut last = self.attempt(can_let_go_on)?;
        if !can_let_go_on && !last.said.asked {
            self.start.add(loader_rules(&self.world), &self.world);
            last = self.attempt(false)?;
        }
        for _ in 0..RUNS {
            let needs = last
                .events
                .iter()
                .filter_map(|event| need(event, &self.world));
            if !self.start.add(needs.collect(), &self.world) {
                break;
            }
            last = self.attempt(can_let_go_on)?;
        }
        let last = if can_let_go_on {
            self.attempt(false)?
        } else {
            last
        };
        self.start.noise = last.events.iter().map(request_of).collect();
        Ok(())
    }

    fn attempt(&self, learn: bool) -> Result<Tried, ProbeError> {
        let tried = self.run(NOTHING, "", learn)?;
        if !tried.said.asked && tried.stderr.contains(APPLY) {
            return Err(ProbeError::NotApplied {
                stage: "apply (sandbox_apply)",
                message: tried.stderr.trim().to_owned(),
            });
        }
        Ok(tried)
    }
}

/// The rule for exactly what was refused; `None` if none could be so narrow.
fn need(event: &Event, world: &World) -> Option<Rule> {
    if event.decision == Action::Allow {
        return None;
    }
    let atom = atom_for(event, world, NetworkRules::Parsed)?;
    Some(Rule {
        action: Action::Allow,
        operations: vec![atom.operation],
        filters: vec![RuleFilter {
            filter: atom.filter?,
            origin: None,
        }],
        modifiers: Vec::new(),
        origin: None,
    })
}

/// What the loader of macOS needs before its first refusal could be seen, but for what would allow
/// all metadata to be read.
fn loader_rules(world: &World) -> Vec<Rule> {
    let base = Base::seed(Default::default(), Some(Loader::Written));
    let rules = base.evaluate(world).map(|profile| profile.policy.rules);
    let metadata = world.operation_named("file-read-metadata").map(|o| o.id);
    let mut rules = rules.unwrap_or_default();
    rules.retain(|rule| {
        rule.action == Action::Allow
            && !rule.filters.is_empty()
            && rule.operations.iter().any(|own| Some(*own) != metadata)
    });
    rules
}
