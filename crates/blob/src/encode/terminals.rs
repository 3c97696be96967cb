//! Actions and modifiers to terminal nodes.

use lapbelt_policy::rule::{Modifier, ModifierArgument, Rule};
use lapbelt_policy::world::ModifierKind;

use super::error::{EncodeError, Problem};
use super::fidelity::Reason;
use super::graph::{Inline, Literal, NodeId, Terminal};
use super::lower::{Lowering, flags};

impl<'a> Lowering<'a> {
    /// The decision of a rule.
    pub(super) fn terminal(&mut self, rule: &'a Rule, index: u32) -> Result<NodeId, EncodeError> {
        let mut flags = flags(rule.action);
        let mut inline = None;
        for modifier in &rule.modifiers {
            let info = self.world.modifier(modifier.modifier);
            if info.kind == ModifierKind::Flag {
                flags = flags & !info.mask | info.flags;
                self.note(Reason::Modifiers, Some(index));
                continue;
            }
            let one = self.inline(modifier, index)?;
            if inline.replace(one).is_some() {
                return Err(self.error(Problem::SeveralModifiers, Some(index)));
            }
        }
        Ok(self.graph.terminal(Terminal { flags, inline }))
    }

    fn inline(&mut self, modifier: &'a Modifier, index: u32) -> Result<Inline, EncodeError> {
        let info = self.world.modifier(modifier.modifier);
        let Ok(id) = u8::try_from(info.id.0) else {
            return Err(self.error(Problem::Vocabulary(info.name.clone()), Some(index)));
        };
        Ok(match &modifier.argument {
            Some(ModifierArgument::Integer(value)) => {
                self.note(Reason::Modifiers, Some(index));
                Inline::Number(id, self.number(&info.name, *value, Some(index))?)
            }
            Some(ModifierArgument::Text(text)) => {
                self.note(Reason::Modifiers, Some(index));
                Inline::Text(id, self.text(text, Some(index))?)
            }
            Some(ModifierArgument::MessageFilter(rules)) => {
                let (operation, entry) = self.messages(rules, index)?;
                let Ok(number) = u8::try_from(operation.0) else {
                    let name = self.world.operation(operation).name.clone();
                    return Err(self.error(Problem::Vocabulary(name), Some(index)));
                };
                Inline::Messages(id, number, entry)
            }
            None => {
                return Err(self.error(Problem::Argument(info.name.clone()), Some(index)));
            }
        })
    }

    /// A plain string, with the zero byte at its end that its length counts.
    pub(super) fn text(
        &mut self,
        text: &[u8],
        rule: Option<u32>,
    ) -> Result<super::graph::LiteralId, EncodeError> {
        if text.len() >= usize::from(u16::MAX) {
            return Err(self.error(Problem::TextTooLong(text.len()), rule));
        }
        let mut bytes = text.to_vec();
        bytes.push(0);
        Ok(self.literal(Literal::Text(bytes), rule))
    }

    pub(super) fn number(
        &self,
        name: &str,
        value: i64,
        rule: Option<u32>,
    ) -> Result<u16, EncodeError> {
        u16::try_from(value).map_err(|_| {
            let name = name.to_owned();
            self.error(Problem::Number { name, value }, rule)
        })
    }
}
