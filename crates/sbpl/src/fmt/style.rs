//! How a list is broken, by its head.

/// What stays beside the head of a broken list, and how far its other parts are indented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) kept: Kept,
    pub(super) indent: usize,
}

/// The parts that stay on the line of the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// This many.
    Count(usize),
    /// The operations of a rule and modifiers among them.
    Operations,
    /// The names that the author put there.
    Names,
}

/// The style of a form by its head; `named` tells that a name follows, as in a named `let`.
pub(super) fn of(head: &str, named: bool) -> Style {
    let style = |count, indent| Style {
        kept: Kept::Count(count),
        indent,
    };
    match head {
        "allow" | "deny" => Style {
            kept: Kept::Operations,
            indent: 2,
        },
        "if" => style(1, 4),
        "let" if named => style(2, 2),
        "do" | "receive" => style(2, 2),
        "and" | "or" | "begin" | "cond" | "require-any" | "require-all" | "require-not" => {
            style(0, 2)
        }
        "define" | "define-macro" | "lambda" | "named-lambda" | "macro" | "let" | "let*"
        | "letrec" | "when" | "unless" | "case" | "set!" | "for-each" | "map" | "catch"
        | "with-filter" | "with-modifier" | "with-operations" | "remote" | "local" | "from"
        | "to" => style(1, 2),
        _ => Style {
            kept: Kept::Names,
            indent: 2,
        },
    }
}
