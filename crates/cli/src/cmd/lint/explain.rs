//! `--explain`.

use lapbelt_sbpl::lint::{LINTS, Lint, markdown, text};
use serde_json::{Value, json};

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
        "all" => output.answer_either(
            || json!({"lints": LINTS.iter().map(|lint| value(lint)).collect::<Vec<_>>()}),
            markdown,
        ),
        word => {
            let lint = named(word)?;
            output.answer_either(|| value(lint), || text(lint));
        }
    }
    Ok(Exit::Yes)
}

fn value(lint: &Lint) -> Value {
    json!({"code": lint.code, "name": lint.name, "level": lint.level.as_str(),
           "title": lint.title, "explanation": lint.explanation,
           "bad": lint.example.bad, "good": lint.example.good})
}
