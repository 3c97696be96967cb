//! Each way a world file can be wrong, by the line it is wrong on.

use proptest::prelude::*;

use super::*;
use crate::rule::Action;
use crate::world::{ModifierId, ModifierKind};

/// A small world that parses; cases add lines to it.
const GOOD: &str = "\
; a comment
world w
alias short
evidence e seen in a test
operation 1 a-b parent=a* categories=c,d evidence=e
operation 0 a* parent=- default=deny v1=allow evidence=e
filter 2 f category=c kind=integer cost=7 evidence=e
value f one 1 evidence=e
modifier 1 m actions=allow,deny argument=string evidence=e
constant ONE 1 evidence=e
name other a-b evidence=e
path-alias /x /y/x evidence=e
implied allow a-b f 1 evidence=e
";

fn none(_: &str) -> Option<&'static str> {
    None
}

/// The error of the good world with a line added at its end.
fn added(line: &str) -> Problem {
    let error = World::parse(&format!("{GOOD}{line}\n"), &none).expect_err("a bad world");
    assert_eq!(error.line, GOOD.lines().count() + 1, "{error}");
    error.problem
}

#[test]
fn a_good_world_has_what_it_says() {
    let world = World::parse(GOOD, &none).expect("a good world");
    assert_eq!(
        (world.id(), world.aliases()),
        ("w", &["short".to_owned()][..])
    );
    let operation = world.operation_named("other").expect("by its other name");
    assert_eq!(operation.parent, Some(OperationId(0)));
    assert_eq!(operation.categories, ["c", "d"]);
    let root = world.operation(world.root());
    assert_eq!(
        root.own_default,
        [Some(Action::Allow), Some(Action::Deny), Some(Action::Deny)]
    );
    assert_eq!(world.filter(FilterId(2)).values, [("one".to_owned(), 1)]);
    let modifier = world.modifier(ModifierId(1));
    assert!(modifier.on_allow && modifier.on_deny && modifier.kind == ModifierKind::Text);
    assert_eq!(world.implied().len(), 1);
}

#[test]
fn what_is_no_line_of_the_format() {
    assert_eq!(
        added("wurld x evidence=e"),
        Problem::UnknownKind("wurld".into())
    );
    assert_eq!(added("world x"), Problem::Repeated("world".into()));
    assert_eq!(
        added("constant TWO evidence=e"),
        Problem::Missing("the number")
    );
    assert_eq!(
        added("constant TWO 2 3 evidence=e"),
        Problem::Unexpected("3".into())
    );
    assert_eq!(
        added("constant TWO 2 evidence=e 3"),
        Problem::Unexpected("3".into())
    );
    assert_eq!(
        added("constant TWO 2 evidence=e x=1"),
        Problem::Unexpected("x".into())
    );
    assert_eq!(
        added("constant TWO 2 x=1 x=1"),
        Problem::Repeated("x".into())
    );
    assert_eq!(
        added("constant TWO two evidence=e"),
        Problem::NotANumber("two".into())
    );
    assert_eq!(
        added("filter 65536 g category=c kind=bool cost=0 evidence=e"),
        Problem::NotANumber("65536".into())
    );
}

#[test]
fn words_of_closed_lists() {
    let word = |line| match added(line) {
        Problem::NotOneOf { word, .. } => word,
        other => panic!("{other}"),
    };
    assert_eq!(
        word("filter 3 g category=c kind=sum cost=0 evidence=e"),
        "sum"
    );
    assert_eq!(
        word("modifier 2 n actions=allow argument=two evidence=e"),
        "two"
    );
    assert_eq!(
        word("modifier 2 n actions=maybe argument=none evidence=e"),
        "maybe"
    );
    assert_eq!(word("operation 2 c parent=- default=ask evidence=e"), "ask");
    assert_eq!(word("operation 2 c parent=- slot=yes evidence=e"), "yes");
    assert_eq!(word("path-alias-mode never evidence=e"), "never");
    assert_eq!(word("implied ask a-b f 1 evidence=e"), "ask");
}

#[test]
fn what_a_world_lacks_is_said_once_with_a_reason() {
    assert_eq!(added("lacks costs"), Problem::Missing("the reason"));
    assert!(matches!(added("lacks luck none"), Problem::NotOneOf { .. }));
    let text = format!("{GOOD}lacks costs none was seen\nlayout l evidence=e\n");
    let world = World::parse(&text, &none).expect("a world");
    assert!(world.is_without(Part::Costs) && !world.is_without(Part::Values));
    assert_eq!(world.lacks(), [(Part::Costs, "none was seen".to_owned())]);
    assert_eq!(world.layout(), Some("l"));
    let again = World::parse(&format!("{text}lacks costs again\n"), &none);
    let problem = again.expect_err("twice").problem;
    assert_eq!(problem, Problem::Repeated("costs".into()));
}

#[test]
fn every_fact_cites_declared_evidence() {
    assert_eq!(added("constant TWO 2"), Problem::Missing("evidence"));
    assert_eq!(
        added("constant TWO 2 evidence=e,g"),
        Problem::UndeclaredEvidence("g".into())
    );
    assert_eq!(added("evidence e again"), Problem::Repeated("e".into()));
    assert_eq!(
        added("evidence g"),
        Problem::Missing("the text of the evidence")
    );
}

#[test]
fn names_and_numbers_are_unique() {
    let repeated = |line, what: &str| assert_eq!(added(line), Problem::Repeated(what.into()));
    repeated("operation 1 c parent=- evidence=e", "1");
    repeated("operation 2 a-b parent=- evidence=e", "a-b");
    repeated("filter 2 g category=c kind=bool cost=0 evidence=e", "2");
    repeated("filter 3 f category=c kind=bool cost=0 evidence=e", "f");
    repeated("modifier 1 n actions=allow argument=none evidence=e", "1");
    repeated("modifier 2 m actions=allow argument=none evidence=e", "m");
    repeated("value f one 2 evidence=e", "one");
    repeated("constant ONE 2 evidence=e", "ONE");
    repeated("name other a* evidence=e", "other");
    repeated("name a* a-b evidence=e", "a*");
    repeated("path-alias /x /z evidence=e", "/x");
}

#[test]
fn names_are_declared() {
    let undeclared = |line| assert_eq!(added(line), Problem::Undeclared("zz".into()));
    undeclared("operation 2 c parent=zz evidence=e");
    undeclared("enforce zz evidence=e");
    undeclared("value zz one 1 evidence=e");
    undeclared("name nn zz evidence=e");
    undeclared("implied allow zz f 1 evidence=e");
    undeclared("implied allow a-b zz 1 evidence=e");
}

#[test]
fn operations_make_a_forest_without_gaps() {
    assert_eq!(added("operation 3 c parent=- evidence=e"), Problem::Gap(2));
    assert_eq!(
        added("operation 2 c parent=c evidence=e"),
        Problem::ParentCycle("c".into())
    );
    let text = "world w\nevidence e x\noperation 0 a parent=b evidence=e\noperation 1 b parent=a evidence=e";
    let error = World::parse(text, &none).expect_err("a cycle");
    assert_eq!(
        error,
        WorldError {
            line: 3,
            problem: Problem::ParentCycle("a".into())
        }
    );
}

#[test]
fn a_world_has_a_name() {
    let error = World::parse("alias a\n", &none).expect_err("nameless");
    assert_eq!(
        error,
        WorldError {
            line: 1,
            problem: Problem::Unnamed
        }
    );
}

#[test]
fn bases_give_their_facts() {
    let base = |name: &str| (name == "good").then_some(GOOD);
    let text = "world v\nbased-on good\nevidence g x\npath-alias-mode both evidence=g\nenforce a-b evidence=e\n";
    let world = World::parse(text, &base).expect("a based world");
    assert_eq!((world.id(), world.aliases().len()), ("v", 0));
    assert!(world.path_aliases().0.is_empty());
    assert!(world.operation_named("a-b").expect("inherited").enforced);
}

#[test]
fn bases_that_are_none() {
    let problem = |text: &str, base: &dyn Fn(&str) -> Option<&'static str>| {
        World::parse(text, base).expect_err("a bad base").problem
    };
    let text = "world v\nbased-on w\n";
    assert_eq!(problem(text, &none), Problem::UnknownBase("w".into()));
    assert_eq!(
        problem(text, &|_| Some("world w\nbased-on w\n")),
        Problem::BaseChain
    );
    let unnamed = WorldError {
        line: 1,
        problem: Problem::Unnamed,
    };
    assert_eq!(
        problem(text, &|_| Some("alias x")),
        Problem::Base {
            name: "w".into(),
            error: Box::new(unnamed)
        }
    );
    assert_eq!(added("based-on w"), Problem::LateBase);
}

proptest! {
    #[test]
    fn no_text_panics(lines in proptest::collection::vec("(operation|filter|value|name|implied|based-on|evidence|world)( [0-9a-c*-]{1,6}| (parent|kind|cost|evidence)=[a-e0-9]{0,2}){0,6}", 0..12)) {
        let _ = World::parse(&lines.join("\n"), &none);
    }
}
