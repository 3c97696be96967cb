//! Policies to the bytes that a build of the system would write for them.
//!
//! [`encode`] makes a whole profile and says with it where the bytes rest on more than what
//! profiles of the system's own compiler show. The way there: rules to the list of each operation
//! (`lists`), lists to shared nodes (`lower`, `filters`, `terminals`), nodes to places (`place`),
//! places to bytes (`emit`), all of which go through [`Buffer::write`].

mod buffer;
mod emit;
mod error;
mod fidelity;
mod filters;
mod graph;
mod lists;
mod lower;
mod pattern;
mod place;
mod regex;
mod size;
mod terminals;

pub use buffer::{Buffer, Write};
pub use error::{EncodeError, Problem};
pub use fidelity::{Derived, Fidelity, Reason};
pub(crate) use regex::{class_ranges, in_code, regex_code, straight_program};
pub use size::{LITERALS, LONGEST_PATTERN, NODES, PatternSize, Size, size};

use lapbelt_policy::rule::Policy;
use lapbelt_policy::world::World;

use graph::LiteralId;
use lower::Lowered;
use place::Plan;

/// Flag of a terminal node that refuses.
const DENY: u32 = 1;
/// Flag of a terminal node that reports.
const REPORT: u32 = 4;

/// A compiled profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How sure it is that the system would write the same.
    pub fidelity: Fidelity,
    /// Its sizes.
    pub size: Size,
    /// The writes in their order; empty unless they were asked for.
    pub writes: Vec<Write>,
}

/// Compiles a policy for a world.
///
/// # Errors
/// What a compiled profile cannot hold, with the rule that asks for it.
pub fn encode(policy: &Policy, world: &World) -> Result<Encoded, EncodeError> {
    into(policy, world, Buffer::default())
}

/// As [`encode`], and keeps every write.
///
/// # Errors
/// As [`encode`].
pub fn encode_logged(policy: &Policy, world: &World) -> Result<Encoded, EncodeError> {
    into(policy, world, Buffer::logged())
}

fn into(policy: &Policy, world: &World, buffer: Buffer) -> Result<Encoded, EncodeError> {
    let lowered = lower::lower(policy, world)?;
    let plan = Plan::of(&lowered);
    within_limits(&lowered, &plan, policy, world)?;
    let size = plan.size(&lowered);
    let (bytes, writes) = emit::emit(&lowered, &plan, buffer)?;
    Ok(Encoded {
        bytes,
        fidelity: lowered.fidelity,
        size,
        writes,
    })
}

/// Holds what is to be written against the limits on sizes, and names the rule beyond them.
fn within_limits(
    lowered: &Lowered,
    plan: &Plan,
    policy: &Policy,
    world: &World,
) -> Result<(), EncodeError> {
    let beyond = |problem, rule: Option<u32>| EncodeError {
        problem,
        rule,
        origin: rule.and_then(|at| policy.rules.get(at as usize)?.origin),
    };
    let mut patterns = lowered.patterns.iter();
    if let Some(long) = patterns.find(|one| one.programs == 1 && one.bytes > LONGEST_PATTERN) {
        let problem = Problem::PatternTooLong {
            filter: world.filter(long.filter).name.clone(),
            bytes: long.bytes,
        };
        return Err(beyond(problem, long.rule));
    }
    let offset = |id: &LiteralId| plan.offset(*id).0;
    let far = (lowered.graph.literals())
        .map(|(id, _)| id)
        .filter(|id| offset(id) >= LITERALS)
        .min_by_key(offset);
    if let Some(far) = far {
        let rule = lowered.literals.get(far.index()).copied().flatten();
        return Err(beyond(Problem::TooManyLiterals, rule));
    }
    Ok(())
}
