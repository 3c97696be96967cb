//! All requests about a set of tests, and functions over them.

use std::collections::{BTreeMap, HashMap};

use super::axis::{Axis, Shown, truth};
use super::classes::{Class, classes};
use super::diagram::{Diagram, FALSE, Ref, TRUE};
use super::laws::{Law, laws};
use super::{TooComplex, has_many};
use crate::event::OwnedValue;
use crate::filter::{Argument, Filter, Test};
use crate::socket::End;
use crate::world::{FilterId, FilterInfo};

/// Most variables beside the main filter: functions are worked out by recursion over them.
const MOST_VARIABLES: usize = 1000;

/// Most differences that are found in one column.
const MOST_DIFFERENCES: usize = 16;

/// All requests that a set of tests can tell apart.
///
/// The filter with the most tests is cut into *columns*, one for each class of its values; what
/// depends on the other filters is a [`Ref`] per column. So a profile of a thousand paths costs a
/// walk over its columns, and no function has to know them all.
#[derive(Debug)]
pub struct Space {
    main: Option<FilterId>,
    columns: Vec<Class>,
    variables: Vec<Variable>,
    meanings: HashMap<Test, Holds>,
    diagram: Diagram,
    /// What holds for every request that there can be.
    laws: Vec<Law>,
}

/// What a request has of one filter beside the main one.
#[derive(Debug)]
struct Variable {
    filter: FilterId,
    /// What to show for each of its values; value 0 is that nothing is needed.
    shown: Shown,
    /// Where it comes in a request that is shown.
    place: (usize, usize),
}

/// Where a test holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holds {
    /// It is of the main filter: in these columns, in ascending order.
    In(Vec<u32>),
    /// The same in all columns.
    Everywhere(Ref),
}

impl Space {
    /// The requests that `tests` tell apart, in requests about a socket's end if there is one.
    ///
    /// # Errors
    /// If there are too many.
    pub fn new<'t, 'w>(
        tests: impl IntoIterator<Item = &'t Test>,
        end: Option<End>,
        filter: impl Fn(FilterId) -> &'w FilterInfo,
    ) -> Result<Self, TooComplex> {
        let mut tests: Vec<&Test> = tests.into_iter().collect();
        let laws = laws(end, tests.iter().map(|test| filter(test.filter)));
        tests.extend(laws.iter().flatten().map(|(test, _)| test));
        let mut by_filter: BTreeMap<Group<'_>, Vec<&Test>> = BTreeMap::new();
        let mut meanings = HashMap::new();
        let mut places = HashMap::new();
        for test in tests {
            if meanings
                .insert(test.clone(), Holds::Everywhere(FALSE))
                .is_none()
            {
                places.insert(test, places.len());
                by_filter.entry(Group::of(test)).or_default().push(test);
            }
        }
        let single = by_filter
            .iter()
            .filter(|(group, _)| group.is_plain() && !has_many(filter(group.filter)));
        let main = single
            .max_by_key(|(group, tests)| (tests.len(), std::cmp::Reverse(group.filter)))
            .map(|(group, _)| group.filter);
        let mut space = Self {
            main,
            columns: Vec::new(),
            variables: Vec::new(),
            meanings,
            diagram: Diagram::new(),
            laws: Vec::new(),
        };
        let mut axes = Vec::new();
        for (group, tests) in by_filter {
            if group.is_bits {
                axes.push(Axis::bits(group.filter, tests, |value| group.value(value)));
                continue;
            }
            let info = filter(group.filter);
            let arguments: Vec<&Argument> =
                tests.iter().map(|test| test.argument.plain()).collect();
            let mut classes = classes(&arguments, info, end)?;
            for value in classes.iter_mut().filter_map(|class| class.value.as_mut()) {
                *value = group.value(value.clone());
            }
            if group.is_plain() && Some(group.filter) == main {
                space.add_columns(&tests, classes);
            } else if has_many(info) {
                axes.push(Axis::many(group.filter, tests, classes));
            } else {
                // Every socket has a protocol: 0, if none of those that are asked about.
                let is_shown = end.is_some() && info.name == "socket-protocol";
                axes.push(Axis::single(group.filter, tests, classes, is_shown));
            }
        }
        space.add_axes(&axes, |test| places[test])?;
        if space.columns.is_empty() {
            space.columns = classes_of_nothing();
        }
        space.laws = laws;
        Ok(space)
    }

    fn add_columns(&mut self, tests: &[&Test], classes: Vec<Class>) {
        let mut columns = vec![Vec::new(); tests.len()];
        for (column, class) in (0..).zip(&classes) {
            for test in class.holds.members() {
                columns[test as usize].push(column);
            }
        }
        for (test, columns) in tests.iter().zip(columns) {
            let meaning = Holds::In(columns);
            self.meanings.insert((*test).clone(), meaning);
        }
        self.columns = classes;
    }

    /// Adds variables and says where their tests hold, whatever the column.
    ///
    /// What is asked together is near each other: of rules that each ask for two values of their own
    /// functions grow with their number then, and with all combinations if it is not.
    fn add_axes(
        &mut self,
        axes: &[Axis<'_>],
        place: impl Fn(&Test) -> usize,
    ) -> Result<(), TooComplex> {
        let mut planned = Vec::new();
        for (axis, own) in axes.iter().enumerate() {
            let variables = own.variables(&place).into_iter().enumerate();
            planned.extend(variables.map(|(at, (first, shown))| (first, axis, at, shown)));
        }
        if planned.len() > MOST_VARIABLES {
            return Err(TooComplex);
        }
        planned.sort_by_key(|(first, axis, at, _)| (*first, *axis, *at));
        let mut numbers = vec![BTreeMap::new(); axes.len()];
        for (number, (_, axis, at, shown)) in (0..).zip(planned) {
            numbers[axis].insert(at, number);
            let filter = axes[axis].filter;
            let place = (axis, at);
            self.variables.push(Variable {
                filter,
                shown,
                place,
            });
        }
        for (axis, numbers) in axes.iter().zip(numbers) {
            let numbers: Vec<u32> = numbers.into_values().collect();
            let functions = axis.functions(&numbers, &mut self.diagram)?;
            for (test, function) in axis.tests.iter().zip(functions) {
                let meaning = Holds::Everywhere(function);
                self.meanings.insert((*test).clone(), meaning);
            }
        }
        Ok(())
    }

    /// How many classes the main filter's values have; at least one. The last is that of no value.
    pub fn columns(&self) -> u32 {
        self.columns.len() as u32
    }

    /// The requests that there can be in a column.
    ///
    /// # Errors
    /// If that is too complex.
    pub fn possible(&mut self, column: u32) -> Result<Ref, TooComplex> {
        let mut possible = TRUE;
        for at in 0..self.laws.len() {
            let mut law = FALSE;
            for part in 0..self.laws[at].len() {
                let (test, holds) = &self.laws[at][part];
                let (test, holds) = (self.test(test, column), *holds);
                law = match holds {
                    true => self.choose(test, TRUE, law)?,
                    false => self.choose(test, law, TRUE)?,
                };
            }
            possible = self.choose(law, possible, FALSE)?;
        }
        Ok(possible)
    }

    /// Where a test holds in a column; nowhere if the space was not made for it.
    pub fn test(&self, test: &Test, column: u32) -> Ref {
        match self.meanings.get(test) {
            Some(Holds::In(columns)) => truth(columns.binary_search(&column).is_ok()),
            Some(Holds::Everywhere(function)) => *function,
            None => FALSE,
        }
    }

    /// Where a test holds; `None` if the space was not made for it.
    pub fn holds(&self, test: &Test) -> Option<&Holds> {
        self.meanings.get(test)
    }

    /// Where a filter holds in a column.
    ///
    /// # Errors
    /// If that is too complex.
    pub fn filter(&mut self, filter: &Filter, column: u32) -> Result<Ref, TooComplex> {
        match filter {
            Filter::Test(test) => Ok(self.test(test, column)),
            Filter::Any(parts) => {
                let mut any = FALSE;
                for part in parts {
                    let part = self.filter(part, column)?;
                    any = self.choose(part, TRUE, any)?;
                    if any == TRUE {
                        break;
                    }
                }
                Ok(any)
            }
            Filter::All(parts) => {
                let mut all = TRUE;
                for part in parts {
                    let part = self.filter(part, column)?;
                    all = self.choose(part, all, FALSE)?;
                    if all == FALSE {
                        break;
                    }
                }
                Ok(all)
            }
            Filter::Not(inner) => {
                let inner = self.filter(inner, column)?;
                self.choose(inner, FALSE, TRUE)
            }
        }
    }

    /// The columns in which a filter holds somewhere, ascending, each with where.
    ///
    /// # Errors
    /// If that is too complex.
    pub fn cells(&mut self, filter: &Filter) -> Result<Vec<(u32, Ref)>, TooComplex> {
        let last = self.columns() - 1;
        // In the last column no test of the main filter holds: if the filter does not either, it
        // holds at most where one of them does.
        let mut columns = Vec::new();
        if self.filter(filter, last)? == FALSE {
            self.columns_of(filter, &mut columns);
            columns.sort_unstable();
            columns.dedup();
        } else {
            columns.extend(0..=last);
        }
        let mut cells = Vec::with_capacity(columns.len());
        for column in columns {
            let holds = self.filter(filter, column)?;
            if holds != FALSE {
                cells.push((column, holds));
            }
        }
        Ok(cells)
    }

    fn columns_of(&self, filter: &Filter, columns: &mut Vec<u32>) {
        match filter {
            Filter::Test(test) => {
                if let Some(Holds::In(own)) = self.meanings.get(test) {
                    columns.extend(own);
                }
            }
            Filter::Any(parts) | Filter::All(parts) => {
                parts.iter().for_each(|part| self.columns_of(part, columns));
            }
            Filter::Not(inner) => self.columns_of(inner, columns),
        }
    }

    /// `if condition then high else low`, within one column.
    ///
    /// # Errors
    /// If that is too complex.
    pub fn choose(&mut self, condition: Ref, high: Ref, low: Ref) -> Result<Ref, TooComplex> {
        self.diagram.choose(condition, high, low)
    }

    /// The function that is `value` everywhere; 0 is [`FALSE`] and 1 is [`TRUE`].
    pub fn constant(&mut self, value: u32) -> Ref {
        self.diagram.constant(value)
    }

    /// The filter whose values are the columns, if any test is of one.
    pub fn main(&self) -> Option<FilterId> {
        self.main
    }

    /// The smallest requests of a column, by the values that matter, for which two functions differ,
    /// with what each is there: none if they are equal, else at least one, and one for each way in
    /// which they differ and for what is needed for it, unless there are more than sixteen or it is
    /// too complex to tell.
    pub fn differences(&mut self, column: u32, mut left: Ref, mut right: Ref) -> Vec<Differing> {
        let mut found = Vec::new();
        while let Some((assignment, ends)) = self.diagram.difference(left, right) {
            let rest = self.beyond((left, right), &assignment, ends);
            found.push((self.request(column, assignment), ends));
            match rest {
                Ok(rest) if found.len() < MOST_DIFFERENCES => (left, right) = rest,
                _ => break,
            }
        }
        found
    }

    /// Two functions, equal where they are what they are under an assignment with all its values
    /// above 0.
    fn beyond(
        &mut self,
        (left, right): (Ref, Ref),
        assignment: &[(u32, usize)],
        ends: (u32, u32),
    ) -> Result<(Ref, Ref), TooComplex> {
        let one = self.diagram.is(left, ends.0)?;
        let other = self.diagram.is(right, ends.1)?;
        let mut alike = self.choose(one, other, FALSE)?;
        for (variable, value) in assignment.iter().filter(|(_, value)| *value > 0) {
            let mut next = vec![FALSE; self.variables[*variable as usize].shown.len()];
            next[*value] = TRUE;
            let has = self.diagram.branch(*variable, next)?;
            alike = self.choose(has, alike, FALSE)?;
        }
        let left = self.choose(alike, FALSE, left)?;
        Ok((left, self.choose(alike, FALSE, right)?))
    }

    fn request(&self, column: u32, assignment: Vec<(u32, usize)>) -> Values {
        let main = &self.columns[column as usize].value;
        let main = self.main.zip(main.clone());
        let others = assignment.into_iter();
        let mut others: Vec<(&Variable, usize)> = others
            .map(|(variable, value)| (&self.variables[variable as usize], value))
            .collect();
        others.sort_by_key(|(variable, _)| variable.place);
        let others = others.into_iter().filter_map(|(variable, value)| {
            Some((variable.filter, variable.shown[value].clone()?))
        });
        let mut values = Values::new();
        for (filter, value) in main.into_iter().chain(others) {
            let mut same = values.iter_mut().filter(|(own, _)| *own == filter);
            if let (OwnedValue::Bits(bits), Some((_, OwnedValue::Bits(own)))) =
                (&value, same.next())
            {
                *own |= bits;
            } else {
                values.push((filter, value));
            }
        }
        values
    }
}

/// What the tests of one value have in common.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group<'t> {
    pub(super) filter: FilterId,
    /// The values of each entitlement are as those of a filter of their own.
    entitlement: Option<&'t [u8]>,
    pub(super) is_bits: bool,
}

impl<'t> Group<'t> {
    pub(super) fn of(test: &'t Test) -> Self {
        Self {
            filter: test.filter,
            entitlement: test.argument.entitlement().map(|(name, _)| name),
            is_bits: matches!(test.argument.plain(), Argument::Bits(_)),
        }
    }

    fn is_plain(&self) -> bool {
        self.entitlement.is_none() && !self.is_bits
    }

    /// A value, as one of the entitlement if it is one's.
    pub(super) fn value(&self, value: OwnedValue) -> OwnedValue {
        match self.entitlement {
            Some(name) => OwnedValue::Entitlement {
                name: name.to_vec(),
                value: Box::new(value),
            },
            None => value,
        }
    }
}

/// Values of a request.
pub type Values = Vec<(FilterId, OwnedValue)>;

/// A request for which two functions differ, and what each is there.
pub(crate) type Differing = (Values, (u32, u32));

fn classes_of_nothing() -> Vec<Class> {
    vec![Class {
        holds: super::Set::default(),
        value: None,
    }]
}
