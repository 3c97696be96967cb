//! The facts of a world file, one kind of line each.

use rustc_hash::FxHashMap;

use super::fields::{Fields, action, list, number, one_of};
use super::{Problem, Reader};
use crate::rule::{Action, Version};
use crate::world::{
    AliasMode, ArgumentKind, FilterId, FilterInfo, ImpliedRule, InferredRule, InferredValue,
    ModifierId, ModifierInfo, ModifierKind, Operation, OperationId, PathAlias,
};

impl<'t> Reader<'t> {
    /// Several values on a line: the tables of system calls are long.
    fn values(&mut self, f: &mut Fields<'t>) -> Result<(), Problem> {
        let id = self.filter_id(f.word("the filter")?)?;
        let at = self.world.filters.iter().position(|filter| filter.id == id);
        let mut name = f.word("the name of the value")?;
        loop {
            let number = number(f.word("the number")?)?;
            if !self.values.insert((id, name)) {
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

    pub(super) fn fact(
        &mut self,
        kind: &str,
        f: &mut Fields<'t>,
        line: usize,
    ) -> Result<(), Problem> {
        match kind {
            "operation" => self.operation(f, line),
            "enforce" => {
                let id = self.operation_id(f.word("the operation")?)?;
                let at = self.world.operations.iter_mut().find(|o| o.id == id);
                at.into_iter()
                    .for_each(|operation| operation.enforced = true);
                Ok(())
            }
            "layout" => {
                self.world.layout = Some(f.word("the name")?.to_owned());
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
            "socket-names" => {
                one_of(f.word("how they begin")?, "@", &[("@", ())])?;
                let path = self.filter_id("path")?;
                let mut filters = self.world.filters.iter_mut();
                let path = filters.find(|info| info.id == path);
                path.into_iter()
                    .for_each(|info| info.has_socket_names = true);
                Ok(())
            }
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

    fn operation(&mut self, f: &mut Fields<'t>, line: usize) -> Result<(), Problem> {
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
            self.parents.push((id, parent, line));
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
            ArgumentKind::WORDS,
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
            has_socket_names: false,
            aliases: Vec::new(),
            in_lower_case: false,
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
            ModifierKind::WORDS,
        )?;
        let bits = |word: Option<&str>| word.map_or(Ok(0), number);
        let (mask, flags) = (bits(f.optional("mask"))?, bits(f.optional("flags"))?);
        let only = list(f.optional("only"));
        let only = only.iter().map(|name| self.operation_id(name));
        let only = only.collect::<Result<_, _>>()?;
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
            only,
            mask,
            flags,
        });
        Ok(())
    }

    pub(super) fn operation_id(&self, name: &str) -> Result<OperationId, Problem> {
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
}

fn insert<T>(map: &mut FxHashMap<String, T>, name: &str, value: T) -> Result<(), Problem> {
    match map.insert(name.to_owned(), value) {
        Some(_) => Err(Problem::Repeated(name.to_owned())),
        None => Ok(()),
    }
}
