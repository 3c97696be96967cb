//! Diagnostics with their source, as a compiler shows them.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use lapbelt_learn::source::Profile;
use lapbelt_policy::origin::Origin;
use lapbelt_sbpl::LoadedSource;
use lapbelt_sbpl::diag::{Diagnostic, Label, Severity};

use crate::output::visible;

/// Something said about a place of a profile.
pub(crate) struct Message<'d> {
    pub(crate) level: Level<'static>,
    pub(crate) code: &'d str,
    pub(crate) text: &'d str,
    pub(crate) origin: Option<Origin>,
    pub(crate) labels: &'d [Label],
    pub(crate) help: Vec<&'d str>,
}

/// Most diagnostics shown of one text: one slip often makes many.
const SHOWN: usize = 20;

/// Diagnostics, one after the other.
pub(crate) fn diagnostics(all: &[Diagnostic], sources: &[LoadedSource], colour: bool) -> String {
    let messages = all.iter().map(|diagnostic| Message {
        level: match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        },
        code: diagnostic.code.as_str(),
        text: &diagnostic.message,
        origin: diagnostic.origin,
        labels: &diagnostic.labels,
        help: diagnostic.help.as_deref().into_iter().collect(),
    });
    let mut text: String = messages
        .take(SHOWN)
        .map(|one| message(&one, sources, colour))
        .collect();
    if all.len() > SHOWN {
        text.push_str(&format!("… and {} more\n", all.len() - SHOWN));
    }
    text
}

/// The warnings of a profile that evaluates, if it has any.
pub(crate) fn warnings(profile: &Profile, colour: bool) -> Option<String> {
    let all = &profile.diagnostics;
    (!all.is_empty()).then(|| diagnostics(all, &profile.sources, colour))
}

/// A message with its place, as a compiler shows it.
pub(crate) fn message(message: &Message<'_>, sources: &[LoadedSource], colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut text = renderer.render(&report(message, sources));
    text.push('\n');
    text
}

fn report<'d>(message: &'d Message<'d>, sources: &'d [LoadedSource]) -> Vec<Group<'d>> {
    let title = message
        .level
        .clone()
        .primary_title(message.text)
        .id(message.code);
    let mut group = Group::with_title(title);
    let mut places: Vec<(Origin, AnnotationKind, &str)> = Vec::new();
    places.extend(
        message
            .origin
            .map(|origin| (origin, AnnotationKind::Primary, "")),
    );
    for label in message.labels {
        places.push((label.origin, AnnotationKind::Context, &label.message));
    }
    while let Some((first, ..)) = places.first() {
        let id = first.source;
        let (here, rest): (Vec<_>, Vec<_>) = places.into_iter().partition(|p| p.0.source == id);
        places = rest;
        let Some(source) = sources.get(id.0 as usize) else {
            continue;
        };
        let annotations = here.into_iter().map(|(origin, kind, label)| {
            let mut annotation = kind.span(span(&source.text, origin));
            if !label.is_empty() {
                annotation = annotation.label(label);
            }
            annotation
        });
        let snippet = Snippet::source(&source.text)
            .path(visible(&source.name))
            .annotations(annotations);
        group = group.element(snippet);
    }
    for help in &message.help {
        group = group.element(Level::HELP.message(*help));
    }
    vec![group]
}

/// The span of an origin, kept inside the text and off the middle of characters.
fn span(text: &str, origin: Origin) -> std::ops::Range<usize> {
    let floor = |at: u32| text.floor_char_boundary((at as usize).min(text.len()));
    let start = floor(origin.start);
    start..floor(origin.end).max(start)
}
