//! Worlds of builds whose whole tables were published: operations, filters and their values.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::path::Path;

use super::Result;
use super::builds::{self, Build, OLD_MODIFIERS};
use super::language::{ALIASES, V1_ALLOW, V2_ALLOW};
use super::lines::{self, Values};
use crate::tables::{Row, Table};

/// The text of a build's world file.
pub(super) fn world(build: &Build, facts: &Path) -> Result<String> {
    let dir = facts.join(build.dir);
    let filters = Table::read(&dir.join("filters.tsv"))?;
    let has_costs = filters
        .rows()
        .any(|row| row.get("cost_factor").is_ok_and(|cost| !cost.is_empty()));
    let mut out = builds::head(build, has_costs)?;
    let mut names = Names::default();
    operations(build, facts, &mut names, &mut out)?;
    let kinds = kinds(facts, build.accepts)?;
    let values = lines::enumerations(&dir)?;
    filter_lines(
        &filters,
        !build.is_near,
        &kinds,
        &values,
        has_costs,
        &mut names,
        &mut out,
    )?;
    modifiers(build, facts, &mut names, &mut out)?;
    other_names(&names, &mut out)?;
    lines::constants(&values, "table", build.is_near.then_some(facts), &mut out)?;
    out.push_str(PATHS);
    if build.is_near {
        implied(&names, &mut out)?;
        out.push_str(
            "\n; what compiled profiles hold besides\ncompiled-paths lower evidence=later-bytes\n",
        );
    }
    Ok(out)
}

/// Names that a file has declared.
#[derive(Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    pub(super) fn add(&mut self, name: &str) {
        self.0.insert(name.to_owned());
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

/// Operations that 14.4.1 allows under a version, by name.
fn allowed_later(facts: &Path, ids: &[u16]) -> Result<HashSet<String>> {
    let table = Table::read(&facts.join("sonoma-14.4.1/operations.tsv"))?;
    let mut names = HashSet::new();
    for row in table.rows() {
        if ids.contains(&row.get("id")?.parse()?) {
            names.insert(row.get("name")?.to_owned());
        }
    }
    Ok(names)
}

fn operations(build: &Build, facts: &Path, names: &mut Names, out: &mut String) -> Result<()> {
    let table = Table::read(&facts.join(build.dir).join("operations.tsv"))?;
    let (v1, v2) = (
        allowed_later(facts, V1_ALLOW)?,
        allowed_later(facts, V2_ALLOW)?,
    );
    let rows = table.by("name")?;
    let is_within_message = |name: &str| -> Result<bool> {
        let parent = rows.get(name).ok_or("a fallback to nothing")?;
        Ok(name == "default-message-filter"
            || parent.get("fallback_op")? == "default-message-filter")
    };
    out.push_str("\n; operations\n");
    for row in table.rows() {
        let name = row.get("name")?;
        operation_line(row, row.get("id")?, out)?;
        if build.is_near && row.get("default_action")?.is_empty() {
            if v1.contains(name) {
                out.push_str(" v1=allow");
            }
            if v2.contains(name) {
                out.push_str(" v2=allow v3=allow");
            }
        }
        if is_within_message(name)? {
            out.push_str(" slot=no");
        }
        out.push_str(" evidence=table");
        if is_within_message(name)? {
            out.push_str(",slots");
        }
        if build.is_near
            && row.get("default_action")?.is_empty()
            && (v1.contains(name) || v2.contains(name))
        {
            out.push_str(",later-versions");
        }
        out.push('\n');
        names.add(name);
    }
    Ok(())
}

/// A row of an operation table, without its evidence.
pub(super) fn operation_line(row: Row<'_>, id: &str, out: &mut String) -> Result<()> {
    let parent = match row.get("fallback_op")? {
        "" => "-",
        parent => parent,
    };
    write!(out, "operation {id} {} parent={parent}", row.get("name")?)?;
    match row.get("default_action")? {
        "" => {}
        own => write!(out, " default={own}")?,
    }
    match row.get("filter_categories")? {
        "" => {}
        categories => write!(out, " categories={categories}")?,
    }
    Ok(())
}

/// What each raw argument type is to a world: `None` for what the format has no word for.
pub(super) fn kinds(facts: &Path, accepts: &str) -> Result<HashMap<String, &'static str>> {
    let mut kinds = HashMap::new();
    for row in Table::read(&facts.join("argument_types.tsv"))?.rows() {
        let kind = match row.get(accepts)? {
            "bool" => "bool",
            "bitfield" => "bits",
            "integer" | "integer, bitmask" => "integer",
            "string" => "string",
            "network" => "network",
            list if list.contains("pattern-regex") => "path-pattern",
            list if list.starts_with("literal") => "pattern",
            "(none)" => continue,
            other => return Err(format!("argument type {other}").into()),
        };
        kinds.insert(row.get("arg_type_raw")?.to_owned(), kind);
    }
    Ok(kinds)
}

/// A category in the word that operations have for it: the filter tables of 10.12 to 10.15 have
/// another for one, and no operation accepts that.
pub(super) fn category(word: &str, is_old: bool) -> &str {
    match word {
        "iokit-registry-entry-class" if is_old => "iokit-user-client",
        word => word,
    }
}

fn filter_lines(
    table: &Table,
    is_old: bool,
    kinds: &HashMap<String, &'static str>,
    values: &Values,
    has_costs: bool,
    names: &mut Names,
    out: &mut String,
) -> Result<()> {
    let by_id = table.by("id")?;
    for row in table.rows() {
        let (id, name) = (row.get("id")?, row.get("name")?);
        if name.is_empty() {
            continue;
        }
        let raw = row.get("arg_type_raw")?;
        let Some(kind) = kinds.get(raw) else {
            writeln!(
                out,
                "\n; filter {id} {name}: its argument type {raw} is not understood, so it is left out"
            )?;
            continue;
        };
        let cost = if has_costs {
            row.get("cost_factor")?
        } else {
            "0"
        };
        let category = category(row.get("category")?, is_old);
        write!(
            out,
            "\nfilter {id} {name} category={category} kind={kind} cost={cost}"
        )?;
        if row.get("flags").unwrap_or("") == "256" {
            out.push_str(" merged=yes");
        }
        // 12.5 has the prerequisite where later builds have flags.
        let before = row.get("prerequisite").or_else(|_| row.get("flags"))?;
        if let Some(before) = by_id.get(before)
            && !before.get("name")?.is_empty()
        {
            write!(out, " after={}", before.get("name")?)?;
        }
        out.push_str(" evidence=table,kind-meaning");
        if category != row.get("category")? {
            out.push_str(",category-word");
        }
        out.push('\n');
        names.add(name);
        if *kind != "network" {
            lines::values(name, values, "table", out)?;
        }
        let protocols = lines::protocols(values);
        if name == "socket-protocol" && !protocols.is_empty() {
            write!(out, "value {name}")?;
            for (value, number) in protocols {
                write!(out, " {value} {number}")?;
            }
            out.push_str(" evidence=protocols\n");
        }
    }
    Ok(())
}

fn modifiers(build: &Build, facts: &Path, names: &mut Names, out: &mut String) -> Result<()> {
    match build.modifiers {
        Some(dir) if dir != OLD_MODIFIERS => {
            let table = Table::read(&facts.join(dir).join("modifiers.tsv"))?;
            for row in table.rows() {
                names.add(row.get("name")?);
            }
            let operations = Table::read(&facts.join(dir).join("operations.tsv"))?;
            lines::modifiers(&table, Some(&operations), "modifiers", out)
        }
        _ => old_modifiers(facts, names, out),
    }
}

/// The table of 10.12, which does not say what kind of argument a modifier takes.
pub(super) fn old_modifiers(facts: &Path, names: &mut Names, out: &mut String) -> Result<()> {
    out.push_str("\n; modifiers\n");
    let operations = Table::read(&facts.join(OLD_MODIFIERS).join("operations.tsv"))?;
    // Some worlds know no operation but the default.
    let has_operations = names.has("process-exec*");
    for row in Table::read(&facts.join(OLD_MODIFIERS).join("modifiers.tsv"))?.rows() {
        let (id, name) = (row.get("id")?, row.get("name")?);
        if name.is_empty() {
            continue;
        }
        let actions = lines::actions(row.get("action")?)?;
        write!(out, "modifier {id} {name} actions={actions} argument=")?;
        match (row.get("argument")?, name) {
            ("", _) => {
                let mask = lines::bits(row.get("action_mask")?)?;
                let flags = lines::bits(row.get("action_flag")?)?;
                write!(out, "none mask={mask} flags={flags}")?;
                if has_operations {
                    lines::only(name, &operations, out)?;
                }
                out.push_str(" evidence=modifiers\n");
            }
            (_, "send-signal") => writeln!(out, "integer evidence=modifiers,modifier-arguments")?,
            (_, "default-sandbox") => {
                out.push_str("string");
                if has_operations {
                    lines::only(name, &operations, out)?;
                }
                out.push_str(" evidence=modifiers,modifier-arguments\n");
            }
            (other, _) => return Err(format!("modifier {name}: argument {other}").into()),
        }
        names.add(name);
    }
    Ok(())
}

/// Other names for what the build has, that are no names of its own.
pub(super) fn other_names(names: &Names, out: &mut String) -> Result<()> {
    out.push_str("\n; other names\n");
    for (alias, name, _) in ALIASES {
        if names.has(name) && !names.has(alias) {
            writeln!(out, "name {alias} {name} evidence=library")?;
        }
    }
    Ok(())
}

const PATHS: &str = "
; places with two spellings
path-alias-mode resolve evidence=paths
path-alias /tmp /private/tmp evidence=paths
path-alias /var /private/var evidence=paths
path-alias /etc /private/etc evidence=paths
";

/// Operations that 14.4.1 lets a process do to itself.
const SELF: &[&str] = &[
    "mach-task-inspect",
    "mach-task-name",
    "mach-task-read",
    "signal",
];

fn implied(names: &Names, out: &mut String) -> Result<()> {
    out.push_str("\n; rules added to every profile\n");
    for name in SELF.iter().filter(|name| names.has(name)) {
        writeln!(out, "implied allow {name} target 1 evidence=later-implied")?;
    }
    Ok(())
}
