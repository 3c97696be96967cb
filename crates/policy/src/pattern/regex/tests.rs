//! The syntax of SBPL, and agreement with another parser where the two share it.

use proptest::prelude::*;
use regex_automata::util::syntax;

use super::*;

fn matches(source: &str, text: &str) -> bool {
    Regex::new(source)
        .expect("an expression")
        .is_match(text.as_bytes())
}

fn offset(source: &str) -> usize {
    Regex::new(source)
        .expect_err("no expression")
        .offset
        .expect("a place")
}

#[test]
fn searched_for_unless_anchored() {
    assert!(matches("b", "abc") && matches("", "abc") && matches("", ""));
    assert!(matches("^a", "abc") && !matches("^b", "abc"));
    assert!(matches("c$", "abc") && !matches("b$", "abc"));
    assert!(matches("^/a($|/)", "/a") && matches("^/a($|/)", "/a/b"));
    assert!(!matches("^/a($|/)", "/ab"));
    assert!(matches("a|^$", "") && !matches("a|^$", "b"));
    assert!(
        !matches("^a$", "x\na\n"),
        "anchors are those of the text, not of a line"
    );
}

#[test]
fn bytes() {
    assert!(Regex::new("^.$").expect("an expression").is_match(b"\xff"));
    assert!(matches("^.$", "\n") && matches("^[^a]$", "\n"));
    assert!(matches("^é$", "é") && matches("^..$", "é"));
}

#[test]
fn signs_that_stand_for_themselves() {
    assert!(matches("^a{2}$", "a{2}") && !matches("^a{2}$", "aa"));
    assert!(matches("^]$", "]") && matches("^}-$", "}-"));
    assert!(matches(r"^\.\*\[\\$", r".*[\") && !matches(r"^\.$", "x"));
    assert!(matches(r"^\w$", "w") && !matches(r"^\w$", "a"));
}

#[test]
fn classes() {
    assert!(matches("^[a-c]+$", "abc") && !matches("^[a-c]+$", "d"));
    assert!(matches("^[]a]+$", "]a") && matches("^[^]a]$", "b") && !matches("^[^]a]$", "]"));
    assert!(matches("^[-a]+$", "-a") && matches("^[a-]+$", "-a"));
    assert!(matches("^[a^]+$", "^a") && matches("^[.]$", ".") && !matches("^[.]$", "x"));
    assert!(matches(r"^[\]\-\\a]+$", r"]-\a") && !matches(r"^[^\.]$", "."));
    assert!(matches("^[[:alpha:][:digit:]_-]+$", "aZ9_-") && !matches("^[[:alpha:]]$", "1"));
    assert!(matches("^[[a]+$", "[a") && matches("^[^[:space:]]$", "x"));
}

#[test]
fn repetition() {
    assert!(matches("^ab*$", "a") && matches("^ab+$", "abb") && !matches("^ab+$", "a"));
    assert!(matches("^(ab)?$", "") && matches("^(ab)?$", "ab"));
    assert!(matches("^a+?$", "") && matches("^a+?$", "aa") && !matches("^a??$", "aa"));
}

#[test]
fn errors_name_the_offset() {
    assert_eq!(offset("ab)"), 2);
    assert_eq!(offset("a(b"), 1);
    assert_eq!(offset("a|*"), 2);
    assert_eq!(offset("(+)"), 1);
    assert_eq!(offset(r"ab\"), 2);
    assert_eq!(offset("x[abc"), 1);
    assert_eq!(offset("x[^]"), 1);
    assert_eq!(offset(r"x[a\"), 1);
    assert_eq!(offset("x[az-c]"), 3);
    assert_eq!(offset("[[:alpha]]"), 1);
    assert_eq!(offset("[[:letter:]]"), 1);
    assert_eq!(offset(&"(".repeat(1000)), 100);
    let error = Regex::new("a(b").expect_err("no expression");
    assert_eq!(error.to_string(), "`(` without `)` (at byte 1)");
}

#[test]
fn too_large_an_automaton_is_refused() {
    let error = Regex::new(&format!("a{}", ".".repeat(30))).expect_err("an exponential automaton");
    assert_eq!(error.offset, None);
}

/// Expressions in the syntax that SBPL and regex-syntax share.
fn common() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        "[abc/]",
        Just("\\.".to_owned()),
        Just(".".to_owned()),
        Just("[a-c]".to_owned()),
        Just("[^/a]".to_owned()),
        Just("[[:digit:]b]".to_owned()),
        Just("[b\\-]".to_owned()),
        Just("^".to_owned()),
        Just("$".to_owned()),
    ];
    atom.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            prop::collection::vec(inner.clone(), 1..3)
                .prop_map(|all| format!("({})", all.join("|"))),
            (inner, "[*+?]").prop_map(|(one, sign)| format!("({one}){sign}")),
        ]
    })
}

proptest! {
    #[test]
    fn agrees_with_regex_syntax(source in common(), texts in prop::collection::vec("[abc/.1\n-]{0,8}", 8)) {
        let other = dense::Builder::new()
            .syntax(syntax::Config::new().unicode(false).utf8(false).dot_matches_new_line(true))
            .build(&source)
            .expect("the other parser takes it");
        let ours = Regex::new(&source).expect("ours takes it");
        for text in texts {
            let theirs = other.try_search_fwd(&Input::new(&text)).expect("a search").is_some();
            prop_assert_eq!(ours.is_match(text.as_bytes()), theirs, "{} on {:?}", source, text);
        }
    }

    #[test]
    fn no_text_panics(source in "[]\\[()|*+?^$.\\\\:a-c{}-]{0,24}|\\PC{0,12}") {
        if let Ok(regex) = Regex::new(&source) {
            regex.is_match(source.as_bytes());
        }
    }
}
