//! All requests about a set of tests, and functions over them.

use std::collections::{BTreeMap, HashMap};

use super::classes::{Class, classes};
use super::diagram::{Diagram, FALSE, Ref, TRUE};
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
    /// The filter of paths, in an operation with an end.
    path: Option<FilterId>,
    /// Tests of it.
    paths: Vec<Test>,
    /// Tests that a path answers, and how.
    by_path: Vec<(Test, bool)>,
    /// The values by which it does.
    with_path: BTreeMap<FilterId, OwnedValue>,
}

/// What a request has of one filter beside the main one.
#[derive(Debug)]
struct Variable {
    filter: FilterId,
    /// What to show for each of its values; value 0 is that nothing is needed.
    shown: Vec<Option<OwnedValue>>,
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
    /// The requests that `tests` tell apart, with what is known of their filters. `end` is that of
    /// the operation they are of.
    ///
    /// # Errors
    /// If there are too many.
    pub fn new<'t, 'w>(
        tests: impl IntoIterator<Item = &'t Test>,
        end: Option<End>,
        filter: impl Fn(FilterId) -> &'w FilterInfo,
    ) -> Result<Self, TooComplex> {
        // The values of each entitlement are a filter of their own.
        let mut by_filter: BTreeMap<(FilterId, Option<&[u8]>), Vec<&Test>> = BTreeMap::new();
        let mut meanings = HashMap::new();
        for test in tests {
            if meanings
                .insert(test.clone(), Holds::Everywhere(FALSE))
                .is_none()
            {
                let entitlement = test.argument.entitlement();
                let group = (test.filter, entitlement.map(|(name, _)| name));
                by_filter.entry(group).or_default().push(test);
            }
        }
        let single = by_filter
            .iter()
            .filter(|((id, entitlement), _)| entitlement.is_none() && !has_many(filter(*id)));
        let main = single
            .max_by_key(|((id, _), tests)| (tests.len(), std::cmp::Reverse(*id)))
            .map(|((id, _), _)| *id);
        let mut space = Self {
            main,
            columns: Vec::new(),
            variables: Vec::new(),
            meanings,
            diagram: Diagram::new(),
            path: None,
            paths: Vec::new(),
            by_path: Vec::new(),
            with_path: BTreeMap::new(),
        };
        for ((id, entitlement), tests) in by_filter {
            let info = filter(id);
            if end.is_some() && info.name == "path" {
                space.path = Some(id);
                space.paths = tests.iter().copied().cloned().collect();
            }
            if let Some(value) = end.and_then(|end| end.with_path(info)) {
                let answers = tests
                    .iter()
                    .map(|test| ((*test).clone(), test.argument.accepts(value)));
                space.by_path.extend(answers);
                space
                    .with_path
                    .insert(id, OwnedValue::of(value, String::new));
            }
            let arguments: Vec<&Argument> =
                tests.iter().map(|test| test.argument.plain()).collect();
            let mut classes = classes(&arguments, info)?;
            if let Some(name) = entitlement {
                for value in classes.iter_mut().filter_map(|class| class.value.as_mut()) {
                    *value = OwnedValue::Entitlement {
                        name: name.to_vec(),
                        value: Box::new(value.clone()),
                    };
                }
            }
            if entitlement.is_none() && Some(id) == main {
                space.add_columns(&tests, classes);
            } else if has_many(info) {
                space.add_many(id, &tests, classes)?;
            } else {
                space.add_single(id, &tests, classes)?;
            }
            if space.variables.len() > MOST_VARIABLES {
                return Err(TooComplex);
            }
        }
        if space.columns.is_empty() {
            space.columns = classes_of_nothing();
        }
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

    /// One variable, whose values are the classes.
    fn add_single(
        &mut self,
        filter: FilterId,
        tests: &[&Test],
        mut classes: Vec<Class>,
    ) -> Result<(), TooComplex> {
        // What needs no value to be shown comes first.
        classes.rotate_right(1);
        let number = self.variables.len() as u32;
        for (at, test) in (0..).zip(tests) {
            let next = classes.iter().map(|class| truth(class.holds.contains(at)));
            let function = self.diagram.branch(number, next.collect())?;
            let meaning = Holds::Everywhere(function);
            self.meanings.insert((*test).clone(), meaning);
        }
        let values = classes.into_iter().map(|class| class.value);
        let shown = values
            .enumerate()
            .map(|(at, value)| value.filter(|_| at > 0));
        self.variables.push(Variable {
            filter,
            shown: shown.collect(),
        });
        Ok(())
    }

    /// A variable for each class: whether the request has a value of it.
    fn add_many(
        &mut self,
        filter: FilterId,
        tests: &[&Test],
        classes: Vec<Class>,
    ) -> Result<(), TooComplex> {
        let mut functions = vec![FALSE; tests.len()];
        for class in classes.into_iter().filter(|class| !class.holds.is_empty()) {
            let number = self.variables.len() as u32;
            if self.variables.len() > MOST_VARIABLES {
                return Err(TooComplex);
            }
            let present = self.diagram.branch(number, vec![FALSE, TRUE])?;
            for test in class.holds.members() {
                let function = &mut functions[test as usize];
                *function = self.diagram.choose(present, TRUE, *function)?;
            }
            self.variables.push(Variable {
                filter,
                shown: vec![None, class.value],
            });
        }
        for (test, function) in tests.iter().zip(functions) {
            let meaning = Holds::Everywhere(function);
            self.meanings.insert((*test).clone(), meaning);
        }
        Ok(())
    }

    /// How many classes the main filter's values have; at least one. The last is that of no value.
    pub fn columns(&self) -> u32 {
        self.columns.len() as u32
    }

    /// The requests that there can be in a column; `has_path` if they have a path that is not among
    /// the tests.
    ///
    /// # Errors
    /// If that is too complex.
    pub fn possible(&mut self, column: u32, has_path: bool) -> Result<Ref, TooComplex> {
        let by_paths = self.path.is_some() && self.path == self.main;
        let of_path = by_paths && !self.columns[column as usize].holds.is_empty();
        let mut path = truth(has_path || of_path);
        if self.by_path.is_empty() || path == FALSE && (by_paths || self.paths.is_empty()) {
            return Ok(TRUE);
        }
        let mut answered = TRUE;
        for at in 0..self.by_path.len() {
            let (test, answer) = &self.by_path[at];
            let (holds, answer) = (self.test(test, column), *answer);
            answered = match answer {
                true => self.choose(holds, answered, FALSE)?,
                false => self.choose(holds, FALSE, answered)?,
            };
        }
        for at in 0..self.paths.len() {
            if path == TRUE {
                break;
            }
            let holds = self.test(&self.paths[at], column);
            path = self.choose(holds, TRUE, path)?;
        }
        self.choose(path, answered, TRUE)
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
    /// too complex to tell. `has_path` as in [`Self::possible`].
    pub fn differences(
        &mut self,
        column: u32,
        has_path: bool,
        mut left: Ref,
        mut right: Ref,
    ) -> Vec<Differing> {
        let mut found = Vec::new();
        while let Some((assignment, ends)) = self.diagram.difference(left, right) {
            let rest = self.beyond((left, right), &assignment, ends);
            found.push((self.request(column, has_path, assignment), ends));
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

    fn request(&self, column: u32, has_path: bool, assignment: Vec<(u32, usize)>) -> Values {
        let main = &self.columns[column as usize].value;
        let main = self.main.zip(main.clone());
        let others = assignment.into_iter().filter_map(|(variable, value)| {
            let variable = &self.variables[variable as usize];
            Some((variable.filter, variable.shown[value].clone()?))
        });
        let mut values: Values = main.into_iter().chain(others).collect();
        self.make_possible(&mut values, has_path);
        values
    }

    /// Of values that no test tells apart, takes those that go with a path; if they tell it from
    /// what would, there is none.
    fn make_possible(&self, values: &mut Values, has_path: bool) {
        let path = values.iter().position(|one| Some(one.0) == self.path);
        if path.is_none() && !has_path {
            return;
        }
        let goes = self.by_path.iter().all(|(test, answer)| {
            let own = values.iter().find(|own| own.0 == test.filter);
            own.is_some_and(|own| test.argument.accepts(own.1.borrow())) == *answer
        });
        match path {
            Some(at) if !goes => _ = values.remove(at),
            _ => {
                for (filter, value) in values {
                    if let Some(with_path) = self.with_path.get(filter) {
                        value.clone_from(with_path);
                    }
                }
            }
        }
    }
}

/// Values of a request.
pub type Values = Vec<(FilterId, OwnedValue)>;

/// A request for which two functions differ, and what each is there.
pub(crate) type Differing = (Values, (u32, u32));

fn truth(holds: bool) -> Ref {
    if holds { TRUE } else { FALSE }
}

fn classes_of_nothing() -> Vec<Class> {
    vec![Class {
        holds: super::Set::empty(0),
        value: None,
    }]
}
