//! Texts that a C compiler is to read first: what of them is SBPL.

use std::ops::Range;

use crate::syntax::{Parse, Span, TokenKind};

/// What of a template is SBPL, as the first branch of every condition has it.
pub(super) struct Template {
    /// The text with everything else made blank, so that all places stay.
    pub(super) text: String,
    /// What was passed over, and what that means; of all conditions only the first.
    pub(super) remarks: Vec<(Span, String)>,
}

/// The template that a text is; `None` if it has nothing for a C compiler.
pub(super) fn template(parse: &Parse) -> Option<Template> {
    let is_directive = |kind| kind == TokenKind::Directive;
    let mut tokens = parse.tokens().iter();
    if !tokens.any(|token| is_directive(token.kind)) {
        return None;
    }
    let mut bytes = parse.text().as_bytes().to_vec();
    let mut remarks = Vec::new();
    let mut told = false;
    let mut open: Vec<Branch> = Vec::new();
    for token in parse.tokens() {
        let range = token.span.start..token.span.end;
        if !is_directive(token.kind) {
            if open.iter().any(|branch| !branch.taken) {
                blank(&mut bytes, range);
            }
            continue;
        }
        let line = token.span.slice(parse.text()).trim_end();
        let (word, rest) = words(line);
        let is_condition = step(&mut open, word, rest);
        let meaning = match word {
            _ if is_condition && told => None,
            _ if is_condition => {
                told = true;
                Some("the first branch of every `#if` is read, as nobody says what holds".into())
            }
            "" => Some("only what stands inside this C++ string is read".into()),
            _ => Some(format!("`#{word}` is for a C preprocessor, and left out")),
        };
        // The string's end says nothing that its start did not.
        let meaning = meaning.filter(|_| !line.starts_with(')'));
        remarks.extend(meaning.map(|meaning| (token.span, meaning)));
        blank(&mut bytes, range);
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Some(Template { text, remarks })
}

/// One `#if` that has not ended.
struct Branch {
    /// Whether what stands here is read.
    taken: bool,
    /// Whether a branch of it has been read.
    done: bool,
}

/// Goes on to the next branch; whether the word has to do with branches.
fn step(open: &mut Vec<Branch>, word: &str, rest: &str) -> bool {
    match word {
        "if" | "ifdef" | "ifndef" => {
            let taken = rest != "0";
            let done = taken;
            open.push(Branch { taken, done });
        }
        "elif" | "else" => {
            if let Some(branch) = open.last_mut() {
                branch.taken = !branch.done;
                branch.done = true;
            }
        }
        "endif" => _ = open.pop(),
        _ => return false,
    }
    true
}

/// The word of a directive and what follows it; no word for an end of a string.
fn words(line: &str) -> (&str, &str) {
    let Some(line) = line.strip_prefix('#') else {
        return ("", "");
    };
    let line = line.trim_start();
    let end = line
        .find(|c: char| !c.is_ascii_alphabetic())
        .unwrap_or(line.len());
    (&line[..end], line[end..].trim())
}

/// Makes a range blank but for its line ends.
fn blank(bytes: &mut [u8], range: Range<usize>) {
    for byte in &mut bytes[range] {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}
