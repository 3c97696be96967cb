//! The world of macOS 14.4.1: names of its own, most else from its neighbours.

use std::fmt::Write as _;
use std::path::Path;

use super::language::{self, ALIASES, V1_ALLOW, V2_ALLOW};
use super::lines::{self, Values};
use super::{Result, evidence};
use crate::tables::Table;

/// The text of its world file.
pub(super) fn world(facts: &Path) -> Result<String> {
    let mut out = String::from(evidence::MACOS);
    operations(facts, &mut out)?;
    let tables = facts.join("macos-13.0.0");
    let values = lines::enumerations(&tables)?;
    filters(facts, &values, &mut out)?;
    let modifiers = Table::read(&tables.join("modifiers.tsv"))?;
    let operations = Table::read(&tables.join("operations.tsv"))?;
    lines::modifiers(&modifiers, Some(&operations), "modifiers-13.0", &mut out)?;
    out.push_str("\n; other names\n");
    for (alias, name, key) in ALIASES {
        writeln!(out, "name {alias} {name} evidence={key}")?;
    }
    lines::constants(&values, "values-13.0", Some(facts), &mut out)?;
    out.push_str(language::PATHS);
    out.push_str(language::IMPLIED);
    out.push_str(language::COMPILED);
    Ok(out)
}

fn operations(facts: &Path, out: &mut String) -> Result<()> {
    let names = Table::read(&facts.join("sonoma-14.4.1/operations.tsv"))?;
    let carried = Table::read(&facts.join("sonoma-14.4.1/operations_fallback_from_13.0.tsv"))?;
    let carried = carried.by("id")?;
    out.push_str("\n; operations\n");
    for row in names.rows() {
        let id: u16 = row.get("id")?.parse()?;
        let facts_13 = carried
            .get(row.get("id")?)
            .ok_or("an operation without fallback")?;
        let guess = language::NEW_OPERATIONS.iter().find(|(new, ..)| *new == id);
        let (parent, categories, mut key) = match guess {
            Some((_, parent, categories)) => (*parent, *categories, "by-name".to_owned()),
            None => {
                let fallback = facts_13.get("fallback_op")?;
                let parent = if fallback.is_empty() { "-" } else { fallback };
                (
                    parent,
                    facts_13.get("filter_categories")?,
                    "table-13.0".to_owned(),
                )
            }
        };
        write!(out, "operation {id} {} parent={parent}", row.get("name")?)?;
        let own = match language::OWN_DENY.contains(&id) {
            true => "deny",
            false => facts_13.get("default_action")?,
        };
        if !own.is_empty() {
            write!(out, " default={own}")?;
        }
        if language::OWN_DENY.contains(&id) {
            key += ",default-deny";
        }
        if own.is_empty() && V1_ALLOW.contains(&id) {
            out.push_str(" v1=allow");
            key += ",default-v1";
        }
        if own.is_empty() && V2_ALLOW.contains(&id) {
            out.push_str(" v2=allow v3=allow");
            key += ",default-v2,default-v3";
        }
        write!(out, " categories={categories}")?;
        if row.get("in_op_table")? == "no" {
            out.push_str(" slot=no");
        }
        writeln!(out, " evidence=names-14.4.1,{key}")?;
    }
    Ok(())
}

fn filters(facts: &Path, values: &Values, out: &mut String) -> Result<()> {
    let names = Table::read(&facts.join("sonoma-14.4.1/filters.tsv"))?;
    let kinds = Table::read(&facts.join("sonoma-14.4.1/filters_arg_types_from_neighbours.tsv"))?;
    let kinds = kinds.by("blob_filter_id")?;
    for row in names.rows() {
        let (id, name) = (row.get("blob_filter_id")?, row.get("name")?);
        let kind = kinds.get(id).ok_or("a filter without kind")?;
        let (of_13, of_15) = (kind.get("kind_13_0")?, kind.get("kind_15_x")?);
        let (word, key) = match (of_13, of_15) {
            ("", later) => (later, "table-15.x,cost-unknown"),
            (earlier, later) if earlier == later => (earlier, "table-13.0,table-15.x"),
            (earlier, _) => (earlier, "table-13.0"),
        };
        let word = match word {
            "bitfield" => "bits",
            word => word,
        };
        let category = kind.get("category")?;
        let cost = match kind.get("cost_factor_13_0")? {
            "" => "0",
            cost => cost,
        };
        let (merged, key) = match kind.get("flag100_13_0")? {
            "1" => (" merged=yes", format!("{key},merged-13.0")),
            _ => ("", key.to_owned()),
        };
        let after = match kind.get("prerequisite_13_0")? {
            "" | "0" => String::new(),
            id => {
                let before = kinds.get(id).ok_or("a prerequisite that is no filter")?;
                format!(" after={}", before.get("name")?)
            }
        };
        writeln!(
            out,
            "\nfilter {id} {name} category={category} kind={word} cost={cost}{merged}{after} evidence=names-14.4.1,{key}"
        )?;
        // The protocol words of addresses are no numbers of the language.
        if word != "network" {
            lines::values(name, values, "values-13.0", out)?;
        }
        if name == "socket-protocol" {
            for (value, number) in lines::protocols(values) {
                let key = match value {
                    "IPPROTO_TCP" | "IPPROTO_UDP" => "values-13.0,protocol-bytes",
                    _ => "values-13.0",
                };
                writeln!(out, "value {name} {value} {number} evidence={key}")?;
            }
            for (value, number) in language::SYSTEM_PROTOCOLS {
                writeln!(out, "value {name} {value} {number} evidence=darwin-headers")?;
            }
        }
    }
    Ok(())
}
