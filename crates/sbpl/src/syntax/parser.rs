//! Builds the tree, without recursion, and recovers from every error.

use super::lexer::{block_comment_length, tokenize};
use super::literal;
use super::token::{Span, Token, TokenKind};
use super::tree::{Node, NodeId, NodeKind, Parse, Prefix, SyntaxError, SyntaxErrorKind};

/// Deepest nesting of lists and marks; the corpus stays below 40.
pub const MAX_DEPTH: usize = 500;

/// Parses any text.
pub fn parse(text: &str) -> Parse {
    let mut parser = Parser {
        text,
        open: Vec::new(),
        skipped: 0,
        parse: empty(text),
    };
    for index in 0..parser.parse.tokens.len() {
        parser.token(index);
    }
    parser.finish()
}

fn empty(text: &str) -> Parse {
    Parse {
        text: text.to_owned(),
        tokens: tokenize(text),
        nodes: Vec::new(),
        forms: Vec::new(),
        errors: Vec::new(),
    }
}

/// A node whose end has not been seen.
struct Open {
    kind: NodeKind,
    span: Span,
    token: usize,
    children: Vec<NodeId>,
}

struct Parser<'a> {
    text: &'a str,
    open: Vec<Open>,
    /// Open parentheses dropped because they stand too deep.
    skipped: usize,
    parse: Parse,
}

impl Parser<'_> {
    fn token(&mut self, index: usize) {
        let token = self.parse.tokens[index];
        match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::Directive => {}
            TokenKind::BlockComment => {
                if block_comment_length(self.text_of(token)).is_none() {
                    self.error(
                        SyntaxErrorKind::UnclosedComment,
                        token.span,
                        "this comment is opened here and never closed: a `|#` is missing",
                    );
                }
            }
            TokenKind::Open => self.open(NodeKind::List, token, index),
            TokenKind::VectorOpen => self.open(NodeKind::Vector, token, index),
            TokenKind::Quote => self.prefix(Prefix::Quote, token, index),
            TokenKind::Quasiquote => self.prefix(Prefix::Quasiquote, token, index),
            TokenKind::Unquote => self.prefix(Prefix::Unquote, token, index),
            TokenKind::UnquoteSplicing => self.prefix(Prefix::UnquoteSplicing, token, index),
            TokenKind::Close => self.close(token, index),
            _ => {
                self.check_literal(token);
                self.leaf(token, index);
            }
        }
    }

    fn text_of(&self, token: Token) -> &str {
        token.span.slice(self.text)
    }

    fn error(&mut self, kind: SyntaxErrorKind, span: Span, message: impl Into<String>) {
        self.parse.errors.push(SyntaxError {
            kind,
            message: message.into(),
            span,
            inside: None,
        });
    }

    fn open(&mut self, kind: NodeKind, token: Token, index: usize) {
        if self.open.len() >= MAX_DEPTH || self.skipped > 0 {
            if self.skipped == 0 {
                let message = format!("nested deeper than {MAX_DEPTH} levels");
                self.error(SyntaxErrorKind::TooDeep, token.span, message);
            }
            self.skipped += 1;
            return;
        }
        self.open.push(Open {
            kind,
            span: token.span,
            token: index,
            children: Vec::new(),
        });
    }

    fn prefix(&mut self, prefix: Prefix, token: Token, index: usize) {
        if self.open.len() >= MAX_DEPTH {
            let message = format!("nested deeper than {MAX_DEPTH} levels");
            self.error(SyntaxErrorKind::TooDeep, token.span, message);
            return;
        }
        let kind = NodeKind::Prefixed(prefix);
        self.open.push(Open {
            kind,
            span: token.span,
            token: index,
            children: Vec::new(),
        });
    }

    fn leaf(&mut self, token: Token, index: usize) {
        if self.skipped > 0 {
            return;
        }
        self.add(Node {
            kind: NodeKind::Leaf(token.kind),
            span: token.span,
            tokens: index..index + 1,
            children: Vec::new(),
        });
    }

    /// Adds a finished node where it belongs, and closes the marks that waited for it.
    fn add(&mut self, node: Node) {
        let mut node = node;
        loop {
            let end = (node.span.end, node.tokens.end);
            let id = NodeId(self.parse.nodes.len() as u32);
            self.parse.nodes.push(node);
            let Some(top) = self.open.last_mut() else {
                self.parse.forms.push(id);
                return;
            };
            top.children.push(id);
            if !matches!(top.kind, NodeKind::Prefixed(_)) {
                return;
            }
            let Some(top) = self.open.pop() else { return };
            node = Node {
                kind: top.kind,
                span: Span {
                    start: top.span.start,
                    end: end.0,
                },
                tokens: top.token..end.1,
                children: top.children,
            };
        }
    }

    fn close(&mut self, token: Token, index: usize) {
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        self.drop_dangling();
        let Some(top) = self.open.pop() else {
            self.error(
                SyntaxErrorKind::UnmatchedClose,
                token.span,
                "`)` closes nothing",
            );
            return;
        };
        self.end(top, token.span.end, index + 1);
    }

    /// Ends marks that have nothing after them.
    fn drop_dangling(&mut self) {
        while let Some(top) = self
            .open
            .pop_if(|top| matches!(top.kind, NodeKind::Prefixed(_)))
        {
            self.error(
                SyntaxErrorKind::DanglingPrefix,
                top.span,
                "nothing follows this quote",
            );
        }
    }

    fn end(&mut self, top: Open, end: usize, token_end: usize) {
        self.check_dots(&top);
        self.add(Node {
            kind: top.kind,
            span: Span {
                start: top.span.start,
                end,
            },
            tokens: top.token..token_end,
            children: top.children,
        });
    }

    fn check_dots(&mut self, list: &Open) {
        let count = list.children.len();
        for (at, child) in list.children.iter().enumerate() {
            let node = &self.parse.nodes[child.0 as usize];
            let fits = list.kind == NodeKind::List && at > 0 && at + 2 == count;
            if node.kind == NodeKind::Leaf(TokenKind::Dot) && !fits {
                let (span, message) = (node.span, "a dot stands before the last item of a list");
                self.error(SyntaxErrorKind::MisplacedDot, span, message);
            }
        }
    }

    fn check_literal(&mut self, token: Token) {
        let text = token.span.slice(self.text);
        let whole = token.span;
        match token.kind {
            TokenKind::String => {
                if !is_closed(text) {
                    self.error(
                        SyntaxErrorKind::UnclosedString,
                        whole,
                        "this string is opened here and never closed: a `\"` is missing",
                    );
                } else if let Err(error) = literal::string(text) {
                    let start = token.span.start + error.offset;
                    let span = Span {
                        start,
                        end: start + 2,
                    };
                    self.error(SyntaxErrorKind::BadLiteral, span, error.message);
                }
            }
            TokenKind::RawString if text.len() < 3 || !text.ends_with('"') => {
                self.error(
                    SyntaxErrorKind::UnclosedString,
                    whole,
                    "this string is opened here and never closed: a `\"` is missing",
                );
            }
            TokenKind::Character => {
                if let Err(error) = literal::character(text) {
                    self.error(SyntaxErrorKind::BadLiteral, whole, error.message);
                }
            }
            TokenKind::Unknown => {
                let message = format!("`{text}` has no meaning");
                self.error(SyntaxErrorKind::UnknownSharp, whole, message);
            }
            TokenKind::Dot if self.open.is_empty() => {
                self.error(SyntaxErrorKind::MisplacedDot, whole, "a dot outside a list");
            }
            _ => {}
        }
    }

    fn line_starting_list(&self, nodes: &[NodeId]) -> Option<Span> {
        let nodes = nodes.iter().map(|id| &self.parse.nodes[id.0 as usize]);
        nodes
            .filter(|node| node.kind == NodeKind::List)
            .find(|node| self.text[..node.span.start].ends_with('\n'))
            .map(|node| node.span)
    }

    fn finish(mut self) -> Parse {
        let end = self.text.len();
        let token_end = self.parse.tokens.len();
        self.drop_dangling();
        // What one mistake leaves open is told once, of the outermost list.
        let (mut count, mut outermost, mut inside) = (0, None, None);
        while let Some(top) = self.open.pop() {
            count += 1;
            outermost = Some(top.span);
            inside = inside.or_else(|| self.line_starting_list(&top.children));
            self.end(top, end, token_end);
            self.drop_dangling();
        }
        if let Some(span) = outermost {
            let message = match count {
                1 => "this list is opened here and never closed: a `)` is missing".into(),
                2 => "this list is opened here and never closed, nor is one inside it: 2 `)` are \
                      missing"
                    .into(),
                _ => format!(
                    "this list is opened here and never closed, nor are {} inside it: {count} `)` \
                     are missing",
                    count - 1
                ),
            };
            self.parse.errors.push(SyntaxError {
                kind: SyntaxErrorKind::UnclosedList,
                message,
                span,
                inside,
            });
        }
        self.parse.errors.sort_by_key(|e| e.span);
        self.parse
    }
}

/// Whether a string token ends in a quote that is not escaped.
fn is_closed(text: &str) -> bool {
    let body = text.as_bytes();
    let Some((b'"', inner)) = body.split_last().map(|(last, rest)| (*last, rest)) else {
        return false;
    };
    let backslashes = inner.iter().rev().take_while(|b| **b == b'\\').count();
    !inner.is_empty() && backslashes % 2 == 0
}
