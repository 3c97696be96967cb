//! The parts of a list, comments among them, in the order of the text.

use std::ops::Range;

use crate::syntax::{NodeId, Parse, Token, TokenKind};

/// Something that stands in a list or at top level.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) what: What,
    /// Line ends between it and what stands before it.
    pub(super) newlines: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum What {
    Datum(NodeId),
    /// A comment, or a line of a preprocessor.
    Comment(Token),
}

impl What {
    pub(super) fn datum(self) -> Option<NodeId> {
        match self {
            Self::Datum(node) => Some(node),
            Self::Comment(_) => None,
        }
    }
}

/// The parts in a range of tokens, of which `children` are data.
pub(super) fn parts(parse: &Parse, tokens: Range<usize>, children: &[NodeId]) -> Vec<Part> {
    let mut parts = Vec::with_capacity(children.len());
    let mut children = children.iter().copied();
    let mut next = children.next();
    let mut newlines = 0;
    let mut at = tokens.start;
    while at < tokens.end {
        if let Some(child) = next.filter(|child| parse.node(*child).tokens.start == at) {
            let what = What::Datum(child);
            parts.push(Part { what, newlines });
            newlines = 0;
            at = parse.node(child).tokens.end;
            next = children.next();
            continue;
        }
        let token = parse.tokens()[at];
        if token.kind == TokenKind::Whitespace {
            newlines += token.span.slice(parse.text()).matches('\n').count();
        } else if token.kind.is_trivia() {
            let what = What::Comment(token);
            parts.push(Part { what, newlines });
            newlines = 0;
        }
        at += 1;
    }
    parts
}
