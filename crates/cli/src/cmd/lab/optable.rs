//! `lapbelt lab optable`: what the op tables of a folder of profiles lead to, and why they differ.

mod catalog;
mod member;
mod moves;
mod runtime;

use std::path::PathBuf;

use lapbelt_analysis::finding::{Evidence, Finding, Tier};
use lapbelt_learn::run_dir;
use lapbelt_policy::world::World;
use serde_json::json;

use self::member::Member;
use self::moves::Move;
use self::runtime::Runtime;
use super::layout::changes::runs;
use crate::backend::BackendArg;
use crate::evidence;
use crate::exit::{CommandError, Exit};
use crate::output::Output;
use crate::profile::{self, Params};

#[derive(clap::Args)]
#[command(
    after_help = "OUT gets summary.json, op_table_map.json, op_table_signatures.json and \
                  op_table_catalog_v1.json. A bucket is a node with the slots whose decision starts \
                  there; a slot is an operation by its number."
)]
pub(crate) struct Args {
    /// A folder of profiles: sources NAME.sb, compiled ones NAME.bin or NAME.hex, or both of one
    /// name. Sources alone are compiled here.
    dir: PathBuf,
    #[command(flatten)]
    params: Params,
    /// The folder that what was found goes to.
    #[arg(long, value_name = "OUT")]
    out: Option<PathBuf>,
    /// Most nodes to walk from an entry.
    #[arg(long, value_name = "NODES", default_value_t = 256)]
    limit: usize,
    /// Try on this host, under each profile with a source, what the rules of all of them name and a
    /// few things that any host has; adds runtime_signatures.json. Of files that are not there little
    /// can be told.
    #[arg(long)]
    probe: bool,
    /// What confines then.
    #[arg(long, value_enum, value_name = "NAME", default_value = "auto")]
    backend: BackendArg,
    /// The OS build whose vocabulary is used.
    #[arg(long, default_value = "macos-14.4.1")]
    world: String,
}

pub(crate) fn run(args: &Args, output: &Output) -> Result<Exit, CommandError> {
    let world = profile::world(&args.world)?;
    let params = args.params.map();
    let members = member::members(&args.dir, &params, &world)?;
    let moves = moves::moves(&members, &world);
    let inputs = members.iter().flat_map(Member::inputs).collect();
    let evidence = evidence::evidence(Some(&world), inputs)?;
    let findings = findings(&members, &moves, &evidence, &world);
    let runtime = match args.probe {
        true => Some(runtime::runtime(&members, &params, args.backend)?),
        false => None,
    };
    let catalog = catalog::Catalog {
        members: &members,
        moves: &moves,
        world: &world,
        limit: args.limit,
        runtime: runtime.as_ref(),
    };
    let mut summary = catalog.summary();
    let mut files = vec![
        ("op_table_map.json", catalog.map()),
        ("op_table_signatures.json", catalog.signatures()),
        ("op_table_catalog_v1.json", catalog.catalog()),
    ];
    if let Some(runtime) = &runtime {
        files.push(("runtime_signatures.json", runtime.json()));
    }
    if let Some(out) = &args.out {
        let failed =
            |error| CommandError::Other(format!("cannot create {}: {error}", out.display()));
        std::fs::create_dir_all(out).map_err(failed)?;
        for (name, mut value) in files {
            value["evidence"] = json!(evidence);
            run_dir::write_json(&out.join(name), &value)?;
        }
    }
    summary["findings"] = json!(findings);
    if let Some(out) = &args.out {
        run_dir::write_json(&out.join("summary.json"), &summary)?;
    }
    output.answer_either(
        || summary,
        || text(&members, &moves, runtime.as_ref(), &world),
    );
    Ok(Exit::Yes)
}

/// What the folder shows of slots and operations.
fn findings(
    members: &[Member],
    moves: &[Move<'_>],
    evidence: &Evidence,
    world: &World,
) -> Vec<Finding> {
    // Bytes that were given may be the system's own; whether they are nobody told us.
    let tier = Tier::Derived;
    let mut findings = Vec::new();
    let (mut explained, mut all) = (0, 0);
    for own in moves.iter().filter(|own| own.named.is_some()) {
        all += own.slots_with_other_graphs();
        explained += own.explained(world);
    }
    if all > 0 {
        let claim = format!(
            "between profiles whose rules are known, {explained} of {all} slots that start another \
             graph are operations that the differing rules name, or fall back to these"
        );
        let data = json!({"explained": explained, "slots": all});
        findings.push(evidence.finding(tier, claim, data));
    }
    for own in moves {
        let (before, after) = (&members[own.from].id, &members[own.to].id);
        let claim = format!(
            "from {before} to {after}, {} slots start another graph and {} the same graph under \
             another number",
            own.slots_with_other_graphs(),
            own.renumbered()
        );
        findings.push(evidence.finding(tier, claim, own.json(members, world)));
    }
    findings
}

fn text(
    members: &[Member],
    moves: &[Move<'_>],
    runtime: Option<&Runtime>,
    world: &World,
) -> String {
    let width = members.iter().map(|own| own.id.len()).max().unwrap_or(0);
    let mut text = format!("{:<width$}  nodes  buckets: node x slots\n", "profile");
    for own in members {
        text += &format!(
            "{:<width$}  {:>5}  {}\n",
            own.id,
            own.table.nodes.len(),
            catalog::pattern(own)
        );
    }
    for own in moves {
        text += &format!("\n{} -> {}\n", members[own.from].id, members[own.to].id);
        for line in own.lines(members, world) {
            text += &format!("  {line}\n");
        }
    }
    for line in runtime.map(Runtime::lines).unwrap_or_default() {
        text += &format!("\n{line}");
    }
    text
}

/// Slots as numbers with the names of the operations.
fn slots(slots: &[usize], world: &World) -> String {
    let noun = if slots.len() == 1 { "slot" } else { "slots" };
    let names = shortened(&member::grouped(slots, world));
    format!("{noun} {} ({names})", runs(slots))
}

/// The first few of some names, and how many more there are.
fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 6;
    match names.len().checked_sub(SHOWN) {
        None | Some(0) => names.join(" "),
        Some(more) => format!("{} and {more} more", names[..SHOWN].join(" ")),
    }
}
