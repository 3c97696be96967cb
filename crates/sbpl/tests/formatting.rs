//! The house style, form by form, and that no text changes its meaning or the style of itself.
#![allow(missing_docs)]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use lapbelt_policy::world::{World, shipped};
use lapbelt_sbpl::fmt::{FormatError, WIDTH, format};
use lapbelt_sbpl::{NoImports, Source, evaluate, print};
use proptest::prelude::*;

static WORLD: LazyLock<World> = LazyLock::new(|| {
    shipped("macos-14.4.1")
        .expect("shipped")
        .expect("a good world file")
});

#[track_caller]
fn becomes(text: &str, expected: &str) {
    let once = format(text).expect("a well-formed text");
    assert_eq!(once, expected);
    assert_eq!(format(&once).expect("well-formed"), expected);
}

#[test]
fn a_list_is_on_one_line_or_a_line_for_each_part() {
    becomes(
        "( allow   file-read*\t(literal \"/a\") )",
        "(allow file-read* (literal \"/a\"))\n",
    );
    becomes(
        "(allow file-read*\n     file-write* (literal \"/a\") (subpath \"/b\"))",
        "(allow file-read* file-write*\n  (literal \"/a\")\n  (subpath \"/b\"))\n",
    );
    let long = format!(
        "(allow mach-lookup (global-name \"{}\") (global-name \"b\"))",
        "a".repeat(60)
    );
    becomes(
        &long,
        &format!(
            "(allow mach-lookup\n  (global-name \"{}\")\n  (global-name \"b\"))\n",
            "a".repeat(60)
        ),
    );
    becomes(
        "(deny (with no-log) default\n)(allow\n(with report)\n default (require-all (a)\n(b)))",
        "(deny (with no-log) default)\n(allow (with report) default\n  (require-all\n    (a)\n    (b)))\n",
    );
}

#[test]
fn bodies_are_indented_by_two() {
    becomes(
        "(define (f x)\n(let ((a 1)\n(b 2)) (if a\nb\nx)))",
        "(define (f x)\n  (let ((a 1)\n        (b 2))\n    (if a\n        b\n        x)))\n",
    );
    becomes(
        "(cond ((a) 1)\n (else\n2))(let loop ((i 0))\n(loop i))",
        "(cond\n  ((a) 1)\n  (else\n    2))\n(let loop ((i 0))\n  (loop i))\n",
    );
    becomes("'(a\n. b)", "'(a\n   . b)\n");
    becomes("#(1\n2)", "#(1\n  2)\n");
}

#[test]
fn comments_stay_where_they_are() {
    becomes(
        ";; head\n\n\n\n(version 1) ; one\n(allow a ; why\n  ; own line\n  (b) ; last\n  )\n;end",
        ";; head\n\n(version 1)  ; one\n(allow a  ; why\n  ; own line\n  (b)  ; last\n)\n;end\n",
    );
    becomes(
        "(a)     ; one\n(bbbb)  ; two\n(c) ; three",
        "(a)     ; one\n(bbbb)  ; two\n(c)  ; three\n",
    );
    becomes("(a #| b |# c)", "(a  #| b |#\n  c)\n");
    becomes("(; c\n a)", "(  ; c\n a)\n");
}

#[test]
fn unusual_texts_are_taken_as_they_come() {
    becomes("", "");
    becomes(" \n\n", "");
    becomes("\u{feff}(a)\r\n(b)", "(a)\r\n(b)\r\n");
    becomes("(a)\r\n(b)\n(c)\n", "(a)\n(b)\n(c)\n");
    becomes("(a \"one\ntwo\")", "(a \"one\ntwo\")\n");
    becomes(
        "(a\n  #if X\n (b)\n#endif\n)",
        "(a\n#if X\n  (b)\n#endif\n)\n",
    );
    let deep = format!("{}{}", "(".repeat(300), ")".repeat(300));
    becomes(&deep, &format!("{}{}\n", "(".repeat(300), ")".repeat(300)));
    for bad in ["(a", "a)", "\"a", "#| #||#"] {
        assert!(matches!(format(bad), Err(FormatError::Syntax(_))), "{bad}");
    }
}

/// A program with something to lay out: forms of every style, comments and breaks.
fn program() -> impl Strategy<Value = String> {
    let blank = prop::sample::select(vec![
        " ",
        "\n",
        "\n\n\n",
        "  ; c\n",
        "\t",
        "\r\n",
        "\n#| b |#\n",
    ]);
    let leaf = prop::sample::select(vec![
        "x",
        "\"/a\"",
        "#\"^/b$\"",
        "1",
        "'(1 2)",
        "(literal \"/a\")",
        "(subpath \"/b\" \"/c\")",
        "(string-append \"/a\" \"/a-long-text-that-takes-much-of-a-line-of-a-hundred-columns\")",
    ]);
    let form = leaf
        .prop_map(str::to_owned)
        .prop_recursive(4, 40, 5, move |inner| {
            let head = prop::sample::select(vec![
                "allow file-read*",
                "deny",
                "require-all",
                "require-not",
                "if",
                "cond",
                "let ((x \"/a\"))",
                "define (f x)",
                "begin",
                "with-filter",
                "lambda x",
                "list",
                "remote tcp",
                "quote",
            ]);
            let parts = prop::collection::vec((blank.clone(), inner), 0..5);
            (head, parts, any::<bool>()).prop_map(|(head, parts, quoted)| {
                let parts: String = parts
                    .into_iter()
                    .map(|(blank, part)| format!("{blank}{part}"))
                    .collect();
                format!("{}({head}{parts})", if quoted { "'" } else { "" })
            })
        });
    prop::collection::vec(form, 1..5).prop_map(|forms| format!("(version 1)\n{}", forms.join(" ")))
}

fn outcome(text: &str) -> Result<String, Vec<String>> {
    let source = Source { name: "t", text };
    let evaluation = evaluate(&source, &BTreeMap::new(), &NoImports, &WORLD);
    match evaluation.policy {
        Some(policy) => Ok(print::policy(&policy, &WORLD)),
        None => Err(evaluation
            .diagnostics
            .into_iter()
            .map(|d| d.message)
            .collect()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn programs_keep_their_meaning(text in program()) {
        let once = format(&text).expect("a well-formed program");
        prop_assert_eq!(&format(&once).expect("well-formed"), &once);
        prop_assert_eq!(outcome(&once), outcome(&text));
        for line in once.lines().filter(|line| line.len() > WIDTH + 20) {
            prop_assert!(line.contains('"'), "{}", line);
        }
    }
}
