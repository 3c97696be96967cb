//! What goes to the terminal: colour only where it belongs, JSON where it was asked for.

use std::io::{Error, ErrorKind, IsTerminal, Write};
use std::sync::OnceLock;

use indicatif::{ProgressBar, ProgressStyle};
pub(crate) use lapbelt_learn::summary::counted;
use lapbelt_policy::deceptive::is_deceptive;

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ColorChoice {
    Auto,
    Always,
    Never,
}

/// How a command speaks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    coloured: bool,
    /// Say nothing that was not asked for.
    pub(crate) quiet: bool,
    /// Answer in JSON.
    pub(crate) json: bool,
}

/// Why an answer did not get to where standard output leads.
static UNWRITTEN: OnceLock<Error> = OnceLock::new();

/// Why an answer could not be written, if one could not. A reader that has gone away is no error
/// of ours.
pub(crate) fn unwritten() -> Option<&'static Error> {
    let error = UNWRITTEN.get();
    error.filter(|error| error.kind() != ErrorKind::BrokenPipe)
}

/// Text with what could deceive a terminal made visible: names of files and targets hold anything.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_deceptive(character) && !matches!(character, '\n' | '\t') {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}

impl Output {
    pub(crate) fn new(color: ColorChoice, quiet: bool, json: bool) -> Self {
        let coloured = match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none()
            }
        };
        Self {
            coloured,
            quiet,
            json,
        }
    }

    /// Whether messages to standard error are coloured.
    pub(crate) fn is_coloured(&self) -> bool {
        self.coloured
    }

    /// Progress in this form, for a person at a terminal; otherwise one that is not drawn.
    pub(crate) fn spinner(&self, template: &str) -> ProgressBar {
        if self.quiet || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar
    }

    /// The answer, on standard output.
    pub(crate) fn answer(&self, text: &str) {
        let end = if text.ends_with('\n') { "" } else { "\n" };
        self.bytes(&[text.as_bytes(), end.as_bytes()].concat());
    }

    /// The answer on standard output, without a line end of ours.
    pub(crate) fn verbatim(&self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Bytes on standard output. What could not be written is told at the end, by [`unwritten`].
    pub(crate) fn bytes(&self, bytes: &[u8]) {
        let mut out = std::io::stdout().lock();
        if let Err(error) = out.write_all(bytes).and_then(|()| out.flush()) {
            let _ = UNWRITTEN.set(error);
        }
    }

    /// The answer as one value of JSON, or as text.
    pub(crate) fn answer_either(
        &self,
        json: impl FnOnce() -> serde_json::Value,
        text: impl FnOnce() -> String,
    ) {
        if self.json {
            self.answer(&json().to_string());
        } else {
            self.answer(&visible(&text()));
        }
    }

    /// Something for a person, on standard error, unless quiet.
    pub(crate) fn tell(&self, text: &str) {
        if !self.quiet {
            self.complain(text);
        }
    }

    /// An error, on standard error.
    pub(crate) fn complain(&self, text: &str) {
        let mut err = std::io::stderr().lock();
        let _ = writeln!(err, "{}", text.trim_end_matches('\n'));
    }
}
