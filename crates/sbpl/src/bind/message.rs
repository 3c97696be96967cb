//! Message filters: rules about the messages that follow what a rule allowed.

use lapbelt_policy::rule::{Modifier, ModifierArgument, Rule};
use lapbelt_policy::world::ModifierKind;

use super::{Binder, Object, alternatives};
use crate::diag::{Code, Diagnostic};
use crate::eval::call::Call;
use crate::eval::fault::Mistake;
use crate::eval::heap::Heap;
use crate::eval::limits;
use crate::eval::value::Value;

impl Binder<'_> {
    /// The list of rules about messages that a value is, by its place among the objects.
    pub(super) fn message_rules(&self, value: Value, heap: &Heap) -> Option<usize> {
        let index = self.object_index(value, heap)?;
        matches!(self.objects[index], Object::MessageRules(_)).then_some(index)
    }

    /// Adds a rule to the profile, or to the message filter it stands in.
    pub(super) fn one_more_rule(
        &mut self,
        rule: Rule,
        message_rules: Option<usize>,
    ) -> Result<(), Mistake> {
        if self.made >= limits::RULES {
            let message = "the profile makes too many rules";
            return Err(Mistake::new(Code::Limit, message));
        }
        self.made += 1;
        match message_rules.map(|index| &mut self.objects[index]) {
            Some(Object::MessageRules(rules)) => rules.push(rule),
            _ => self.rules.push(rule),
        }
        Ok(())
    }

    /// `(%message-filter RULES)`: the modifier that carries the rules collected.
    pub(super) fn message_filter(
        &mut self,
        call: &Call<'_>,
        heap: &mut Heap,
    ) -> Result<Value, Mistake> {
        let mut modifiers = self.world.modifiers().iter();
        let Some(info) = modifiers.find(|info| info.kind == ModifierKind::MessageFilter) else {
            let message = "this world has no message filters";
            return Err(Mistake::new(Code::UnknownModifier, message));
        };
        let first = call.arguments.first().copied().unwrap_or(Value::Nil);
        let Some(Object::MessageRules(rules)) = self.as_object(first, heap) else {
            let message = format!("expected rules about messages, got {}", first.kind());
            return Err(Mistake::wrong_type(message).at(0));
        };
        let rules = rules.clone();
        if rules.is_empty() {
            let message =
                "this message filter has no rules, so that messages come to their defaults";
            let message = message.to_owned();
            self.note(Diagnostic::warning(Code::ArgumentCount, message, call.site));
        }
        let modifier = Modifier {
            modifier: info.id,
            argument: Some(ModifierArgument::MessageFilter(rules)),
        };
        heap.claim(size(&modifier))?;
        Ok(self.object(Object::Modifier(Some(modifier), call.site), heap))
    }
}

/// Bytes of memory a modifier takes beside itself, roughly.
pub(super) fn size(modifier: &Modifier) -> usize {
    match &modifier.argument {
        Some(ModifierArgument::MessageFilter(rules)) => rules.iter().map(rule_size).sum(),
        Some(ModifierArgument::Text(text)) => text.len(),
        Some(ModifierArgument::Integer(_)) | None => 0,
    }
}

fn rule_size(rule: &Rule) -> usize {
    let filters = rule
        .filters
        .iter()
        .map(|one| alternatives::size(&one.filter));
    let modifiers = rule
        .modifiers
        .iter()
        .map(|one| size_of::<Modifier>() + size(one));
    size_of::<Rule>() + size_of_val(&*rule.operations) + filters.chain(modifiers).sum::<usize>()
}
