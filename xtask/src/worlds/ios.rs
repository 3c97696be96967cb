//! Worlds of releases of which little more than the filters was published: iOS, and macOS 15.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

use super::Result;
use super::libsandbox::{self, Names};
use super::lines::{self, Values};
use crate::tables::{Row, Table};

/// A release with a table of filters.
pub(super) struct Release {
    /// The name of its world and of its file.
    pub(super) name: &'static str,
    aliases: &'static [&'static str],
    title: &'static str,
    /// Its table of filters.
    filters: &'static str,
    source: &'static str,
    layout: &'static str,
    /// A macOS build whose table has the same filters under the same numbers.
    reference: Option<Reference>,
    values: From,
    /// Its own modifiers.
    has_modifiers: bool,
    /// Its own list of operations, which are those of the reference.
    operations: Option<&'static str>,
}

impl Release {
    /// Whether the modifiers of macOS 10.12 stand in: where there are profiles to read with them.
    /// Layouts before that of iOS 13 leave the number of operations to the world.
    fn has_old_modifiers(&self) -> bool {
        !self.has_modifiers && ["ios-13", "ios-14"].contains(&self.layout)
    }
}

struct Reference {
    dir: &'static str,
    accepts: &'static str,
    text: &'static str,
}

/// Where named values are from.
#[derive(PartialEq, Eq)]
enum From {
    Nowhere,
    /// The release's own tables.
    Own,
    Reference,
}

const MALUS: &str = "malus-security/sandblaster, reverse-sandbox/filters @ d417bf90c9b2";
const CELLEBRITE: &str =
    "cellebrite-labs/sandblaster, reverse-sandbox @ e532bf62266f, of iOS 16.5 and 17";

const SIERRA: Option<Reference> = Some(Reference {
    dir: "macos-10.12-sierra",
    accepts: "accepts_10_12",
    text: "macOS 10.12: 0xbf00/simbple @ 7d5ac2d536a7",
});
const MOJAVE: Option<Reference> = Some(Reference {
    dir: "macos-10.14-mojave",
    accepts: "accepts_10_13_to_10_15",
    text: "macOS 10.14: 0xbf00/simbple @ 7d5ac2d536a7",
});
const CATALINA: Option<Reference> = Some(Reference {
    dir: "macos-10.15-catalina",
    accepts: "accepts_10_13_to_10_15",
    text: "macOS 10.15: 0xbf00/simbple @ 7d5ac2d536a7",
});
const VENTURA: Option<Reference> = Some(Reference {
    dir: "macos-13.0.0",
    accepts: "accepts_13_0",
    text: "a macOS 13.0 beta: blacktop/ipsw, pkg/sandbox/data @ 6797a84a1527",
});

const IOS_17: Release = Release {
    name: "ios-17",
    aliases: &["ios-16"],
    title: "iOS 16.5 and 17",
    filters: "ios16-18/filters.tsv",
    source: CELLEBRITE,
    layout: "macos-14",
    reference: VENTURA,
    values: From::Own,
    has_modifiers: true,
    operations: None,
};

const IOS_11: Release = Release {
    name: "ios-11",
    aliases: &["ios-10"],
    title: "iOS 10 and 11",
    filters: "ios4-14/filters-ios11.tsv",
    source: MALUS,
    layout: "ios-10",
    reference: SIERRA,
    values: From::Nowhere,
    has_modifiers: false,
    operations: None,
};

pub(super) const RELEASES: &[Release] = &[
    Release {
        name: "macos-15",
        title: "macOS 15.2 and later",
        aliases: &[],
        filters: "macos-15.x/filters.tsv",
        source: "0x3c3e/sandblaster, sandblaster/misc @ e322f397ebf4; the exact build is not stated",
        layout: "ios-18",
        reference: None,
        values: From::Own,
        has_modifiers: true,
        operations: None,
    },
    Release {
        name: "ios-18",
        aliases: &[],
        title: "iOS 18",
        source: "derived: cellebrite-labs/sandblaster, reverse-sandbox @ e532bf62266f, made for iOS 16.5 and 17; chensokolovsky/sandblaster_26 @ cac59a307cfa uses it unchanged for iOS 18 and 26",
        layout: "ios-18",
        ..IOS_17
    },
    IOS_17,
    Release {
        name: "ios-14",
        aliases: &[],
        title: "iOS 14",
        filters: "ios4-14/filters-ios14.tsv",
        layout: "ios-14",
        reference: CATALINA,
        ..IOS_11
    },
    Release {
        name: "ios-13",
        aliases: &[],
        title: "iOS 13",
        filters: "ios4-14/filters-ios13.tsv",
        layout: "ios-13",
        reference: CATALINA,
        values: From::Reference,
        operations: Some("ios13/operations.tsv"),
        ..IOS_11
    },
    Release {
        name: "ios-12",
        aliases: &[],
        title: "iOS 12",
        filters: "ios4-14/filters-ios12.tsv",
        layout: "ios-12",
        reference: MOJAVE,
        ..IOS_11
    },
    IOS_11,
    Release {
        name: "ios-9",
        aliases: &["ios-8", "ios-7"],
        title: "iOS 7 to 9",
        layout: "ios-6",
        ..IOS_11
    },
    Release {
        name: "ios-6",
        aliases: &[],
        title: "iOS 6",
        filters: "ios4-14/filters-ios6.tsv",
        layout: "ios-6",
        reference: None,
        ..IOS_11
    },
    Release {
        name: "ios-5",
        aliases: &[],
        title: "iOS 5",
        filters: "ios4-14/filters-ios5.tsv",
        layout: "ios-4",
        reference: None,
        ..IOS_11
    },
];

/// Names that the tools of the field gave to filters, kinds by which they tell two of a name apart,
/// and libsandbox's names.
const SPELLINGS: &[(&str, &str, &str)] = &[
    ("(path: literal/subpath)", "", "path"),
    ("mount-relative", "", "mount-relative-path"),
    ("mount-relative-literal", "", "mount-relative-path"),
    ("iokit-user-client-class", "", "iokit-registry-entry-class"),
    ("debug-mode", "", "system-attribute"),
    ("require-entitlement", "", "%entitlement-load"),
    ("entitlement-load", "", "%entitlement-load"),
    ("entitlement-value", "boolean", "%entitlement-boolean"),
    ("entitlement-value", "pattern-string", "%entitlement-string"),
    ("entitlement-is-bool-true", "", "%entitlement-is-bool-true"),
    ("entitlement-is-present", "", "%entitlement-is-present"),
    ("process-name", "", "process-path"),
    ("rootless-file-filter", "", "rootless-disk-filter"),
    (
        "frequire-ancestor-with-entitlement",
        "",
        "require-ancestor-with-entitlement",
    ),
];

/// A filter as its line says it.
struct Filter<'a> {
    id: u16,
    name: &'a str,
    category: &'a str,
    kind: &'a str,
    cost: &'a str,
    after: &'a str,
    evidence: &'static str,
    /// The tool's kind, by which it has named values.
    values: &'a str,
}

/// The text of a release's world file.
pub(super) fn world(release: &Release, facts: &Path) -> Result<String> {
    let table = Table::read(&facts.join(release.filters))?;
    let reference = release.reference.as_ref();
    let tables = match reference {
        Some(reference) => Some((
            Table::read(&facts.join(reference.dir).join("filters.tsv"))?,
            libsandbox::kinds(facts, reference.accepts)?,
        )),
        None => None,
    };
    let known = match &tables {
        Some((table, kinds)) => Some((table.by("id")?, kinds)),
        None => None,
    };
    let mut left_out = Vec::new();
    let mut filters: Vec<Filter<'_>> = Vec::new();
    for row in table.rows() {
        let id = match row.get("id")?.strip_prefix("0x") {
            Some(digits) => u16::from_str_radix(digits, 16)?,
            None => row.get("id")?.parse()?,
        };
        if filters.iter().any(|filter| filter.id == id & 0x7f) {
            continue;
        }
        match filter(row, id, known.as_ref(), !release.has_modifiers)? {
            Some(filter) => filters.push(filter),
            None => left_out.push((id, row.get("name")?)),
        }
    }
    filters.sort_by_key(|filter| filter.id);
    let values = named_values(release, facts, &filters)?;
    let mut out = head(release, &filters)?;
    let mut names = Names::default();
    operations(release, facts, &mut names, &mut out)?;
    for filter in &filters {
        write!(
            out,
            "\nfilter {} {} category={} kind={} cost={}",
            filter.id, filter.name, filter.category, filter.kind, filter.cost
        )?;
        if !filter.after.is_empty() {
            write!(out, " after={}", filter.after)?;
        }
        writeln!(out, " evidence={}", filter.evidence)?;
        names.add(filter.name);
        if filter.kind == "integer" {
            lines::values(filter.name, &values, "values", &mut out)?;
        }
    }
    for (id, name) in left_out.iter().filter(|(id, _)| id & 0x80 == 0) {
        if !filters.iter().any(|filter| filter.id == *id) {
            writeln!(
                out,
                "\n; filter {id} {name}: what its argument means is not known, so it is left out"
            )?;
        }
    }
    if release.has_modifiers {
        let table = Table::read(&facts.join("ios16-18/modifiers.tsv"))?;
        for row in table.rows() {
            names.add(row.get("name")?);
        }
        lines::modifiers(&table, None, "modifiers", &mut out)?;
    } else if release.has_old_modifiers() {
        libsandbox::old_modifiers(facts, &mut names, &mut out)?;
    }
    libsandbox::other_names(&names, &mut out)?;
    if release.values != From::Nowhere {
        lines::constants(&values, "values", None, &mut out)?;
    }
    Ok(out)
}

/// The filters of a reference by number, and what its raw argument types are.
type Known<'a> = (HashMap<&'a str, Row<'a>>, &'a HashMap<String, &'static str>);

/// A row of a table of filters, with what the table of reference says of it. `None` if nobody knows
/// what its argument means.
fn filter<'a>(
    row: Row<'a>,
    id: u16,
    known: Option<&Known<'a>>,
    is_old: bool,
) -> Result<Option<Filter<'a>>> {
    if let Ok(category) = row.get("category") {
        // The one table that has all but the cost.
        let kind = match row.get("kind")? {
            "bitfield" => "bits",
            kind => kind,
        };
        let name = row.get("name")?;
        let after = match row.get("prerequisite_raw")? {
            "30" => "%entitlement-load",
            _ => "",
        };
        return Ok(Some(Filter {
            id,
            name,
            category,
            kind,
            cost: "0",
            after,
            evidence: "table",
            values: name,
        }));
    }
    let (spelling, tool_kind) = (row.get("name")?, row.get("argument_kind")?);
    let name = SPELLINGS
        .iter()
        .find(|(own, kind, _)| *own == spelling && ["", tool_kind].contains(kind))
        .map_or(spelling, |(.., name)| *name);
    // What has the other form of argument only stands under the number of that form.
    let (id, name) = match id & 0x80 {
        0 => (id, name),
        _ => (id & 0x7f, name.strip_suffix("-regex").unwrap_or(name)),
    };
    let number = id.to_string();
    if let Some((rows, kinds)) = known
        && let Some(same) = rows.get(number.as_str())
        && same.get("name")? == name
    {
        let Some(kind) = kinds.get(same.get("arg_type_raw")?) else {
            return Ok(None);
        };
        let before = same.get("prerequisite").or_else(|_| same.get("flags"))?;
        let after = match before {
            "30" => "%entitlement-load",
            _ => "",
        };
        let cost = match same.get("cost_factor")? {
            "" => "0",
            cost => cost,
        };
        return Ok(Some(Filter {
            id,
            name,
            category: libsandbox::category(same.get("category")?, is_old),
            kind,
            cost,
            after,
            evidence: "table,reference",
            values: tool_kind,
        }));
    }
    let kind = match tool_kind {
        "none" => return Ok(None),
        "path-pattern" => "path-pattern",
        "pattern-string" | "regex-index" => "pattern",
        "plain-string" => "string",
        "octal" => "bits",
        "boolean" => "bool",
        "network-address" => "network",
        _ => "integer",
    };
    Ok(Some(Filter {
        id,
        name,
        category: "unknown",
        kind,
        cost: "0",
        after: "",
        evidence: "table",
        values: tool_kind,
    }))
}

/// The named values by the names of filters.
fn named_values(release: &Release, facts: &Path, filters: &[Filter<'_>]) -> Result<Values> {
    let mut values = Values::new();
    match (&release.values, &release.reference) {
        (From::Reference, Some(reference)) => {
            values = lines::enumerations(&facts.join(reference.dir))?;
        }
        (From::Own, None) => values = lines::enumerations(&facts.join("macos-15.x"))?,
        (From::Own, Some(_)) => {
            let table = Table::read(&facts.join("ios16-18/argument_enums.tsv"))?;
            for filter in filters {
                let list = values.entry(filter.name.to_owned()).or_default();
                for row in table.rows() {
                    let name = row.get("value_name")?;
                    // Rows that the table itself says are suspect, and what is no name.
                    let is_stray = filter.name == "syscall-number" && name.starts_with("PERSONA_");
                    if row.get("kind")? == filter.values
                        && !is_stray
                        && !name.contains([' ', '='])
                        && !list.iter().any(|(own, _)| own == name)
                    {
                        list.push((name.to_owned(), row.get("value")?.parse()?));
                    }
                }
            }
        }
        (From::Nowhere | From::Reference, _) => {}
    }
    Ok(values)
}

fn head(release: &Release, filters: &[Filter<'_>]) -> Result<String> {
    let mut out = format!(
        "; {}. Generated by `cargo xtask worlds`; the format is described in crates/policy.\n\
         ; `derived` in an evidence line marks facts carried over from another build.\n\
         world {}\n",
        release.title, release.name
    );
    for alias in release.aliases {
        writeln!(out, "alias {alias}")?;
    }
    out.push('\n');
    let has_operations = release.operations.is_some();
    if !has_operations {
        out.push_str("lacks operations no ordered list was found, and numbers of another build would be wrong: only the first is here\n");
    }
    if !release.has_modifiers {
        out.push_str(match release.has_old_modifiers() {
            true => "lacks modifiers no table was found: those of macOS 10.12 stand in\n",
            false => "lacks modifiers no table was found\n",
        });
    }
    if release.values == From::Nowhere {
        out.push_str("lacks values no table of this release was found\n");
    }
    let unknown = filters.iter().filter(|filter| filter.category == "unknown");
    if unknown.count() > 0 {
        out.push_str("lacks categories filters of the category `unknown` are in no table that has categories\n");
    }
    let of_reference = |filter: &Filter<'_>| filter.evidence.contains("reference");
    let reference_has_costs = filters.iter().any(|filter| filter.cost != "0");
    if !reference_has_costs || !filters.iter().all(of_reference) {
        out.push_str("lacks costs 0 stands in where no table has the cost factor\n");
    }
    out.push_str("lacks versions what a version of the language changes was not seen\n");
    out.push_str("lacks implied what the library of this release adds to profiles was not seen\n");
    out.push_str("lacks paths nobody tells how this release treats them\n");
    out.push_str("lacks compiled-paths no compiled profile of this release was seen\n");
    writeln!(
        out,
        "\nevidence table numbers and names of filters and their arguments, as a tool of the field has them: {}",
        release.source
    )?;
    if let Some(reference) = release.reference.as_ref() {
        writeln!(
            out,
            "evidence reference derived: where number and name are equal, category, kind and cost, and the name where the tool has its own, from libsandbox of {}",
            reference.text
        )?;
    }
    match (&release.values, &release.reference) {
        (From::Nowhere, _) => {}
        (From::Reference, reference) => writeln!(
            out,
            "evidence values derived: by the names of filters, from libsandbox of {}",
            reference.as_ref().map_or("", |reference| reference.text)
        )?,
        (From::Own, _) => writeln!(out, "evidence values named values: {}", release.source)?,
    }
    match (release.operations, &release.reference) {
        (Some(_), Some(reference)) => {
            out.push_str("evidence names operation names of iOS 13.0 17A577: Proteas/ios13-sandbox-profile-format, data/17A577-sb_ops.txt @ 1fc758772925\n");
            writeln!(
                out,
                "evidence fallback derived: fallback, own default and categories by name from libsandbox of {}, which has the same names; the filters' category iokit-registry-entry-class is what the operations call iokit-user-client",
                reference.text
            )?;
        }
        _ => out.push_str(
            "evidence first derived: the first operation of every build whose list is known\n",
        ),
    }
    if release.has_modifiers {
        writeln!(
            out,
            "evidence modifiers modifiers.json of the same tool: {}",
            release.source
        )?;
    } else if release.has_old_modifiers() {
        out.push_str("evidence modifiers derived: modifier table of macOS 10.12.6, by name: 0xbf00/simbple, src/sb/modifiers.c @ 7d5ac2d536a7; flag bits that stand in both are equal in macOS 12.3\n");
        out.push_str("evidence modifier-arguments derived: which kind of argument such a modifier takes, by name from the macOS 12.5 table\n");
    }
    out.push_str(
        "evidence library derived: other names that Scheme libraries of other releases give\n",
    );
    out.push_str("evidence layout which header tools of the field read for this release; crates/blob names them\n");
    writeln!(out, "\nlayout {} evidence=layout", release.layout)?;
    Ok(out)
}

fn operations(release: &Release, facts: &Path, names: &mut Names, out: &mut String) -> Result<()> {
    out.push_str("\n; operations\n");
    let (Some(own), Some(reference)) = (release.operations, &release.reference) else {
        out.push_str("operation 0 default parent=- default=deny evidence=first\n");
        names.add("default");
        return Ok(());
    };
    let table = Table::read(&facts.join(reference.dir).join("operations.tsv"))?;
    let table = table.by("name")?;
    for row in Table::read(&facts.join(own))?.rows() {
        let (id, name) = (row.get("id")?, row.get("name")?);
        let same = table
            .get(name)
            .ok_or("an operation of this release alone")?;
        libsandbox::operation_line(*same, id, out)?;
        out.push_str(" evidence=names,fallback\n");
        names.add(name);
    }
    Ok(())
}
