//! What requests have of one filter beside the main one, as variables.

use std::collections::BTreeMap;

use super::TooComplex;
use super::classes::Class;
use super::diagram::{Diagram, FALSE, Ref, TRUE};
use crate::event::OwnedValue;
use crate::filter::{Argument, Test};
use crate::world::FilterId;

/// The tests of a filter, with what they depend on.
pub(super) struct Axis<'t> {
    pub(super) filter: FilterId,
    pub(super) tests: Vec<&'t Test>,
    values: Values,
}

enum Values {
    /// One variable, whose values are the classes.
    Single { classes: Vec<Class>, is_shown: bool },
    /// A variable for each class: whether the request has a value of it.
    Many(Vec<Class>),
    /// Whether the request has a value at all, if that is asked, and a variable for each set of bits
    /// that masks tell apart, with the masks that have it: whether the request's value has them.
    Bits {
        any: Option<OwnedValue>,
        parts: Vec<(Vec<bool>, OwnedValue)>,
    },
}

/// What to show for each value of a variable.
pub(super) type Shown = Vec<Option<OwnedValue>>;

impl<'t> Axis<'t> {
    /// Of a filter with one value at most; that of values which no test tells apart from none is
    /// shown as one if `is_shown`.
    pub(super) fn single(
        filter: FilterId,
        tests: Vec<&'t Test>,
        mut classes: Vec<Class>,
        is_shown: bool,
    ) -> Self {
        // What needs no value to be shown comes first.
        classes.rotate_right(1);
        let values = Values::Single { classes, is_shown };
        Self {
            filter,
            tests,
            values,
        }
    }

    /// Of a filter with any number of values.
    pub(super) fn many(filter: FilterId, tests: Vec<&'t Test>, mut classes: Vec<Class>) -> Self {
        classes.retain(|class| !class.holds.is_empty());
        let values = Values::Many(classes);
        Self {
            filter,
            tests,
            values,
        }
    }

    /// Of a set of bits, each of which is shown as `shown` says.
    pub(super) fn bits(
        filter: FilterId,
        tests: Vec<&'t Test>,
        shown: impl Fn(OwnedValue) -> OwnedValue,
    ) -> Self {
        let mask = |test: &Test| match test.argument.plain() {
            Argument::Bits(mask) => *mask,
            _ => 0,
        };
        // For each bit, the masks that have it.
        let mut parts: BTreeMap<Vec<bool>, u64> = BTreeMap::new();
        for bit in (0..u64::BITS).map(|at| 1 << at) {
            let masks: Vec<bool> = tests.iter().map(|test| mask(test) & bit != 0).collect();
            if masks.contains(&true) {
                *parts.entry(masks).or_default() |= bit;
            }
        }
        let shown = |bits| shown(OwnedValue::Bits(bits));
        // Every mask holds only if there is a value at all.
        let any = tests.iter().any(|test| mask(test) == 0);
        let values = Values::Bits {
            any: any.then(|| shown(0)),
            parts: parts
                .into_iter()
                .map(|(masks, bits)| (masks, shown(bits)))
                .collect(),
        };
        Self {
            filter,
            tests,
            values,
        }
    }

    /// Its variables, each with the place of the first test that depends on it.
    pub(super) fn variables(&self, place: impl Fn(&Test) -> usize) -> Vec<(usize, Shown)> {
        let first = |depends: &dyn Fn(usize) -> bool| {
            let tests = self.tests.iter().enumerate();
            let own = tests.filter(|(at, _)| depends(*at));
            own.map(|(_, test)| place(test)).min().unwrap_or(0)
        };
        let flag = |value: &OwnedValue| vec![None, Some(value.clone())];
        match &self.values {
            Values::Single { classes, is_shown } => {
                let values = classes.iter().map(|class| class.value.clone());
                let shown = values
                    .enumerate()
                    .map(|(at, value)| value.filter(|_| at > 0 || *is_shown));
                vec![(first(&|_| true), shown.collect())]
            }
            Values::Many(classes) => {
                let own = classes.iter().map(|class| {
                    let tests = class.holds.members();
                    let first = tests.map(|test| place(self.tests[test as usize])).min();
                    (first.unwrap_or(0), vec![None, class.value.clone()])
                });
                own.collect()
            }
            Values::Bits { any, parts } => {
                let any = any.iter().map(|value| (first(&|_| true), flag(value)));
                let parts = parts.iter();
                any.chain(parts.map(|(masks, value)| (first(&|at| masks[at]), flag(value))))
                    .collect()
            }
        }
    }

    /// Where its tests hold, in their order, by the numbers that its variables got.
    ///
    /// # Errors
    /// If that is too complex.
    pub(super) fn functions(
        &self,
        numbers: &[u32],
        diagram: &mut Diagram,
    ) -> Result<Vec<Ref>, TooComplex> {
        match &self.values {
            Values::Single { classes, .. } => {
                let functions = (0..self.tests.len() as u32).map(|at| {
                    let holds = classes.iter().map(|class| class.holds.contains(at));
                    diagram.branch(numbers[0], holds.map(truth).collect())
                });
                functions.collect()
            }
            Values::Many(classes) => {
                let mut functions = vec![FALSE; self.tests.len()];
                for (class, number) in classes.iter().zip(numbers) {
                    let present = diagram.branch(*number, vec![FALSE, TRUE])?;
                    for test in class.holds.members() {
                        let function = &mut functions[test as usize];
                        *function = diagram.choose(present, TRUE, *function)?;
                    }
                }
                Ok(functions)
            }
            Values::Bits { any, parts } => {
                let (any, numbers) = numbers.split_at(usize::from(any.is_some()));
                let start = match any.first() {
                    Some(any) => diagram.branch(*any, vec![FALSE, TRUE])?,
                    None => TRUE,
                };
                let mut functions = vec![start; self.tests.len()];
                for ((masks, _), number) in parts.iter().zip(numbers) {
                    let has = diagram.branch(*number, vec![FALSE, TRUE])?;
                    for (function, _) in functions.iter_mut().zip(masks).filter(|(_, own)| **own) {
                        *function = diagram.choose(has, *function, FALSE)?;
                    }
                }
                Ok(functions)
            }
        }
    }
}

pub(super) fn truth(holds: bool) -> Ref {
    if holds { TRUE } else { FALSE }
}
