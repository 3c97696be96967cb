//! `lapbelt world list`: the worlds that Lapbelt ships.

use std::fmt::Write as _;

use lapbelt_policy::world::{Part, SHIPPED, World};
use serde_json::{Value, json};

use crate::exit::{CommandError, Exit};
use crate::output::Output;
use crate::profile;

pub(super) fn run(output: &Output) -> Result<Exit, CommandError> {
    let worlds: Vec<(&str, World)> = SHIPPED
        .iter()
        .map(|(name, _)| Ok((*name, profile::world(name)?)))
        .collect::<Result<_, CommandError>>()?;
    output.answer_either(
        || {
            worlds
                .iter()
                .map(|(name, world)| json(name, world))
                .collect()
        },
        || text(&worlds),
    );
    Ok(Exit::Yes)
}

fn json(name: &str, world: &World) -> Value {
    let lacks: Vec<&str> = world.lacks().iter().map(|(part, _)| part.word()).collect();
    json!({"name": name, "id": world.id(), "aliases": world.aliases(), "layout": world.layout(),
           "operations": operations(world), "filters": world.filters().len(),
           "modifiers": world.modifiers().len(), "lacks": lacks})
}

/// How many operations a world has; `None` if it lacks them.
fn operations(world: &World) -> Option<usize> {
    (!world.is_without(Part::Operations)).then(|| world.operations().len())
}

fn text(worlds: &[(&str, World)]) -> String {
    let mut text = format!(
        "{:<14} {:>10} {:>7} {:>9}  {:<9} {}\n",
        "world", "operations", "filters", "modifiers", "layout", "lacks; other names"
    );
    for (name, world) in worlds {
        let count = operations(world).map_or_else(|| "-".to_owned(), |count| count.to_string());
        let words: Vec<&str> = world.lacks().iter().map(|(part, _)| part.word()).collect();
        let others = world
            .aliases()
            .iter()
            .map(String::as_str)
            .chain([world.id()]);
        let others: Vec<&str> = others.filter(|other| other != name).collect();
        let mut last = match words.as_slice() {
            [] => "nothing".to_owned(),
            words => words.join(", "),
        };
        if !others.is_empty() {
            let _ = write!(last, "; {}", others.join(", "));
        }
        let _ = writeln!(
            text,
            "{name:<14} {count:>10} {:>7} {:>9}  {:<9} {last}",
            world.filters().len(),
            world.modifiers().len(),
            world.layout().unwrap_or("-"),
        );
    }
    text
}
