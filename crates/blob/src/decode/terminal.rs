//! Terminal nodes.

use lapbelt_policy::rule::{Action, Modifier, ModifierArgument};
use lapbelt_policy::world::{ModifierInfo, ModifierKind, OperationId, Part, World};

use super::walk::Walk;
use super::{MessageFilter, Terminal};
use crate::error::{DecodeError, unexpected};
use crate::layout::Table;
use crate::raw::{Raw, Stored};

/// Bit of the flags that denies.
pub(crate) const DENY: u32 = 1;
/// Bytes 4 to 7 hold a modifier.
pub(crate) const INLINE: u32 = 0x80_0000;

/// The last four bytes of a terminal node.
pub(crate) enum Tail {
    /// No modifier.
    Nothing,
    /// A modifier.
    Inline([u8; 4]),
    /// So many modifiers, in the literal that is referred to.
    List(u8, u16),
}

/// The flags of the terminal node that stands `at`.
pub(crate) fn flags(from: usize, at: usize, node: [u8; 8]) -> Result<u32, DecodeError> {
    if let Some(index) = (1..from).find(|index| node[*index] != 0) {
        let expected = "zero before the flags of a terminal node";
        return Err(unexpected(at + index, expected, node[index]));
    }
    let bytes = node[from..4].iter().rev();
    Ok(bytes.fold(0, |flags, byte| flags << 8 | u32::from(*byte)))
}

/// What follows the flags of the terminal node that stands `at`.
pub(crate) fn tail(flags: u32, at: usize, node: [u8; 8]) -> Result<Tail, DecodeError> {
    let [.., count, zero, low, high] = node;
    if flags & INLINE != 0 {
        return Ok(Tail::Inline([count, zero, low, high]));
    }
    if count > 1 && zero == 0 {
        return Ok(Tail::List(count, u16::from_le_bytes([low, high])));
    }
    if let Some(index) = (4..8).find(|index| node[*index] != 0) {
        let expected = "no modifier, or the number and place of several";
        return Err(unexpected(at + index, expected, node[index]));
    }
    Ok(Tail::Nothing)
}

/// Whether the operation and the message filter of a modifier that stands `at` are such. An
/// operation that the world does not have is.
pub(crate) fn check_operation(
    modifier: &ModifierInfo,
    at: usize,
    [_, operation, low, high]: [u8; 4],
    raw: &Raw<'_>,
    world: &World,
) -> Result<(), DecodeError> {
    if modifier.kind != ModifierKind::MessageFilter {
        return match operation {
            0 => Ok(()),
            _ => {
                let expected = format!("no operation with the modifier {}", modifier.name);
                Err(unexpected(at + 1, expected, operation))
            }
        };
    }
    let mut operations = world.operations().iter();
    let known = operations.find(|known| known.id.0 == u16::from(operation));
    if known.is_some_and(|known| known.in_table) {
        return Err(unexpected(at + 1, OF_MESSAGES, operation));
    }
    let value = u16::from_le_bytes([low, high]);
    let count = raw.table(Table::Policies).len();
    if usize::from(value) >= count {
        let expected = format!("one of {count} message filters");
        return Err(unexpected(at + 2, expected, value));
    }
    Ok(())
}

/// What the operation of a message filter is.
const OF_MESSAGES: &str = "an operation of message filters";

impl Walk<'_, '_> {
    /// The decision of the node that stands `at`.
    pub(super) fn terminal(&mut self, at: usize, node: [u8; 8]) -> Result<Terminal, DecodeError> {
        let from = self.raw.layout.flags_at;
        let flags = flags(from, at, node)?;
        let action = if flags & DENY == 0 {
            Action::Allow
        } else {
            Action::Deny
        };
        let known = self.world.modifiers().iter().map(|modifier| modifier.mask);
        let known = known.fold(DENY | INLINE, |all, mask| all | mask);
        if flags & !known != 0 {
            let expected = format!("flags that {} has", self.world.id());
            return Err(unexpected(at + from, expected, format!("{flags:#08x}")));
        }
        let mut terminal = Terminal {
            action,
            flags,
            modifiers: self.flag_modifiers(action, flags),
            message_filters: Vec::new(),
        };
        match tail(flags, at, node)? {
            Tail::Nothing => {}
            Tail::Inline(modifier) => self.inline(at + 4, modifier, &mut terminal)?,
            Tail::List(count, reference) => {
                let list = self.literal(reference, Stored::Modifiers(count))?;
                for (index, one) in self.modifiers(list).into_iter().enumerate() {
                    self.inline(list.0 + 4 * index, one, &mut terminal)?;
                }
            }
        }
        Ok(terminal)
    }

    /// Modifiers that flags say; of two of which one says more, that one.
    fn flag_modifiers(&self, action: Action, flags: u32) -> Vec<Modifier> {
        let applies = |modifier: &&ModifierInfo| {
            let fits = match action {
                Action::Allow => modifier.on_allow,
                Action::Deny => modifier.on_deny,
            };
            fits && modifier.mask != 0 && flags & modifier.mask == modifier.flags
        };
        let said: Vec<&ModifierInfo> = self.world.modifiers().iter().filter(applies).collect();
        let says_less = |one: &ModifierInfo| {
            let more =
                |other: &&ModifierInfo| other.mask != one.mask && other.mask & one.mask == one.mask;
            said.iter().any(more)
        };
        let chosen = said.iter().filter(|one| !says_less(one));
        chosen
            .map(|one| Modifier {
                modifier: one.id,
                argument: None,
            })
            .collect()
    }

    /// A modifier: its number, the operation of a message filter or 0, a value.
    fn inline(
        &mut self,
        at: usize,
        bytes: [u8; 4],
        terminal: &mut Terminal,
    ) -> Result<(), DecodeError> {
        let [number, operation, low, high] = bytes;
        let number = u16::from(number);
        let value = u16::from_le_bytes([low, high]);
        let world = self.world;
        let modifiers = world.modifiers();
        let found = modifiers.iter().find(|modifier| modifier.id.0 == number);
        let Some(modifier) = found else {
            let expected = format!("a modifier of {}", self.world.id());
            return Err(unexpected(at, expected, number));
        };
        let id = modifier.id;
        check_operation(modifier, at, bytes, &self.raw, world)?;
        let argument = match modifier.kind {
            ModifierKind::Flag => {
                let expected = "a modifier with an argument";
                return Err(unexpected(at, expected, &modifier.name));
            }
            ModifierKind::Integer => ModifierArgument::Integer(i64::from(value)),
            ModifierKind::Text => {
                let text = self.literal(value, Stored::Text)?;
                ModifierArgument::Text(self.text(text))
            }
            ModifierKind::MessageFilter => {
                let id = OperationId(u16::from(operation));
                let is_known = self.world.operations().iter().any(|o| o.id == id);
                if !is_known && !self.world.is_without(Part::Operations) {
                    return Err(unexpected(at + 1, OF_MESSAGES, operation));
                }
                terminal.message_filters.push(MessageFilter {
                    operation: id,
                    policy: value,
                });
                return Ok(());
            }
        };
        terminal.modifiers.push(Modifier {
            modifier: id,
            argument: Some(argument),
        });
        Ok(())
    }
}
