//! What a filter node asks, as tests of which any must match.

use lapbelt_policy::filter::{self, Test};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::pattern::regex::Regex;
use lapbelt_policy::world::{FilterId, FilterInfo};

use super::{Building, PolicyError};
use crate::decode::{Argument, Literal, LiteralAt};
use crate::encode::in_code;
use crate::layout::Strings;
use crate::strings::ConvertError;

impl Building<'_> {
    /// The tests of a filter node, in the order that a profile gives them; none if nothing can match.
    pub(super) fn tests(
        &mut self,
        filter: FilterId,
        argument: Argument,
    ) -> Result<Vec<Test>, PolicyError> {
        let key = (filter.0, argument);
        if let Some(known) = self.tests.get(&key) {
            return Ok(known.clone());
        }
        let arguments = self.arguments(self.world.filter(filter), argument)?;
        let tests: Vec<Test> = arguments
            .into_iter()
            .map(|argument| Test { filter, argument })
            .collect();
        self.tests.insert(key, tests.clone());
        Ok(tests)
    }

    fn arguments(
        &mut self,
        filter: &FilterInfo,
        argument: Argument,
    ) -> Result<Vec<filter::Argument>, PolicyError> {
        let blob = self.blob;
        let literal = |at: LiteralAt| blob.literals.get(&at);
        Ok(match argument {
            Argument::Pattern(at) => {
                let patterns = self.blob.patterns(at);
                let patterns = patterns.map_err(|error| PolicyError::Pattern { at, error })?;
                if let Some(Literal::Program(program)) = literal(at)
                    && let Some((_, index)) = program.variables().next()
                {
                    let name = self.blob.text(self.blob.variables[usize::from(index)]);
                    let name = String::from_utf8_lossy(name).into_owned();
                    self.variables.insert(at, name);
                }
                // The compiler puts the one given later first.
                let given = patterns.into_iter().rev();
                given.map(filter::Argument::Pattern).collect()
            }
            Argument::Regex(index) => {
                let at = self.blob.regexes[usize::from(index)];
                vec![filter::Argument::Pattern(self.regex(at)?)]
            }
            Argument::Text(at) => vec![filter::Argument::Text(self.blob.text(at).to_vec())],
            Argument::Mask(at) => match literal(at) {
                Some(Literal::Mask(bits)) => {
                    let value = |bit: &u16| filter::Argument::Integer(bit_value(filter, *bit));
                    bits.iter().map(value).collect()
                }
                _ => Vec::new(),
            },
            Argument::Network(at) => match literal(at) {
                Some(Literal::Network(network)) => vec![filter::Argument::Network(*network)],
                _ => Vec::new(),
            },
            Argument::Integer(number) => vec![filter::Argument::Integer(number)],
            Argument::Bits(bits) => vec![filter::Argument::Bits(u64::from(bits))],
            Argument::Bool(flag) => vec![filter::Argument::Bool(flag)],
        })
    }

    fn regex(&self, at: LiteralAt) -> Result<Pattern, PolicyError> {
        let text = self.blob.regex_text(at);
        let mut text = text.map_err(|error| PolicyError::Regex { at, error })?;
        if self.blob.layout.strings == Strings::Program {
            text = in_code(text);
        }
        let refused = |error: lapbelt_policy::pattern::regex::RegexError| PolicyError::Pattern {
            at,
            error: ConvertError::Refused(error.to_string()),
        };
        Ok(Pattern::Regex(Regex::new(&text).map_err(refused)?))
    }
}

/// The number that a bit of a mask stands for: itself, but on messages, whose numbers are large,
/// the number of the name in that place (blacktop/ipsw, pkg/sandbox/sandbox.go @ 6797a84a1527).
pub fn bit_value(filter: &FilterInfo, bit: u16) -> i64 {
    let named = match filter.category.as_str() {
        "mach-message-filter" => filter.values.get(usize::from(bit)),
        _ => None,
    };
    named.map_or(i64::from(bit), |(_, number)| *number)
}
