//! What a terminal node says.

use lapbelt_policy::world::{ModifierKind, Part};

use super::argument::reading;
use super::{Kind, Of, Reading, Says, Surveyor};
use crate::decode::{DENY, INLINE, Literal};
use crate::layout::Table;
use crate::raw::Stored;

impl Surveyor<'_, '_> {
    pub(super) fn terminal(&mut self, index: usize, node: [u8; 8]) -> Kind {
        let from = self.raw.layout.flags_at;
        let flag_bytes = node[from..4].iter().rev();
        let flags = flag_bytes.fold(0, |flags, byte| flags << 8 | u32::from(*byte));
        let known = self.world.modifiers().iter().map(|modifier| modifier.mask);
        let unknown = flags & !known.fold(DENY | INLINE, |all, mask| all | mask);
        let mut readings = Vec::new();
        let action = if flags & DENY == 0 { "allow" } else { "deny" };
        let says = match unknown {
            0 => Says::Named(action.to_string()),
            _ => Says::Unnamed,
        };
        readings.push(reading(Of::Flags, i64::from(flags), says));
        let [.., count, zero, low, high] = node;
        if flags & INLINE != 0 {
            self.inline(index, [count, zero, low, high], &mut readings);
        } else if count > 1 && zero == 0 {
            let reference = u16::from_le_bytes([low, high]);
            match self.read(reference, Stored::Modifiers(count)) {
                Ok(Literal::Modifiers(list)) => {
                    for one in list {
                        self.inline(index, one, &mut readings);
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    let says = self.broken(index, &error.to_string());
                    readings.push(reading(Of::Modifier, i64::from(count), says));
                }
            }
        }
        Kind::Terminal { flags, readings }
    }

    fn inline(
        &mut self,
        index: usize,
        [number, operation, low, high]: [u8; 4],
        readings: &mut Vec<Reading>,
    ) {
        let (number, operation) = (u16::from(number), u16::from(operation));
        let value = u16::from_le_bytes([low, high]);
        let world = self.world;
        let found = world.modifiers().iter().find(|m| m.id.0 == number);
        let Some(modifier) = found else {
            readings.push(reading(Of::Modifier, i64::from(number), Says::Unnamed));
            return;
        };
        let says = Says::Named(modifier.name.clone());
        readings.push(reading(Of::Modifier, i64::from(number), says));
        let says = match modifier.kind {
            ModifierKind::Flag => Says::Unnamed,
            ModifierKind::Integer => Says::Number,
            ModifierKind::Text => match self.text(value, Stored::Text) {
                Ok(text) => Says::Literal(text),
                Err(error) => self.broken(index, &error.to_string()),
            },
            ModifierKind::MessageFilter => {
                let known = world.operations().iter().find(|o| o.id.0 == operation);
                let count = self.raw.table(Table::Policies).len();
                match known {
                    _ if usize::from(value) >= count => {
                        self.broken(index, &format!("message filter {value} of {count}"))
                    }
                    Some(known) => Says::Named(known.name.clone()),
                    None if world.is_without(Part::Operations) => Says::Number,
                    None => Says::Unnamed,
                }
            }
        };
        readings.push(reading(Of::ModifierArgument, i64::from(value), says));
    }

    fn broken(&mut self, index: usize, why: &str) -> Says {
        let at = self.raw.node_at(index) + 6;
        self.fault(Some(index), format!("at byte {at}: {why}"));
        Says::Broken
    }
}
