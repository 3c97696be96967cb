//! Values of requests, as either world is asked about them.

use lapbelt_policy::ask::other_spelling;
use lapbelt_policy::event::OwnedValue;
use lapbelt_policy::request::Value;
use lapbelt_policy::world::FilterId;

use super::Vocabulary;

/// Values by their joint filters, with the other spellings of paths that both worlds have.
pub(in crate::diff) struct Spelled<'v>(Vec<(FilterId, &'v OwnedValue, Option<Vec<u8>>)>);

impl<'v> Spelled<'v> {
    pub(in crate::diff) fn new(
        vocabulary: &Vocabulary<'_>,
        values: &'v [(FilterId, OwnedValue)],
    ) -> Self {
        let spelled = |(filter, value): &'v (FilterId, OwnedValue)| {
            let other = match value {
                OwnedValue::Text(path) => other_spelling(vocabulary.filter(*filter), path),
                _ => None,
            };
            (*filter, value, other)
        };
        Self(values.iter().map(spelled).collect())
    }

    /// By the numbers of the left world, which are those of both.
    pub(in crate::diff) fn in_left(&self) -> Vec<(FilterId, Value<'_>)> {
        let own = self.0.iter();
        own.map(|(filter, value, other)| (*filter, borrowed(value, other.as_deref())))
            .collect()
    }

    /// As the right world numbers them, but for those that it does not have.
    pub(in crate::diff) fn in_right(
        &self,
        vocabulary: &Vocabulary<'_>,
    ) -> Vec<(FilterId, Value<'_>)> {
        let own = self.0.iter().filter_map(|(filter, value, other)| {
            let value = match (value, vocabulary.numbers.get(filter)) {
                (OwnedValue::Integer(number), Some(numbers)) => {
                    Value::Integer(numbers.in_right(*number)?)
                }
                _ => borrowed(value, other.as_deref()),
            };
            Some((*vocabulary.right_filters.get(filter)?, value))
        });
        own.collect()
    }
}

fn borrowed<'v>(value: &'v OwnedValue, other: Option<&'v [u8]>) -> Value<'v> {
    match (value, other) {
        (OwnedValue::Text(one), Some(other)) => Value::Aliased(one, other),
        _ => value.borrow(),
    }
}
