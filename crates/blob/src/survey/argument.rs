//! What a filter node compares with.

use lapbelt_policy::world::{ArgumentKind, FilterInfo, World};

use super::{Kind, Of, Reading, Says, Surveyor};
use crate::decode::{Literal, OTHER_FORM, number_of};
use crate::error::DecodeError;
use crate::explain;
use crate::layout::Table;
use crate::policy::bit_value;
use crate::raw::Stored;

impl Surveyor<'_, '_> {
    pub(super) fn filter(&mut self, index: usize, node: [u8; 8]) -> Kind {
        let at = self.raw.node_at(index);
        let (number, other_form) = (node[1] & !OTHER_FORM, node[1] & OTHER_FORM != 0);
        let argument = u16::from_le_bytes([node[2], node[3]]);
        let world = self.world;
        let filter = world.filters().iter().find(|f| f.id.0 == u16::from(number));
        let readings = match filter {
            None => {
                let what = format!("at byte {}: filter {number} is not declared", at + 1);
                self.fault(Some(index), what);
                vec![reading(Of::Argument, i64::from(argument), Says::Broken)]
            }
            Some(filter) => match self.readings(filter, other_form, argument) {
                Ok(readings) => readings,
                Err(error) => {
                    let what = format!("at byte {}: {}: {error}", at + 1, filter.name);
                    self.fault(Some(index), what);
                    vec![reading(Of::Argument, i64::from(argument), Says::Broken)]
                }
            },
        };
        let edges = [4, 6].map(|from| {
            let reference = u16::from_le_bytes([node[from], node[from + 1]]);
            let edge = self.raw.node(reference);
            if edge.is_none() {
                let what = format!("at byte {}: an edge to {reference}, no node", at + from);
                self.fault(Some(index), what);
            }
            edge
        });
        Kind::Filter {
            number,
            other_form,
            filter: filter.map(|filter| filter.id),
            argument,
            readings,
            edges,
        }
    }

    /// The readings of an argument.
    fn readings(
        &self,
        filter: &FilterInfo,
        other_form: bool,
        argument: u16,
    ) -> Result<Vec<Reading>, Wrong> {
        let literal = |stored| Ok(Says::Literal(self.text(argument, stored)?));
        let (value, world) = (i64::from(argument), self.world);
        let one = |says: Result<Says, Wrong>| Ok(vec![reading(Of::Argument, value, says?)]);
        match (filter.kind, other_form) {
            (ArgumentKind::PathPattern | ArgumentKind::Pattern, false) => {
                one(literal(Stored::Pattern))
            }
            (ArgumentKind::PathPattern | ArgumentKind::Pattern, true) => {
                let regexes = self.raw.table(Table::Regexes);
                let Some(reference) = regexes.get(usize::from(argument)) else {
                    return Err(Wrong::Regex(argument, regexes.len()));
                };
                one(Ok(Says::Literal(self.text(*reference, Stored::Regex)?)))
            }
            (ArgumentKind::Text, false) => one(literal(Stored::Text)),
            (ArgumentKind::Network, false) => one(literal(Stored::Network)),
            (ArgumentKind::Integer, false) => {
                let number = number_of(filter, argument);
                Ok(vec![reading(
                    Of::Argument,
                    number,
                    named(filter, number, world),
                )])
            }
            (ArgumentKind::Integer, true) => match self.read(argument, Stored::Mask)? {
                Literal::Mask(bits) => {
                    let bit = |bit: &u16| {
                        let number = bit_value(filter, *bit);
                        reading(Of::Bit, number, named(filter, number, world))
                    };
                    Ok(bits.iter().map(bit).collect())
                }
                _ => Ok(Vec::new()),
            },
            (ArgumentKind::Bits, false) => one(Ok(named(filter, value, world))),
            (ArgumentKind::Bool, false) => one(Ok(match argument {
                0 => Says::Named("#f".to_string()),
                1 => Says::Named("#t".to_string()),
                _ => Says::Unnamed,
            })),
            (_, true) => Err(Wrong::Form(filter.kind.word())),
        }
    }
}

pub(super) fn reading(of: Of, value: i64, says: Says) -> Reading {
    Reading { of, value, says }
}

fn named(filter: &FilterInfo, number: i64, world: &World) -> Says {
    match explain::named(filter, number, world) {
        Some(name) => Says::Named(name),
        None if filter.values.is_empty() => Says::Number,
        None => Says::Unnamed,
    }
}

/// Why an argument does not hold together.
#[derive(thiserror::Error, Debug)]
enum Wrong {
    #[error(transparent)]
    Literal(#[from] DecodeError),
    #[error("regular expression {0} of {1}")]
    Regex(u16, usize),
    #[error("the other form is not declared for {0} arguments")]
    Form(&'static str),
}
