//! Rules and modifiers.

use lapbelt_policy::filter::Filter;
use lapbelt_policy::origin::Origin;
use lapbelt_policy::rule::{Action, Modifier, ModifierArgument, Rule, RuleFilter};
use lapbelt_policy::world::{ModifierId, ModifierInfo, ModifierKind, Operation, OperationId};

use super::{Binder, Object, Procedure, message, takes};
use crate::diag::{Code, Diagnostic, Severity};
use crate::eval::call::Call;
use crate::eval::fault::Mistake;
use crate::eval::heap::Heap;
use crate::eval::value::Value;

/// What a rule is made of, sorted by kind.
#[derive(Default)]
struct Parts {
    operations: Vec<OperationId>,
    has_operations: bool,
    filters: Vec<RuleFilter>,
    has_filters: bool,
    modifiers: Vec<(Modifier, Option<Origin>)>,
}

impl Binder<'_> {
    /// `(allow …)` and `(deny …)`: operations, filters and modifiers in any order.
    pub(super) fn rule(
        &mut self,
        action: Action,
        call: &Call<'_>,
        heap: &mut Heap,
    ) -> Result<Value, Mistake> {
        let is_version_wrong =
            |found: &Diagnostic| (found.code, found.severity) == (Code::Version, Severity::Error);
        // Who was told that the version is wrong need not hear that there is none.
        if self.version.is_none() && !self.diagnostics.iter().any(is_version_wrong) {
            return Err(
                Mistake::new(Code::Version, "a rule stands before `(version …)`")
                    .help("start the profile with `(version 1)`"),
            );
        }
        let mut parts = Parts::default();
        let places: Vec<_> = call.places(heap).take(call.arguments.len()).collect();
        for (at, (value, place)) in call.arguments.iter().zip(places).enumerate() {
            self.part(*value, place, &mut parts, heap)
                .map_err(|mistake| mistake.at(at))?;
        }
        let mut block = None;
        for value in heap.items(call.context).unwrap_or_default() {
            block = self.message_rules(value, heap);
            if block.is_some() {
                // What surrounds a message filter is about its rule, not about those inside.
                break;
            }
            self.surrounding(value, call, &mut parts, heap)?;
        }
        if !parts.has_operations {
            let mistake = Mistake::new(Code::NoOperation, "the rule names no operation");
            let word = action.word();
            return Err(mistake.help(format!("name one, as in `({word} file-read* …)`")));
        }
        if parts.operations.is_empty() {
            return Ok(Value::Nil);
        }
        if parts.has_filters && parts.filters.is_empty() {
            // A filter without alternatives never holds; an empty list would mean always.
            parts.filters.push(RuleFilter {
                filter: Filter::Any(Vec::new()),
                origin: call.site,
            });
        }
        self.check_operations(&parts, block.is_some(), call)?;
        self.check_modifiers(action, &parts, block.is_some(), call);
        let rule = Rule {
            action,
            operations: parts.operations,
            filters: parts.filters,
            modifiers: parts
                .modifiers
                .into_iter()
                .map(|(modifier, _)| modifier)
                .collect(),
            origin: call.site,
        };
        self.one_more_rule(rule, block)?;
        Ok(Value::Unspecified)
    }

    fn part(
        &mut self,
        value: Value,
        place: Option<Origin>,
        parts: &mut Parts,
        heap: &mut Heap,
    ) -> Result<(), Mistake> {
        match self.as_object(value, heap) {
            Some(Object::Operation(id)) => {
                parts.has_operations = true;
                parts.operations.extend(*id);
            }
            Some(Object::Filter(alternatives)) => {
                alternatives.claim(heap)?;
                parts.has_filters = true;
                parts
                    .filters
                    .extend(alternatives.filters().iter().cloned().map(|mut filter| {
                        filter.origin = nearer(filter.origin, place);
                        filter
                    }));
            }
            Some(Object::Modifier(modifier, origin)) => {
                if let Some(modifier) = modifier {
                    heap.claim(message::size(modifier))?;
                    parts.modifiers.push((modifier.clone(), *origin));
                }
            }
            Some(Object::MessageRules(_)) => return Err(self.illegal(value, heap)),
            None => match self.bare_modifier(value)? {
                Some(Bare::Modifier(modifier)) => parts.modifiers.push((modifier, place)),
                Some(Bare::Option) => {}
                None => return Err(self.illegal(value, heap)),
            },
        }
        Ok(())
    }

    /// A modifier without argument that stands in a rule by its name alone.
    fn bare_modifier(&self, value: Value) -> Result<Option<Bare>, Mistake> {
        let Value::HostProcedure(id) = value else {
            return Ok(None);
        };
        let bare = match self.procedures.get(id.0 as usize) {
            Some(Procedure::Modifier(id))
                if self.world.modifier(*id).kind == ModifierKind::Flag =>
            {
                Bare::Modifier(Modifier {
                    modifier: *id,
                    argument: None,
                })
            }
            Some(Procedure::Termination) => Bare::Modifier(self.termination()?),
            Some(Procedure::Option) => Bare::Option,
            _ => return Ok(None),
        };
        Ok(Some(bare))
    }

    /// `send-signal SIGKILL`.
    pub(super) fn termination(&self) -> Result<Modifier, Mistake> {
        let modifier = self.world.modifier_named("send-signal");
        match (modifier, self.world.constant("SIGKILL")) {
            (Some(modifier), Some(signal)) => Ok(Modifier {
                modifier: modifier.id,
                argument: Some(ModifierArgument::Integer(signal)),
            }),
            _ => {
                let message = "this world cannot send signals";
                Err(Mistake::new(Code::UnknownModifier, message))
            }
        }
    }

    fn illegal(&self, value: Value, heap: &Heap) -> Mistake {
        let message = format!(
            "expected operation, filter or modifier, got {}",
            value.kind()
        );
        let mistake = Mistake::new(Code::IllegalArgument, message);
        match value {
            Value::String(id) => {
                let text = crate::print::quote(heap.bytes(id));
                mistake.help(format!("to name a path, write `(literal {text})`"))
            }
            Value::HostProcedure(_) => mistake.help("a filter is written in parentheses"),
            // Where a `#f` came from says more.
            Value::Bool(_) => mistake,
            _ => mistake.help("operations are names, filters and modifiers are in parentheses"),
        }
    }

    /// Adds what a `with-…` form around the rule demands.
    fn surrounding(
        &mut self,
        value: Value,
        call: &Call<'_>,
        parts: &mut Parts,
        heap: &mut Heap,
    ) -> Result<(), Mistake> {
        if let Some(Object::Filter(outer)) = self.as_object(value, heap) {
            let (claim, outer) = (outer.clone(), outer.any());
            claim.claim(heap)?;
            if !parts.has_filters {
                parts.has_filters = true;
                parts.filters.push(RuleFilter {
                    filter: outer,
                    origin: call.site,
                });
                return Ok(());
            }
            for inner in &mut parts.filters {
                claim.claim(heap)?;
                let filter = std::mem::replace(&mut inner.filter, Filter::All(Vec::new()));
                inner.filter = match filter {
                    Filter::All(mut all) => {
                        all.push(outer.clone());
                        Filter::All(all)
                    }
                    other => Filter::All(vec![other, outer.clone()]),
                };
            }
            return Ok(());
        }
        // `with-operations` gives a list of objects, all others a single one.
        if self.as_object(value, heap).is_none()
            && let Some(items) = heap.items(value)
        {
            return items
                .into_iter()
                .try_for_each(|item| self.part(item, call.site, parts, heap));
        }
        self.part(value, call.site, parts, heap)
    }

    fn check_operations(
        &mut self,
        parts: &Parts,
        in_message_filter: bool,
        call: &Call<'_>,
    ) -> Result<(), Mistake> {
        for id in &parts.operations {
            let operation = self.world.operation(*id);
            if operation.in_table == in_message_filter {
                // The message of 14.4.1 for `(allow iokit-external-method …)`.
                let message = format!(
                    "{} operation not applicable in this context",
                    operation.name
                );
                let help = if in_message_filter {
                    "message filters have operations of their own"
                } else {
                    "it is asked inside `apply-message-filter` only"
                };
                return Err(Mistake::new(Code::OperationNotApplicable, message).help(help));
            }
            for filter in &parts.filters {
                self.check_filter(operation, &filter.filter, filter.origin.or(call.site));
            }
        }
        Ok(())
    }

    /// Warns of a filter whose value no request of the operation has. Systems differ in whether
    /// they refuse it: macOS 10.15 ships profiles with `global-name` on shared memory, and 14.4.1
    /// compiles `literal` there, which never matches.
    fn check_filter(&mut self, operation: &Operation, filter: &Filter, origin: Option<Origin>) {
        let test = match filter {
            Filter::Test(test) => test,
            Filter::Any(inner) | Filter::All(inner) => {
                inner
                    .iter()
                    .for_each(|f| self.check_filter(operation, f, origin));
                return;
            }
            Filter::Not(inner) => return self.check_filter(operation, inner, origin),
        };
        if self.world.has_values(operation.id, test.filter) {
            return;
        }
        let info = self.world.filter(test.filter);
        let message = format!(
            "filter `{}` does not apply to operation `{}`",
            info.name, operation.name
        );
        let mut diagnostic = Diagnostic::warning(Code::FilterNotApplicable, message, origin);
        diagnostic.help = Some("the filter will never match".into());
        self.note(diagnostic);
    }

    fn check_modifiers(
        &mut self,
        action: Action,
        parts: &Parts,
        in_message_filter: bool,
        call: &Call<'_>,
    ) {
        for (at, (modifier, origin)) in parts.modifiers.iter().enumerate() {
            let info = self.world.modifier(modifier.modifier);
            let applies = match action {
                Action::Allow => info.on_allow,
                Action::Deny => info.on_deny,
            };
            let mut before = parts.modifiers[..at].iter();
            let before = before.find(|(m, _)| m.modifier == modifier.modifier);
            let origin = origin.or(call.site);
            let word = || self.modifier_word(info, origin);
            let nested = in_message_filter && info.kind == ModifierKind::MessageFilter;
            let (code, message, help) = if nested {
                let message = "a message filter cannot stand in another".to_owned();
                (Code::ModifierNotApplicable, message, None)
            } else if !applies {
                let word = word();
                let message = format!("modifier `{word}` does not apply to {}", action.word());
                let help = takes::other_action(info, action, &word);
                (Code::ModifierNotApplicable, message, Some(help))
            } else if let Some((_, before)) = before {
                let words = [word(), self.modifier_word(info, before.or(call.site))];
                let message = format!("modifier `{}` is given twice", words[0]);
                let help = match words[0] == words[1] {
                    true => None,
                    false => words.iter().find_map(|word| takes::other_name(info, word)),
                };
                (Code::DuplicateModifier, message, help)
            } else {
                self.check_takers(info, &parts.operations, origin);
                continue;
            };
            let mut diagnostic = Diagnostic::error(code, message, origin);
            diagnostic.help = help;
            self.note(diagnostic);
        }
    }

    /// The word that a modifier is written with at a place: it may have several.
    fn modifier_word(&self, info: &ModifierInfo, origin: Option<Origin>) -> String {
        let written = origin.and_then(|at| {
            let text = &self.sources.get(at.source.0 as usize)?.text;
            let text = text.get(at.start as usize..at.end as usize)?;
            let mut words = text.split(|c: char| c.is_whitespace() || "()\";".contains(c));
            let names = |word: &&str| self.world.modifier_named(word) == Some(info);
            words.find(names)
        });
        written.unwrap_or(&info.name).to_owned()
    }

    /// Warns of a modifier on an operation that does not list it. As with filters, no system is
    /// known to refuse it.
    fn check_takers(
        &mut self,
        info: &ModifierInfo,
        operations: &[OperationId],
        origin: Option<Origin>,
    ) {
        if info.only.is_empty() {
            return;
        }
        let world = self.world;
        let takes = |id: OperationId| (info.only.iter()).any(|one| world.falls_back_to(*one, id));
        for id in operations.iter().filter(|id| !takes(**id)) {
            let name = |id: &OperationId| world.operation(*id).name.as_str();
            let word = self.modifier_word(info, origin);
            let operation = name(id);
            let message = format!("modifier `{word}` does not apply to operation `{operation}`");
            let takers: Vec<&str> = info.only.iter().map(name).collect();
            let takers = format!("it is for {}", takers.join(", "));
            let help = takes::other_name(info, &word).into_iter().chain([takers]);
            let mut diagnostic = Diagnostic::warning(Code::ModifierNotApplicable, message, origin);
            diagnostic.help = Some(help.collect::<Vec<_>>().join("; "));
            self.note(diagnostic);
        }
    }

    /// `(with MODIFIER [argument])`.
    pub(super) fn with(&mut self, call: &Call<'_>, heap: &mut Heap) -> Result<Value, Mistake> {
        match call.arguments.first() {
            Some(Value::HostProcedure(procedure)) => {
                let value = call.arguments[0];
                let procedure = self.procedures.get(procedure.0 as usize).copied();
                if let Some(Procedure::Modifier(id)) = procedure {
                    return self.modifier(id, &call.arguments[1..], 1, call, heap);
                }
                let bare = match self.bare_modifier(value)? {
                    Some(Bare::Modifier(modifier)) => Some(Some(modifier)),
                    Some(Bare::Option) => Some(None),
                    None => None,
                };
                if let Some(modifier) = bare {
                    return Ok(self.object(Object::Modifier(modifier, call.site), heap));
                }
            }
            Some(value) => {
                if let Some(Object::Modifier(..)) = self.as_object(*value, heap) {
                    return Ok(*value);
                }
            }
            None => {}
        }
        let got = call
            .arguments
            .first()
            .map_or("nothing", |value| value.kind());
        Err(Mistake::new(
            Code::UnknownModifier,
            format!("`with` takes a modifier, got {got}"),
        )
        .at(0)
        .help(self.modifiers_listed()))
    }

    pub(super) fn modifier(
        &mut self,
        id: ModifierId,
        arguments: &[Value],
        first: usize,
        call: &Call<'_>,
        heap: &mut Heap,
    ) -> Result<Value, Mistake> {
        let info = self.world.modifier(id);
        let name = || self.modifier_word(info, call.site);
        let argument = match (info.kind, arguments) {
            (ModifierKind::Flag, []) => None,
            (ModifierKind::Integer, [Value::Integer(number)]) => {
                Some(ModifierArgument::Integer(*number))
            }
            (ModifierKind::Text, [Value::String(text)]) => {
                Some(ModifierArgument::Text(heap.bytes(*text).to_vec()))
            }
            (ModifierKind::MessageFilter, _) => {
                let message = "a message filter is written `(apply-message-filter RULE…)`";
                return Err(Mistake::new(Code::IllegalArgument, message).at(first));
            }
            (ModifierKind::Flag, _) => {
                let name = name();
                let message = format!("modifier `{name}` takes no argument");
                let mistake = Mistake::new(Code::ArgumentCount, message).at(first);
                return Err(mistake.help(self.by_modifier(info, &name)));
            }
            (kind, _) => {
                let wanted = if kind == ModifierKind::Text {
                    "string"
                } else {
                    "number"
                };
                let name = name();
                let message = format!("modifier `{name}` takes one {wanted}");
                let mistake = Mistake::new(Code::WrongType, message).at(first);
                let mistake = mistake.wants_text(kind == ModifierKind::Text);
                return Err(mistake.help(self.by_modifier(info, &name)));
            }
        };
        let modifier = Modifier {
            modifier: id,
            argument,
        };
        Ok(self.object(Object::Modifier(Some(modifier), call.site), heap))
    }
}

/// A name that stands for a modifier.
enum Bare {
    Modifier(Modifier),
    /// One that changes nothing.
    Option,
}

/// The filter's own place if it lies in the rule, else the place of the argument that brought it.
fn nearer(own: Option<Origin>, argument: Option<Origin>) -> Option<Origin> {
    match (own, argument) {
        (Some(own), Some(argument))
            if own.source == argument.source
                && own.start >= argument.start
                && own.end <= argument.end =>
        {
            Some(own)
        }
        (own, argument) => argument.or(own),
    }
}
