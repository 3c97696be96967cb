//! What a build has that another has not.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::{FilterInfo, ModifierInfo, Operation, Part, World};
use crate::rule::Version;

/// What became of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Only the second world has it, under this number.
    Added(i64),
    /// Only the first world has it, under this number.
    Removed(i64),
    /// Both have it, under two numbers.
    Renumbered {
        /// In the first world.
        from: i64,
        /// In the second.
        to: i64,
    },
    /// Both have it, and say two things of it.
    Changed {
        /// Of what.
        field: &'static str,
        /// The first world.
        from: String,
        /// The second.
        to: String,
    },
    /// They treat it in two ways.
    Treated {
        /// What the first world says of it, if anything.
        from: Option<String>,
        /// What the second does.
        to: Option<String>,
    },
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// `operation`, `filter`, `modifier`, `value` or `behaviour`.
    pub kind: &'static str,
    /// Its name; that of a value stands after its filter's.
    pub name: String,
    /// What became of it.
    pub what: What,
}

/// The differences of two worlds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    /// By kind, then in the order of the second world's numbers, what it lacks last.
    pub changes: Vec<Change>,
    /// Parts that one of the two lacks and that were left out therefore.
    pub not_compared: Vec<Part>,
}

/// Compares two worlds by names. What one of them says it lacks is not compared.
pub fn delta(first: &World, second: &World) -> Delta {
    let lacks = |part| first.is_without(part) || second.is_without(part);
    let mut delta = Delta::default();
    let parts = Part::WORDS.iter().map(|(_, part)| *part);
    delta.not_compared = parts.filter(|part| lacks(*part)).collect();
    if !lacks(Part::Operations) {
        let (old, new) = (first.operations(), second.operations());
        let fields = |o: &Operation, world: &World| operation_fields(o, world, &lacks);
        names(
            "operation",
            old,
            new,
            |o| (&o.name, o.id.0.into()),
            &mut delta,
        );
        changed(
            "operation",
            old,
            new,
            |o| &o.name,
            |o| fields(o, first),
            |o| fields(o, second),
            &mut delta,
        );
    }
    let (old, new) = (first.filters(), second.filters());
    names("filter", old, new, |f| (&f.name, f.id.0.into()), &mut delta);
    let fields = |f: &FilterInfo| filter_fields(f, &lacks);
    changed("filter", old, new, |f| &f.name, fields, fields, &mut delta);
    if !lacks(Part::Values) {
        let by_name: FxHashMap<&str, &FilterInfo> =
            old.iter().map(|f| (f.name.as_str(), f)).collect();
        for filter in new {
            let before = by_name
                .get(filter.name.as_str())
                .map_or(&[][..], |f| &f.values);
            values(&filter.name, before, &filter.values, &mut delta);
        }
    }
    if !lacks(Part::Modifiers) {
        let (old, new) = (first.modifiers(), second.modifiers());
        names(
            "modifier",
            old,
            new,
            |m| (&m.name, m.id.0.into()),
            &mut delta,
        );
        let fields = modifier_fields;
        changed(
            "modifier",
            old,
            new,
            |m| &m.name,
            fields,
            fields,
            &mut delta,
        );
    }
    behaviour(first, second, &lacks, &mut delta);
    delta
}

fn behaviour(first: &World, second: &World, lacks: &dyn Fn(Part) -> bool, delta: &mut Delta) {
    let words = |world: &World| -> BTreeMap<String, String> {
        let all = world.behaviour().into_iter();
        all.filter(|one| !lacks(one.part))
            .map(|one| (one.of, one.words))
            .collect()
    };
    let (old, new) = (words(first), words(second));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let (from, to) = (old.get(name).cloned(), new.get(name).cloned());
        if from != to {
            delta.changes.push(Change {
                kind: "behaviour",
                name: name.clone(),
                what: What::Treated { from, to },
            });
        }
    }
}

fn names<'w, T>(
    kind: &'static str,
    old: &'w [T],
    new: &'w [T],
    key: impl Fn(&'w T) -> (&'w String, i64),
    delta: &mut Delta,
) {
    let before: FxHashMap<&String, i64> = old.iter().map(&key).collect();
    let after: FxHashMap<&String, i64> = new.iter().map(&key).collect();
    let mut push = |name: &String, what| {
        let name = name.clone();
        delta.changes.push(Change { kind, name, what });
    };
    for (name, to) in new.iter().map(&key) {
        match before.get(name) {
            None => push(name, What::Added(to)),
            Some(&from) if from != to => push(name, What::Renumbered { from, to }),
            Some(_) => {}
        }
    }
    for (name, number) in old.iter().map(&key) {
        if !after.contains_key(name) {
            push(name, What::Removed(number));
        }
    }
}

/// Names of fields with what a world says there.
type Fields = Vec<(&'static str, String)>;

fn changed<'w, T>(
    kind: &'static str,
    old: &'w [T],
    new: &'w [T],
    name: impl Fn(&'w T) -> &'w String,
    old_fields: impl Fn(&'w T) -> Fields,
    new_fields: impl Fn(&'w T) -> Fields,
    delta: &mut Delta,
) {
    let before: FxHashMap<&String, &T> = old.iter().map(|item| (name(item), item)).collect();
    for item in new {
        let Some(other) = before.get(name(item)) else {
            continue;
        };
        for ((field, from), (_, to)) in old_fields(other).into_iter().zip(new_fields(item)) {
            if from != to {
                let name = name(item).clone();
                let what = What::Changed { field, from, to };
                delta.changes.push(Change { kind, name, what });
            }
        }
    }
}

fn values(filter: &str, old: &[(String, i64)], new: &[(String, i64)], delta: &mut Delta) {
    let from = delta.changes.len();
    names("value", old, new, |(name, number)| (name, *number), delta);
    for change in &mut delta.changes[from..] {
        change.name = format!("{filter} {}", change.name);
    }
}

fn operation_fields(operation: &Operation, world: &World, lacks: &dyn Fn(Part) -> bool) -> Fields {
    let parent = operation.parent.map(|id| world.operation(id).name.clone());
    let own = |version| match operation.own_default(version) {
        None => "-",
        Some(crate::rule::Action::Allow) => "allow",
        Some(crate::rule::Action::Deny) => "deny",
    };
    let mut fields = vec![
        ("parent", parent.unwrap_or_else(|| "-".to_owned())),
        ("slot", yes_no(operation.in_table)),
    ];
    if !lacks(Part::Versions) {
        let all = [Version::V1, Version::V2, Version::V3].map(own);
        fields.push(("own default", all.join(" ")));
    }
    if !lacks(Part::Categories) {
        let mut categories = operation.categories.clone();
        categories.sort();
        fields.push(("categories", categories.join(",")));
    }
    fields
}

fn filter_fields(filter: &FilterInfo, lacks: &dyn Fn(Part) -> bool) -> Fields {
    let mut fields = vec![("kind", filter.kind.word().to_owned())];
    if !lacks(Part::Categories) {
        fields.push(("category", filter.category.clone()));
    }
    if !lacks(Part::Costs) {
        fields.push(("cost", filter.cost.to_string()));
    }
    fields
}

fn modifier_fields(modifier: &ModifierInfo) -> Fields {
    vec![
        ("argument", modifier.kind.word().to_owned()),
        ("on allow", yes_no(modifier.on_allow)),
        ("on deny", yes_no(modifier.on_deny)),
        ("mask", format!("{:#x}", modifier.mask)),
        ("flags", format!("{:#x}", modifier.flags)),
    ]
}

fn yes_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "\
world old
evidence e seen
operation 0 default parent=- default=deny evidence=e
operation 1 a parent=default evidence=e
operation 2 b parent=default categories=c,d evidence=e
filter 1 f category=c kind=bool cost=0 evidence=e
value f one 1 two 2 evidence=e
modifier 1 m actions=allow argument=none mask=4 flags=4 evidence=e
";

    fn world(text: &str) -> World {
        World::parse(text, &|_| None).expect("a world")
    }

    fn of(kind: &str, delta: &Delta) -> Vec<(String, What)> {
        let changes = delta.changes.iter().filter(|change| change.kind == kind);
        changes.map(|c| (c.name.clone(), c.what.clone())).collect()
    }

    #[test]
    fn nothing_differs_from_itself() {
        assert_eq!(delta(&world(OLD), &world(OLD)), Delta::default());
    }

    #[test]
    fn each_kind_of_change_is_told() {
        let new = OLD
            .replace("operation 1 a parent=default", "operation 1 n parent=b")
            .replace("categories=c,d", "categories=d,c,e")
            .replace("kind=bool", "kind=integer")
            .replace("one 1 two 2", "two 3 three 4")
            .replace("modifier 1 m", "modifier 9 m");
        let delta = delta(&world(OLD), &world(&new));
        let changed = |field, from: &str, to: &str| What::Changed {
            field,
            from: from.into(),
            to: to.into(),
        };
        assert_eq!(
            of("operation", &delta),
            [
                ("n".into(), What::Added(1)),
                ("a".into(), What::Removed(1)),
                ("b".into(), changed("categories", "c,d", "c,d,e")),
            ]
        );
        assert_eq!(
            of("filter", &delta),
            [("f".into(), changed("kind", "bool", "integer"))]
        );
        assert_eq!(
            of("value", &delta),
            [
                ("f two".into(), What::Renumbered { from: 2, to: 3 }),
                ("f three".into(), What::Added(4)),
                ("f one".into(), What::Removed(1)),
            ]
        );
        assert_eq!(
            of("modifier", &delta),
            [("m".into(), What::Renumbered { from: 1, to: 9 })]
        );
    }

    #[test]
    fn what_one_lacks_is_not_compared() {
        let new = "world new\nlacks operations no list was found\nevidence e seen\n\
            operation 0 default parent=- default=deny evidence=e\n\
            filter 1 f category=c kind=bool cost=0 evidence=e\n";
        let delta = delta(&world(OLD), &world(new));
        assert_eq!(delta.not_compared, [Part::Operations]);
        assert!(of("operation", &delta).is_empty());
        assert_eq!(of("value", &delta).len(), 2);
        assert_eq!(of("modifier", &delta), [("m".into(), What::Removed(1))]);
    }

    #[test]
    fn what_paths_are_taken_for_is_compared() {
        let world = |name| crate::world::shipped(name).expect("shipped").expect("good");
        let changes = delta(&world("macos-14.4.1"), &world("linux")).changes;
        let found = |name: &str, from: Option<&str>, to: Option<&str>| {
            let own = |text: Option<&str>| text.map(str::to_owned);
            changes.contains(&Change {
                kind: "behaviour",
                name: name.to_owned(),
                what: What::Treated {
                    from: own(from),
                    to: own(to),
                },
            })
        };
        assert!(found(
            "/tmp",
            Some("is a link to /private/tmp"),
            Some("is taken for the same as /private/tmp")
        ));
        assert!(found(
            "compiled profiles",
            Some("hold paths in lower case"),
            None
        ));
    }
}
