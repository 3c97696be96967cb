//! Rules and filters know the text they come from.
#![allow(missing_docs)]

use std::collections::BTreeMap;

use lapbelt_policy::origin::Origin;
use lapbelt_policy::world::shipped;
use lapbelt_sbpl::{Imports, LoadedSource, Source, evaluate};

struct Library;

impl Imports for Library {
    fn load(&self, name: &str) -> Result<LoadedSource, String> {
        let text = "; a library\n  (allow sysctl-read (sysctl-name \"a\"))
                    (define (home p) (subpath (string-append \"/h\" p)))";
        Ok(LoadedSource {
            name: name.to_owned(),
            text: text.to_owned(),
        })
    }
}

/// For each rule the text of its place and of the places of its filters.
fn places(text: &str) -> Vec<(String, Vec<String>)> {
    let world = shipped("macos-14.4.1")
        .expect("shipped")
        .expect("a good world file");
    let source = Source { name: "p.sb", text };
    let evaluation = evaluate(&source, &BTreeMap::new(), &Library, &world);
    let policy = evaluation
        .policy
        .unwrap_or_else(|| panic!("{:?}", evaluation.diagnostics));
    let names: Vec<_> = evaluation
        .sources
        .iter()
        .map(|source| source.name.clone())
        .collect();
    assert_eq!(names, policy.sources);
    let slice = |origin: Option<Origin>| {
        let origin = origin.expect("a place");
        let text = &evaluation.sources[origin.source.0 as usize].text;
        let before = &text[..origin.start as usize];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        assert_eq!(origin.line as usize, before.matches('\n').count() + 1);
        assert_eq!(origin.column as usize, before.len() - line_start + 1);
        text[origin.start as usize..origin.end as usize].to_owned()
    };
    let rule = |rule: &lapbelt_policy::rule::Rule| {
        (
            slice(rule.origin),
            rule.filters.iter().map(|f| slice(f.origin)).collect(),
        )
    };
    policy.rules.iter().map(rule).collect()
}

#[track_caller]
fn filters(rule: &str, expected: &[&str]) {
    let text = format!("(version 1)\n\n  {rule}");
    let found = places(&text);
    let (place, filters) = found.last().expect("a rule");
    assert_eq!(place, rule);
    assert_eq!(filters, expected);
}

#[test]
fn each_value_of_a_filter_has_its_own_place() {
    filters("(allow file-read* (literal \"/a\"))", &["(literal \"/a\")"]);
    filters(
        "(allow file-read* (literal \"/a\" #\"/b\"))",
        &["\"/a\"", "#\"/b\""],
    );
    filters(
        "(allow file-read* (require-any (literal \"/a\" \"/b\") (subpath \"/c\")))",
        &["\"/a\"", "\"/b\"", "(subpath \"/c\")"],
    );
    filters(
        "(allow file-read* (require-all (literal \"/a\") (literal \"/b\")))",
        &["(require-all (literal \"/a\") (literal \"/b\"))"],
    );
    filters(
        "(allow network-outbound (remote tcp \"*:1\" \"*:2\"))",
        &["\"*:1\"", "\"*:2\""],
    );
    filters(
        "(allow network-outbound (remote unix-socket))",
        &["(remote unix-socket)"],
    );
    filters(
        "(allow network-outbound (remote unix-socket (path-literal \"/s\")))",
        &["(path-literal \"/s\")"],
    );
    filters("(allow default (debug-mode))", &["(debug-mode)"]);
    filters(
        "(allow default (require-entitlement \"e\"))",
        &["(require-entitlement \"e\")"],
    );
}

#[test]
fn a_filter_made_elsewhere_is_placed_where_the_rule_names_it() {
    let text = "(version 1)(import \"lib.sb\")
        (define f (literal \"/a\" \"/b\"))
        (allow file-read* f (home \"/x\"))";
    let rules = places(text);
    assert_eq!(rules[0].0, "(allow sysctl-read (sysctl-name \"a\"))");
    assert_eq!(rules[1].0, "(allow file-read* f (home \"/x\"))");
    assert_eq!(rules[1].1, ["f", "f", "(home \"/x\")"]);
}

#[test]
fn rules_of_macros_and_loops_are_placed_in_the_profile() {
    let text = "(version 1)
        (macro (twice form) `(begin ,@(cdr form) (deny mach-lookup)))
        (twice (allow file-read* (literal \"/a\")))
        (for-each (lambda (p) (allow file-write* (literal p))) '(\"/a\" \"/b\"))
        (with-filter (subpath \"/w\") (allow file-read*))";
    let found: Vec<String> = places(text).into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(
        found,
        [
            "(allow file-read* (literal \"/a\"))",
            "(twice (allow file-read* (literal \"/a\")))",
            "(allow file-write* (literal p))",
            "(allow file-write* (literal p))",
            "(allow file-read*)",
        ]
    );
}
