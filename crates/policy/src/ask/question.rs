//! A question as a person puts it, and its answer.

use super::{
    AskError, address, ask, canonical_path, operation_named, other_spelling, parse_value,
    target_filter,
};
use crate::decide::{Decider, Verdict};
use crate::event::OwnedValue;
use crate::socket::End;
use crate::world::{ArgumentKind, FilterId, World};

/// Would an operation be allowed on a target?
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// What is asked, such as file-read-data.
    pub operation: &'q str,
    /// Of what, as [`ask`] takes it.
    pub target: Option<&'q str>,
    /// Further values, as [`parse_value`] takes them; several of one filter are one after the other.
    pub filters: &'q [(String, String)],
    /// Whether paths are those that a person gives, and not ones that a system decided.
    pub canonicalize: bool,
}

/// What a policy says to a question.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The decision and what made it.
    pub verdict: Verdict,
    /// The target as it was decided.
    pub target: Option<String>,
    /// The filter that a target would have been of, if rules asked for it and there was none.
    pub lacks: Option<String>,
}

impl Question<'_> {
    /// The answer of a policy, whose paths are folded if the world folds them.
    ///
    /// # Errors
    /// A question that makes no request.
    pub fn answer(&self, decider: &Decider, world: &World) -> Result<Answer, AskError> {
        let operation = operation_named(world, self.operation)?;
        let end = End::of(operation);
        let own = target_filter(world, operation);
        // Names may begin as paths do, and are no paths.
        let of_path =
            own.is_some_and(|filter| world.filter(filter).kind == ArgumentKind::PathPattern);
        let target = self.target.map(|target| {
            let path = match end {
                Some(_) => address::unix_path(target.as_bytes(), world),
                None => Some(target.as_bytes()).filter(|path| of_path && path.starts_with(b"/")),
            };
            let path = path.unwrap_or_default();
            (
                &target[..target.len() - path.len()],
                self.spelled(path, world),
            )
        });
        let shown = target
            .as_ref()
            .map(|(before, path)| format!("{before}{}", String::from_utf8_lossy(path)));
        let filters = self.values(world)?;
        let target = target.map(|(before, mut path)| {
            fold(&mut path, world);
            (before, path)
        });
        let text = target
            .as_ref()
            .map(|(before, path)| [before.as_bytes(), path].concat());
        // Of the paths of a request, the target and those of sockets go by either spelling.
        let is_path = |(filter, _): &&(FilterId, _)| world.filter(*filter).name == "path";
        let given = filters.iter().filter(is_path);
        let given = given.filter_map(|(_, value)| match value {
            OwnedValue::Text(path) => Some(path),
            _ => None,
        });
        let paths = target.iter().map(|(_, path)| path).chain(given);
        let others: Vec<_> = paths
            .filter_map(|path| Some((path, other_spelling(world.filter_named("path")?, path)?)))
            .collect();
        let mut asked = ask(world, self.operation, text.as_deref(), &filters)?;
        for (path, other) in &others {
            asked.also_spelled(path, other);
        }
        let request = asked.request();
        let mut targets = match end {
            Some(_) => ["remote", "local"].map(|end| world.filter_named(end).map(|one| one.id)),
            None => [own, None],
        }
        .into_iter()
        .flatten();
        let lacks = targets
            .find(|filter| target.is_none() && decider.lacks(&request, *filter))
            .map(|filter| world.filter(filter).name.clone());
        Ok(Answer {
            verdict: decider.decide(&request),
            target: shown,
            lacks,
        })
    }

    /// The further values, and the paths of the unix sockets among them.
    fn values(&self, world: &World) -> Result<Vec<(FilterId, OwnedValue)>, AskError> {
        let given = self.filters.iter();
        let mut values: Vec<(FilterId, OwnedValue)> = given
            .map(|(name, value)| parse_value(world, name, value))
            .collect::<Result<_, _>>()?;
        for (name, value) in self.filters {
            let is_end = matches!(name.as_str(), "remote" | "local");
            let path = address::unix_path(value.as_bytes(), world).filter(|_| is_end);
            if let (Some(path), Some(filter)) = (path, world.filter_named("path")) {
                values.push((filter.id, OwnedValue::Text(path.to_vec())));
            }
        }
        let path = world.filter_named("path").map(|path| path.id);
        for (filter, value) in &mut values {
            if let (true, OwnedValue::Text(text)) = (Some(*filter) == path, &mut *value) {
                *text = self.spelled(text, world);
            }
            if let (ArgumentKind::PathPattern, OwnedValue::Text(path)) =
                (world.filter(*filter).kind, value)
            {
                fold(path, world);
            }
        }
        Ok(values)
    }

    fn spelled(&self, path: &[u8], world: &World) -> Vec<u8> {
        match self.canonicalize {
            true => canonical_path(world, path),
            false => path.to_vec(),
        }
    }
}

fn fold(path: &mut [u8], world: &World) {
    if world.folds_paths() {
        path.make_ascii_lowercase();
    }
}
