//! The text format of world files.
//!
//! One fact a line, each citing the evidence it rests on:
//!
//! ```text
//! ; a comment
//! world ID
//! alias NAME
//! based-on NAME
//! evidence KEY free text
//! operation ID NAME parent=NAME|- [default=allow|deny] [v1=…] [v2=…] [v3=…] [categories=a,b] [slot=no] evidence=KEY,KEY
//! enforce OPERATION evidence=KEY
//! filter ID NAME category=C kind=KIND cost=N [merged=yes] [after=FILTER] evidence=KEY
//! value FILTER NAME NUMBER [NAME NUMBER]… evidence=KEY
//! modifier ID NAME actions=allow,deny argument=none|integer|string|message-filter [mask=BITS flags=BITS] evidence=KEY
//! name ALIAS CANONICAL evidence=KEY
//! constant NAME NUMBER evidence=KEY
//! path-alias-mode resolve|both evidence=KEY
//! path-alias SHORT LONG evidence=KEY
//! implied ACTION OPERATION FILTER NUMBER evidence=KEY
//! inferred ACTION OPERATION FILTER NAME|bit:NUMBER [needs=OPERATION] [since=VERSION] evidence=KEY
//! compiled-paths lower evidence=KEY
//! ```
//!
//! `evidence` stands above the first fact that cites it; operations may name parents that follow.
//! A world `based-on` another has all its facts; `path-alias-mode` starts the list of path aliases
//! afresh.

#[cfg(test)]
mod tests;

use std::str::SplitAsciiWhitespace;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    AliasMode, ArgumentKind, FilterId, FilterInfo, ImpliedRule, InferredRule, InferredValue,
    ModifierId, ModifierInfo, ModifierKind, Operation, OperationId, PathAlias, World,
};
use crate::rule::{Action, Version};

/// How many worlds may be based on each other.
const MAX_BASES: usize = 4;

/// Why a world file was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct WorldError {
    /// Line of the file, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a line of a world file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The first word is none of the format's.
    #[error("unknown kind of line `{0}`")]
    UnknownKind(String),
    /// A word or attribute that must be there is not.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A word or attribute that the kind of line does not have, or has once.
    #[error("unexpected `{0}`")]
    Unexpected(String),
    /// A word that had to be a number in range.
    #[error("`{0}` is not a number in range")]
    NotANumber(String),
    /// A word outside a closed list.
    #[error("`{word}` is not one of {allowed}")]
    NotOneOf {
        /// The word.
        word: String,
        /// The list.
        allowed: &'static str,
    },
    /// A name or number that the file already has.
    #[error("`{0}` is declared twice")]
    Repeated(String),
    /// An evidence key that no line above declares.
    #[error("evidence `{0}` is not declared above")]
    UndeclaredEvidence(String),
    /// A name that the file does not declare.
    #[error("`{0}` is not declared")]
    Undeclared(String),
    /// Operations are numbered from 0 without gaps.
    #[error("no operation has the number {0}, a higher one is given")]
    Gap(u16),
    /// An operation that is its own ancestor.
    #[error("operation `{0}` is its own ancestor")]
    ParentCycle(String),
    /// The file has no `world` line.
    #[error("the file does not name its world")]
    Unnamed,
    /// `based-on` names no known world.
    #[error("there is no world `{0}` to be based on")]
    UnknownBase(String),
    /// `based-on` after the first fact.
    #[error("`based-on` must stand above all facts")]
    LateBase,
    /// Worlds based on each other, or on too long a chain.
    #[error("more than {MAX_BASES} worlds based on each other")]
    BaseChain,
    /// The world it is based on does not parse.
    #[error("in world `{name}`: {error}")]
    Base {
        /// Its name.
        name: String,
        /// What is wrong with it.
        error: Box<WorldError>,
    },
}

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
struct Reader {
    world: World,
    evidence: FxHashSet<String>,
    /// Operation, its parent's name, its line.
    parents: Vec<(OperationId, String, usize)>,
    /// Line of each operation, for what is checked at the end.
    lines: FxHashMap<OperationId, usize>,
    /// Names of values met so far.
    values: FxHashSet<(FilterId, String)>,
    facts: usize,
}

impl Reader {
    fn empty() -> Self {
        Self {
            world: World {
                id: String::new(),
                aliases: Vec::new(),
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
        text: &str,
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
        reader.evidence.extend(self.evidence);
        reader.facts = 0;
        Ok(reader)
    }

    fn line(&mut self, kind: &str, rest: &str, number: usize) -> Result<(), Problem> {
        match kind {
            "world" if !self.world.id.is_empty() => {
                return Err(Problem::Repeated("world".to_owned()));
            }
            "world" => rest.clone_into(&mut self.world.id),
            "alias" => self.world.aliases.push(rest.to_owned()),
            "evidence" => {
                let (key, text) = rest
                    .split_once(char::is_whitespace)
                    .ok_or(Problem::Missing("the text of the evidence"))?;
                if text.trim().is_empty() {
                    return Err(Problem::Missing("the text of the evidence"));
                }
                if !self.evidence.insert(key.to_owned()) {
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

    /// Several values on a line: the tables of system calls are long.
    fn values(&mut self, f: &mut Fields<'_>) -> Result<(), Problem> {
        let id = self.filter_id(f.word("the filter")?)?;
        let at = self.world.filters.iter().position(|filter| filter.id == id);
        let mut name = f.word("the name of the value")?;
        loop {
            let number = number(f.word("the number")?)?;
            if !self.values.insert((id, name.to_owned())) {
                return Err(Problem::Repeated(name.to_owned()));
            }
            if let Some(at) = at {
                self.world.filters[at]
                    .values
                    .push((name.to_owned(), number));
            }
            match f.words.next() {
                Some(next) => name = next,
                None => return Ok(()),
            }
        }
    }

    fn fact(&mut self, kind: &str, f: &mut Fields<'_>, line: usize) -> Result<(), Problem> {
        match kind {
            "operation" => self.operation(f, line),
            "enforce" => {
                let id = self.operation_id(f.word("the operation")?)?;
                let at = self.world.operations.iter_mut().find(|o| o.id == id);
                at.into_iter()
                    .for_each(|operation| operation.enforced = true);
                Ok(())
            }
            "filter" => self.filter(f),
            "value" => self.values(f),
            "modifier" => self.modifier(f),
            "name" => {
                let alias = f.word("the other name")?;
                let name = f.word("the name it stands for")?;
                let world = &self.world;
                let known = |n: &str| {
                    world.operation_index.contains_key(n)
                        || world.filter_index.contains_key(n)
                        || world.modifier_index.contains_key(n)
                };
                if !known(name) {
                    return Err(Problem::Undeclared(name.to_owned()));
                }
                if known(alias) {
                    return Err(Problem::Repeated(alias.to_owned()));
                }
                insert(&mut self.world.names, alias, name.to_owned())
            }
            "constant" => {
                let name = f.word("the name")?;
                let value = number(f.word("the number")?)?;
                insert(&mut self.world.constants, name, value)
            }
            "path-alias-mode" => {
                self.world.alias_mode = one_of(
                    f.word("the mode")?,
                    "resolve, both",
                    &[("resolve", AliasMode::Resolve), ("both", AliasMode::Both)],
                )?;
                self.world.path_aliases.clear();
                Ok(())
            }
            "path-alias" => {
                let short = f.word("the short path")?.to_owned();
                let long = f.word("the long path")?.to_owned();
                if self
                    .world
                    .path_aliases
                    .iter()
                    .any(|known| known.short == short)
                {
                    return Err(Problem::Repeated(short));
                }
                self.world.path_aliases.push(PathAlias { short, long });
                Ok(())
            }
            "implied" => {
                let action = action(f.word("the action")?)?;
                let operation = self.operation_id(f.word("the operation")?)?;
                let filter = self.filter_id(f.word("the filter")?)?;
                let value = number(f.word("the number")?)?;
                self.world.implied.push(ImpliedRule {
                    action,
                    operation,
                    filter,
                    value,
                });
                Ok(())
            }
            "inferred" => self.inferred(f),
            "compiled-paths" => {
                self.world.folds_paths = one_of(f.word("the case")?, "lower", &[("lower", true)])?;
                Ok(())
            }
            _ => Err(Problem::UnknownKind(kind.to_owned())),
        }
    }

    fn inferred(&mut self, f: &mut Fields<'_>) -> Result<(), Problem> {
        let action = action(f.word("the action")?)?;
        let operation = self.operation_id(f.word("the operation")?)?;
        let filter = self.filter_id(f.word("the filter")?)?;
        let word = f.word("the value")?;
        let value = match word.strip_prefix("bit:") {
            Some(bit) => InferredValue::Bit(number(bit)?),
            None => InferredValue::Name(word.to_owned()),
        };
        let needs = f
            .optional("needs")
            .map(|name| self.operation_id(name))
            .transpose()?;
        let versions = [("1", Version::V1), ("2", Version::V2), ("3", Version::V3)];
        let since = match f.optional("since") {
            None => Version::V1,
            Some(word) => one_of(word, "1, 2, 3", &versions)?,
        };
        self.world.inferred.push(InferredRule {
            action,
            operation,
            filter,
            value,
            needs,
            since,
        });
        Ok(())
    }

    fn operation(&mut self, f: &mut Fields<'_>, line: usize) -> Result<(), Problem> {
        let id = OperationId(number(f.word("the number")?)?);
        let name = f.word("the name")?.to_owned();
        let parent = f.required("parent")?;
        let default = f.optional("default").map(action).transpose()?;
        let mut own_default = [default; 3];
        for (slot, key) in own_default.iter_mut().zip(["v1", "v2", "v3"]) {
            if let Some(word) = f.optional(key) {
                *slot = Some(action(word)?);
            }
        }
        let in_table = match f.optional("slot") {
            None => true,
            Some(word) => one_of(word, "no", &[("no", false)])?,
        };
        let categories = list(f.optional("categories"));
        if self.lines.insert(id, line).is_some() {
            return Err(Problem::Repeated(id.0.to_string()));
        }
        insert(&mut self.world.operation_index, &name, id)?;
        if parent != "-" {
            self.parents.push((id, parent.to_owned(), line));
        }
        self.world.operations.push(Operation {
            id,
            name,
            parent: None,
            own_default,
            categories,
            in_table,
            enforced: false,
        });
        Ok(())
    }

    fn filter(&mut self, f: &mut Fields<'_>) -> Result<(), Problem> {
        let id = FilterId(number(f.word("the number")?)?);
        let name = f.word("the name")?.to_owned();
        let category = f.required("category")?.to_owned();
        let kind = one_of(
            f.required("kind")?,
            "path-pattern, pattern, string, integer, bits, bool, network",
            &[
                ("path-pattern", ArgumentKind::PathPattern),
                ("pattern", ArgumentKind::Pattern),
                ("string", ArgumentKind::Text),
                ("integer", ArgumentKind::Integer),
                ("bits", ArgumentKind::Bits),
                ("bool", ArgumentKind::Bool),
                ("network", ArgumentKind::Network),
            ],
        )?;
        let cost = number(f.required("cost")?)?;
        let merged = match f.optional("merged") {
            None => false,
            Some(word) => one_of(word, "yes", &[("yes", true)])?,
        };
        let after = f
            .optional("after")
            .map(|name| self.filter_id(name))
            .transpose()?;
        if self.world.filters.iter().any(|known| known.id == id) {
            return Err(Problem::Repeated(id.0.to_string()));
        }
        insert(&mut self.world.filter_index, &name, id)?;
        let values = Vec::new();
        self.world.filters.push(FilterInfo {
            id,
            name,
            category,
            kind,
            cost,
            merged,
            after,
            values,
        });
        Ok(())
    }

    fn modifier(&mut self, f: &mut Fields<'_>) -> Result<(), Problem> {
        let id = ModifierId(number(f.word("the number")?)?);
        let name = f.word("the name")?.to_owned();
        let (mut on_allow, mut on_deny) = (false, false);
        for word in f.required("actions")?.split(',') {
            match action(word)? {
                Action::Allow => on_allow = true,
                Action::Deny => on_deny = true,
            }
        }
        let kind = one_of(
            f.required("argument")?,
            "none, integer, string, message-filter",
            &[
                ("none", ModifierKind::Flag),
                ("integer", ModifierKind::Integer),
                ("string", ModifierKind::Text),
                ("message-filter", ModifierKind::MessageFilter),
            ],
        )?;
        let bits = |word: Option<&str>| word.map_or(Ok(0), number);
        let (mask, flags) = (bits(f.optional("mask"))?, bits(f.optional("flags"))?);
        if self.world.modifiers.iter().any(|known| known.id == id) {
            return Err(Problem::Repeated(id.0.to_string()));
        }
        insert(&mut self.world.modifier_index, &name, id)?;
        self.world.modifiers.push(ModifierInfo {
            id,
            name,
            on_allow,
            on_deny,
            kind,
            mask,
            flags,
        });
        Ok(())
    }

    fn operation_id(&self, name: &str) -> Result<OperationId, Problem> {
        let found = self.world.operation_index.get(name);
        found
            .copied()
            .ok_or_else(|| Problem::Undeclared(name.to_owned()))
    }

    fn filter_id(&self, name: &str) -> Result<FilterId, Problem> {
        let found = self.world.filter_index.get(name);
        found
            .copied()
            .ok_or_else(|| Problem::Undeclared(name.to_owned()))
    }

    /// What can only be checked when all lines are read.
    fn finish(&mut self) -> Result<(), WorldError> {
        self.world.operations.sort_by_key(|o| o.id);
        self.world.filters.sort_by_key(|f| f.id);
        self.world.modifiers.sort_by_key(|m| m.id);
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

/// The words of a line and its `key=value` attributes.
struct Fields<'a> {
    words: SplitAsciiWhitespace<'a>,
    attributes: Vec<(&'a str, &'a str)>,
}

impl<'a> Fields<'a> {
    /// Splits at the first `key=value` whose key is one of the format's: names hold no `=`.
    fn new(text: &'a str) -> Result<Self, Problem> {
        let start = text
            .split_ascii_whitespace()
            .find(|word| word.contains('='))
            .map_or(text.len(), |word| {
                word.as_ptr() as usize - text.as_ptr() as usize
            });
        let (words, rest) = text.split_at(start);
        let mut attributes: Vec<(&str, &str)> = Vec::new();
        for word in rest.split_ascii_whitespace() {
            let pair = word
                .split_once('=')
                .ok_or_else(|| Problem::Unexpected(word.to_owned()))?;
            if attributes.iter().any(|(key, _)| *key == pair.0) {
                return Err(Problem::Repeated(pair.0.to_owned()));
            }
            attributes.push(pair);
        }
        Ok(Self {
            words: words.split_ascii_whitespace(),
            attributes,
        })
    }

    fn word(&mut self, what: &'static str) -> Result<&'a str, Problem> {
        self.words.next().ok_or(Problem::Missing(what))
    }

    fn optional(&mut self, key: &str) -> Option<&'a str> {
        let at = self
            .attributes
            .iter()
            .position(|(known, _)| *known == key)?;
        Some(self.attributes.remove(at).1)
    }

    fn required(&mut self, key: &'static str) -> Result<&'a str, Problem> {
        self.optional(key).ok_or(Problem::Missing(key))
    }

    fn end(mut self) -> Result<(), Problem> {
        match self
            .words
            .next()
            .or(self.attributes.first().map(|(key, _)| *key))
        {
            Some(left) => Err(Problem::Unexpected(left.to_owned())),
            None => Ok(()),
        }
    }
}

fn insert<T>(map: &mut FxHashMap<String, T>, name: &str, value: T) -> Result<(), Problem> {
    match map.insert(name.to_owned(), value) {
        Some(_) => Err(Problem::Repeated(name.to_owned())),
        None => Ok(()),
    }
}

fn number<T: std::str::FromStr>(word: &str) -> Result<T, Problem> {
    word.parse()
        .map_err(|_| Problem::NotANumber(word.to_owned()))
}

fn action(word: &str) -> Result<Action, Problem> {
    one_of(
        word,
        "allow, deny",
        &[("allow", Action::Allow), ("deny", Action::Deny)],
    )
}

fn one_of<T: Copy>(word: &str, allowed: &'static str, table: &[(&str, T)]) -> Result<T, Problem> {
    let found = table.iter().find(|(known, _)| *known == word);
    found
        .map(|(_, value)| *value)
        .ok_or_else(|| Problem::NotOneOf {
            word: word.to_owned(),
            allowed,
        })
}

fn list(words: Option<&str>) -> Vec<String> {
    words
        .into_iter()
        .flat_map(|words| words.split(','))
        .map(str::to_owned)
        .collect()
}
