//! Text to tokens to tree, losslessly and without vocabulary.
//!
//! [`parse`] accepts any text. Every byte of it lies in exactly one token, and what is wrong comes
//! back as a list of [`SyntaxError`]s beside the tree.

mod lexer;
pub mod literal;
mod parser;
mod token;
mod tree;

pub use lexer::tokenize;
pub use parser::{MAX_DEPTH, parse};
pub use token::{Span, Token, TokenKind};
pub use tree::{Node, NodeId, NodeKind, Parse, Prefix, SyntaxError, SyntaxErrorKind};
