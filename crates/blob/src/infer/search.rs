//! The search: coarse first, then every term for what is left.

use super::Layout;
use super::budget::Budget;
use super::field::Endianness;
use super::frame::{Cut, Frame};
use super::frames::{Framed, Shape, frames};
use super::length::length;
use super::literals::fits;
use super::record::Record;
use super::records::{Sample, edge_bits, records};
use super::score::{Term, score, shortness};
use super::widths::widths;

/// Files in which frames and records are sought; what is found is held against all.
const SAMPLES: usize = 8;
/// Bytes at the start of a file by which files are told apart.
const COMPARED: usize = 32;
/// Nodes of a file in which records are sought.
const SAMPLED_NODES: usize = 256;
/// Shapes of which edges are sought.
const SHAPES: usize = 600;
/// Shapes of which records are sought.
const RECORDED: usize = 120;
/// Pairs of shape and record of which filters, arguments and literals are sought.
const REFINED: usize = 28;
/// Frames held against each of them.
const FRAMES: usize = 5;
/// Ways to read filters, arguments and literals kept for each.
const READINGS: usize = 3;
/// Hypotheses returned.
const HYPOTHESES: usize = 20;

/// A layout with what speaks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    /// The layout.
    pub layout: Layout,
    /// The sections of each file by it.
    pub cuts: Vec<Cut>,
    /// Sum of the terms, 0 to 1.
    pub score: f64,
    /// What was held against the files.
    pub terms: Vec<Term>,
    /// Bits in which all files can be described by it.
    pub bits: f64,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The layouts that the files most likely have, best first; none if no layout fits all.
    pub hypotheses: Vec<Hypothesis>,
    /// Steps that were done: looks at one place or record of a few files.
    pub steps: u64,
    /// Whether all that was to be tried was tried; otherwise the limit of steps ended it.
    pub is_complete: bool,
}

/// Seeks the layout of files of one format, in at most about `steps` steps.
pub fn infer(blobs: &[&[u8]], steps: u64) -> Found {
    let mut budget = Budget::new(steps);
    let mut hypotheses = Vec::new();
    if !blobs.is_empty() {
        // What is behind nodes may be anything only where nothing else explains the files.
        for is_any_end in [false, true] {
            hypotheses = search(blobs, is_any_end, &mut budget);
            if !hypotheses.is_empty() {
                break;
            }
        }
    }
    Found {
        hypotheses,
        steps: budget.spent,
        is_complete: !budget.is_spent(),
    }
}

fn best(mut all: Vec<Hypothesis>) -> Vec<Hypothesis> {
    let least = all.iter().map(|own| own.bits).fold(f64::INFINITY, f64::min);
    for own in &mut all {
        own.terms.push(shortness(own.bits, least));
        own.score = own.terms.iter().map(|term| term.weight * term.value).sum();
    }
    all.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Hypothesis> = Vec::new();
    for one in all {
        if kept.len() < HYPOTHESES && !kept.iter().any(|own| own.layout == one.layout) {
            kept.push(one);
        }
    }
    kept
}

fn search(blobs: &[&[u8]], is_any_end: bool, budget: &mut Budget) -> Vec<Hypothesis> {
    let chosen = chosen(blobs);
    let mut shapes: Vec<Framed> = Vec::new();
    for endianness in [Endianness::Little, Endianness::Big] {
        shapes.extend(frames(&chosen, endianness, &[2, 4, 1], is_any_end, budget));
    }
    shapes.sort_by(|a, b| b.bits.total_cmp(&a.bits));
    shapes.truncate(SHAPES);
    let mut sampled: Vec<(f64, Framed, Vec<Sample<'_>>)> = Vec::new();
    for framed in shapes {
        let Some(frame) = framed.frames.first() else {
            continue;
        };
        let samples = samples(&chosen, &framed.shape, frame);
        let edges = edge_bits(&samples, &framed.shape);
        sampled.push((framed.bits + edges, framed, samples));
    }
    sampled.sort_by(|a, b| b.0.total_cmp(&a.0));
    sampled.truncate(RECORDED);
    let mut coarse: Vec<(f64, Record, &[Frame])> = Vec::new();
    for (_, framed, samples) in &sampled {
        for (sense, record) in records(samples, &framed.shape, budget) {
            coarse.push((sense, record, &framed.frames));
        }
    }
    coarse.sort_by(|a, b| b.0.total_cmp(&a.0));
    coarse.truncate(REFINED);
    let refined = coarse
        .iter()
        .flat_map(|(_, record, frames)| refine(blobs, record, frames));
    best(refined.collect())
}

/// Files whose starts differ most, the longest first.
fn chosen<'a>(blobs: &[&'a [u8]]) -> Vec<&'a [u8]> {
    let apart = |one: &[u8], other: &[u8]| {
        let pairs = one.iter().zip(other).take(COMPARED);
        pairs.filter(|(a, b)| a != b).count()
    };
    let mut left = blobs.to_vec();
    left.sort_by_key(|blob| blob.len());
    let mut chosen: Vec<&[u8]> = left.pop().into_iter().collect();
    while chosen.len() < SAMPLES {
        let distance = |blob: &&[u8]| chosen.iter().map(|own| apart(own, blob)).min();
        // Of those as far apart the last one, that is the longest.
        let next = (0..left.len()).max_by_key(|number| distance(&left[*number]));
        let Some(next) = next else { break };
        chosen.push(left.remove(next));
    }
    chosen
}

fn samples<'a>(chosen: &[&'a [u8]], shape: &Shape, frame: &Frame) -> Vec<Sample<'a>> {
    let sample = |(bytes, place): (&&'a [u8], &(usize, usize))| {
        let bytes = *bytes;
        let cut = frame.cut(bytes)?;
        let (nodes, node_count) = *place;
        let index = |entry| frame.reference.index(entry, &cut, frame.stride);
        let starts = frame.entries(bytes, &cut).into_iter().filter_map(index);
        let is_small = node_count <= SAMPLED_NODES;
        let cut = Cut {
            nodes,
            node_count,
            ..cut
        };
        is_small.then(|| Sample {
            bytes,
            cut,
            starts: starts.collect(),
        })
    };
    chosen.iter().zip(&shape.nodes).filter_map(sample).collect()
}

/// Everything else about a record, with each of the frames that go with it.
fn refine(blobs: &[&[u8]], record: &Record, frames: &[Frame]) -> Vec<Hypothesis> {
    let cuts = |frame: &Frame| {
        blobs
            .iter()
            .map(|blob| frame.cut(blob))
            .collect::<Option<Vec<_>>>()
    };
    let Some((first, own)) = frames.iter().find_map(|frame| Some((frame, cuts(frame)?))) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for fit in fits(blobs, first, &own, record, READINGS) {
        let record = Record {
            filter: fit.filter,
            argument: fit.argument,
            ..record.clone()
        };
        let layout = |frame: &Frame, record: &Record| Layout {
            frame: frame.clone(),
            record: record.clone(),
            literals: fit.literals,
        };
        let shortest = |frame: &Frame| {
            let cuts = cuts(frame)?;
            let bits = length(blobs, &layout(frame, &record), &cuts);
            Some((bits, frame.clone(), cuts))
        };
        let mut framed: Vec<(f64, Frame, Vec<Cut>)> = frames.iter().filter_map(shortest).collect();
        framed.sort_by(|a, b| a.0.total_cmp(&b.0));
        framed.truncate(FRAMES);
        for (record, widths) in widths(blobs, first, &own, &record) {
            let turned = Record {
                matched: record.unmatched,
                unmatched: record.matched,
                ..record.clone()
            };
            for (_, frame, cuts) in &framed {
                let bits = length(blobs, &layout(frame, &record), cuts);
                for record in [&record, &turned] {
                    let layout = layout(frame, record);
                    found.push(Hypothesis {
                        terms: score(blobs, &layout, cuts, &fit, &widths),
                        cuts: cuts.clone(),
                        score: 0.0,
                        bits,
                        layout,
                    });
                }
            }
        }
    }
    found
}
