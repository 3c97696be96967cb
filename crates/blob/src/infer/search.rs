//! The search: coarse first, then every term for what is left.

use super::Layout;
use super::field::Endianness;
use super::frame::{Cut, Frame};
use super::frames::{Shape, frames};
use super::literals::fits;
use super::record::Record;
use super::records::{Sample, records};
use super::score::{Term, score};

/// Files in which frames and records are sought; what is found is held against all.
const SAMPLES: usize = 8;
/// Bytes at the start of a file by which files are told apart.
const COMPARED: usize = 32;
/// Nodes of a file in which records are sought.
const SAMPLED_NODES: usize = 256;
/// Pairs of shape and record of which filters, arguments and literals are sought.
const REFINED: usize = 40;
/// Frames held against each of them.
const FRAMES: usize = 6;
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
}

/// The layouts that files of one format most likely have, best first; none if no layout fits all.
pub fn infer(blobs: &[&[u8]]) -> Vec<Hypothesis> {
    if blobs.is_empty() {
        return Vec::new();
    }
    let mut all = Vec::new();
    // What is rare or could be anything only where nothing else explains the files.
    for (slots, is_stated, enough) in [
        (&[2, 4][..], true, 0.9),
        (&[1], true, 0.75),
        (&[2, 1, 4], false, 0.0),
    ] {
        all = best([all, search(blobs, slots, is_stated)].concat());
        if all.first().is_some_and(|best| best.score > enough) {
            break;
        }
    }
    all
}

fn best(mut all: Vec<Hypothesis>) -> Vec<Hypothesis> {
    all.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Hypothesis> = Vec::new();
    for one in all {
        if kept.len() < HYPOTHESES && !kept.iter().any(|own| own.layout == one.layout) {
            kept.push(one);
        }
    }
    kept
}

fn search(blobs: &[&[u8]], slots: &[usize], is_stated: bool) -> Vec<Hypothesis> {
    let chosen = chosen(blobs);
    let mut coarse: Vec<(f64, Record, Vec<Frame>)> = Vec::new();
    for endianness in [Endianness::Little, Endianness::Big] {
        for (shape, frames) in frames(&chosen, endianness, slots, is_stated) {
            let Some(frame) = frames.first() else {
                continue;
            };
            let samples = samples(&chosen, &shape, frame);
            for (sense, record) in records(&samples, &shape) {
                coarse.push((sense, record, frames.clone()));
            }
            coarse.sort_by(|a, b| b.0.total_cmp(&a.0));
            coarse.truncate(REFINED);
        }
    }
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
        let mut framed: Vec<Hypothesis> = Vec::new();
        for frame in frames {
            let Some(cuts) = cuts(frame) else { continue };
            for (matched, unmatched) in [
                (record.matched, record.unmatched),
                (record.unmatched, record.matched),
            ] {
                let layout = Layout {
                    frame: frame.clone(),
                    record: Record {
                        matched,
                        unmatched,
                        filter: fit.filter,
                        argument: fit.argument,
                        ..record.clone()
                    },
                    literals: fit.literals,
                };
                let (score, terms) = score(blobs, &layout, &cuts, &fit);
                framed.push(Hypothesis {
                    layout,
                    cuts: cuts.clone(),
                    score,
                    terms,
                });
            }
        }
        framed.sort_by(|a, b| b.score.total_cmp(&a.score));
        framed.truncate(FRAMES);
        found.extend(framed);
    }
    found
}
