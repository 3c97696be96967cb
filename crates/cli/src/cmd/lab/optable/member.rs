//! The profiles of a folder, with their op tables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lapbelt_analysis::finding::Input;
use lapbelt_analysis::op_table::{Node, Table};
use lapbelt_analysis::operations;
use lapbelt_analysis::subject::Subject;
use lapbelt_blob::decode::{self, Argument, Blob, LiteralAt, NodeIndex};
use lapbelt_blob::encode::encode;
use lapbelt_blob::explain;
use lapbelt_blob::policy::{Compiled, PolicyError, compiled};
use lapbelt_blob::raw::Part;
use lapbelt_learn::source::Profile;
use lapbelt_policy::escaped::escaped;
use lapbelt_policy::filter::Filter;
use lapbelt_policy::rule::Rule;
use lapbelt_policy::world::World;

use crate::exit::CommandError;
use crate::{corpus, evidence, profile, subject};

/// A profile of a folder.
pub(super) struct Member {
    /// Its name: that of its file without endings, and in a bundle its own.
    pub(super) id: String,
    /// Its source, if there is one.
    pub(super) source: Option<Source>,
    /// Its bytes by name and digest.
    pub(super) compiled: Input,
    pub(super) length: usize,
    pub(super) blob: Blob,
    /// Which of a bundle.
    number: usize,
    policy: Compiled,
    pub(super) table: Table,
    /// Literals of the file, as the table numbers them.
    pub(super) literals: Vec<String>,
}

/// A source.
pub(super) struct Source {
    pub(super) input: Input,
    profile: Profile,
}

impl Member {
    /// What it was read from.
    pub(super) fn inputs(&self) -> Vec<Input> {
        let source = self.source.iter().map(|own| own.input.clone());
        source.chain([self.compiled.clone()]).collect()
    }

    /// What it decides.
    pub(super) fn subject<'s>(&'s self, world: &'s World) -> Subject<'s> {
        let graph = self.policy.graph.clone();
        Subject::of_bytes(
            graph,
            &self.policy.rules,
            self.policy.written.clone(),
            world,
        )
    }

    /// The node of a decision of [`Self::subject`].
    pub(super) fn node(&self, rule: u32) -> usize {
        usize::from(self.policy.nodes[rule as usize].0)
    }

    /// Each rule of its source as words; `None` without one.
    pub(super) fn rules(&self) -> Option<&[Rule]> {
        Some(&self.source.as_ref()?.profile.policy.rules)
    }

    /// Operations and filters that its source names, `default` left out; none without one.
    pub(super) fn named(&self, world: &World) -> (BTreeSet<String>, BTreeSet<String>) {
        let (mut operations, mut filters) = (BTreeSet::new(), BTreeSet::new());
        for rule in self.rules().unwrap_or_default() {
            for id in rule.operations.iter().filter(|id| **id != world.root()) {
                operations.insert(world.operation(*id).name.clone());
            }
            let mut open: Vec<&Filter> = rule.filters.iter().map(|own| &own.filter).collect();
            while let Some(filter) = open.pop() {
                match filter {
                    Filter::Test(test) => {
                        filters.insert(world.filter(test.filter).name.clone());
                    }
                    Filter::Any(all) | Filter::All(all) => open.extend(all),
                    Filter::Not(one) => open.push(one),
                }
            }
        }
        (operations, filters)
    }

    /// Where its op table starts.
    pub(super) fn op_table_at(&self) -> usize {
        self.blob.profiles[self.number].at
    }

    /// Where its parts lie: name, first byte, one past the last.
    pub(super) fn sections(&self) -> Vec<(&'static str, usize, usize)> {
        let mut sections: Vec<(&'static str, usize, usize)> = Vec::new();
        for span in &self.blob.spans {
            let name = match span.owner {
                Part::Header(_) => "header",
                Part::Entry(..) => "tables",
                Part::Record(..) => "records",
                Part::OpTable(_) => "op_table",
                Part::Padding => continue,
                Part::Node(_) => "nodes",
                Part::Literal(_) => "literals",
            };
            match sections.last_mut() {
                Some(last) if last.0 == name => last.2 = span.end,
                _ => sections.push((name, span.start, span.end)),
            }
        }
        sections
    }
}

/// The fewest names of the operations of some slots.
pub(super) fn grouped(slots: &[usize], world: &World) -> Vec<String> {
    let all: Vec<_> = explain::slots(world)
        .take(slots.last().map_or(0, |last| last + 1))
        .collect();
    let set = slots
        .iter()
        .filter_map(|slot| all.get(*slot).copied())
        .collect();
    let known = world.operations().len();
    let (known, unknown): (BTreeSet<_>, BTreeSet<_>) =
        BTreeSet::into_iter(set).partition(|id| usize::from(id.0) < known);
    let mut names = operations::grouped(&known, world);
    names.extend(unknown);
    names
        .into_iter()
        .map(|id| explain::operation(id, world))
        .collect()
}

/// The profiles of a folder: those with fewest nodes first, then by name.
pub(super) fn members(
    dir: &Path,
    params: &BTreeMap<String, String>,
    world: &World,
) -> Result<Vec<Member>, CommandError> {
    let mut files: BTreeMap<String, [Option<PathBuf>; 2]> = BTreeMap::new();
    let failed = |error| CommandError::Other(format!("cannot read {}: {error}", dir.display()));
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let (id, is_compiled) = match name.strip_suffix(".sb") {
            Some(id) => (id, false),
            None => {
                let endings = [".sb.bin", ".bin", ".hex"];
                match endings.iter().find_map(|ending| name.strip_suffix(ending)) {
                    Some(id) => (id, true),
                    None => continue,
                }
            }
        };
        files.entry(id.to_string()).or_default()[usize::from(is_compiled)] = Some(path);
    }
    let mut members = Vec::new();
    for (id, [source, compiled]) in files {
        members.extend(of_file(
            &id,
            source.as_deref(),
            compiled.as_deref(),
            params,
            world,
        )?);
    }
    if members.is_empty() {
        return Err(CommandError::Other(format!(
            "no profiles in {}: NAME.sb, NAME.bin or NAME.hex",
            dir.display()
        )));
    }
    members.sort_by(|a, b| (a.table.nodes.len(), &a.id).cmp(&(b.table.nodes.len(), &b.id)));
    Ok(members)
}

/// The profiles of one name: its source, its bytes, or both.
fn of_file(
    id: &str,
    source: Option<&Path>,
    bytes: Option<&Path>,
    params: &BTreeMap<String, String>,
    world: &World,
) -> Result<Vec<Member>, CommandError> {
    let read = |path: &Path| {
        let text = profile::read(path)?;
        let profile = profile::evaluate(path, &text, params, world)?;
        let input = evidence::input(profile::shown(path), text.as_bytes());
        Ok::<_, CommandError>(Source { input, profile })
    };
    let mut own = source.map(read).transpose()?;
    let file = match (bytes, &own) {
        (Some(path), _) => corpus::member(path)?,
        (None, Some(own)) => {
            let policy = &own.profile.policy;
            let refused = |error| crate::cmd::compile::refused(&error, policy, world);
            corpus::Member {
                name: format!("{id}.sb.bin, compiled here"),
                bytes: encode(policy, world).map_err(refused)?.bytes,
            }
        }
        (None, None) => return Ok(Vec::new()),
    };
    let path = Path::new(&file.name);
    let blob = subject::blob(path, &file.bytes, world)?;
    let mut members = Vec::new();
    for (number, profile) in blob.profiles.iter().enumerate() {
        let failed = |error: PolicyError| CommandError::Other(format!("{}: {error}", file.name));
        let policy = compiled(&blob, profile, world).map_err(failed)?;
        let name = profile.name.map(|name| escaped(blob.text(name)));
        let (table, literals) = table(&blob, profile, &file.bytes, world);
        members.push(Member {
            id: name.map_or(id.to_string(), |name| format!("{id}:{name}")),
            source: match blob.profiles.len() {
                1 => own.take(),
                _ => None,
            },
            compiled: evidence::input(&file.name, &file.bytes),
            length: file.bytes.len(),
            blob: blob.clone(),
            number,
            policy,
            table,
            literals,
        });
    }
    Ok(members)
}

/// The op table of a profile, and the literals of its file.
fn table(
    blob: &Blob,
    profile: &decode::Profile,
    bytes: &[u8],
    world: &World,
) -> (Table, Vec<String>) {
    let numbers: BTreeMap<LiteralAt, usize> = blob.literals.keys().copied().zip(0..).collect();
    let node = |number: usize| {
        let index = NodeIndex(number as u16);
        let literal = match blob.node(index) {
            decode::Node::Filter { argument, .. } => match *argument {
                Argument::Pattern(at)
                | Argument::Text(at)
                | Argument::Mask(at)
                | Argument::Network(at) => Some(at),
                Argument::Regex(own) => blob.regexes.get(usize::from(own)).copied(),
                Argument::Integer(_) | Argument::Bits(_) | Argument::Bool(_) => None,
            },
            decode::Node::Terminal(_) => None,
        };
        let (filter, leads) = match blob.node(index) {
            decode::Node::Filter {
                filter,
                matched,
                unmatched,
                ..
            } => {
                let leads = [matched, unmatched].map(|own| usize::from(own.0));
                (Some(usize::from(filter.0)), Some(leads))
            }
            decode::Node::Terminal(_) => (None, None),
        };
        Node {
            tag: usize::from(bytes[blob.node_at(index)]),
            filter,
            literal: literal.and_then(|at| numbers.get(&at).copied()),
            says: explain::node(blob, index, world),
            leads,
        }
    };
    let table = Table {
        entries: profile
            .entries
            .iter()
            .map(|own| usize::from(own.0))
            .collect(),
        nodes: (0..blob.nodes.len()).map(node).collect(),
    };
    let literals = blob
        .literals
        .keys()
        .map(|at| explain::literal_text(blob, *at));
    (table, literals.collect())
}
