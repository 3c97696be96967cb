//! `lapbelt lab layout vary`: a family of profiles that differ in one thing, compiled and compared.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lapbelt_analysis::finding::Tier;
use lapbelt_blob::encode::encode;
use lapbelt_learn::run_dir;
use lapbelt_policy::world::World;
use serde_json::{Value, json};

use super::changes::{Change, Place, changes, lines};
use super::family::{Spec, Variant, family};
use crate::corpus::Member;
use crate::exit::{CommandError, Exit};
use crate::output::Output;
use crate::{evidence, layout_file, profile};

#[derive(clap::Args)]
#[command(
    after_help = "Each profile of the family differs in one thing from another: no rule, no filter, \
                  another literal, one literal more, another filter, one filter more, another \
                  operation, one rule more, another order. DIR gets NAME.sb, NAME.sb.bin and \
                  manifest.json.\n\nExample:\n  lapbelt lab layout vary --out family \\\n    \
                  'file-read*,file-write*:subpath,literal,vnode-type=REGULAR-FILE:/tmp/foo,/tmp/bar'"
)]
pub(crate) struct Args {
    /// What the profiles are made of: operations, filters and literals as one word
    /// `OPERATIONS:FILTERS:LITERALS`, each with commas between them. A filter that takes none of the
    /// literals is written NAME=ARGUMENT.
    spec: Spec,
    /// The folder that the family goes to.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How compiled profiles are laid out, for the comparison; without it, as those written here.
    #[arg(long, value_name = "FILE")]
    layout: Option<PathBuf>,
    /// The OS build whose compiler is followed.
    #[arg(long, default_value = "macos-14.4.1")]
    world: String,
}

/// Two variants, what the second has that the first has not, and what differs in their bytes.
struct Pair {
    one: usize,
    other: usize,
    what: String,
    changes: Vec<Change>,
}

pub(crate) fn run(args: Args, output: &Output) -> Result<Exit, CommandError> {
    let world = profile::world(&args.world)?;
    let layout = match &args.layout {
        Some(path) => layout_file::read(path)?,
        None => super::written::layout(),
    };
    let variants = family(&args.spec, &world).map_err(CommandError::Other)?;
    // Nothing is written unless all of it can be.
    let members = compile(&variants, &args.out, &world)?;
    let create =
        |error| CommandError::Other(format!("cannot create {}: {error}", args.out.display()));
    std::fs::create_dir_all(&args.out).map_err(create)?;
    for (variant, member) in variants.iter().zip(&members) {
        let path = args.out.join(format!("{}.sb", variant.name));
        run_dir::write(&path, variant.text.as_bytes())?;
        run_dir::write(&args.out.join(&member.name), &member.bytes)?;
    }
    let mut pairs = Vec::new();
    for (other, variant) in variants.iter().enumerate() {
        if let Some((one, what)) = &variant.from {
            let changes = changes(&members[*one], &members[other], &layout)?;
            pairs.push(Pair {
                one: *one,
                other,
                what: what.clone(),
                changes,
            });
        }
    }
    let manifest = manifest(&variants, &members, &pairs, &world)?;
    run_dir::write_json(&args.out.join("manifest.json"), &manifest)?;
    output.answer_either(|| manifest, || text(&variants, &pairs));
    Ok(Exit::Yes)
}

/// What each variant compiles to.
fn compile(variants: &[Variant], out: &Path, world: &World) -> Result<Vec<Member>, CommandError> {
    let mut members = Vec::new();
    for variant in variants {
        let path = out.join(format!("{}.sb", variant.name));
        let policy = profile::evaluate(&path, &variant.text, &BTreeMap::new(), world)?.policy;
        let encoded = encode(&policy, world)
            .map_err(|error| crate::cmd::compile::refused(&error, &policy, world))?;
        let name = format!("{}.sb.bin", variant.name);
        members.push(Member {
            name,
            bytes: encoded.bytes,
        });
    }
    Ok(members)
}

impl Pair {
    /// The kinds of places that differ.
    fn fields(&self) -> BTreeSet<&'static str> {
        let field = |change: &Change| match change.place {
            Place::Header(_) => "header",
            Place::Entry(_) => "op table",
            Place::Node(_, field) => field,
            Place::Literal(_) => "literal",
        };
        self.changes.iter().map(field).collect()
    }
}

fn manifest(
    variants: &[Variant],
    members: &[Member],
    pairs: &[Pair],
    world: &World,
) -> Result<Value, CommandError> {
    let mut files = Vec::new();
    for (variant, member) in variants.iter().zip(members) {
        let source = evidence::input(format!("{}.sb", variant.name), variant.text.as_bytes());
        let bytes = evidence::input(&member.name, &member.bytes);
        files.push(
            json!({"name": variant.name, "source": source, "compiled": bytes,
            "bytes": member.bytes.len(),
            "from": variant.from.as_ref().map(|(base, _)| &variants[*base].name),
            "difference": variant.from.as_ref().map(|(_, what)| what)}),
        );
    }
    let mut found = Vec::new();
    let mut findings = Vec::new();
    for pair in pairs {
        let (one, other) = (&variants[pair.one].name, &variants[pair.other].name);
        let fields = pair.fields();
        let data = json!({"a": one, "b": other, "difference": pair.what, "fields": fields,
            "changes": pair.changes.iter().map(Change::json).collect::<Vec<_>>()});
        let shown = match fields.is_empty() {
            true => "no byte".to_string(),
            false => fields.into_iter().collect::<Vec<_>>().join(", "),
        };
        let claim = format!("{} changes {shown}", pair.what);
        let own = [pair.one, pair.other].map(|number| &members[number]);
        let inputs = own.map(|member| evidence::input(&member.name, &member.bytes));
        let evidence = evidence::evidence(Some(world), inputs.into())?;
        // Our own compiler wrote the bytes.
        findings.push(evidence.finding(Tier::Derived, claim, data.clone()));
        found.push(data);
    }
    Ok(json!({"world": world.id(), "variants": files, "pairs": found, "findings": findings}))
}

fn text(variants: &[Variant], pairs: &[Pair]) -> String {
    let mut text = String::new();
    for pair in pairs {
        let (one, other) = (&variants[pair.one].name, &variants[pair.other].name);
        text += &format!("{one} -> {other}: {}\n", pair.what);
        if pair.changes.is_empty() {
            text += "  nothing differs\n";
        }
        for line in lines(&pair.changes) {
            text += &format!("  {line}\n");
        }
    }
    text
}
