//! What a terminal node says.

use lapbelt_policy::world::{ModifierKind, Part};

use super::argument::reading;
use super::{Kind, Of, Reading, Says, Surveyor};
use crate::decode::{self, DENY, INLINE, Literal, Tail, check_operation};
use crate::raw::Stored;

impl Surveyor<'_, '_> {
    pub(super) fn terminal(&mut self, index: usize, node: [u8; 8]) -> Kind {
        let from = self.raw.layout.flags_at;
        let at = self.raw.node_at(index);
        let flags = match decode::flags(from, at, node) {
            Ok(flags) => flags,
            Err(error) => {
                self.fault(Some(index), error);
                return Kind::Terminal {
                    flags: 0,
                    readings: Vec::new(),
                };
            }
        };
        let known = self.world.modifiers().iter().map(|modifier| modifier.mask);
        let unknown = flags & !known.fold(DENY | INLINE, |all, mask| all | mask);
        let mut readings = Vec::new();
        let action = if flags & DENY == 0 { "allow" } else { "deny" };
        let says = match unknown {
            0 => Says::Named(action.to_string()),
            _ => Says::Unnamed,
        };
        readings.push(reading(Of::Flags, i64::from(flags), says));
        match decode::tail(flags, at, node) {
            Ok(Tail::Nothing) => {}
            Ok(Tail::Inline(modifier)) => self.inline(index, at + 4, modifier, &mut readings),
            Ok(Tail::List(count, reference)) => {
                match self.read(reference, Stored::Modifiers(count)) {
                    Ok(Literal::Modifiers(list)) => {
                        let first = self.raw.literal_at(reference);
                        for (number, one) in list.into_iter().enumerate() {
                            self.inline(index, first + 4 * number, one, &mut readings);
                        }
                    }
                    Ok(_) => {}
                    Err(error) => {
                        self.fault(Some(index), error);
                        readings.push(reading(Of::Modifier, i64::from(count), Says::Broken));
                    }
                }
            }
            Err(error) => self.fault(Some(index), error),
        }
        Kind::Terminal { flags, readings }
    }

    fn inline(&mut self, index: usize, at: usize, bytes: [u8; 4], readings: &mut Vec<Reading>) {
        let [number, operation, low, high] = bytes;
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
        let checked = check_operation(modifier, at, bytes, &self.raw, world);
        let says = checked.and_then(|()| match modifier.kind {
            ModifierKind::Flag => Ok(Says::Unnamed),
            ModifierKind::Integer => Ok(Says::Number),
            ModifierKind::Text => self.text(value, Stored::Text).map(Says::Literal),
            ModifierKind::MessageFilter => {
                let known = world.operations().iter().find(|o| o.id.0 == operation);
                Ok(match known {
                    Some(known) => Says::Named(known.name.clone()),
                    None if world.is_without(Part::Operations) => Says::Number,
                    None => Says::Unnamed,
                })
            }
        });
        let says = says.unwrap_or_else(|error| {
            self.fault(Some(index), error);
            Says::Broken
        });
        readings.push(reading(Of::ModifierArgument, i64::from(value), says));
    }
}
