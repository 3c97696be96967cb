//! What speaks for a hypothesis and what against it, term by term.

use super::Layout;
use super::field::FieldAt;
use super::frame::{Count, Cut, NodeCount, NodesAt};
use super::literals::Fit;
use super::record::{Edges, Record, walk};
use super::widths::Widths;

/// One thing that is held against all files.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// What is held against them.
    pub name: &'static str,
    /// How much it counts; those of all terms add up to 1.
    pub weight: f64,
    /// How well the files agree, 0 to 1.
    pub value: f64,
    /// What was counted.
    pub evidence: String,
}

/// What speaks for a hypothesis, but for how short it makes the files.
pub(super) fn score(
    blobs: &[&[u8]],
    layout: &Layout,
    cuts: &[Cut],
    fit: &Fit,
    own_widths: &Widths,
) -> Vec<Term> {
    let counted = count(blobs, layout, cuts);
    let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    let of = |part: usize, whole: usize, what: &str| format!("{part} of {whole} {what}");
    let term = |name, weight, value, evidence| Term {
        name,
        weight,
        value,
        evidence,
    };
    let c = &counted;
    let has_literals = layout.literals.is_some();
    let (stated, stated_evidence) = stated(layout);
    let (aligned, crooked) = aligned(layout, cuts);
    vec![
        term(
            "tags",
            0.11,
            2.0 / c.tags.max(2) as f64,
            format!("{} values of the tag", c.tags),
        ),
        term(
            "edges",
            0.10,
            share(c.edges_in_bounds, c.edges),
            of(c.edges_in_bounds, c.edges, "edges lead to a node"),
        ),
        term(
            "cycles",
            0.07,
            1.0 - share(c.back.min(c.edges), c.edges),
            format!("{} edges lead back to where they came from", c.back),
        ),
        term(
            "op-table",
            0.10,
            share(c.entries_on_nodes, c.entries),
            of(c.entries_on_nodes, c.entries, "entries lead to a node"),
        ),
        term(
            "reach",
            0.11,
            share(c.reached, c.nodes),
            of(c.reached, c.nodes, "nodes are reached from the op table"),
        ),
        term(
            "literals",
            0.09,
            if has_literals {
                0.8 * fit.covered + 0.2 * fit.pure
            } else {
                0.0
            },
            match has_literals {
                true => format!(
                    "literals fill most files to their ends; {:.0} % of them are referred to, \
                     by filters whose arguments make {:.0} % of all hits",
                    100.0 * fit.covered,
                    100.0 * fit.pure
                ),
                false => "no literals that arguments refer to".to_string(),
            },
        ),
        term("header", 0.04, stated, stated_evidence),
        term("alignment", 0.04, aligned, crooked),
        term(
            "widths",
            0.04,
            1.0 / (1.0 + own_widths.cost / 8.0),
            own_widths.evidence(),
        ),
        term(
            "order",
            0.04,
            c.order(&layout.record),
            format!(
                "{} unmatched and {} matched edges lead to where most operations start; {} and {} \
                 lead to a test where the other decides",
                c.unmatched_default, c.matched_default, c.unmatched_goes_on, c.matched_goes_on
            ),
        ),
    ]
}

/// The term for how short files can be described: `bits` where the shortest is `least`.
pub(super) fn shortness(bits: f64, least: f64) -> Term {
    Term {
        name: "length",
        weight: 0.26,
        value: 1.0 / (1.0 + (bits - least) / 64.0),
        evidence: format!(
            "all files can be described in {bits:.0} bits, {:.0} more than by the hypothesis that \
             needs fewest",
            bits - least
        ),
    }
}

/// Standard deviations by which edges of one kind may outnumber the other by chance.
const CHANCE: f64 = 2.0;

#[derive(Default)]
struct Counted {
    tags: usize,
    nodes: usize,
    edges: usize,
    edges_in_bounds: usize,
    back: usize,
    entries: usize,
    entries_on_nodes: usize,
    reached: usize,
    unmatched_default: usize,
    matched_default: usize,
    unmatched_goes_on: usize,
    matched_goes_on: usize,
}

impl Counted {
    /// How likely it is that edges are which they are taken for, by where they lead. What chance
    /// alone would do says nothing; then the one that comes first in a node is more likely taken
    /// when the test matches.
    fn order(&self, record: &Record) -> f64 {
        let apart = |unmatched: usize, matched: usize, weight: f64| {
            let (unmatched, matched) = (unmatched as f64 * weight, matched as f64 * weight);
            (unmatched - matched, weight * (unmatched + matched))
        };
        let default = apart(self.unmatched_default, self.matched_default, 3.0);
        let goes_on = apart(self.unmatched_goes_on, self.matched_goes_on, 1.0);
        let deviation = (default.1 + goes_on.1).sqrt().max(1.0);
        let more = (default.0 + goes_on.0) / deviation;
        let told = more.signum() * (more.abs() - CHANCE).max(0.0);
        let first = match record.matched.offset < record.unmatched.offset {
            true => 1.0,
            false => -1.0,
        };
        1.0 / (1.0 + (-2.0 * told - first).exp())
    }
}

fn count(blobs: &[&[u8]], layout: &Layout, cuts: &[Cut]) -> Counted {
    let frame = &layout.frame;
    let mut counted = Counted::default();
    let mut tags = std::collections::BTreeSet::new();
    for (blob, cut) in blobs.iter().zip(cuts) {
        let edges = layout.record.edges(frame, blob, cut);
        let stored = frame.entries(blob, cut);
        let entries: Vec<Option<usize>> = stored
            .iter()
            .map(|own| frame.reference.index(*own, cut, frame.stride))
            .collect();
        counted.entries += entries.len();
        counted.entries_on_nodes += entries.iter().flatten().count();
        counted.nodes += edges.len();
        let walk = walk(&edges, entries.iter().copied().flatten());
        counted.reached += walk.reached;
        counted.back += walk.back;
        let most = entries.iter().copied().flatten().max_by_key(|own| {
            let same = entries.iter().filter(|other| **other == Some(*own)).count();
            (same, *own)
        });
        for (node, own) in edges.iter().enumerate() {
            let start = cut.nodes + frame.stride * node;
            tags.extend(layout.record.tag.read(blob, start, frame.endianness));
            let Edges::Branch(matched, unmatched) = *own else {
                continue;
            };
            counted.edges += 2;
            counted.edges_in_bounds +=
                usize::from(matched.is_some()) + usize::from(unmatched.is_some());
            if matched != unmatched {
                counted.matched_default += usize::from(matched == most);
                counted.unmatched_default += usize::from(unmatched == most);
                let decides = |to: Option<usize>| to.is_some_and(|to| edges[to] == Edges::Terminal);
                match (decides(matched), decides(unmatched)) {
                    (true, false) => counted.unmatched_goes_on += 1,
                    (false, true) => counted.matched_goes_on += 1,
                    _ => {}
                }
            }
        }
    }
    counted.tags = tags.len();
    counted
}

/// How much of the sections' sizes the header says.
fn stated(layout: &Layout) -> (f64, String) {
    let frame = &layout.frame;
    let operations = match frame.op_count {
        Count::Stated(field) => (
            0.4,
            format!("the byte at {} counts operations", field.offset),
        ),
        Count::Fixed(_) => (0.0, "nothing counts operations".to_string()),
    };
    let nodes = match frame.node_count {
        NodeCount::Stated(field) => (0.4, format!("that at {} nodes", field.offset)),
        NodeCount::UpTo(field, _) => (
            0.35,
            format!("that at {} says where nodes end", field.offset),
        ),
        NodeCount::Reached => (0.1, "nothing counts nodes".to_string()),
    };
    let start = match frame.nodes {
        NodesAt::AfterOpTable(alignment) => (
            0.2,
            format!("nodes start behind the op table, at a multiple of {alignment}"),
        ),
        NodesAt::Stated(field, _) => (
            0.15,
            format!("that at {} says where nodes start", field.offset),
        ),
        NodesAt::Fixed(_) => (
            0.1,
            "nodes start at the same offset in all files".to_string(),
        ),
    };
    // A table of its own is one more thing to believe.
    let tables = 0.1 * frame.tables.len() as f64;
    (
        operations.0 + nodes.0 + start.0 - tables,
        format!("{}, {}, {}", operations.1, nodes.1, start.1),
    )
}

/// The share of fields on multiples of their sizes; whether nodes lie on multiples of the power of
/// two in their size, none starts with what nothing explains, and the tables start on a multiple of
/// four.
fn aligned(layout: &Layout, cuts: &[Cut]) -> (f64, String) {
    let frame = &layout.frame;
    let record = &layout.record;
    let fields: Vec<FieldAt> = record.fields().collect();
    let straight = fields.iter().filter(|field| field.is_aligned()).count();
    let power = 1 << frame.stride.trailing_zeros().min(3);
    let marks = [
        cuts.iter().all(|cut| cut.nodes.is_multiple_of(power)),
        fields.iter().any(|field| field.offset == 0),
        frame.header_length.is_multiple_of(4),
    ];
    let not = |is: bool| if is { "" } else { "not " };
    let evidence = format!(
        "{straight} of {} fields on multiples of their sizes, nodes {}on multiples of {power}, a \
         node's first byte {}in use, tables {}on a multiple of 4",
        fields.len(),
        not(marks[0]),
        not(marks[1]),
        not(marks[2]),
    );
    let held = marks.into_iter().map(usize::from).sum::<usize>();
    let share = (straight + held) as f64 / (fields.len() + marks.len()) as f64;
    (share, evidence)
}
