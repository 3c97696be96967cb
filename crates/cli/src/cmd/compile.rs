//! `lapbelt compile`: a profile to the bytes that the system would write for it.

use std::path::PathBuf;

use lapbelt_blob::encode::{Derived, EncodeError, Encoded, encode};
use lapbelt_policy::graph::Source;
use lapbelt_policy::rule::{Policy, RuleRef};
use lapbelt_policy::world::{Part, World};
use serde_json::{Value, json};

use crate::exit::{CommandError, Exit};
use crate::output::Output;
use crate::profile::{self, Params, place};
use crate::replace::{file_out, not_over_sources, write_out};
use crate::show;

/// The layout that the encoder writes.
pub(super) const WRITTEN: &str = lapbelt_blob::layout::known::MACOS_14.name;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The profile; `-` for standard input.
    profile: PathBuf,
    /// Where the bytes go; `-` for standard output.
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    params: Params,
    /// The OS build whose compiler is followed.
    #[arg(long, default_value = "macos-14.4.1")]
    world: String,
}

pub(crate) fn run(args: Args, output: &Output) -> Result<Exit, CommandError> {
    let out = file_out(&args.profile, Some(&args.out))?;
    let world = profile::world(&args.world)?;
    if world.layout() != Some(WRITTEN) {
        let layout = world.layout().map_or_else(
            || "no compiled form".to_string(),
            |layout| format!("the layout {layout}"),
        );
        return Err(CommandError::Other(format!(
            "profiles of {} have {layout}; only {WRITTEN} is written",
            world.id()
        )));
    }
    if world.is_without(Part::Operations) {
        return Err(CommandError::Other(format!(
            "{} has no list of operations, so that no profile can be compiled for it",
            world.id()
        )));
    }
    let profile = profile::load(&args.profile, &args.params.map(), &world)?;
    if let Some(warnings) = show::warnings(&profile, output.is_coloured()) {
        output.tell(&warnings);
    }
    let policy = profile.policy;
    not_over_sources(&policy, out)?;
    let encoded = encode(&policy, &world).map_err(|error| refused(&error, &policy, &world))?;
    let Some(out) = out else {
        output.bytes(&encoded.bytes);
        output.tell(&summary(&encoded, &policy, &world));
        return Ok(Exit::Yes);
    };
    write_out(out, &encoded.bytes)?;
    if output.json {
        let size = &encoded.size;
        let answer = json!({"world": world.id(), "out": out, "bytes": size.total,
                            "nodes": size.nodes, "literal_bytes": size.literals,
                            "witnessed": encoded.fidelity.is_witnessed(),
                            "derived": derived_json(&encoded, &policy, &world)});
        output.answer(&answer.to_string());
    } else {
        // Beside the bytes, which may go to a standard output by its path.
        output.tell(&summary(&encoded, &policy, &world));
    }
    Ok(Exit::Yes)
}

/// Why a policy was not compiled, with the place of the rule, or of the part of it that is to blame.
pub(crate) fn refused(error: &EncodeError, policy: &Policy, world: &World) -> CommandError {
    let rule = || policy.rules[error.rule? as usize].origin;
    if let Some(at) = error.origin.or_else(rule)
        && let Some(file) = policy.sources.get(at.source.0 as usize)
    {
        return CommandError::at(file, at.line as usize, at.column as usize, error);
    }
    CommandError::Other(match error.rule {
        Some(rule) => format!("{}: {error}", self::at(rule, policy, world)),
        None => error.to_string(),
    })
}

fn at(rule: u32, policy: &Policy, world: &World) -> String {
    let reference = RuleRef { rule, filter: None };
    place(&Source::Rule(reference), policy, world)
}

fn derived_at(derived: &Derived, policy: &Policy, world: &World) -> Option<String> {
    derived.rule.map(|rule| at(rule, policy, world))
}

pub(crate) fn derived_json(encoded: &Encoded, policy: &Policy, world: &World) -> Vec<Value> {
    let derived = encoded.fidelity.derived.iter();
    derived
        .map(|one| {
            let rule = derived_at(one, policy, world);
            json!({"reason": one.reason.to_string(), "rule": rule})
        })
        .collect()
}

fn summary(encoded: &Encoded, policy: &Policy, world: &World) -> String {
    let size = &encoded.size;
    let mut text = format!(
        "{} bytes, {} nodes, {} bytes of literals, for {}\n",
        size.total,
        size.nodes,
        size.literals,
        world.id()
    );
    let derived = &encoded.fidelity.derived;
    if derived.is_empty() {
        text += "the system's compiler was seen to write each of its forms so\n";
        return text;
    }
    text += match encoded.fidelity.decides_alike() {
        true => {
            "it decides as the profile does, but the system's compiler was not seen to write:\n"
        }
        false => "the system's compiler was not seen to write:\n",
    };
    let mut reasons: Vec<_> = derived.iter().map(|one| one.reason).collect();
    reasons.sort();
    reasons.dedup();
    for reason in reasons {
        let mut places = derived.iter().filter(|one| one.reason == reason);
        let first = places.next().and_then(|one| derived_at(one, policy, world));
        let more = match places.count() {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        text += &match first {
            Some(first) => format!("  {reason}: {first}{more}\n"),
            None => format!("  {reason}\n"),
        };
    }
    text
}
