//! Profiles that differ from each other in one thing.

use std::str::FromStr;

use lapbelt_policy::world::{ArgumentKind, World};

/// What the profiles of a family are made of: at least one of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spec {
    pub(super) operations: Vec<String>,
    /// Names of filters, or `NAME=ARGUMENT` for one that the literals are no arguments of.
    pub(super) filters: Vec<String>,
    pub(super) literals: Vec<String>,
}

impl FromStr for Spec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words = |list: &str| list.split(',').map(str::to_string).collect::<Vec<_>>();
        let lists: Vec<Vec<String>> = text.splitn(3, ':').map(words).collect();
        let is_whole = lists.iter().flatten().all(|word| !word.is_empty());
        match <[Vec<String>; 3]>::try_from(lists) {
            Ok([operations, filters, literals]) if is_whole => Ok(Self {
                operations,
                filters,
                literals,
            }),
            _ => Err(
                "expected OPERATIONS:FILTERS:LITERALS, each with commas between them, such as \
                      `file-read*:subpath,literal:/tmp/foo,/tmp/bar`"
                    .to_string(),
            ),
        }
    }
}

/// A profile of a family.
pub(super) struct Variant {
    /// Its name, fit for a file.
    pub(super) name: String,
    /// The profile.
    pub(super) text: String,
    /// The variant it is held against, by its number, and what is different here.
    pub(super) from: Option<(usize, String)>,
}

/// The family, each variant after the one it is held against.
///
/// # Errors
/// If the world has no such filter.
pub(super) fn family(spec: &Spec, world: &World) -> Result<Vec<Variant>, String> {
    let Spec {
        operations,
        filters,
        literals,
    } = spec;
    let (operation, filter) = (&operations[0], &filters[0]);
    let test = |filter: &str, literal: usize| test(filter, &literals[literal], world);
    let rule = |operation: &str, tests: &[String]| match tests {
        [] => format!("(allow {operation})"),
        tests => format!("(allow {operation} {})", tests.join(" ")),
    };
    let mut variants = Vec::new();
    let mut add = |name: String, from: Option<(usize, String)>, rules: &[String]| {
        let what = from
            .as_ref()
            .map_or("what the others are held against", |own| &own.1);
        let rules = rules.join("\n");
        let text = format!("; Of a family: {what}.\n(version 1)\n(deny default)\n{rules}\n");
        variants.push(Variant { name, text, from });
        variants.len() - 1
    };
    let from = |base: usize, what: &str| Some((base, what.to_string()));
    let tests: Vec<String> = (0..literals.len())
        .map(|literal| test(filter, literal))
        .collect::<Result<_, _>>()?;

    let one = add("one".into(), None, &[rule(operation, &tests[..1])]);
    add("no-rule".into(), from(one, "no rule"), &[]);
    add(
        "no-filter".into(),
        from(one, "no filter"),
        &[rule(operation, &[])],
    );
    for (number, own) in tests.iter().enumerate().skip(1) {
        let what = format!("another literal, {}", literals[number]);
        let rules = [rule(operation, std::slice::from_ref(own))];
        add(format!("literal-{}", number + 1), from(one, &what), &rules);
    }
    let mut before = one;
    for count in 2..=tests.len() {
        let what = format!("one literal more, {}", literals[count - 1]);
        let rules = [rule(operation, &tests[..count])];
        before = add(format!("literals-{count}"), from(before, &what), &rules);
        if count == 2 {
            let turned = [tests[1].clone(), tests[0].clone()];
            let rules = [rule(operation, &turned)];
            add(
                "literals-2-turned".into(),
                from(before, "other order of literals"),
                &rules,
            );
        }
    }
    for (number, other) in filters.iter().enumerate().skip(1) {
        let own = test(other, 0)?;
        let rules = [rule(operation, std::slice::from_ref(&own))];
        let what = format!("another filter, {other}");
        add(format!("filter-{}", number + 1), from(one, &what), &rules);
        let all = |first: &str, second: &str| {
            [rule(
                operation,
                &[format!("(require-all {first} {second})")],
            )]
        };
        let what = format!("one filter more that must match, {other}");
        let name = format!("filters-1-{}", number + 1);
        let both = add(name.clone(), from(one, &what), &all(&tests[0], &own));
        let what = from(both, "other order of filters");
        add(format!("{name}-turned"), what, &all(&own, &tests[0]));
    }
    for (number, other) in operations.iter().enumerate().skip(1) {
        let what = format!("another operation, {other}");
        let rules = [rule(other, &tests[..1])];
        add(
            format!("operation-{}", number + 1),
            from(one, &what),
            &rules,
        );
        let own = [
            rule(operation, &tests[..1]),
            rule(other, &tests[tests.len().min(2) - 1..][..1]),
        ];
        let what = format!("one rule more, on {other}");
        let name = format!("rules-1-{}", number + 1);
        let both = add(name.clone(), from(one, &what), &own);
        let [first, second] = own;
        let what = from(both, "other order of rules");
        add(format!("{name}-turned"), what, &[second, first]);
    }
    Ok(variants)
}

/// A filter with a literal, as SBPL writes it.
fn test(filter: &str, literal: &str, world: &World) -> Result<String, String> {
    if let Some((name, argument)) = filter.split_once('=') {
        return Ok(format!("({name} {argument})"));
    }
    let is_text = match filter {
        "regex" => return Ok(format!("(regex #\"{}\")", literal.replace('"', "\\\""))),
        "literal" | "prefix" | "subpath" => true,
        name => match world.filter_named(name) {
            Some(own) => matches!(
                own.kind,
                ArgumentKind::PathPattern | ArgumentKind::Pattern | ArgumentKind::Text
            ),
            None => return Err(format!("no filter of {} is called `{name}`", world.id())),
        },
    };
    Ok(match is_text {
        true => format!(
            "({filter} \"{}\")",
            literal.replace('\\', "\\\\").replace('"', "\\\"")
        ),
        false => format!("({filter} {literal})"),
    })
}
