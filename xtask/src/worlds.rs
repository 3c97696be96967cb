//! World files from the tables of the corpus.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use crate::tables::Table;

mod evidence;
mod language;

use language::{ALIASES, ENFORCED, V1_ALLOW, V2_ALLOW};

/// Values on one line.
const VALUES: usize = 8;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Writes both world files.
pub(crate) fn write(corpus: &Path, root: &Path) -> Result<()> {
    for (name, text) in generate(corpus)? {
        std::fs::write(root.join("worlds").join(name), text)?;
    }
    Ok(())
}

/// Whether the files in the tree are the generated ones.
pub(crate) fn check(corpus: &Path, root: &Path) -> Result<()> {
    for (name, text) in generate(corpus)? {
        if std::fs::read_to_string(root.join("worlds").join(name))? != text {
            return Err(format!("worlds/{name} is stale: run `cargo xtask worlds`").into());
        }
    }
    Ok(())
}

fn generate(corpus: &Path) -> Result<[(&'static str, String); 2]> {
    Ok([
        ("macos-14.4.1.world", macos(&corpus.join("facts"))?),
        ("linux.world", linux()?),
    ])
}

fn macos(facts: &Path) -> Result<String> {
    let mut out = String::from(evidence::MACOS);
    operations(facts, &mut out)?;
    let values = enumerations(facts)?;
    filters(facts, &values, &mut out)?;
    modifiers(facts, &mut out)?;
    out.push_str("\n; other names\n");
    for (alias, name, key) in ALIASES {
        writeln!(out, "name {alias} {name} evidence={key}")?;
    }
    constants(facts, &values, &mut out)?;
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

/// Names and numbers of each filter's values, in the order of the table, first of equal names.
fn enumerations(facts: &Path) -> Result<BTreeMap<String, Vec<(String, i64)>>> {
    let mut values: BTreeMap<String, Vec<(String, i64)>> = BTreeMap::new();
    for row in Table::read(&facts.join("macos-13.0.0/filter_enums.tsv"))?.rows() {
        let list = values.entry(row.get("filter")?.to_owned()).or_default();
        let name = row.get("value_name")?;
        if !list.iter().any(|(known, _)| known == name) {
            list.push((name.to_owned(), row.get("value")?.parse()?));
        }
    }
    Ok(values)
}

fn filters(
    facts: &Path,
    values: &BTreeMap<String, Vec<(String, i64)>>,
    out: &mut String,
) -> Result<()> {
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
            for row in values
                .get(name)
                .map_or(&[][..], Vec::as_slice)
                .chunks(VALUES)
            {
                write!(out, "value {name}")?;
                for (value, number) in row {
                    write!(out, " {value} {number}")?;
                }
                writeln!(out, " evidence=values-13.0")?;
            }
        }
        if name == "socket-protocol" {
            for (value, number) in protocols(values) {
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

/// The protocol numbers, which the tables list as levels of socket options only.
fn protocols(values: &BTreeMap<String, Vec<(String, i64)>>) -> Vec<(&str, i64)> {
    let levels = values.get("socket-option-level").into_iter().flatten();
    levels
        .filter(|(name, _)| name.starts_with("IPPROTO_"))
        .map(|(name, number)| (name.as_str(), *number))
        .collect()
}

fn modifiers(facts: &Path, out: &mut String) -> Result<()> {
    out.push_str("\n; modifiers\n");
    for row in Table::read(&facts.join("macos-13.0.0/modifiers.tsv"))?.rows() {
        let (id, name) = (row.get("id")?, row.get("name")?);
        if name.is_empty() {
            continue;
        }
        let actions = match row.get("action")? {
            "1" => "deny",
            "2" => "allow",
            "3" => "allow,deny",
            other => return Err(format!("modifier {name}: action {other}").into()),
        };
        let argument = match row.get("type")? {
            "1" => "none",
            "2" => "integer",
            "3" => "string",
            "4" => "message-filter",
            other => return Err(format!("modifier {name}: type {other}").into()),
        };
        write!(
            out,
            "modifier {id} {name} actions={actions} argument={argument}"
        )?;
        if argument == "none" {
            let (mask, flags) = (
                bits(row.get("action_mask")?)?,
                bits(row.get("action_flag")?)?,
            );
            write!(out, " mask={mask} flags={flags}")?;
        }
        writeln!(out, " evidence=modifiers-13.0")?;
    }
    Ok(())
}

/// Bits that a table writes as `0x…`.
fn bits(word: &str) -> Result<u32> {
    let digits = word.strip_prefix("0x").ok_or("bits without 0x")?;
    Ok(u32::from_str_radix(digits, 16)?)
}

fn constants(
    facts: &Path,
    values: &BTreeMap<String, Vec<(String, i64)>>,
    out: &mut String,
) -> Result<()> {
    out.push_str("\n; named numbers\n");
    let mut seen: HashMap<String, i64> = HashMap::new();
    let mut constant = |name: &str, value: i64, key: &str| -> Result<()> {
        match seen.insert(name.to_owned(), value) {
            None => writeln!(out, "constant {name} {value} evidence={key}")?,
            Some(known) if known != value => return Err(format!("{name} has two values").into()),
            Some(_) => {}
        }
        Ok(())
    };
    for filter in ["signal-number", "socket-domain", "socket-type"] {
        for (name, value) in values.get(filter).into_iter().flatten() {
            constant(name, *value, "values-13.0")?;
        }
    }
    for (name, value) in protocols(values) {
        constant(name, value, "values-13.0")?;
    }
    for (name, value) in language::SYSTEM_PROTOCOLS {
        constant(name, *value, "darwin-headers")?;
    }
    let mut errno = HashSet::new();
    for row in Table::read(&facts.join("ios16-18/modifier_errno.tsv"))?.rows() {
        let (name, value) = (row.get("name")?, row.get("value")?);
        // EOPNOTSUPP stands there under two numbers; the first is taken.
        if errno.insert(name.to_owned()) {
            constant(name, value.parse()?, "errno")?;
        }
    }
    Ok(())
}

fn linux() -> Result<String> {
    let mut out = String::from(evidence::LINUX);
    for name in ENFORCED {
        writeln!(out, "enforce {name} evidence=supervisor")?;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_files_in_the_tree_are_the_generated_ones() {
        let corpus = crate::corpus();
        if !corpus.is_dir() {
            assert!(
                std::env::var_os("LAPBELT_REQUIRE_CORPUS").is_none_or(|v| v != "1"),
                "no corpus"
            );
            eprintln!("skipped: no corpus at {}", corpus.display());
            return;
        }
        super::check(&corpus, &crate::root()).expect("fresh world files");
    }
}
