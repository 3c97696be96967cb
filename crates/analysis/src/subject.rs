//! A policy that is asked about.

use lapbelt_policy::decide::Decider;
use lapbelt_policy::graph::{Canon, NodeId, Outcome, Source};
use lapbelt_policy::request::Request;
use lapbelt_policy::rule::Policy;
use lapbelt_policy::world::{OperationId, World};

/// A policy made ready for questions about all of it.
#[derive(Debug)]
pub struct Subject<'p> {
    policy: &'p Policy,
    world: &'p World,
    decider: Decider,
    canon: Canon,
    entries: Vec<NodeId>,
}

impl<'p> Subject<'p> {
    /// Lowers a policy of a world.
    pub fn new(policy: &'p Policy, world: &'p World) -> Self {
        let decider = Decider::new(policy, world);
        let mut canon = Canon::default();
        let entries = canon.add_graph(decider.graph(), &policy.rules, world);
        Self {
            policy,
            world,
            decider,
            canon,
            entries,
        }
    }

    /// Its world.
    pub fn world(&self) -> &'p World {
        self.world
    }

    /// Its rules.
    pub fn policy(&self) -> &'p Policy {
        self.policy
    }

    /// What it decides, in canonical form.
    pub fn canon(&self) -> &Canon {
        &self.canon
    }

    /// Where the decision of an operation starts in [`Self::canon`]. Panics on an operation of
    /// another world.
    pub fn entry(&self, operation: OperationId) -> NodeId {
        self.entries[usize::from(operation.0)]
    }

    /// The entries of all operations, in the order of their numbers.
    pub fn entries(&self) -> &[NodeId] {
        &self.entries
    }

    /// Decides one request, with who said so.
    pub fn decide(&self, request: &Request<'_>) -> (Outcome, Source) {
        let verdict = self.decider.decide(request);
        let outcome = match verdict.source {
            Source::Rule(reference) => {
                Outcome::of(&self.policy.rules[reference.rule as usize], self.world)
            }
            Source::Implied(_) | Source::OwnDefault(_) => Outcome::plain(verdict.action),
        };
        (outcome, verdict.source)
    }
}
