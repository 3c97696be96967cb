//! Lines of world files that several builds have.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::path::Path;

use super::Result;
use super::language::SYSTEM_PROTOCOLS;
use crate::tables::Table;

/// Values on one line.
const VALUES: usize = 8;

/// Names and numbers of the values of each filter.
pub(super) type Values = BTreeMap<String, Vec<(String, i64)>>;

/// Names and numbers of each filter's values, in the order of the table, first of equal names.
pub(super) fn enumerations(dir: &Path) -> Result<Values> {
    let mut values = Values::new();
    for row in Table::read(&dir.join("filter_enums.tsv"))?.rows() {
        let list = values.entry(row.get("filter")?.to_owned()).or_default();
        let name = row.get("value_name")?;
        if !list.iter().any(|(known, _)| known == name) {
            list.push((name.to_owned(), row.get("value")?.parse()?));
        }
    }
    Ok(values)
}

/// The named values of a filter.
pub(super) fn values(name: &str, values: &Values, key: &str, out: &mut String) -> Result<()> {
    let own = values.get(name).map_or(&[][..], Vec::as_slice);
    for row in own.chunks(VALUES) {
        write!(out, "value {name}")?;
        for (value, number) in row {
            write!(out, " {value} {number}")?;
        }
        writeln!(out, " evidence={key}")?;
    }
    Ok(())
}

/// The protocol numbers, which the tables list as levels of socket options only.
pub(super) fn protocols(values: &Values) -> Vec<(&str, i64)> {
    let levels = values.get("socket-option-level").into_iter().flatten();
    levels
        .filter(|(name, _)| name.starts_with("IPPROTO_"))
        .map(|(name, number)| (name.as_str(), *number))
        .collect()
}

/// A modifier table.
pub(super) fn modifiers(
    table: &Table,
    operations: Option<&Table>,
    key: &str,
    out: &mut String,
) -> Result<()> {
    out.push_str("\n; modifiers\n");
    for row in table.rows() {
        let (id, name) = (row.get("id")?, row.get("name")?);
        if name.is_empty() {
            continue;
        }
        let actions = actions(row.get("action")?)?;
        let argument = match first_word(row.get("type")?) {
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
        if let Some(operations) = operations {
            only(name, operations, out)?;
        }
        writeln!(out, " evidence={key}")?;
    }
    Ok(())
}

/// Most operations that a modifier made for some of them has; the others have nearly all.
const SOME: usize = 8;

/// The operations that list a modifier, if only some do.
pub(super) fn only(modifier: &str, operations: &Table, out: &mut String) -> Result<()> {
    let mut takers = Vec::new();
    for row in operations.rows() {
        if row
            .get("modifiers")?
            .split(',')
            .any(|word| word == modifier)
        {
            takers.push(row.get("name")?);
        }
    }
    if !takers.is_empty() && takers.len() <= SOME {
        write!(out, " only={}", takers.join(","))?;
    }
    Ok(())
}

/// What a modifier applies to, from the bit mask of a table.
pub(super) fn actions(mask: &str) -> Result<&'static str> {
    match first_word(mask) {
        "1" => Ok("deny"),
        "2" => Ok("allow"),
        "3" => Ok("allow,deny"),
        other => Err(format!("a modifier with the actions {other}").into()),
    }
}

/// Some tables explain their numbers in brackets.
fn first_word(cell: &str) -> &str {
    cell.split(' ').next().unwrap_or(cell)
}

/// Bits that a table writes as `0x…`.
pub(super) fn bits(word: &str) -> Result<u32> {
    let digits = word.strip_prefix("0x").ok_or("bits without 0x")?;
    Ok(u32::from_str_radix(digits, 16)?)
}

/// The named numbers of the language that the values of filters give, by the evidence `key`, and
/// those of newer releases: protocols of `AF_SYSTEM` and error numbers.
pub(super) fn constants(
    values: &Values,
    key: &str,
    newer: Option<&Path>,
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
            constant(name, *value, key)?;
        }
    }
    for (name, value) in protocols(values) {
        constant(name, value, key)?;
    }
    let Some(facts) = newer else {
        return Ok(());
    };
    for (name, value) in SYSTEM_PROTOCOLS {
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
