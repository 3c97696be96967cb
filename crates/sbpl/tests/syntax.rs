//! The tree keeps every byte of any text.
#![allow(missing_docs)]

use lapbelt_sbpl::syntax::{MAX_DEPTH, NodeId, NodeKind, Parse, SyntaxErrorKind, parse};
use proptest::prelude::*;

fn check(text: &str) {
    let parse = parse(text);
    let whole: String = parse
        .tokens()
        .iter()
        .map(|token| token.span.slice(text))
        .collect();
    assert_eq!(whole, text);
    let mut end = 0;
    for token in parse.tokens() {
        assert_eq!(token.span.start, end);
        assert!(token.span.end > token.span.start);
        end = token.span.end;
    }
    check_nodes(&parse, parse.forms(), 0..text.len());
    assert!(
        parse
            .errors()
            .iter()
            .all(|error| error.span.start <= text.len())
    );
}

/// Children lie in their parent, in order, and do not overlap.
fn check_nodes(parse: &Parse, nodes: &[NodeId], within: std::ops::Range<usize>) {
    let mut at = within.start;
    for id in nodes {
        let node = parse.node(*id);
        assert!(node.span.start >= at && node.span.end <= within.end);
        let (first, last) = (node.tokens.start, node.tokens.end - 1);
        assert_eq!(parse.tokens()[first].span.start, node.span.start);
        if node.span.end < parse.text().len() {
            assert_eq!(parse.tokens()[last].span.end, node.span.end);
        }
        check_nodes(parse, &node.children, node.span.start..node.span.end);
        at = node.span.end;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_kept(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn text_made_of_marks_is_kept(text in r##"[()"#|\\;'`,@.tx0-7a é\n]{0,60}"##) {
        check(&text);
    }
}

fn errors(text: &str) -> Vec<SyntaxErrorKind> {
    check(text);
    parse(text)
        .errors()
        .iter()
        .map(|error| error.kind)
        .collect()
}

#[test]
fn good_texts_have_no_errors() {
    for text in [
        "",
        "(allow file-read* (literal \"/a b\" #\"^/x\\.y$\"))",
        "'(a . b) `(a ,b ,@c) #(1 2) #\\a #\\space #\\( #\\. #t #f #xff -1.5 1e3",
        "#| outer #| inner |# still |# (version 1) ; end",
        "\"\\x41\\101\\n\\q\"",
        "(import \"a\")(f)",
    ] {
        assert_eq!(errors(text), [], "{text}");
    }
}

#[test]
fn each_mistake_has_its_kind() {
    use SyntaxErrorKind::*;
    for (text, kinds) in [
        ("(a (b", &[UnclosedList][..]),
        ("'(a", &[UnclosedList]),
        ("(a '(b", &[UnclosedList]),
        ("a) b", &[UnmatchedClose]),
        ("(\"a\\\"", &[UnclosedList, UnclosedString]),
        ("#\"abc", &[UnclosedString]),
        ("#| a", &[UnclosedComment]),
        ("\"\\xg0\"", &[BadLiteral]),
        ("#\\nonsense", &[BadLiteral]),
        ("#if", &[]),
        ("a #if", &[UnknownSharp]),
        ("#| #||#", &[UnclosedComment]),
        ("(a ')", &[DanglingPrefix]),
        ("(a . b c)", &[MisplacedDot]),
        (". a", &[MisplacedDot]),
    ] {
        assert_eq!(errors(text), kinds, "{text}");
    }
}

#[test]
fn depth_is_limited_and_closed_again() {
    for opener in ["(", "'", "#(", "`(,("] {
        let text = format!("{}{} (after)", opener.repeat(100_000), ")".repeat(300_000));
        assert!(errors(&text).contains(&SyntaxErrorKind::TooDeep));
    }
    let deepest = format!("{}{}", "(".repeat(MAX_DEPTH), ")".repeat(MAX_DEPTH));
    assert_eq!(errors(&deepest), []);
    let parse = parse(&format!("({deepest}) (after)"));
    assert_eq!(parse.errors().len(), 1);
    let last = parse.node(*parse.forms().last().expect("a form"));
    assert_eq!((last.kind, parse.forms().len()), (NodeKind::List, 2));
}
