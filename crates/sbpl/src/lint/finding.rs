//! What a lint has to say.

use lapbelt_policy::origin::{Origin, SourceId};

use super::Lint;
use crate::diag::Label;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Worth knowing; nothing need be done.
    Note,
    /// Most likely not what was meant, or dangerous.
    Warning,
    /// A system refuses the profile.
    Error,
}

impl Level {
    /// The level as it is shown and written in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Whether a fix leaves the meaning of the profile as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Every request is decided as before.
    Keeps,
    /// Other requests are allowed or denied: that is what the fix is for.
    Changes,
}

/// A replacement of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// First byte replaced, counted from 0.
    pub start: usize,
    /// One past the last byte replaced.
    pub end: usize,
    /// What stands there instead.
    pub text: String,
}

/// A change of the text that mends a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an order.
    pub title: String,
    /// The change.
    pub edit: Edit,
    /// What it does to the meaning.
    pub effect: Effect,
}

/// One finding of one lint.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The lint.
    pub lint: &'static Lint,
    /// How bad; the lint's own level unless the case is milder.
    pub level: Level,
    /// What is wrong, in one line without a full stop.
    pub message: String,
    /// Where, in the text that was linted.
    pub origin: Origin,
    /// Other places that explain it, in any text.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// What a machine can do about it.
    pub fix: Option<Fix>,
}

impl Finding {
    pub(super) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn level(&mut self, level: Level) -> &mut Self {
        self.level = level;
        self
    }

    pub(super) fn label(
        &mut self,
        origin: Option<Origin>,
        message: impl Into<String>,
    ) -> &mut Self {
        self.labels.extend(origin.map(|origin| Label {
            origin,
            message: message.into(),
        }));
        self
    }

    pub(super) fn fix(
        &mut self,
        title: impl Into<String>,
        effect: Effect,
        edit: Option<Edit>,
    ) -> &mut Self {
        self.fix = edit.map(|edit| Fix {
            title: title.into(),
            edit,
            effect,
        });
        self
    }
}

/// Where a lint puts what it finds.
pub(super) struct Sink {
    lint: &'static Lint,
    main: SourceId,
    pub(super) findings: Vec<Finding>,
    /// Takes findings that lie in an imported text.
    elsewhere: Option<Box<Finding>>,
}

impl Sink {
    pub(super) fn new(lint: &'static Lint, main: SourceId) -> Self {
        Self {
            lint,
            main,
            findings: Vec::new(),
            elsewhere: None,
        }
    }

    /// Notes a finding; one that lies in an imported text goes nowhere.
    pub(super) fn at(&mut self, origin: Origin, message: impl Into<String>) -> &mut Finding {
        let finding = Finding {
            lint: self.lint,
            level: self.lint.level,
            message: message.into(),
            origin,
            labels: Vec::new(),
            help: None,
            fix: None,
        };
        if origin.source == self.main {
            self.findings.push(finding);
            let last = self.findings.len() - 1;
            &mut self.findings[last]
        } else {
            self.elsewhere.insert(Box::new(finding))
        }
    }
}
