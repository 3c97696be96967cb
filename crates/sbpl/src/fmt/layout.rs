//! Where each datum and comment goes.

use super::WIDTH;
use super::align::Line;
use super::measure::{columns, widths};
use super::parts::{Part, What, parts};
use super::style::{self, Kept};
use crate::syntax::{NodeId, NodeKind, Parse, Token, TokenKind};

/// The lines of a formatted text.
pub(super) fn lines(parse: &Parse) -> Vec<Line> {
    let mut layout = Layout {
        parse,
        widths: widths(parse),
        lines: Vec::new(),
        line: Line::default(),
    };
    let all = parts(parse, 0..parse.tokens().len(), parse.forms());
    for (at, part) in all.iter().enumerate() {
        layout.part(part, at == 0, 0, 0);
    }
    if !layout.is_at_start() {
        layout.end_line();
    }
    layout.lines
}

struct Layout<'a> {
    parse: &'a Parse,
    widths: Vec<Option<usize>>,
    lines: Vec<Line>,
    line: Line,
}

impl<'a> Layout<'a> {
    fn is_at_start(&self) -> bool {
        self.line.code.is_empty() && self.line.comment.is_none()
    }

    fn end_line(&mut self) {
        self.lines.push(std::mem::take(&mut self.line));
    }

    fn column(&self) -> usize {
        columns(&self.line.code)
    }

    /// Starts a line, after a blank one if the text has one there.
    fn start_line(&mut self, indent: usize, blank: bool) {
        if !self.is_at_start() {
            self.end_line();
        }
        if blank && !self.lines.is_empty() {
            self.lines.push(Line::default());
        }
        self.line.code.extend(std::iter::repeat_n(' ', indent));
    }

    /// A part on a line of its own, or a comment behind what stands before it. `closing` is how
    /// many parentheses follow it at once.
    fn part(&mut self, part: &Part, first: bool, indent: usize, closing: usize) {
        let blank = part.newlines > 1 && !first;
        match part.what {
            What::Datum(node) => {
                self.start_line(indent, blank);
                self.datum(node, closing);
            }
            What::Comment(token) => self.comment(token, part.newlines, blank, indent),
        }
    }

    fn comment(&mut self, token: Token, newlines: usize, blank: bool, indent: usize) {
        let text = token.span.slice(self.parse.text());
        match token.kind {
            TokenKind::Directive => {
                self.start_line(0, blank);
                self.line.code.push_str(text.trim_end());
                self.end_line();
            }
            _ if newlines == 0 && !self.is_at_start() && self.line.comment.is_none() => {
                let comment = (text.trim_end().to_owned(), self.source_column(token));
                self.line.comment = Some(comment);
            }
            _ => {
                self.start_line(indent, blank);
                self.line.code.push_str(text.trim_end());
                self.end_line();
            }
        }
    }

    /// The column of a token in the text, with tabs to every eighth.
    fn source_column(&self, token: Token) -> usize {
        let before = &self.parse.text()[..token.span.start];
        let line = before.rsplit('\n').next().unwrap_or(before);
        line.chars().fold(0, |column, c| match c {
            '\t' => (column / 8 + 1) * 8,
            _ => column + 1,
        })
    }

    fn datum(&mut self, id: NodeId, closing: usize) {
        let node = self.parse.node(id);
        let fits =
            self.widths[id.index()].is_some_and(|width| self.column() + width + closing <= WIDTH);
        match node.kind {
            _ if fits => self.flat(id),
            NodeKind::Leaf(_) => self.flat(id),
            NodeKind::Prefixed(_) => match node.children.first() {
                Some(child) if node.tokens.len() == 1 + self.parse.node(*child).tokens.len() => {
                    self.mark(id);
                    self.datum(*child, closing);
                }
                // Something stands between the mark and its datum: leave that alone.
                _ => self.line.code.push_str(self.parse.node_text(id)),
            },
            NodeKind::List => self.broken(id, "(", closing),
            NodeKind::Vector => self.broken(id, "#(", closing),
        }
    }

    fn mark(&mut self, id: NodeId) {
        let mark = &self.parse.node_text(id)[..self.parse.node(id).prefix_length()];
        self.line.code.push_str(mark);
    }

    fn flat(&mut self, id: NodeId) {
        let node = self.parse.node(id);
        match node.kind {
            NodeKind::Leaf(_) => self.line.code.push_str(self.parse.node_text(id)),
            NodeKind::Prefixed(_) => {
                self.mark(id);
                node.children.iter().for_each(|child| self.flat(*child));
            }
            NodeKind::List | NodeKind::Vector => {
                let open = if node.kind == NodeKind::List {
                    "("
                } else {
                    "#("
                };
                self.line.code.push_str(open);
                for (at, child) in node.children.iter().enumerate() {
                    if at > 0 {
                        self.line.code.push(' ');
                    }
                    self.flat(*child);
                }
                self.line.code.push(')');
            }
        }
    }

    /// A list over several lines.
    fn broken(&mut self, id: NodeId, open: &str, closing: usize) {
        let node = self.parse.node(id);
        let all = parts(self.parse, node.tokens.clone(), &node.children);
        let start = self.column();
        self.line.code.push_str(open);
        let (kept, indent) = self.keep(&all, open, start, closing);
        let mut rest = all[kept..].iter().enumerate().peekable();
        let mut after_dot = false;
        while let Some((at, part)) = rest.next() {
            let inner = if rest.peek().is_none() {
                closing + 1
            } else {
                0
            };
            match part.what {
                What::Datum(node) if after_dot => {
                    self.line.code.push(' ');
                    self.datum(node, inner);
                }
                // Behind the parenthesis itself if nothing is kept there.
                What::Datum(node) if kept == 0 && at == 0 => self.datum(node, inner),
                _ => self.part(part, at == 0, indent, inner),
            }
            after_dot = part.what.datum().is_some_and(|node| self.is_dot(node));
        }
        // A comment would swallow the parenthesis.
        if self.line.comment.is_some() || self.is_at_start() {
            self.start_line(start, false);
        }
        self.line.code.push(')');
    }

    fn is_dot(&self, id: NodeId) -> bool {
        self.parse.node(id).kind == NodeKind::Leaf(TokenKind::Dot)
    }

    /// Puts on the line of the parenthesis what belongs there: how many parts those are, and where
    /// the others are indented to.
    fn keep(&mut self, all: &[Part], open: &str, start: usize, closing: usize) -> (usize, usize) {
        let beside = start + open.len();
        let head = all.first().and_then(|part| part.what.datum());
        let Some(head) = head.filter(|head| open == "(" && self.is_symbol(*head)) else {
            return (0, beside);
        };
        self.flat(head);
        let named = all
            .get(1)
            .and_then(|part| part.what.datum())
            .is_some_and(|second| self.is_symbol(second));
        let style = style::of(self.parse.node_text(head), named);
        let mut kept = 1;
        for part in &all[1..] {
            let Some(node) = part.what.datum() else { break };
            let belongs = match style.kept {
                Kept::Count(count) => kept <= count,
                Kept::Operations => self.is_operation(node),
                Kept::Names => part.newlines == 0 && self.is_symbol(node),
            };
            let last = kept + 1 == all.len();
            let end = if last { closing + 1 } else { 0 };
            let width = self.widths[node.index()];
            let fits = width.is_some_and(|width| self.column() + 1 + width + end <= WIDTH);
            let free = matches!(style.kept, Kept::Count(_));
            if !belongs || self.is_dot(node) || !(free || fits) {
                break;
            }
            self.line.code.push(' ');
            self.datum(node, end);
            kept += 1;
        }
        (kept, start + style.indent)
    }

    fn is_symbol(&self, id: NodeId) -> bool {
        self.parse.node(id).kind == NodeKind::Leaf(TokenKind::Symbol)
    }

    /// An operation of a rule by its looks, or a modifier.
    fn is_operation(&self, id: NodeId) -> bool {
        let node = self.parse.node(id);
        let head = node.children.first();
        self.is_symbol(id)
            || node.kind == NodeKind::List
                && head.is_some_and(|head| self.parse.node_text(*head) == "with")
    }
}
