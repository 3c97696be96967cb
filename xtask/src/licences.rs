//! Whether all that we depend on has a licence that `deny.toml` allows, as `cargo deny` asks it:
//! for a machine that has no `cargo deny`.

use std::error::Error;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use toml::Table;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The workspaces of the repository.
const WORKSPACES: [&str; 2] = ["Cargo.toml", "crates/py/Cargo.toml"];

/// Names every package whose licence is not allowed, one finding each.
///
/// # Errors
/// If `deny.toml` or what cargo says cannot be read.
pub(crate) fn findings(root: &Path) -> Result<Vec<String>> {
    let deny: Table = std::fs::read_to_string(root.join("deny.toml"))?.parse()?;
    let list = deny.get("licenses").and_then(|table| table.get("allow"));
    let list = list.and_then(toml::Value::as_array);
    let list = list.ok_or("deny.toml has no list [licenses] allow")?;
    let allowed: Vec<&str> = list.iter().filter_map(toml::Value::as_str).collect();
    let mut findings = Vec::new();
    for manifest in WORKSPACES {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["metadata", "--format-version", "1", "--locked"])
            .arg("--manifest-path")
            .arg(root.join(manifest))
            .output()?;
        if !output.status.success() {
            let error = String::from_utf8_lossy(&output.stderr);
            findings.push(format!("{manifest}: {}", error.trim()));
            continue;
        }
        let metadata: Value = serde_json::from_slice(&output.stdout)?;
        let packages = metadata["packages"].as_array().ok_or("no packages")?;
        for package in packages {
            let name = package["name"].as_str().unwrap_or("?");
            match package["license"].as_str() {
                None => findings.push(format!("{name} names no licence")),
                Some(licence) if !is_allowed(licence, &allowed) => {
                    findings.push(format!("{name} has the licence {licence}"));
                }
                Some(_) => {}
            }
        }
    }
    findings.sort();
    findings.dedup();
    Ok(findings)
}

/// Whether one may choose allowed licences only. Expressions of SPDX are alternatives of terms that
/// all hold, with parentheses; an old form has a slash for *or*.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('/', " OR ");
    let spaced = spaced.replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    alternatives(&mut rest, allowed) && rest.is_empty()
}

fn alternatives(words: &mut &[&str], allowed: &[&str]) -> bool {
    let mut holds = all(words, allowed);
    while let ["OR", rest @ ..] = *words {
        *words = rest;
        holds |= all(words, allowed);
    }
    holds
}

fn all(words: &mut &[&str], allowed: &[&str]) -> bool {
    let mut holds = term(words, allowed);
    while let ["AND", rest @ ..] = *words {
        *words = rest;
        holds &= term(words, allowed);
    }
    holds
}

fn term(words: &mut &[&str], allowed: &[&str]) -> bool {
    match *words {
        ["(", rest @ ..] => {
            *words = rest;
            let holds = alternatives(words, allowed);
            let closed = words.first() == Some(&")");
            *words = words.get(1..).unwrap_or_default();
            holds && closed
        }
        [name, "WITH", exception, rest @ ..] => {
            *words = rest;
            allowed.contains(&format!("{name} WITH {exception}").as_str())
        }
        [name, rest @ ..] => {
            *words = rest;
            allowed.contains(name)
        }
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let allowed = [
            "MIT",
            "Apache-2.0",
            "Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception",
        ];
        for expression in [
            "MIT",
            "GPL-3.0 OR MIT",
            "MIT/GPL-3.0",
            "(MIT OR GPL-3.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception",
            "GPL-3.0 AND BSL-1.0 OR MIT",
        ] {
            assert!(is_allowed(expression, &allowed), "{expression}");
        }
        for expression in [
            "",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "(MIT",
            "MIT)",
            "MIT MIT",
            "(MIT OR GPL-3.0) AND BSL-1.0",
            "MIT WITH LLVM-exception",
        ] {
            assert!(!is_allowed(expression, &allowed), "{expression}");
        }
    }
}
