//! `lapbelt decompile`: a compiled profile as rules that a person would write.

mod bundle;
mod text;

use std::path::PathBuf;
use std::time::Duration;

use lapbelt_analysis::decompile::decompile_to;
use lapbelt_blob::again::Original;
use lapbelt_policy::graph::Source;
use lapbelt_policy::rule::Policy;
use serde_json::json;

use crate::cmd::compile::WRITTEN;
use crate::exit::{CommandError, Exit};
use crate::output::Output;
use crate::profile;
use crate::replace::{file_out, write_out};
use crate::subject::{self, Subject};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The compiled profile; `-` for standard input.
    blob: PathBuf,
    /// Where the rules go; standard output if not given, or `-`. For all profiles of a bundle, a
    /// folder.
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Which profile of a bundle, by its name, or by its number: `#1` is always one.
    #[arg(long, value_name = "NAME")]
    member: Option<String>,
    /// The OS build that it was compiled for.
    #[arg(long, default_value = "macos-14.4.1")]
    world: String,
}

pub(crate) fn run(args: &Args, output: &Output) -> Result<Exit, CommandError> {
    let world = profile::world(&args.world)?;
    let out = file_out(&args.blob, args.out.as_deref())?;
    let bytes = profile::read_bytes(&args.blob)?;
    if let (Some(folder), None) = (out, &args.member) {
        let blob = subject::blob(&args.blob, &bytes, &world)?;
        if blob.header.is_bundle() {
            return bundle::decompile_all(&args.blob, &blob, folder, &world, output);
        }
    }
    let member = args.member.as_deref();
    let subject = Subject::decoded(&args.blob, bytes, member, &world)?;
    let analysed = subject.analysed(&world);
    // Only bytes of the layout that is written can be the same.
    let bytes = subject.bytes().filter(|_| world.layout() == Some(WRITTEN));
    let world = &world;
    let original = bytes.map(|bytes| Original { bytes, world });
    let is_it = original.map(|one| move |policy: &Policy| one.is_it(policy));
    let is_it = is_it.as_ref().map(|one| one as &dyn Fn(&Policy) -> bool);
    let failed = |error: String| CommandError::about(&args.blob, error);
    let bar = output.spinner("{spinner} decompiling, {elapsed}");
    bar.enable_steady_tick(Duration::from_millis(200));
    let policy = decompile_to(&analysed, is_it).map_err(|error| failed(error.to_string()))?;
    let policy = text::with_unix_sockets(policy, world);
    let place = |source: &Source| subject.place(source, world);
    let written = text::text(&policy, &analysed, original.as_ref(), world, place);
    let (text, same_bytes) = written.map_err(failed)?;
    bar.finish_and_clear();
    match out {
        Some(out) => write_out(out, text.as_bytes())?,
        None if !output.json => output.answer(&text),
        None => {}
    }
    let variables = subject.variables();
    if output.json {
        let answer = json!({"world": world.id(), "rules": policy.rules.len(), "text": text,
                            "out": out, "compiles_to_same_bytes": same_bytes,
                            "variables": variables, "params": text::params(&policy)});
        output.answer(&answer.to_string());
    } else {
        tell(&policy, same_bytes, &variables, out.is_some(), output);
    }
    Ok(Exit::Yes)
}

/// What is said beside the rules: all there is where they went to a file, else only what their reader
/// would not expect.
fn tell(
    policy: &Policy,
    same_bytes: Option<bool>,
    variables: &[String],
    is_file: bool,
    output: &Output,
) {
    let params = text::params(policy).into_iter();
    let with: String = params
        .map(|(key, value)| format!(" with -D {key}={value}"))
        .collect();
    let bytes = match same_bytes {
        Some(true) => "; they compile to the same bytes",
        Some(false) if variables.is_empty() => "; they compile to other bytes that decide the same",
        Some(false) => "; they compile to other bytes",
        None => "",
    };
    let rules = match is_file {
        true => format!("{} rules that", policy.rules.len()),
        false if variables.is_empty() && same_bytes != Some(false) => return,
        false => "lapbelt: the rules".to_string(),
    };
    let but = text::but_for(variables);
    output.tell(&format!(
        "{rules} decide every request as the profile does{but}{with}{bytes}"
    ));
}
