//! Names of the values of filters, where one number has several: which is meant, another filter says.

use std::collections::BTreeMap;

use super::{FilterId, FilterInfo, World};
use crate::filter::{Argument, Filter};

/// Names that begin alike and are meant where another filter has one of some values.
struct Family {
    /// Whose values they are.
    of: &'static str,
    start: &'static str,
    /// What the other filter says.
    beside: (&'static str, &'static [&'static str]),
}

const INTERNET: (&str, &[&str]) = ("socket-domain", &["AF_INET", "AF_INET6"]);
const SYSTEM: (&str, &[&str]) = ("socket-domain", &["AF_SYSTEM"]);

#[rustfmt::skip]
const FAMILIES: &[Family] = &[
    Family { of: "socket-protocol", start: "IPPROTO_", beside: INTERNET },
    Family { of: "socket-protocol", start: "SYSPROTO_", beside: SYSTEM },
    Family { of: "socket-option-level", start: "IPPROTO_", beside: INTERNET },
    Family { of: "socket-option-level", start: "SYSPROTO_", beside: SYSTEM },
    Family { of: "socket-option-name", start: "SO_", beside: ("socket-option-level", &["SOL_SOCKET"]) },
];

/// What must hold beside a test: the numbers that other filters may have then, of those filters only
/// that names depend on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside(BTreeMap<FilterId, Vec<i64>>);

impl Beside {
    /// What holds beside each of the filters of a `require-all` that stands where this holds.
    #[must_use]
    pub fn with(&self, all: &[Filter], world: &World) -> Self {
        let mut beside = self.clone();
        for (filter, numbers) in all.iter().filter_map(numbers) {
            let name = &world.filter(filter).name;
            if FAMILIES.iter().any(|family| family.beside.0 == name) {
                beside.0.insert(filter, numbers);
            }
        }
        beside
    }
}

/// The numbers that a filter leaves to a value, if it is about no other.
fn numbers(filter: &Filter) -> Option<(FilterId, Vec<i64>)> {
    match filter {
        Filter::Test(test) => match test.argument {
            Argument::Integer(number) => Some((test.filter, vec![number])),
            _ => None,
        },
        Filter::Any(inner) => {
            let mut each = inner.iter().map(numbers);
            let (filter, mut all) = each.next()??;
            for one in each {
                let (_, more) = one.filter(|(other, _)| *other == filter)?;
                all.extend(more);
            }
            Some((filter, all))
        }
        Filter::All(_) | Filter::Not(_) => None,
    }
}

impl World {
    /// The name of a number, by what must hold beside; none where that leaves several, or rules all out.
    pub fn number_name<'w>(
        &'w self,
        filter: &'w FilterInfo,
        number: i64,
        beside: &Beside,
    ) -> Option<&'w str> {
        match *self.number_names_beside(filter, number, beside) {
            [one] => Some(one),
            _ => None,
        }
    }

    /// The names that a number can have, by what must hold beside: of several any may be meant, and
    /// none where that rules all out.
    pub fn number_names_beside<'w>(
        &'w self,
        filter: &'w FilterInfo,
        number: i64,
        beside: &Beside,
    ) -> Vec<&'w str> {
        let held = families(filter).find_map(|family| {
            let other = self.filter_named(family.beside.0)?;
            Some((other, beside.0.get(&other.id)?))
        });
        let Some((other, held)) = held else {
            return self.number_names(filter, number);
        };
        let is_named = |wanted: &[&str], number: i64| {
            let mut values = other.values.iter();
            values.any(|(name, own)| *own == number && wanted.contains(&name.as_str()))
        };
        let mut meant = families(filter)
            .filter(|family| held.iter().all(|own| is_named(family.beside.1, *own)));
        let always = self.always_named(filter, number);
        let name = always.or_else(|| self.named_in(meant.next()?, filter, number));
        name.into_iter().collect()
    }

    /// All names that a number can have, by what holds beside; of several for the same, one.
    pub fn number_names<'w>(&'w self, filter: &'w FilterInfo, number: i64) -> Vec<&'w str> {
        let by_family = families(filter).filter_map(|own| self.named_in(own, filter, number));
        self.always_named(filter, number)
            .into_iter()
            .chain(by_family)
            .collect()
    }

    /// A name that a number has whatever holds beside.
    fn always_named<'w>(&self, filter: &'w FilterInfo, number: i64) -> Option<&'w str> {
        let mut names = filter.values.iter().filter(|(_, own)| *own == number);
        let in_family = |name: &str| families(filter).any(|own| name.starts_with(own.start));
        let (name, _) = names.find(|(name, _)| !in_family(name))?;
        Some(name)
    }

    fn named_in<'w>(
        &'w self,
        family: &Family,
        filter: &'w FilterInfo,
        number: i64,
    ) -> Option<&'w str> {
        let values = filter
            .values
            .iter()
            .map(|(name, own)| (name.as_str(), *own));
        let is_it = |(name, own): &(&str, i64)| *own == number && name.starts_with(family.start);
        let own = values.clone().find(is_it);
        // Where a filter has no names at all, constants are no names of its numbers.
        let among = (!filter.values.is_empty()).then(|| self.constants().filter(is_it).min());
        own.or(among.flatten()).map(|(name, _)| name)
    }
}

fn families(filter: &FilterInfo) -> impl Iterator<Item = &'static Family> {
    FAMILIES.iter().filter(|family| family.of == filter.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::Test;
    use crate::world::shipped;

    #[test]
    fn what_is_asked_beside_says_which_name_is_meant() {
        // In one world the names of `AF_SYSTEM` are values of the filter, in the other constants.
        for world in ["macos-14.4.1", "macos-13.0.0"] {
            let world = shipped(world).expect("shipped").expect("a good world");
            let number = |filter: &str, name: &str| {
                let info = world.filter_named(filter).expect("a filter");
                let mut values = info.values.iter();
                let number = values.find(|(own, _)| own == name).expect("a value").1;
                (info, number)
            };
            let test = |(filter, name): &(&str, &str)| {
                let (info, number) = number(filter, name);
                let (filter, argument) = (info.id, Argument::Integer(number));
                Filter::Test(Test { filter, argument })
            };
            let name = |filter: &str, number: i64, beside: &[(&str, &str)]| {
                let any = Filter::Any(beside.iter().map(test).collect());
                let beside = Beside::default().with(&[any], &world);
                let info = world.filter_named(filter).expect("a filter");
                let name = world.number_name(info, number, &beside);
                name.map_or_else(|| number.to_string(), str::to_owned)
            };
            let domains = |names: &[&'static str]| -> Vec<(&str, &str)> {
                names.iter().map(|name| ("socket-domain", *name)).collect()
            };
            for filter in ["socket-protocol", "socket-option-level"] {
                assert_eq!(
                    name(filter, 2, &domains(&["AF_SYSTEM"])),
                    "SYSPROTO_CONTROL"
                );
                assert_eq!(name(filter, 2, &domains(&["AF_INET"])), "IPPROTO_IGMP");
                assert_eq!(
                    name(filter, 2, &domains(&["AF_INET", "AF_INET6"])),
                    "IPPROTO_IGMP"
                );
                assert_eq!(name(filter, 2, &domains(&["AF_INET", "AF_SYSTEM"])), "2");
                assert_eq!(name(filter, 2, &domains(&["AF_ROUTE"])), "2");
                assert_eq!(name(filter, 2, &[]), "2");
                assert_eq!(name(filter, 6, &[]), "IPPROTO_TCP");
                assert_eq!(name(filter, 6, &domains(&["AF_SYSTEM"])), "6");
                let info = world.filter_named(filter).expect("a filter");
                assert_eq!(
                    world.number_names(info, 2),
                    ["IPPROTO_IGMP", "SYSPROTO_CONTROL"]
                );
                assert_eq!(world.number_names(info, 6), ["IPPROTO_TCP"]);
                assert_eq!(world.number_names(info, 0), ["IPPROTO_IP"]);
            }
            let level = |name| [("socket-option-level", name)];
            assert_eq!(
                name("socket-option-level", 65535, &domains(&["AF_SYSTEM"])),
                "SOL_SOCKET"
            );
            assert_eq!(
                name("socket-option-name", 1, &level("SOL_SOCKET")),
                "SO_DEBUG"
            );
            assert_eq!(name("socket-option-name", 1, &level("IPPROTO_TCP")), "1");
            assert_eq!(name("socket-option-name", 1, &[]), "SO_DEBUG");
            assert_eq!(name("socket-domain", 1, &[]), "AF_UNIX");
        }
    }
}
