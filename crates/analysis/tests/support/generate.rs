//! Profiles as text, generated.

use proptest::prelude::*;

const PATHS: &[&str] = &["/a", "/b", "/a/b", "/usr", "/usr/lib"];

fn filter() -> impl Strategy<Value = String> {
    let path = || prop::sample::select(PATHS.to_vec());
    let test = prop_oneof![
        path().prop_map(|p| format!("(literal \"{p}\")")),
        path().prop_map(|p| format!("(subpath \"{p}\")")),
        path().prop_map(|p| format!("(prefix \"{p}\")")),
        prop::sample::select(vec!["^/a", "b$", "/(a|usr)(/|$)", "^/usr/[^/]+$"])
            .prop_map(|r| format!("(regex #\"{r}\")")),
        prop::sample::select(vec!["SYMLINK", "DIRECTORY"])
            .prop_map(|v| format!("(vnode-type {v})")),
        prop::sample::select(vec!["x", "y"]).prop_map(|v| format!("(extension \"{v}\")")),
        prop::sample::select(vec!["0400", "0200", "0600"])
            .prop_map(|v| format!("(file-mode #o{v})")),
    ];
    test.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4)
                .prop_map(|f| format!("(require-any {})", f.join(" "))),
            prop::collection::vec(inner.clone(), 1..4)
                .prop_map(|f| format!("(require-all {})", f.join(" "))),
            inner.prop_map(|f| format!("(require-not {f})")),
        ]
    })
}

pub fn profile() -> impl Strategy<Value = String> {
    let operation = prop::sample::select(vec![
        "file*",
        "file-read*",
        "file-read-data",
        "file-write*",
        "default",
    ]);
    let action = prop::sample::select(vec!["allow", "deny", "allow", "deny (with no-report)"]);
    let rule = (action, operation, prop::collection::vec(filter(), 0..3)).prop_map(
        |(action, operation, filters)| match action.split_once(' ') {
            Some((action, with)) => format!("({action} {operation} {} {with})", filters.join(" ")),
            None => format!("({action} {operation} {})", filters.join(" ")),
        },
    );
    prop::collection::vec(rule, 0..8)
        .prop_map(|rules| format!("(version 1)\n(deny default)\n{}", rules.join("\n")))
}
