//! `--explain`.

use lapbelt_sbpl::lint::{LINTS, markdown, text};
use serde_json::json;

use super::named;
use crate::exit::{CommandError, Exit};
use crate::output::Output;

pub(super) fn run(word: &str, output: &Output) -> Result<Exit, CommandError> {
    match word {
        "list" => output.answer_either(
            || {
                let all = LINTS.iter().map(|lint| {
                    json!({"code": lint.code, "name": lint.name, "level": lint.level.as_str(),
                           "title": lint.title})
                });
                json!({"lints": all.collect::<Vec<_>>()})
            },
            || {
                let lines = LINTS.iter().map(|lint| {
                    let (code, name, level) = (lint.code, lint.name, lint.level.as_str());
                    format!("{code}  {name:22}  {level:7}  {}\n", lint.title)
                });
                lines.collect()
            },
        ),
        "all" => output.answer(&markdown()),
        word => {
            let lint = named(word)?;
            output.answer_either(
                || {
                    json!({"code": lint.code, "name": lint.name, "level": lint.level.as_str(),
                           "title": lint.title, "explanation": lint.explanation,
                           "bad": lint.example.bad, "good": lint.example.good})
                },
                || text(lint),
            );
        }
    }
    Ok(Exit::Yes)
}
