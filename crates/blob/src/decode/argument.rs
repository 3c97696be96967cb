//! Arguments of filter nodes.

use lapbelt_policy::world::{ArgumentKind, FilterId, FilterInfo};

use super::walk::Walk;
use super::{Argument, LiteralAt};
use crate::error::{DecodeError, unexpected};
use crate::raw::Stored;

/// Bit of a filter byte for the other form of the argument.
pub(crate) const OTHER_FORM: u8 = 0x80;

impl Walk<'_, '_> {
    /// The filter and the argument of the node that stands `at`.
    pub(super) fn argument(
        &mut self,
        at: usize,
        node: [u8; 8],
    ) -> Result<(FilterId, Argument), DecodeError> {
        let number = u16::from(node[1] & !OTHER_FORM);
        let world = self.world;
        let filters = world.filters();
        let Ok(index) = filters.binary_search_by_key(&number, |filter| filter.id.0) else {
            let expected = format!("a filter of {}", world.id());
            return Err(unexpected(at + 1, expected, number));
        };
        let filter = &filters[index];
        let value = u16::from_le_bytes([node[2], node[3]]);
        let other_form = node[1] & OTHER_FORM != 0;
        let argument = match (filter.kind, other_form) {
            (ArgumentKind::PathPattern | ArgumentKind::Pattern, false) => {
                Argument::Pattern(self.literal(value, Stored::Pattern)?)
            }
            (ArgumentKind::PathPattern | ArgumentKind::Pattern, true) => {
                let count = self.regex_count();
                if usize::from(value) >= count {
                    let expected = format!("one of {count} regular expressions");
                    return Err(unexpected(at + 2, expected, value));
                }
                Argument::Regex(value)
            }
            (ArgumentKind::Text, false) => Argument::Text(self.literal(value, Stored::Text)?),
            (ArgumentKind::Integer, false) => Argument::Integer(number_of(filter, value)),
            (ArgumentKind::Integer, true) => Argument::Mask(self.literal(value, Stored::Mask)?),
            (ArgumentKind::Bits, false) => Argument::Bits(value),
            (ArgumentKind::Bool, false) if value <= 1 => Argument::Bool(value == 1),
            (ArgumentKind::Bool, false) => {
                return Err(unexpected(at + 2, "0 or 1 for a flag", value));
            }
            (ArgumentKind::Network, false) => {
                Argument::Network(self.literal(value, Stored::Network)?)
            }
            (_, true) => {
                let expected = format!("the plain form of {}", filter.name);
                return Err(unexpected(at + 1, expected, format!("{:#04x}", node[1])));
            }
        };
        Ok((filter.id, argument))
    }

    /// Reads and claims a literal, once however often it is referred to.
    pub(super) fn literal(
        &mut self,
        reference: u16,
        stored: Stored,
    ) -> Result<LiteralAt, DecodeError> {
        self.literal_at(self.raw.literal_at(reference), stored)
    }
}

/// A value as the world counts: some enumerations have negative numbers, which 16 bits cut.
pub(crate) fn number_of(filter: &FilterInfo, value: u16) -> i64 {
    let negative = i64::from(value.cast_signed());
    let has = |number| filter.values.iter().any(|(_, own)| *own == number);
    if !has(i64::from(value)) && has(negative) {
        negative
    } else {
        i64::from(value)
    }
}
