//! No profile, however broken, makes evaluation panic.
#![allow(missing_docs)]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use lapbelt_policy::world::{World, shipped};
use lapbelt_sbpl::diag::Severity;
use lapbelt_sbpl::{Imports, LoadedSource, Source, evaluate, print};
use proptest::prelude::*;
use proptest::sample::select;

static WORLD: LazyLock<World> = LazyLock::new(|| {
    shipped("macos-14.4.1")
        .expect("shipped")
        .expect("a good world file")
});

/// Words that mean something, and some that do not.
const WORDS: &[&str] = &[
    "allow",
    "deny",
    "default",
    "file-read*",
    "mach-lookup",
    "literal",
    "subpath",
    "regex",
    "require-any",
    "require-all",
    "require-not",
    "with",
    "report",
    "no-log",
    "send-signal",
    "remote",
    "local",
    "ip",
    "tcp",
    "unix-socket",
    "target",
    "self",
    "file-mode",
    "with-filter",
    "with-modifier",
    "with-operations",
    "param",
    "version",
    "import",
    "trace",
    "path-ancestors",
    "_IO",
    "debug",
    "define",
    "lambda",
    "let",
    "let*",
    "letrec",
    "if",
    "cond",
    "case",
    "else",
    "=>",
    "when",
    "unless",
    "and",
    "or",
    "begin",
    "set!",
    "do",
    "quote",
    "quasiquote",
    "unquote",
    "unquote-splicing",
    "macro",
    "define-macro",
    "apply",
    "map",
    "for-each",
    "eval",
    "call/cc",
    "catch",
    "error",
    "defined?",
    "cons",
    "car",
    "cdr",
    "cadr",
    "list",
    "append",
    "reverse",
    "length",
    "list-tail",
    "list-ref",
    "assoc",
    "member",
    "equal?",
    "eq?",
    "set-car!",
    "set-cdr!",
    "vector",
    "vector-ref",
    "make-vector",
    "string-append",
    "substring",
    "string-ref",
    "string->list",
    "list->string",
    "string->number",
    "number->string",
    "string->symbol",
    "open-input-string",
    "open-output-string",
    "read",
    "read-char",
    "display",
    "write",
    "+",
    "-",
    "*",
    "/",
    "quotient",
    "modulo",
    "<",
    "=",
    "split-string",
    "regex-quote",
    "not",
    "null?",
    "require-entitlement",
    "apply-message-filter",
    "x",
    "y",
    "f",
    "filter",
    "operation",
];

const ATOMS: &[&str] = &[
    "0",
    "1",
    "2",
    "-1",
    "3.5",
    "9223372036854775807",
    "-9223372036854775808",
    "#t",
    "#f",
    "#\\a",
    "\"\"",
    "\"/a\"",
    "\"*:80\"",
    "\"(f)\"",
    "\"\\xff\"",
    "#\"^/a\"",
    "'()",
    ".",
];

fn program() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![3 => select(WORDS), 2 => select(ATOMS)].prop_map(str::to_owned);
    let form = leaf.prop_recursive(5, 40, 6, |inner| {
        let list = (select(WORDS), prop::collection::vec(inner.clone(), 0..5))
            .prop_map(|(head, rest)| format!("({head} {})", rest.join(" ")));
        let data = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            5 => list,
            1 => data.prop_map(|items| format!("({})", items.join(" "))),
            1 => (select(vec!["'", "`", ",", ",@"]), inner).prop_map(|(m, x)| format!("{m}{x}")),
        ]
    });
    prop::collection::vec(form, 1..8).prop_map(|forms| format!("(version 1) {}", forms.join("\n")))
}

/// Every name is a small library.
struct Library;

impl Imports for Library {
    fn load(&self, name: &str) -> Result<LoadedSource, String> {
        let text = "(define (f . x) (apply literal x)) (define x \"/x\") (import \"again\")";
        Ok(LoadedSource {
            name: name.to_owned(),
            text: text.to_owned(),
        })
    }
}

fn check(text: &str) {
    let params = BTreeMap::from([("/a".to_owned(), "value".to_owned())]);
    let source = Source {
        name: "random",
        text,
    };
    let evaluation = evaluate(&source, &params, &Library, &WORLD);
    let failed = evaluation
        .diagnostics
        .iter()
        .any(|d| d.severity == Severity::Error);
    assert_eq!(evaluation.policy.is_none(), failed);
    for found in &evaluation.diagnostics {
        let places = found
            .origin
            .iter()
            .chain(found.labels.iter().map(|label| &label.origin));
        for at in places {
            let text = &evaluation.sources[at.source.0 as usize].text;
            assert!(
                text.get(at.start as usize..at.end as usize).is_some(),
                "{found:?}"
            );
        }
    }
    if let Some(policy) = evaluation.policy {
        let printed = print::policy(&policy, &WORLD);
        let source = Source {
            name: "printed",
            text: &printed,
        };
        let again = evaluate(&source, &params, &Library, &WORLD);
        let again = again
            .policy
            .unwrap_or_else(|| panic!("{printed} {:?}", again.diagnostics));
        assert_eq!(print::policy(&again, &WORLD), printed, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn random_programs_end(text in program()) {
        check(&text);
    }

    #[test]
    fn random_text_ends(text in any::<String>()) {
        check(&text);
    }
}
