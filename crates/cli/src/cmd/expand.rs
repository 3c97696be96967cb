//! `lapbelt expand`: a profile with all its imports and parameters, as flat rules.

use std::path::{Path, PathBuf};

use lapbelt_learn::source::{FileImports, ProfileError};
use lapbelt_policy::origin::Origin;
use lapbelt_policy::rule::{Policy, Rule};
use lapbelt_policy::world::World;
use lapbelt_sbpl::expand::{expand, places};
use lapbelt_sbpl::{Source, evaluate, print};
use serde_json::{Value, json};

use crate::exit::{CommandError, Exit};
use crate::learnt_in::world_of;
use crate::output::Output;
use crate::profile::{self, Params};
use crate::show;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The profile; `-` for standard input.
    profile: PathBuf,
    #[command(flatten)]
    params: Params,
    /// The OS build whose vocabulary the profile is read with; by default that of the run in whose
    /// directory it lies, else macos-14.4.1.
    #[arg(long)]
    world: Option<String>,
}

pub(crate) fn run(args: &Args, output: &Output) -> Result<Exit, CommandError> {
    let world = world_of(args.world.as_deref(), &[&args.profile], output)?;
    let params = args.params.map();
    let name = profile::shown(&args.profile);
    let text = profile::read(&args.profile)?;
    let is_stdin = args.profile == Path::new("-");
    let imports = FileImports::new((!is_stdin).then_some(&args.profile), &params);
    let source = Source {
        name: &name,
        text: &text,
    };
    let evaluation = evaluate(&source, &params, &imports, &world);
    let Some(policy) = evaluation.policy else {
        return Err(CommandError::Profile(Box::new(ProfileError {
            name,
            diagnostics: evaluation.diagnostics,
            sources: evaluation.sources,
        })));
    };
    if !evaluation.diagnostics.is_empty() {
        let coloured = output.is_coloured();
        output.tell(&show::diagnostics(
            &evaluation.diagnostics,
            &evaluation.sources,
            coloured,
        ));
    }
    let imported_at = &evaluation.imported_at;
    output.answer_either(
        || {
            let rules = policy.rules.iter();
            let rules: Vec<Value> = rules
                .map(|rule| rule_json(rule, &policy, imported_at, &world))
                .collect();
            json!({"version": policy.version as u8 + 1, "implied_rules": policy.implied,
                   "world": world.id(), "rules": rules})
        },
        || expand(&policy, imported_at, &world),
    );
    Ok(Exit::Yes)
}

fn rule_json(rule: &Rule, policy: &Policy, imported_at: &[Option<Origin>], world: &World) -> Value {
    let operations: Vec<&str> = rule
        .operations
        .iter()
        .map(|id| world.operation(*id).name.as_str())
        .collect();
    let places: Vec<Value> = places(rule, imported_at)
        .into_iter()
        .map(|place| {
            let file = policy.sources.get(place.source.0 as usize);
            json!({"file": file, "line": place.line, "column": place.column})
        })
        .collect();
    json!({"action": rule.action.word(), "operations": operations, "filters": print::filters(rule, world),
           "text": print::rule(rule, world), "places": places})
}
