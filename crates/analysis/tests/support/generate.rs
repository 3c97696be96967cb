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

/// Profiles of which many rules contradict themselves, or each other: filters nested four deep over
/// few names.
pub fn contradictory_profile() -> impl Strategy<Value = String> {
    let path = || prop::sample::select(vec!["/a", "/b", "/c", "/a/b", "/d"]);
    let test = prop_oneof![
        path().prop_map(|p| format!("(literal \"{p}\")")),
        path().prop_map(|p| format!("(subpath \"{p}\")")),
        path().prop_map(|p| format!("(prefix \"{p}\")")),
        prop::sample::select(vec!["x", "y", "z"]).prop_map(|v| format!("(extension \"{v}\")")),
        prop::sample::select(vec!["REGULAR-FILE", "DIRECTORY", "SYMLINK"])
            .prop_map(|v| format!("(vnode-type {v})")),
    ];
    let filter = test.prop_recursive(4, 24, 3, |inner| {
        let parts = prop::collection::vec(inner.clone(), 2..4).prop_map(|f| f.join(" "));
        prop_oneof![
            2 => parts.clone().prop_map(|f| format!("(require-any {f})")),
            2 => parts.prop_map(|f| format!("(require-all {f})")),
            1 => inner.prop_map(|f| format!("(require-not {f})")),
        ]
    });
    let operations = prop::sample::subsequence(
        vec![
            "file-read-data",
            "file-write-data",
            "file-read-metadata",
            "file-read*",
            "file-write*",
            "process-exec*",
        ],
        1..3,
    );
    let action = prop::sample::select(vec!["allow", "deny"]);
    let filters = prop::collection::vec(filter, 1..3);
    let rule = (action.clone(), operations, filters).prop_map(|(action, operations, filters)| {
        let [operations, filters] = [operations.join(" "), filters.join(" ")];
        format!("({action} {operations} {filters})")
    });
    (action, prop::collection::vec(rule, 5..30)).prop_map(|(default, rules)| {
        let rules = rules.join("\n");
        format!("(version 1)\n({default} default)\n{rules}")
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
