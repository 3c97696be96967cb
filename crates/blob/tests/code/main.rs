//! The byte codes of patterns and regular expressions, and the patterns made of them, have the same
//! language.

mod pattern;
mod regex;

use std::sync::LazyLock;

use lapbelt_policy::filter::{Argument, Test};
use lapbelt_policy::graph::{Canon, NodeId, Outcome, differences};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::rule::Action;
use lapbelt_policy::world::{World, shipped};

static WORLD: LazyLock<World> = LazyLock::new(|| {
    shipped("macos-14.4.1")
        .expect("a shipped world")
        .expect("a world that parses")
});

/// A decision that allows what any of the patterns matches; names, so that any text is one.
fn any_of(canon: &mut Canon, patterns: &[Pattern]) -> NodeId {
    let filter = WORLD.filter_named("global-name").expect("a filter").id;
    let allow = canon.decide(&Outcome::plain(Action::Allow));
    let deny = canon.decide(&Outcome::plain(Action::Deny));
    patterns.iter().rev().fold(deny, |next, pattern| {
        let test = Test {
            filter,
            argument: Argument::Pattern(pattern.clone()),
        };
        canon.ask(&test, allow, next)
    })
}

/// Panics if some text is in one language only: decided over all texts, by their automata.
fn assert_same(left: &[Pattern], right: &[Pattern]) {
    let mut canon = Canon::default();
    let (one, other) = (any_of(&mut canon, left), any_of(&mut canon, right));
    let found = differences(&canon, one, other, None, |filter| WORLD.filter(filter));
    if let Some(first) = found.expect("few combinations").first() {
        panic!("{left:?} and {right:?} differ on {:?}", first.values);
    }
}
