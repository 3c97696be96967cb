//! How far two compilers agree about one profile.

use std::fmt;

use lapbelt_analysis::diff::diff;
use lapbelt_analysis::subject::Subject;
use lapbelt_blob::decode::decode;
use lapbelt_blob::encode::encode;
use lapbelt_blob::policy::compiled;
use lapbelt_learn::source::Profile;
use lapbelt_policy::graph::lower;
use lapbelt_policy::world::World;

use super::meaning::meaning;
use crate::exit::CommandError;

/// What was found of one profile.
pub(super) enum Agreement {
    /// The same bytes.
    Identical,
    /// Other bytes, from this place on, that decide every request the same.
    SamePolicy(usize, String),
    /// Other bytes, from this place on, that decide something else: these operations.
    Differs(usize, String, Vec<String>),
    /// Other bytes, from this place on; what they decide cannot be told.
    Unexplained(usize, String),
    /// Neither takes it.
    BothRefuse,
    /// The system's does not take it.
    TheyRefuse,
    /// Ours does not take it.
    WeRefuse,
}

impl Agreement {
    /// Whether nothing tells the two apart.
    pub(super) fn is_full(&self) -> bool {
        matches!(self, Self::Identical | Self::BothRefuse)
    }

    /// For scripts.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::SamePolicy(..) => "same-policy",
            Self::Differs(..) => "differs",
            Self::Unexplained(..) => "unexplained",
            Self::BothRefuse => "both-refuse",
            Self::TheyRefuse => "they-refuse",
            Self::WeRefuse => "we-refuse",
        }
    }

    /// The first byte that differs, and what it is.
    pub(super) fn difference(&self) -> Option<(usize, &str)> {
        match self {
            Self::SamePolicy(at, what)
            | Self::Differs(at, what, _)
            | Self::Unexplained(at, what) => Some((*at, what)),
            _ => None,
        }
    }
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identical => f.write_str("identical"),
            Self::SamePolicy(at, what) => {
                write!(
                    f,
                    "differs from byte {at} on ({what}), and decides the same"
                )
            }
            Self::Differs(at, what, operations) => write!(
                f,
                "differs from byte {at} on ({what}), and decides differently: {}",
                operations.join(", ")
            ),
            Self::Unexplained(at, why) => {
                write!(
                    f,
                    "differs from byte {at} on, and cannot be compared: {why}"
                )
            }
            Self::BothRefuse => f.write_str("neither compiles it"),
            Self::TheyRefuse => f.write_str("the system does not compile it"),
            Self::WeRefuse => f.write_str("ours does not compile it"),
        }
    }
}

/// First byte in which two profiles differ.
pub(super) fn first_difference(ours: &[u8], theirs: &[u8]) -> Option<usize> {
    let differing = ours.iter().zip(theirs).position(|(a, b)| a != b);
    let shorter = ours.len().min(theirs.len());
    differing.or((ours.len() != theirs.len()).then_some(shorter))
}

/// Compiles a profile and holds it against the bytes of the system, `None` if there are none.
/// Answers with our bytes, or why there are none, too.
pub(super) fn agreement(
    theirs: Option<&[u8]>,
    profile: Result<Profile, CommandError>,
    world: &World,
) -> (Result<Vec<u8>, String>, Agreement) {
    let made = profile
        .map_err(|error| error.to_string())
        .and_then(|profile| {
            let encoded = encode(&profile.policy, world).map_err(|error| {
                super::super::compile::refused(&error, &profile.policy, world).to_string()
            })?;
            Ok((profile, encoded.bytes))
        });
    let agreement = match (&made, theirs) {
        (Err(_), None) => Agreement::BothRefuse,
        (Ok(_), None) => Agreement::TheyRefuse,
        (Err(_), Some(_)) => Agreement::WeRefuse,
        (Ok((profile, ours)), Some(theirs)) => match first_difference(ours, theirs) {
            None => Agreement::Identical,
            Some(at) => differing(at, theirs, profile, world),
        },
    };
    (made.map(|(_, bytes)| bytes), agreement)
}

fn differing(at: usize, theirs: &[u8], profile: &Profile, world: &World) -> Agreement {
    let blob = match decode(theirs, world) {
        Ok(blob) => blob,
        Err(error) => return Agreement::Unexplained(at, error.to_string()),
    };
    let what = meaning(&blob, at, world).unwrap_or_else(|| "past the end".to_owned());
    let member = blob.profiles.first().ok_or("no profile in it".to_owned());
    let decided =
        member.and_then(|member| compiled(&blob, member, world).map_err(|error| error.to_string()));
    let decided = match decided {
        Ok(decided) => decided,
        Err(why) => return Agreement::Unexplained(at, why),
    };
    let graph = lower(&profile.policy, world);
    let ours = Subject::of_rules(graph, &profile.policy.rules, world);
    let theirs = Subject::of_bytes(decided.graph, &decided.rules, decided.written, world);
    let difference = diff(&ours, &theirs, 1);
    let ways = difference.different.into_iter();
    let operations: Vec<String> = ways.flat_map(|way| way.operations).collect();
    match (operations.is_empty(), difference.undecided.as_slice()) {
        (false, _) => Agreement::Differs(at, what, operations),
        (true, []) => Agreement::SamePolicy(at, what),
        (true, undecided) => {
            let why = format!("too many combinations in {}", undecided.join(", "));
            Agreement::Unexplained(at, why)
        }
    }
}
