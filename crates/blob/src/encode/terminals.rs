//! Actions and modifiers to terminal nodes.

use lapbelt_policy::rule::{Modifier, ModifierArgument, Rule};
use lapbelt_policy::world::ModifierKind;

use super::error::{EncodeError, Problem};
use super::fidelity::Reason;
use super::graph::{Inline, Literal, NodeId, Terminal};
use super::lower::{Lowering, flags};

/// Most modifiers of a list: a node has a byte for their number.
const MODIFIERS: usize = 0xff;

impl<'a> Lowering<'a> {
    /// The decision of a rule.
    pub(super) fn terminal(&mut self, rule: &'a Rule, index: u32) -> Result<NodeId, EncodeError> {
        let mut flags = flags(rule.action);
        let mut carried = Vec::new();
        // In the order of their numbers, so that the order in the text, which decides nothing, is
        // not kept.
        let mut modifiers: Vec<&Modifier> = rule.modifiers.iter().collect();
        modifiers.sort_by_key(|modifier| modifier.modifier);
        for modifier in modifiers {
            let info = self.world.modifier(modifier.modifier);
            if info.kind == ModifierKind::Flag {
                flags = flags & !info.mask | info.flags;
                self.note(Reason::Modifiers, Some(index));
                continue;
            }
            self.carried(modifier, index, &mut carried)?;
        }
        let inline = match carried.len() {
            0 | 1 => carried.pop(),
            2..=MODIFIERS => {
                self.note(Reason::ModifierList, Some(index));
                let list = self.literal(Literal::Modifiers(carried), Some(index));
                Some(Inline::List(list))
            }
            count => return Err(self.error(Problem::TooManyModifiers(count), Some(index))),
        };
        Ok(self.graph.terminal(Terminal { flags, inline }))
    }

    /// A modifier with its argument; a message filter once for each operation that it is about.
    fn carried(
        &mut self,
        modifier: &'a Modifier,
        index: u32,
        to: &mut Vec<Inline>,
    ) -> Result<(), EncodeError> {
        let info = self.world.modifier(modifier.modifier);
        let Ok(id) = u8::try_from(info.id.0) else {
            return Err(self.error(Problem::Vocabulary(info.name.clone()), Some(index)));
        };
        match &modifier.argument {
            Some(ModifierArgument::Integer(value)) => {
                self.note(Reason::Modifiers, Some(index));
                let value = self.number(&info.name, *value, Some(index))?;
                to.push(Inline::Number(id, value));
            }
            Some(ModifierArgument::Text(text)) => {
                self.note(Reason::Modifiers, Some(index));
                to.push(Inline::Text(id, self.text(text, Some(index))?));
            }
            Some(ModifierArgument::MessageFilter(rules)) => {
                for (operation, entry) in self.messages(rules, index)? {
                    let Ok(number) = u8::try_from(operation.0) else {
                        let name = self.world.operation(operation).name.clone();
                        return Err(self.error(Problem::Vocabulary(name), Some(index)));
                    };
                    to.push(Inline::Messages(id, number, entry));
                }
            }
            None => {
                return Err(self.error(Problem::Argument(info.name.clone()), Some(index)));
            }
        }
        Ok(())
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
