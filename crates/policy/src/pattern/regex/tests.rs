//! The syntax of SBPL, and agreement with another parser where the two share it.

use proptest::prelude::*;
use regex_automata::Input;
use regex_automata::dfa::{Automaton, dense};
use regex_automata::util::syntax;

use super::{Regex, RegexError, Syntax, automaton};

fn matches(source: &str, text: &str) -> bool {
    Regex::new(source)
        .expect("an expression")
        .is_match(text.as_bytes())
}

fn offset(source: &str) -> usize {
    match Regex::new(source).expect_err("no expression") {
        RegexError::Syntax { offset, .. } => offset,
        RegexError::TooLarge => panic!("too large: {source}"),
    }
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
fn a_sign_with_nothing_before_it_repeats_nothing() {
    for (source, at) in [
        ("a|*", Some(2)),
        ("(+)", Some(1)),
        ("*/b", Some(0)),
        ("a*|b?", None),
    ] {
        assert_eq!(Syntax::repeats_nothing(source), at, "{source}");
        Regex::new(source).expect("an expression");
    }
    let regex = Regex::new("*/b$").expect("an expression");
    assert!(regex.is_match(b"/a/b") && !regex.is_match(b"/a/c"));
}

/// What grows as a power of the text, or takes many steps for each state.
#[test]
fn work_ends_before_it_is_too_much() {
    let branches: Vec<String> = (0..300).map(|i| format!("x.*{i}.*y")).collect();
    let hostile = [
        branches.join("|"),
        ".?".repeat(5000),
        format!("a({})*b", "()|".repeat(5000)),
    ];
    for source in hostile {
        match Regex::new(&source) {
            Ok(regex) => assert!(regex.steps() <= automaton::MAX_STEPS),
            Err(error) => assert_eq!(error, RegexError::TooLarge),
        }
    }
    let error = Regex::new(format!("a{}", ".".repeat(30)));
    assert_eq!(error, Err(RegexError::TooLarge), "an exponential automaton");
    // A path of the greatest length, said as an expression.
    let longest: String = (0..1024)
        .map(|i| char::from(b'a' + (i % 26) as u8))
        .collect();
    let steps = Regex::new(&longest).expect("an expression").steps();
    assert!(steps < automaton::MAX_STEPS / 4, "{steps}");
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
