//! What a filter node asks, as tests of which any must match.

use lapbelt_policy::filter::{self, Test};
use lapbelt_policy::graph::Form;
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::pattern::regex::{Regex, Syntax};
use lapbelt_policy::world::{ArgumentKind, FilterId, FilterInfo};

use super::{Building, PolicyError};
use crate::byte_set::ByteSet;
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
                let given = patterns.into_iter().rev().map(|one| self.kept(filter, one));
                given.map(filter::Argument::Pattern).collect()
            }
            Argument::Regex(index) => {
                let at = self.blob.regexes[usize::from(index)];
                let pattern = self.kept(filter, self.regex(at)?);
                vec![filter::Argument::Pattern(pattern)]
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
        Ok(Pattern::Regex(Regex::new(text).map_err(refused)?))
    }

    /// A stored pattern in a spelling whose lower case asks the same of text in lower case: where the
    /// world stores paths so, what reads it takes it for a source, which holds both cases.
    fn kept(&self, filter: &FilterInfo, pattern: Pattern) -> Pattern {
        let folds = filter.kind == ArgumentKind::PathPattern && self.world.folds_paths();
        let kept = match &pattern {
            Pattern::Regex(regex) if folds => kept_regex(regex),
            _ => None,
        };
        kept.map_or(pattern, Pattern::Regex)
    }
}

/// An expression of which a class was spelled anew; `None` if none had to be.
fn kept_regex(regex: &Regex) -> Option<Regex> {
    let syntax = Syntax::parse(regex.source()).ok()?;
    let kept = syntax.clone().with_bytes(&|one| match one {
        Syntax::Class { negated, ranges } => kept_class(negated, ranges),
        other => other,
    });
    (kept != syntax)
        .then(|| Regex::new(kept.text()).ok())
        .flatten()
}

/// A class that names the lower case of all letters that it names, since that is added to it.
fn kept_class(negated: bool, ranges: Vec<(u8, u8)>) -> Syntax {
    let lone = |set: ByteSet| {
        let letters = (b'A'..=b'Z').filter(move |letter| set.contains(*letter));
        letters.filter(move |letter| !set.contains(letter.to_ascii_lowercase()))
    };
    let named = ByteSet::from_ranges(&ranges);
    let others = named.complement();
    if lone(named).next().is_none() {
        Syntax::Class { negated, ranges }
    } else if lone(others).next().is_none() {
        Syntax::Class {
            negated: !negated,
            ranges: others.ranges(),
        }
    } else {
        // Text in lower case has no letter that it leaves out.
        let set = if negated { others } else { named };
        let idle = lone(set).fold(ByteSet::default(), |all, one| all.or(ByteSet::of(one)));
        Syntax::Class {
            negated: false,
            ranges: set.and(idle.complement()).ranges(),
        }
    }
}

/// How a question is written.
pub(super) fn form(tests: &[Test], argument: Argument) -> Form {
    match (tests, argument) {
        ([_], Argument::Mask(_)) => Form::Mask,
        _ => Form::Plain,
    }
}

/// The number that a bit of a mask stands for: itself, but on messages, whose numbers are large,
/// the number of the name in that place (blacktop/ipsw, pkg/sandbox/sandbox.go @ 6797a84a1527).
pub fn bit_value(filter: &FilterInfo, bit: u16) -> i64 {
    named(filter)
        .get(usize::from(bit))
        .map_or(i64::from(bit), |(_, number)| *number)
}

/// The bit of a mask that stands for a number, as [`bit_value`] reads it; none where it is that of
/// another number.
pub fn value_bit(filter: &FilterInfo, value: u16) -> Option<u16> {
    let names = named(filter).iter();
    let place = names
        .zip(0..)
        .find_map(|((_, number), place)| (*number == i64::from(value)).then_some(place));
    place.or_else(|| (usize::from(value) >= named(filter).len()).then_some(value))
}

/// The names whose places are bits of a mask.
fn named(filter: &FilterInfo) -> &[(String, i64)] {
    match filter.category.as_str() {
        "mach-message-filter" => &filter.values,
        _ => &[],
    }
}
