//! Diagnostics with their source, as a compiler shows them.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use lapbelt_policy::origin::Origin;
use lapbelt_sbpl::LoadedSource;
use lapbelt_sbpl::diag::{Diagnostic, Severity};

/// All diagnostics, one after the other.
pub(crate) fn diagnostics(all: &[Diagnostic], sources: &[LoadedSource], colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut text = String::new();
    for diagnostic in all {
        text.push_str(&renderer.render(&report(diagnostic, sources)));
        text.push('\n');
    }
    text
}

fn report<'d>(diagnostic: &'d Diagnostic, sources: &'d [LoadedSource]) -> Vec<Group<'d>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level
        .primary_title(&diagnostic.message)
        .id(diagnostic.code.as_str());
    let mut group = Group::with_title(title);
    let mut places: Vec<(Origin, AnnotationKind, &str)> = Vec::new();
    places.extend(
        diagnostic
            .origin
            .map(|origin| (origin, AnnotationKind::Primary, "")),
    );
    for label in &diagnostic.labels {
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
            .path(&source.name)
            .annotations(annotations);
        group = group.element(snippet);
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help));
    }
    vec![group]
}

/// The span of an origin, kept inside the text and off the middle of characters.
fn span(text: &str, origin: Origin) -> std::ops::Range<usize> {
    let floor = |at: u32| text.floor_char_boundary((at as usize).min(text.len()));
    let start = floor(origin.start);
    start..floor(origin.end).max(start)
}
