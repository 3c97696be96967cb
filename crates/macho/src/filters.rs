//! The table of filters.

use crate::Claim;
use crate::image::Image;
use crate::table::{Table, u8_of, u16_of};

/// A filter as a file shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Its number, as compiled profiles have it.
    pub id: u16,
    /// Its name.
    pub name: String,
    /// Its category, if the table has one.
    pub category: Option<String>,
    /// What values it takes, in the words of world files, if that could be told.
    pub kind: Option<&'static str>,
    /// Its cost factor, if that could be told.
    pub cost: Option<u16>,
}

/// Filters that every build has, by the kind of their argument: what else has the same type takes
/// the same values.
const KINDS: &[(&str, &[&str])] = &[
    ("path-pattern", &["path", "mount-relative-path"]),
    ("pattern", &["xattr", "global-name", "local-name"]),
    ("network", &["local", "remote"]),
    ("bits", &["file-mode"]),
    ("string", &["extension", "device-conforms-to"]),
    ("integer", &["target", "vnode-type", "socket-domain"]),
    ("bool", &["%entitlement-boolean", "notification-payload"]),
];

/// The filters in the order of their numbers; none if there is no table of them.
pub(crate) fn find(image: &Image<'_>, claims: &mut Vec<Claim>) -> Vec<Filter> {
    let table = Table::find(
        image,
        "path",
        |_| true,
        |names| {
            let second = names
                .get(1)
                .is_some_and(|name| name.starts_with("mount-relative"));
            second && names.iter().any(|name| name == "xattr") && names.len() >= 10
        },
    );
    let Some(table) = table else {
        return Vec::new();
    };
    let numbered = match table.has_empty_entry_before(image) {
        true => "; numbered from 1, for an empty entry precedes",
        false => "; numbered from 1, as in every build that was seen",
    };
    claims.push(table.claim(image, "filters", numbered));
    let categories = categories(image, &table, claims);
    let kinds = kinds(image, &table, claims);
    let cost = cost(image, &table, claims);
    let entries = table.names.iter().enumerate();
    entries
        .map(|(index, name)| {
            let entry = table.entry(image, index).unwrap_or(&[]);
            let kind = kinds.as_ref().and_then(|(at, kinds)| {
                let own = entry.get(*at)?;
                let found = kinds.iter().find(|(raw, _)| raw == own);
                found.map(|(_, kind)| *kind)
            });
            Filter {
                id: u16::try_from(index + 1).unwrap_or(u16::MAX),
                name: name.clone(),
                category: categories.get(index).cloned().flatten(),
                kind,
                cost: cost.and_then(|at| u16_of(entry.get(at..)?)),
            }
        })
        .collect()
}

/// The word at which the entries have the names of categories: those of path and remote are known.
fn categories(image: &Image<'_>, table: &Table, claims: &mut Vec<Claim>) -> Vec<Option<String>> {
    let at = |offset: u64, index: usize| {
        let address = table.address + table.stride * index as u64 + offset;
        image.named_by(address, table.encoding)
    };
    let wanted = [("path", "path"), ("xattr", "xattr"), ("remote", "network")];
    let found = (8..table.stride).step_by(8).find(|offset| {
        wanted.iter().all(|(filter, category)| {
            let index = table.position(filter);
            index.is_some_and(|index| at(*offset, index) == Some(*category))
        })
    });
    let Some(offset) = found else {
        return Vec::new();
    };
    let text = format!(
        "bytes {offset} to {} of each entry point to a name, that of path to path, of xattr to xattr, of remote to network",
        offset + 7
    );
    claims.push(claim(image, table, offset, "filter-categories", text));
    (0..table.names.len())
        .map(|index| at(offset, index).map(str::to_owned))
        .collect()
}

/// The byte that tells the kind of argument, and what its values mean.
fn kinds(
    image: &Image<'_>,
    table: &Table,
    claims: &mut Vec<Claim>,
) -> Option<(usize, Vec<(u8, &'static str)>)> {
    let raw = |name: &str, at: usize| {
        let entry = table.entry(image, table.position(name)?)?;
        entry.get(at..).and_then(u8_of)
    };
    let (at, meanings) = (8..table.stride as usize).find_map(|at| {
        let mut meanings: Vec<(u8, &'static str)> = Vec::new();
        for (kind, filters) in KINDS {
            for filter in *filters {
                let Some(value) = raw(filter, at) else {
                    continue;
                };
                match meanings.iter().find(|(known, _)| *known == value) {
                    Some((_, other)) if other != kind => return None,
                    Some(_) => {}
                    None => meanings.push((value, kind)),
                }
            }
        }
        let types = |kind: &str| meanings.iter().filter(|(_, own)| *own == kind).count();
        // Integers are of two types in some builds; everything else is of one.
        let is_clear = KINDS.iter().all(|(kind, _)| match *kind {
            "integer" => types(kind) >= 1,
            "bool" => types(kind) <= 1,
            kind => types(kind) == 1,
        });
        let are_small = meanings.iter().all(|(value, _)| (1..32).contains(value));
        (is_clear && are_small).then_some((at, meanings))
    })?;
    let words: Vec<String> = meanings
        .iter()
        .map(|(value, kind)| format!("{value} {kind}"))
        .collect();
    let text = format!(
        "derived: byte {at} of each entry is the type of the argument: filters that are known to take the same values share it, others differ; {}",
        words.join(", ")
    );
    claims.push(claim(image, table, at as u64, "filter-kinds", text));
    Some((at, meanings))
}

/// The number that path has as 60 and names of services as 196.
fn cost(image: &Image<'_>, table: &Table, claims: &mut Vec<Claim>) -> Option<usize> {
    let wanted = [
        ("path", 60),
        ("mount-relative-path", 60),
        ("global-name", 196),
        ("local-name", 196),
        ("target", 196),
    ];
    let at = table.field(image, 2, u16_of, &wanted)?;
    let text = format!(
        "bytes {at} and {} of each entry are the cost factor: 60 of path, 196 of global-name, local-name and target, as from 10.14 to 13.0",
        at + 1
    );
    claims.push(claim(image, table, at as u64, "filter-costs", text));
    Some(at)
}

fn claim(image: &Image<'_>, table: &Table, at: u64, key: &'static str, text: String) -> Claim {
    let address = table.address.saturating_add(at);
    let (section, offset) = image.place(address);
    Claim {
        key,
        section,
        address,
        offset,
        text,
    }
}
