//! `application.sb` of macOS against the rules that a Mac made of it, one release later.
#![allow(missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use lapbelt_policy::filter::Filter;
use lapbelt_policy::rule::{Policy, Rule};
use lapbelt_policy::world::{World, shipped};
use lapbelt_sbpl::expand::expand;
use lapbelt_sbpl::{Imports, LoadedSource, NoImports, Source, evaluate, print};

/// Rules that 10.14.6 has and 10.14.5 does not.
const NEWER: &[&str] = &[
    "com.apple.CoreDisplay.master",
    "com_apple_AthenaUserClient",
    "kern.tcsm_available",
    "kern.tcsm_enable",
];

/// The profiles of 10.14.5.
struct System(PathBuf);

impl Imports for System {
    fn load(&self, name: &str) -> Result<LoadedSource, String> {
        let text = fs::read_to_string(self.0.join(name)).map_err(|e| e.to_string())?;
        Ok(LoadedSource {
            name: name.to_owned(),
            text,
        })
    }
}

/// Everything between `open` and `close` in a text.
fn between<'t>(text: &'t str, open: &str, close: &str) -> Vec<&'t str> {
    text.split(open)
        .skip(1)
        .filter_map(|part| part.split(close).next())
        .collect()
}

/// A filter as alternatives, each a set of printed conditions.
fn alternatives(filter: &Filter, world: &World) -> BTreeSet<BTreeSet<String>> {
    match filter {
        Filter::Any(inner) => inner.iter().flat_map(|f| alternatives(f, world)).collect(),
        Filter::All(inner) => {
            let start = BTreeSet::from([BTreeSet::new()]);
            inner.iter().fold(start, |all, filter| {
                let more = alternatives(filter, world);
                let both = |one: &BTreeSet<String>| -> Vec<BTreeSet<String>> {
                    more.iter().map(|other| one | other).collect()
                };
                all.iter().flat_map(both).collect()
            })
        }
        other => BTreeSet::from([BTreeSet::from([print::filter(other, world)])]),
    }
}

/// A rule with its operations sorted and its filters as alternatives.
fn meaning(rule: &Rule, world: &World) -> String {
    let operations: BTreeSet<&str> = rule
        .operations
        .iter()
        .map(|id| world.operation(*id).name.as_str())
        .collect();
    let filters: BTreeSet<_> = rule
        .filters
        .iter()
        .flat_map(|f| alternatives(&f.filter, world))
        .collect();
    format!(
        "{:?} {operations:?} {filters:?} {:?}",
        rule.action, rule.modifiers
    )
}

fn policy(
    source: &Source<'_>,
    params: &BTreeMap<String, String>,
    imports: &dyn Imports,
    world: &World,
) -> Policy {
    let evaluation = evaluate(source, params, imports, world);
    evaluation
        .policy
        .unwrap_or_else(|| panic!("{:?}", evaluation.diagnostics))
}

#[test]
fn app_sandbox_makes_the_rules_that_a_mac_makes() {
    let Some(corpus) = lapbelt_corpus::folder() else {
        return;
    };
    let profiles = corpus.join("profiles");
    let world = shipped("macos-14.4.1")
        .expect("shipped")
        .expect("a good world file");
    let container = fs::read_to_string(profiles.join("oracle/10.14.6-18G4032.plist"))
        .expect("the container's property list");
    let part = |key: &str, close: &str| {
        let (_, after) = container.split_once(key).expect("the key");
        after.split(close).next().expect("its value").to_owned()
    };
    let parameters = part("ValidationParametersKey</key>", "</dict>");
    let lists = part("ValidationRedirectablePathsKey</key>", "</array>");
    let keys = between(&parameters, "<key>", "</key>");
    let values = between(&parameters, "<string>", "</string>");
    assert!(keys.len() == values.len() && keys.len() > 5);
    let params = keys
        .iter()
        .zip(&values)
        .map(|(k, v)| (k.to_string(), v.to_string()))
        .collect();
    let redirectable: Vec<String> = between(&lists, "<string>", "</string>")
        .into_iter()
        .map(|path| print::quote(path.as_bytes()))
        .collect();
    assert!(redirectable.len() > 5);
    let driver = format!(
        "(version 1)
         (define *entitlements*
           '((\"com.apple.security.app-sandbox\" . #t)
             (\"com.apple.private.app-sandbox.redirectable-paths\" {})))
         (import \"application.sb\")",
        redirectable.join(" ")
    );
    let system = System(profiles.join("macos-10.14.5"));
    let ours = policy(
        &Source {
            name: "driver",
            text: &driver,
        },
        &params,
        &system,
        &world,
    );
    let text = fs::read_to_string(profiles.join("sandbox-coverage/generic-10.14.6.sb"))
        .expect("the rules of a Mac");
    let none = BTreeMap::new();
    let mac = policy(
        &Source {
            name: "mac",
            text: &text,
        },
        &none,
        &NoImports,
        &world,
    );

    let is_newer = |meaning: &String| NEWER.iter().any(|name| meaning.contains(name));
    let meanings = |policy: &Policy| -> Vec<String> {
        let rules = policy.rules.iter();
        rules.map(|rule| meaning(rule, &world)).collect()
    };
    // Flat text gives the same rules as the profile it was expanded from.
    let flat = expand(&ours, &[], &world);
    let flat = Source {
        name: "flat",
        text: &flat,
    };
    let flat = policy(&flat, &none, &NoImports, &world);
    let (ours, mac) = (meanings(&ours), meanings(&mac));
    assert_eq!(meanings(&flat), ours);
    assert!(mac.len() > 250);
    let same = mac.iter().filter(|rule| ours.contains(rule)).count();
    println!(
        "{same} of the {} rules of the Mac ({:.1} %); the others are of the newer release: {NEWER:?}",
        mac.len(),
        100.0 * same as f64 / mac.len() as f64
    );
    let (newer, mac): (Vec<String>, Vec<String>) = mac.into_iter().partition(is_newer);
    assert_eq!((newer.len(), same), (NEWER.len(), 253));
    let only = |a: &[String], b: &[String]| -> Vec<String> {
        a.iter()
            .filter(|meaning| !b.contains(meaning))
            .cloned()
            .collect()
    };
    assert_eq!(
        only(&ours, &mac),
        Vec::<String>::new(),
        "rules that the Mac does not make"
    );
    assert_eq!(
        only(&mac, &ours),
        Vec::<String>::new(),
        "rules that only the Mac makes"
    );
    assert_eq!(ours, mac, "the order of rules");
}
