//! What was extracted, as a world file.

use std::fmt::Write as _;

use crate::{Argument, Extracted};

/// Operations that fall back to another than the longest wildcard that their name starts with.
/// Source: libsandbox of macOS 13.0, blacktop/ipsw pkg/sandbox/data @ 6797a84a1527; later builds
/// renamed one of them.
const FALLBACKS: &[(&str, &str)] = &[
    ("file-mount-update", "file-mount"),
    ("mach-task*", "mach-priv-task-port"),
    ("mach-task-inspect", "mach-task-read"),
    ("mach-task-name", "mach-task-inspect"),
    ("network-bind", "network-inbound"),
    (
        "process-codesigning-entitlements-der-blob-get",
        "process-codesigning-entitlements-blob-get",
    ),
    (
        "process-legacy-codesigning-entitlements-der-blob-get",
        "process-legacy-codesigning-entitlements-blob-get",
    ),
    ("managed-preference-read", "user-preference-read"),
    ("iokit-async-external-method", MESSAGES),
    ("iokit-external-method", MESSAGES),
    ("iokit-external-trap", MESSAGES),
    ("mach-message-send", MESSAGES),
    ("xpc-message-send", MESSAGES),
];

/// The operation that those within message filters fall back to.
const MESSAGES: &str = "default-message-filter";

/// Operations with a default of their own. Source: as above.
const OWN_DEFAULTS: &[(&str, &str)] = &[
    ("default", "deny"),
    ("file-write-setugid", "deny"),
    ("job-creation", "deny"),
    ("mach-derive-port", "allow"),
    ("mach-kernel-endpoint", "allow"),
    ("system-privilege", "allow"),
    ("storage-class-map", "deny"),
    (MESSAGES, "allow"),
];

impl Extracted {
    /// A world file with everything that was found, and the section and address of each table as
    /// its evidence. `id` becomes the name of the world; `source` tells which file it is from.
    pub fn world(&self, id: &str, source: &str) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&one_word(id), &one_line(source), &mut out);
        out
    }

    fn write(&self, id: &str, source: &str, out: &mut String) -> std::fmt::Result {
        writeln!(out, "; Extracted from {source}.\nworld {id}\n")?;
        out.push_str("lacks values they are not extracted\n");
        out.push_str("lacks versions no table tells what a version of the language changes\n");
        out.push_str("lacks implied no table tells what the library adds to profiles\n");
        out.push_str("lacks paths no table tells how the system treats them\n");
        out.push_str("lacks compiled-paths no table tells how profiles hold them\n");
        out.push_str("lacks categories which categories an operation accepts is not extracted\n");
        if self.filters.iter().any(|filter| filter.cost.is_none()) || self.filters.is_empty() {
            out.push_str("lacks costs 0 stands in where the cost factor could not be told\n");
        }
        let is_told = self.modifiers.iter().all(|one| one.meaning.is_some());
        if self.modifiers.is_empty() || !is_told {
            out.push_str("lacks modifiers those that could not be told are left out\n");
        }
        out.push('\n');
        let mut facts = String::new();
        self.facts(&mut facts)?;
        self.evidence(source, &facts, out)?;
        out.push_str(&facts);
        Ok(())
    }

    /// Where the tables are. What no fact rests on is told as well, but is no evidence.
    fn evidence(&self, source: &str, facts: &str, out: &mut String) -> std::fmt::Result {
        let uuid = self.uuid.map_or(String::new(), |uuid| {
            let digits: String = uuid.iter().map(|byte| format!("{byte:02x}")).collect();
            format!(", LC_UUID {digits}")
        });
        for claim in &self.claims {
            let is_cited = |line: &str| {
                let keys = line.split_once(" evidence=").map_or("", |(_, keys)| keys);
                !line.starts_with(';') && keys.split(',').any(|key| key == claim.key)
            };
            let comment = if facts.lines().any(is_cited) {
                ""
            } else {
                "; "
            };
            writeln!(
                out,
                "{comment}evidence {} {} at {:#x} of {source} ({}{uuid}), byte {:#x}: {}",
                claim.key,
                claim.section,
                claim.address,
                self.architecture,
                claim.offset,
                claim.text
            )?;
        }
        out.push_str("evidence fallback derived: the longest wildcard that the name starts with, else default; exceptions and own defaults, and which operations have no slot, by name as in macOS 13.0\n");
        Ok(())
    }

    fn facts(&self, out: &mut String) -> std::fmt::Result {
        out.push_str("\n; operations\n");
        for (number, name) in self.operations.iter().enumerate() {
            self.operation(number, name, out)?;
        }
        out.push_str("\n; filters\n");
        if self.untold() > 0 {
            out.push_str("; Those that are comments lack the kind of their argument: path-pattern, pattern,\n; string, integer, bits, bool or network. With it each is a line such as\n;   filter 1 path category=path kind=path-pattern cost=0 evidence=filters\n; Another build has most of them (`lapbelt world show macos-13.0.0`). If the evidence above is a\n; comment too, it becomes a line with them.\n");
        }
        for filter in &self.filters {
            let (id, name) = (filter.id, &filter.name);
            let Some(kind) = filter.kind else {
                writeln!(
                    out,
                    "; filter {id} {name}: its kind of argument could not be told"
                )?;
                continue;
            };
            let category = filter.category.as_deref().unwrap_or("unknown");
            let cost = filter.cost.unwrap_or(0);
            write!(
                out,
                "filter {id} {name} category={category} kind={kind} cost={cost}"
            )?;
            out.push_str(" evidence=filters,filter-kinds");
            if filter.category.is_some() {
                out.push_str(",filter-categories");
            }
            if filter.cost.is_some() {
                out.push_str(",filter-costs");
            }
            out.push('\n');
        }
        out.push_str("\n; modifiers\n");
        for modifier in &self.modifiers {
            let (id, name) = (modifier.id, &modifier.name);
            let Some((on_allow, on_deny, argument)) = modifier.meaning else {
                writeln!(
                    out,
                    "; modifier {id} {name}: what it does could not be told"
                )?;
                continue;
            };
            let actions = match (on_allow, on_deny) {
                (true, true) => "allow,deny",
                (true, false) => "allow",
                _ => "deny",
            };
            write!(out, "modifier {id} {name} actions={actions} argument=")?;
            match argument {
                Argument::Flag { mask, flags } => write!(out, "none mask={mask} flags={flags}")?,
                Argument::Integer => out.push_str("integer"),
                Argument::Text => out.push_str("string"),
                Argument::MessageFilter => out.push_str("message-filter"),
            }
            out.push_str(" evidence=modifiers,modifier-fields\n");
        }
        Ok(())
    }

    /// How many filters there are whose kind of argument could not be told.
    pub fn untold(&self) -> usize {
        let filters = self.filters.iter();
        filters.filter(|filter| filter.kind.is_none()).count()
    }

    fn operation(&self, number: usize, name: &str, out: &mut String) -> std::fmt::Result {
        let own = OWN_DEFAULTS.iter().find(|(own, _)| *own == name);
        let listed = FALLBACKS.iter().find(|(own, _)| *own == name);
        let listed = listed.filter(|(_, to)| self.operations.iter().any(|own| own == to));
        let parent = match (own, listed) {
            (Some(_), _) => "-",
            (None, Some((_, parent))) => parent,
            (None, None) => self.wildcard(name),
        };
        write!(out, "operation {number} {name} parent={parent}")?;
        if let Some((_, action)) = own {
            write!(out, " default={action}")?;
        }
        if name == MESSAGES || parent == MESSAGES {
            out.push_str(" slot=no");
        }
        writeln!(out, " evidence=operations,fallback")
    }

    /// The longest wildcard that a name starts with.
    fn wildcard(&self, name: &str) -> &str {
        let stem = |wildcard: &'_ str| wildcard.strip_suffix('*').map(str::len);
        let wildcards = self.operations.iter().map(String::as_str);
        wildcards
            .filter(|own| *own != name)
            .filter(|own| {
                own.strip_suffix('*')
                    .is_some_and(|stem| name.starts_with(stem))
            })
            .max_by_key(|own| stem(own))
            .unwrap_or("default")
    }
}

/// A name without what would end the word.
fn one_word(text: &str) -> String {
    let word: String = text
        .chars()
        .map(|c| if c.is_ascii_graphic() { c } else { '-' })
        .collect();
    if word.is_empty() {
        "extracted".to_owned()
    } else {
        word
    }
}

fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
