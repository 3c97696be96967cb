//! Whether one filter plainly matches whatever another does, as a reader sees it.

use lapbelt_policy::filter::{Argument, Filter, Test};
use lapbelt_policy::pattern::Pattern;

/// Whether `wide` matches whatever `narrow` does. Only plain cases are seen; no for all others.
pub(super) fn covers(wide: &Filter, narrow: &Filter) -> bool {
    if wide == narrow {
        return true;
    }
    match (wide, narrow) {
        (Filter::Test(wide), Filter::Test(narrow)) => test_covers(wide, narrow),
        (Filter::Any(parts), narrow) => parts.iter().any(|wide| covers(wide, narrow)),
        (wide, Filter::All(parts)) => parts.iter().any(|narrow| covers(wide, narrow)),
        _ => false,
    }
}

fn test_covers(wide: &Test, narrow: &Test) -> bool {
    let (Argument::Pattern(pattern), Argument::Pattern(other)) = (&wide.argument, &narrow.argument)
    else {
        return false;
    };
    if wide.filter != narrow.filter {
        return false;
    }
    match (pattern, other) {
        (pattern, Pattern::Literal(text)) => pattern.matches(text),
        (Pattern::Subpath(_), Pattern::Subpath(text)) => pattern.matches(text),
        (Pattern::Prefix(wide), Pattern::Prefix(text) | Pattern::Subpath(text)) => {
            text.starts_with(wide)
        }
        _ => false,
    }
}

/// A text that a filter matches, if it is simply about one.
pub(super) fn sample(filter: &Filter) -> Option<Vec<u8>> {
    match filter {
        Filter::Test(Test {
            argument: Argument::Pattern(pattern),
            ..
        }) => match pattern {
            Pattern::Literal(text) => Some(text.clone()),
            Pattern::Subpath(text) => {
                let text = text.strip_suffix(b"/").unwrap_or(text);
                Some([text, b"/sample"].concat())
            }
            Pattern::Prefix(text) => Some([&text[..], b"sample"].concat()),
            Pattern::Regex(_) => None,
        },
        Filter::Any(parts) => parts.iter().find_map(sample),
        _ => None,
    }
}
