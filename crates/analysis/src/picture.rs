//! What a policy decides as boxes and arrows.
//!
//! A box is a run of questions that lead to the same place if one of them matches; a shared part
//! of the graph is drawn once. What would make a picture too big to read is folded, and said.

mod dot;
mod layout;
mod svg;

pub use dot::dot;
pub use svg::svg;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use lapbelt_policy::filter::Test;
use lapbelt_policy::graph::{Canon, NodeId, Outcome, Step};
use lapbelt_policy::rule::Action;
use lapbelt_policy::world::OperationId;
use serde::Serialize;

use crate::operations::grouped;
use crate::subject::Subject;

/// Most questions written in one box.
const MOST_LINES: usize = 12;
/// Most boxes of one picture.
const MOST_BOXES: usize = 150;
/// Most characters of a line.
const LONGEST_LINE: usize = 80;

/// A drawing of boxes and arrows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Picture {
    /// What it shows.
    pub title: String,
    /// What it leaves out.
    pub notes: Vec<String>,
    /// The boxes; an arrow leads to a later one.
    pub boxes: Vec<Box>,
    /// The arrows.
    pub arrows: Vec<Arrow>,
}

/// A box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Box {
    /// What it stands for.
    pub kind: Kind,
    /// What is written in it.
    pub lines: Vec<String>,
}

/// What a box stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Operations whose decision starts here.
    Operations,
    /// Questions, one after the other.
    Questions,
    /// Allowed.
    Allow,
    /// Denied.
    Deny,
    /// A part of the graph that is not drawn.
    Folded,
}

/// An arrow between two boxes, by their places in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Arrow {
    /// Where it starts.
    pub from: usize,
    /// Where it leads.
    pub to: usize,
    /// When.
    pub kind: When,
}

/// When an arrow is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// Always.
    Start,
    /// If one of the questions matches.
    Matched,
    /// If none does.
    Unmatched,
}

/// How a picture names what it shows.
pub trait Words {
    /// A question.
    fn test(&self, test: &Test) -> String;
    /// A decision's modifiers, one a line.
    fn modifiers(&self, outcome: &Outcome) -> Vec<String>;
}

/// The picture of some operations of a policy: all of it, or what of it can be read at a glance.
pub fn picture(
    subject: &Subject<'_>,
    operations: &BTreeSet<OperationId>,
    title: String,
    words: &dyn Words,
    is_whole: bool,
) -> Picture {
    let canon = subject.canon();
    let mut by_entry: BTreeMap<NodeId, BTreeSet<OperationId>> = BTreeMap::new();
    for operation in operations {
        let entry = subject.entry(*operation);
        by_entry.entry(entry).or_default().insert(*operation);
    }
    let mut entries: Vec<(BTreeSet<OperationId>, NodeId)> = by_entry
        .into_iter()
        .map(|(node, set)| (set, node))
        .collect();
    entries.sort();
    let starts: Vec<NodeId> = entries.iter().map(|entry| entry.1).collect();
    let runs = Runs::new(canon, &starts);
    let mut drawing = Drawing {
        canon,
        runs,
        words,
        picture: Picture {
            title: title.chars().map(drawn).collect(),
            ..Picture::default()
        },
        made: HashMap::new(),
        folded: BTreeSet::new(),
        is_whole,
    };
    for (set, _) in &entries {
        let named = grouped(set, subject.world()).into_iter();
        let names = named.map(|id| subject.world().operation(id).name.clone());
        let mut lines = wrapped(names);
        if lines.len() > drawing.most(MOST_LINES) {
            let more: usize = lines
                .drain(MOST_LINES..)
                .map(|l| l.split(' ').count())
                .sum();
            lines.push(format!("… and {more} more"));
        }
        drawing.add(Kind::Operations, lines);
    }
    let first = drawing.boxes(&starts);
    for (at, to) in first.into_iter().enumerate() {
        drawing.arrow(at, to, When::Start);
    }
    drawing.finish()
}

/// Words on lines of a readable length.
fn wrapped(words: impl Iterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() < LONGEST_LINE / 2 => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// Questions that are one box.
struct Run {
    tests: Vec<NodeId>,
    matched: NodeId,
    unmatched: NodeId,
}

struct Runs<'c> {
    canon: &'c Canon,
    /// Nodes that are led to from more than one place, or from an operation.
    shared: BTreeSet<NodeId>,
}

impl<'c> Runs<'c> {
    fn new(canon: &'c Canon, starts: &[NodeId]) -> Self {
        let mut shared: BTreeSet<NodeId> = starts.iter().copied().collect();
        let mut seen = BTreeSet::new();
        for id in canon.reachable(starts) {
            if let Step::Test {
                matched, unmatched, ..
            } = canon.step(id)
            {
                for next in [matched, unmatched] {
                    if !seen.insert(next) {
                        shared.insert(next);
                    }
                }
            }
        }
        Self { canon, shared }
    }

    /// The run that starts at a node; `None` at a decision.
    fn of(&self, start: NodeId) -> Option<Run> {
        let Step::Test {
            matched, unmatched, ..
        } = self.canon.step(start)
        else {
            return None;
        };
        let mut run = Run {
            tests: vec![start],
            matched,
            unmatched,
        };
        while let Step::Test {
            matched, unmatched, ..
        } = self.canon.step(run.unmatched)
            && matched == run.matched
            && !self.shared.contains(&run.unmatched)
        {
            run.tests.push(run.unmatched);
            run.unmatched = unmatched;
        }
        Some(run)
    }
}

struct Drawing<'c> {
    canon: &'c Canon,
    runs: Runs<'c>,
    words: &'c dyn Words,
    picture: Picture,
    made: HashMap<NodeId, usize>,
    folded: BTreeSet<NodeId>,
    is_whole: bool,
}

impl Drawing<'_> {
    /// How many there may be of what there are this many of in a picture to be read.
    fn most(&self, readable: usize) -> usize {
        if self.is_whole { usize::MAX } else { readable }
    }

    fn add(&mut self, kind: Kind, mut lines: Vec<String>) -> usize {
        if !self.is_whole {
            lines = lines.iter().map(|line| shortened(line)).collect();
        }
        self.picture.boxes.push(Box { kind, lines });
        self.picture.boxes.len() - 1
    }

    fn arrow(&mut self, from: usize, to: usize, kind: When) {
        self.picture.arrows.push(Arrow { from, to, kind });
    }

    /// Makes the boxes of all nodes from some on, nearest first until there are enough, and gives
    /// those of the nodes themselves.
    fn boxes(&mut self, starts: &[NodeId]) -> Vec<usize> {
        let mut order: Vec<NodeId> = Vec::new();
        let mut known: BTreeSet<NodeId> = BTreeSet::new();
        let mut next: Vec<NodeId> = starts.to_vec();
        while !next.is_empty() {
            let mut after = Vec::new();
            for node in next {
                if known.insert(node) {
                    order.push(node);
                    let run = self.runs.of(node);
                    after.extend(run.into_iter().flat_map(|run| [run.matched, run.unmatched]));
                }
            }
            next = after;
        }
        let is_decision = |node: &NodeId| matches!(self.canon.step(*node), Step::Decide(_));
        let (decisions, questions): (Vec<NodeId>, Vec<NodeId>) =
            order.into_iter().partition(is_decision);
        let most = self.most(MOST_BOXES);
        let drawn: Vec<NodeId> = questions.iter().copied().take(most).collect();
        self.folded = questions.into_iter().skip(most).collect();
        for node in &drawn {
            self.question(*node);
        }
        for node in decisions {
            self.decision(node);
        }
        if !self.folded.is_empty() {
            let tests: usize = self.folded.iter().map(|node| self.tests_of(*node)).sum();
            let line = format!("{tests} more questions");
            let at = self.add(Kind::Folded, vec![line]);
            let places = self.folded.iter().map(|node| (*node, at));
            self.made.extend(places);
            let boxes = self.picture.boxes.iter();
            let starts = boxes.filter(|one| one.kind == Kind::Operations);
            let more = match starts.count() {
                0 | 1 => "JSON has them all",
                _ => "one operation alone shows more",
            };
            let note = format!(
                "{} of {} boxes are folded; {more}",
                self.folded.len(),
                self.folded.len() + drawn.len()
            );
            self.picture.notes.push(note);
        }
        for node in drawn {
            if let Some(run) = self.runs.of(node) {
                let from = self.made[&node];
                self.arrow(from, self.made[&run.matched], When::Matched);
                self.arrow(from, self.made[&run.unmatched], When::Unmatched);
            }
        }
        starts.iter().map(|node| self.made[node]).collect()
    }

    fn tests_of(&self, node: NodeId) -> usize {
        self.runs.of(node).map_or(0, |run| run.tests.len())
    }

    fn question(&mut self, node: NodeId) {
        let tests = self.runs.of(node).map_or_else(Vec::new, |run| run.tests);
        let mut lines: Vec<String> = Vec::new();
        let most = self.most(MOST_LINES);
        for id in tests.iter().take(most) {
            if let Step::Test { test, .. } = self.canon.step(*id) {
                lines.push(self.words.test(self.canon.test(test)));
            }
        }
        if tests.len() > most {
            lines.push(format!("… or any of {} more", tests.len() - most));
            let note = "of long runs of questions only the first are written out".to_owned();
            if !self.picture.notes.contains(&note) {
                self.picture.notes.push(note);
            }
        }
        let at = self.add(Kind::Questions, lines);
        self.made.insert(node, at);
    }

    fn decision(&mut self, node: NodeId) {
        let Step::Decide(outcome) = self.canon.step(node) else {
            return;
        };
        let outcome = self.canon.outcome(outcome);
        let (kind, word) = match outcome.action {
            Action::Allow => (Kind::Allow, "allow"),
            Action::Deny => (Kind::Deny, "deny"),
        };
        let mut lines = vec![word.to_owned()];
        lines.extend(self.words.modifiers(outcome));
        let at = self.add(kind, lines);
        self.made.insert(node, at);
    }

    fn finish(mut self) -> Picture {
        self.picture.arrows.sort();
        self.picture.arrows.dedup();
        self.picture
    }
}

/// A character, or one in the place of what draws nothing, or may not be in an SVG: XML 1.0 has no
/// control characters, U+FFFE and U+FFFF.
fn drawn(character: char) -> char {
    match character {
        '\u{fffe}' | '\u{ffff}' => '·',
        other if other.is_control() => '·',
        other => other,
    }
}

/// A line cut to a readable length.
fn shortened(line: &str) -> String {
    let shown = line.chars().map(drawn);
    let mut text: String = shown.clone().take(LONGEST_LINE).collect();
    if shown.count() > LONGEST_LINE {
        text.push('…');
    }
    text
}
