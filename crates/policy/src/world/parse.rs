//! The text format of world files.
//!
//! One fact a line, each citing the evidence it rests on:
//!
//! ```text
//! ; a comment
//! world ID
//! alias NAME
//! based-on NAME
//! lacks PART free text
//! evidence KEY free text
//! layout NAME evidence=KEY
//! operation ID NAME parent=NAME|- [default=allow|deny] [v1=…] [v2=…] [v3=…] [categories=a,b] [slot=no] evidence=KEY,KEY
//! enforce OPERATION evidence=KEY
//! filter ID NAME category=C kind=KIND cost=N [merged=yes] [after=FILTER] evidence=KEY
//! value FILTER NAME NUMBER [NAME NUMBER]… evidence=KEY
//! modifier ID NAME actions=allow,deny argument=none|integer|string|message-filter [mask=BITS flags=BITS] [only=OPERATION,…] evidence=KEY
//! name ALIAS CANONICAL evidence=KEY
//! constant NAME NUMBER evidence=KEY
//! path-alias-mode resolve|both evidence=KEY
//! path-alias SHORT LONG evidence=KEY
//! implied ACTION OPERATION FILTER NUMBER evidence=KEY
//! inferred ACTION OPERATION FILTER NAME|bit:NUMBER [needs=OPERATION] [since=VERSION] evidence=KEY
//! compiled-paths lower evidence=KEY
//! ```
//!
//! `lacks` says which part of the build no source gives, so that nobody takes a short list for the
//! whole. `evidence` stands above the first fact that cites it; operations may name parents that follow.
//! A world `based-on` another has all its facts; `path-alias-mode` starts the list of path aliases
//! afresh.

mod facts;
mod fields;
mod problem;
#[cfg(test)]
mod tests;

use rustc_hash::{FxHashMap, FxHashSet};

pub use self::problem::{Problem, WorldError};

use self::fields::{Fields, one_of};
pub(super) use self::problem::MAX_BASES;
use super::{AliasMode, FilterId, OperationId, Part, World};

impl World {
    /// Reads a world file. `base` gives the text of a world that this one is `based-on`.
    ///
    /// # Errors
    /// The first line that is ill-formed or contradicts another; every fact must cite evidence
    /// that is declared, ids are unique, operations contiguous, and parents lead to a root.
    pub fn parse(
        text: &str,
        base: &dyn Fn(&str) -> Option<&'static str>,
    ) -> Result<Self, WorldError> {
        Reader::read(text, base, 0).map(|reader| reader.world)
    }
}

/// What has been read so far.
struct Reader<'t> {
    world: World,
    evidence: FxHashSet<&'t str>,
    /// Operation, its parent's name, its line.
    parents: Vec<(OperationId, &'t str, usize)>,
    /// Line of each operation, for what is checked at the end.
    lines: FxHashMap<OperationId, usize>,
    /// Names of values met so far.
    values: FxHashSet<(FilterId, &'t str)>,
    facts: usize,
}

impl<'t> Reader<'t> {
    fn empty() -> Self {
        Self {
            world: World {
                id: String::new(),
                aliases: Vec::new(),
                layout: None,
                lacks: Vec::new(),
                operations: Vec::new(),
                filters: Vec::new(),
                modifiers: Vec::new(),
                implied: Vec::new(),
                inferred: Vec::new(),
                folds_paths: false,
                path_aliases: Vec::new(),
                alias_mode: AliasMode::Resolve,
                names: FxHashMap::default(),
                constants: FxHashMap::default(),
                operation_index: FxHashMap::default(),
                filter_index: FxHashMap::default(),
                modifier_index: FxHashMap::default(),
            },
            evidence: FxHashSet::default(),
            parents: Vec::new(),
            lines: FxHashMap::default(),
            values: FxHashSet::default(),
            facts: 0,
        }
    }

    fn read(
        text: &'t str,
        base: &dyn Fn(&str) -> Option<&'static str>,
        depth: usize,
    ) -> Result<Self, WorldError> {
        let mut reader = Self::empty();
        let mut last = 0;
        for (index, line) in text.lines().enumerate() {
            last = index + 1;
            let at = |problem| WorldError {
                line: last,
                problem,
            };
            let line = line.trim();
            if line.is_empty() || line.starts_with([';', '#']) {
                continue;
            }
            let (kind, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
            if kind == "based-on" {
                reader = reader.on_base(rest.trim(), base, depth).map_err(at)?;
            } else {
                reader.line(kind, rest.trim(), last).map_err(at)?;
            }
        }
        if reader.world.id.is_empty() {
            return Err(WorldError {
                line: last,
                problem: Problem::Unnamed,
            });
        }
        reader.finish()?;
        Ok(reader)
    }

    /// The base's facts under this file's name.
    fn on_base(
        self,
        name: &str,
        base: &dyn Fn(&str) -> Option<&'static str>,
        depth: usize,
    ) -> Result<Self, Problem> {
        if self.facts > 0 {
            return Err(Problem::LateBase);
        }
        if depth >= MAX_BASES {
            return Err(Problem::BaseChain);
        }
        let text = base(name).ok_or_else(|| Problem::UnknownBase(name.to_owned()))?;
        let mut reader =
            Self::read(text, base, depth + 1).map_err(|error| match error.problem {
                Problem::BaseChain => Problem::BaseChain,
                _ => Problem::Base {
                    name: name.to_owned(),
                    error: Box::new(error),
                },
            })?;
        reader.world.id = self.world.id;
        reader.world.aliases = self.world.aliases;
        for lack in self.world.lacks {
            if !reader.world.is_without(lack.0) {
                reader.world.lacks.push(lack);
            }
        }
        // How profiles are compiled is a matter of each system.
        reader.world.folds_paths = false;
        reader.world.layout = None;
        reader.evidence.extend(self.evidence);
        reader.facts = 0;
        Ok(reader)
    }

    fn line(&mut self, kind: &str, rest: &'t str, number: usize) -> Result<(), Problem> {
        match kind {
            "world" if !self.world.id.is_empty() => {
                return Err(Problem::Repeated("world".to_owned()));
            }
            "world" => rest.clone_into(&mut self.world.id),
            "alias" => self.world.aliases.push(rest.to_owned()),
            "lacks" => {
                let (word, text) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                let part = one_of(
                    word,
                    "operations, modifiers, values, categories, costs, versions, implied, paths, compiled-paths",
                    Part::WORDS,
                )?;
                if text.trim().is_empty() {
                    return Err(Problem::Missing("the reason"));
                }
                if self.world.is_without(part) {
                    return Err(Problem::Repeated(word.to_owned()));
                }
                self.world.lacks.push((part, text.trim().to_owned()));
            }
            "evidence" => {
                let (key, text) = rest
                    .split_once(char::is_whitespace)
                    .ok_or(Problem::Missing("the text of the evidence"))?;
                if text.trim().is_empty() {
                    return Err(Problem::Missing("the text of the evidence"));
                }
                if !self.evidence.insert(key) {
                    return Err(Problem::Repeated(key.to_owned()));
                }
            }
            _ => {
                let mut fields = Fields::new(rest)?;
                self.fact(kind, &mut fields, number)?;
                self.cited(&mut fields)?;
                fields.end()?;
                self.facts += 1;
            }
        }
        Ok(())
    }

    fn cited(&self, fields: &mut Fields<'_>) -> Result<(), Problem> {
        let keys = fields.required("evidence")?;
        match keys.split(',').find(|key| !self.evidence.contains(*key)) {
            Some(key) => Err(Problem::UndeclaredEvidence(key.to_owned())),
            None => Ok(()),
        }
    }
    /// What can only be checked when all lines are read.
    fn finish(&mut self) -> Result<(), WorldError> {
        self.world.operations.sort_by_key(|o| o.id);
        self.world.filters.sort_by_key(|f| f.id);
        self.world.modifiers.sort_by_key(|m| m.id);
        let aliases = match self.world.alias_mode {
            AliasMode::Both => self.world.path_aliases.as_slice(),
            AliasMode::Resolve => &[],
        };
        let filters = self.world.filters.iter_mut();
        for info in filters.filter(|info| info.name == "path") {
            info.aliases = aliases.to_vec();
        }
        for (index, operation) in self.world.operations.iter().enumerate() {
            if usize::from(operation.id.0) != index {
                let line = self.lines[&operation.id];
                let problem = Problem::Gap(u16::try_from(index).unwrap_or(u16::MAX));
                return Err(WorldError { line, problem });
            }
        }
        for (id, parent, line) in &self.parents {
            let parent = self.operation_id(parent).map_err(|problem| WorldError {
                line: *line,
                problem,
            })?;
            self.world.operations[usize::from(id.0)].parent = Some(parent);
        }
        for operation in &self.world.operations {
            let (mut at, mut steps) = (operation.parent, 0);
            while let Some(parent) = at {
                steps += 1;
                if steps > self.world.operations.len() {
                    let line = self.lines[&operation.id];
                    let problem = Problem::ParentCycle(operation.name.clone());
                    return Err(WorldError { line, problem });
                }
                at = self.world.operations[usize::from(parent.0)].parent;
            }
        }
        Ok(())
    }
}
