//! `lapbelt lab writes run --mode triage`.

use std::fs;
use std::sync::atomic::Ordering;

use lapbelt_learn::run_dir;
use lapbelt_tracer::triage::Triage;
use lapbelt_tracer::{Mode, Plan, TraceError, look};
use serde_json::json;

use super::folder::{Folder, MADE_BY};
use super::inputs::Input;
use super::target::Target;
use crate::exit::{CommandError, Exit};
use crate::interrupt;
use crate::output::Output;

/// Looks at the program, and at where the routine is once it is there.
pub(super) fn run(
    target: &Target,
    list: &[Input],
    world: &str,
    folder: &Folder,
    output: &Output,
) -> Result<Exit, CommandError> {
    let stop = interrupt::stop_flag();
    let mut found = Vec::new();
    for input in list {
        let routine = target.routine(input)?;
        let command = target.command(input, world, folder)?;
        let plan = Plan {
            mode: Mode::HwBreakpoint,
            routine: &routine,
            ring: 1,
            stop: Some(&stop),
        };
        let triage = match look(command, &plan) {
            // What the files show is known in any case.
            Err(TraceError::Refused { .. } | TraceError::Unsupported) => routine.triage().clone(),
            looked => looked.map_err(|error| CommandError::Other(error.to_string()))?,
        };
        if stop.load(Ordering::Relaxed) {
            return Ok(Exit::Undecided);
        }
        // It made nothing.
        for path in [folder.blob(&input.id), folder.stderr(&input.id)] {
            let _ = fs::remove_file(path);
        }
        run_dir::write_json(&folder.triage(&input.id), &triage)?;
        found.push(triage);
    }
    let manifest = json!({"made_by": MADE_BY, "complete": true, "world": world, "mode": "triage",
                          "target": target.named(), "inputs": []});
    run_dir::write_json(&folder.manifest(), &manifest)?;
    let triage = found.first().unwrap_or(target.routine.triage());
    output.answer_either(|| json!(triage), || shown(triage));
    Ok(match triage.modes.iter().any(|verdict| verdict.can_work) {
        true => Exit::Yes,
        false => Exit::No,
    })
}

/// What triage found, for a person.
fn shown(triage: &Triage) -> String {
    let mut text = match &triage.symbol {
        None => format!("a routine in {}\n", triage.image.display()),
        Some(symbol) => {
            let exported = if symbol.exported { "" } else { "not " };
            format!(
                "{} in {}: {}, {exported}exported\n",
                symbol.name,
                triage.image.display(),
                symbol.binding
            )
        }
    };
    if let Some(reached) = &triage.reached {
        text += &format!(
            "reached by {} relocations and some {} calls; bound {} times by the loader\n",
            reached.relocations, reached.call_sites, triage.bindings
        );
    }
    if let (Some(address), Some(region)) = (triage.address, &triage.region) {
        let most = triage.max_protection.as_deref().unwrap_or("unknown");
        text += &format!("at {address:#x}, {}, at most {most}\n", region.protection);
    }
    for verdict in &triage.modes {
        let can = if verdict.can_work { "can" } else { "cannot" };
        text += &format!("{} {can} work: {}\n", verdict.mode.name(), verdict.reason);
    }
    text
}
