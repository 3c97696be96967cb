//! Layouts found from bytes alone.

mod made;
mod sweep;
mod wild;

use lapbelt_blob::infer::field::{Endianness, FieldAt};
use lapbelt_blob::infer::frame::Unit;
use lapbelt_blob::infer::literal::Base;
use lapbelt_blob::infer::record::Edges;
use lapbelt_blob::infer::{Hypothesis, Layout, STEPS, infer};
use made::Format;

const fn at(offset: usize, size: usize) -> FieldAt {
    FieldAt { offset, size }
}

/// Most significant byte first, records of 12 bytes with the edges in front of the argument.
const TWELVE: Format = Format {
    endianness: Endianness::Big,
    header_length: 20,
    op_count: at(6, 2),
    node_count: at(2, 2),
    operations: 61,
    alignment: 4,
    stride: 12,
    tag: at(0, 1),
    filter: at(1, 1),
    argument: at(6, 2),
    matched: at(4, 2),
    unmatched: at(2, 2),
    edge_unit: Unit::Index,
    edges_from_file: false,
    literal_unit: 4,
    literal_base: Base::NodesEnd,
    to_content: false,
    prefix: 1,
    decisions_first: false,
    many_tags: false,
};

/// Records of 16 bytes with the tag in their middle, edges in bytes; that the zeros behind a number
/// belong to it nothing can tell.
const SIXTEEN: Format = Format {
    endianness: Endianness::Little,
    header_length: 10,
    op_count: at(8, 1),
    node_count: at(4, 2),
    operations: 100,
    alignment: 16,
    stride: 16,
    tag: at(8, 2),
    filter: at(10, 2),
    argument: at(12, 4),
    matched: at(0, 4),
    unmatched: at(4, 4),
    edge_unit: Unit::Bytes,
    edges_from_file: false,
    literal_unit: 1,
    literal_base: Base::FileStart,
    to_content: false,
    prefix: 4,
    decisions_first: false,
    many_tags: false,
};

/// Records of 20 bytes, edges in words from the start of the file, text that ends with zero.
const TWENTY: Format = Format {
    endianness: Endianness::Big,
    header_length: 32,
    op_count: at(1, 1),
    node_count: at(12, 4),
    operations: 33,
    alignment: 4,
    stride: 20,
    tag: at(3, 1),
    filter: at(2, 1),
    argument: at(4, 2),
    matched: at(18, 2),
    unmatched: at(8, 2),
    edge_unit: Unit::Words(4),
    edges_from_file: true,
    literal_unit: 2,
    literal_base: Base::NodesEnd,
    to_content: false,
    prefix: 0,
    decisions_first: false,
    many_tags: false,
};

fn found(corpus: &[Vec<u8>]) -> Vec<Hypothesis> {
    let blobs: Vec<&[u8]> = corpus.iter().map(Vec::as_slice).collect();
    infer(&blobs, STEPS).hypotheses
}

/// What a layout says about the first file, as a format says it.
fn holds(format: &Format, layout: &Layout) -> bool {
    let frame = &layout.frame;
    let record = &layout.record;
    frame.endianness == format.endianness
        && frame.header_length == format.header_length
        && frame.tables.is_empty()
        && frame.stride == format.stride
        && (frame.reference.unit, frame.reference.from_file)
            == (format.edge_unit, format.edges_from_file)
        && record.tag == format.tag
        && record.filter == Some(format.filter)
        && record.argument == Some(format.argument)
        && (record.matched, record.unmatched) == (format.matched, format.unmatched)
        && layout.literals.is_some_and(|own| {
            let wanted = (format.literal_base, format.literal_unit, format.prefix);
            (own.base, own.unit, own.framing.prefix) == wanted
                && own.to_content == format.to_content
        })
}

/// Tells where the truth ranks and how far the next is behind.
fn is_first(name: &str, found: &[Hypothesis], holds: impl Fn(&Layout) -> bool) {
    let rank = found.iter().position(|own| holds(&own.layout));
    let margin = match found {
        [first, second, ..] => first.score - second.score,
        _ => 1.0,
    };
    println!(
        "{name}: rank of the truth {:?}, margin {margin:.4}",
        rank.map(|rank| rank + 1)
    );
    for own in found.iter().take(4) {
        println!("  {:.4} {:?}", own.score, own.layout);
    }
    assert_eq!(rank, Some(0), "{name}");
    assert!(margin > 1e-6, "{name}: {margin}");
}

#[test]
fn made_up_formats_are_found() {
    for (name, format) in [("12", &TWELVE), ("16", &SIXTEEN), ("20", &TWENTY)] {
        let corpus = format.corpus(16);
        let found = found(&corpus);
        is_first(name, &found, |layout| holds(format, layout));
        let first = &found[0];
        assert_eq!(first.cuts[0].op_count, format.operations);
        let read = first.layout.read(&corpus[0]).expect("it fits");
        assert_eq!(read.nodes.len(), first.cuts[0].node_count);
        let tests = read.nodes.iter().filter(|own| own.edges != Edges::Terminal);
        assert!(tests.clone().count() > 1);
        for node in tests {
            // What the maker of the files does: filters below 4 have literals.
            let is_literal = node.filter.is_some_and(|filter| filter < 4);
            assert_eq!(node.literal.is_some(), is_literal, "{node:?}");
        }
    }
}

#[test]
fn scores_are_the_sums_of_their_terms() {
    let found = found(&TWELVE.corpus(8));
    assert!(found.len() > 1);
    assert!(found.is_sorted_by(|a, b| a.score >= b.score));
    for own in &found {
        let weights: f64 = own.terms.iter().map(|term| term.weight).sum();
        let sum: f64 = own.terms.iter().map(|term| term.weight * term.value).sum();
        assert!((weights - 1.0).abs() < 1e-9);
        assert!((sum - own.score).abs() < 1e-9);
        assert!(
            own.terms
                .iter()
                .all(|term| (0.0..=1.0).contains(&term.value))
        );
    }
}

#[test]
fn what_is_no_profile_has_no_layout() {
    assert_eq!(infer(&[], STEPS).hypotheses, []);
    assert_eq!(infer(&[b""], STEPS).hypotheses, []);
    assert_eq!(infer(&[&[0; 300]], STEPS).hypotheses, []);
    assert_eq!(infer(&[&[0xff; 300], b"\0\x01"], STEPS).hypotheses, []);
}

#[test]
fn the_witnesses_layout_is_found() {
    let Some(folder) = lapbelt_corpus::folder() else {
        return;
    };
    let mut corpus = Vec::new();
    for entry in std::fs::read_dir(folder.join("witness")).expect("witnesses") {
        let path = entry.expect("a file").path();
        if path.extension().is_some_and(|extension| extension == "hex") {
            let text = std::fs::read_to_string(path).expect("a witness");
            let digit = |byte: u8| char::from(byte).to_digit(16).expect("a digit") as u8;
            let pairs = text.trim().as_bytes().chunks(2);
            corpus.push(
                pairs
                    .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
                    .collect(),
            );
        }
    }
    let found = found(&corpus);
    is_first("witnesses", &found, |layout| {
        let frame = &layout.frame;
        let record = &layout.record;
        (frame.endianness, frame.header_length, frame.stride) == (Endianness::Little, 14, 8)
            && frame.reference.unit == Unit::Index
            && (record.tag, record.filter) == (at(0, 1), Some(at(1, 1)))
            && record.argument == Some(at(2, 2))
            && (record.matched, record.unmatched) == (at(4, 2), at(6, 2))
            && layout
                .literals
                .is_some_and(|own| (own.base, own.unit) == (Base::NodesEnd, 8))
    });
    assert!(found[0].cuts.iter().all(|cut| cut.op_count == 190));
}
