//! How often the truth is first, over formats that numbers make up.

use lapbelt_blob::infer::field::{Endianness, FieldAt};
use lapbelt_blob::infer::frame::{NodeCount, Unit};
use lapbelt_blob::infer::literal::Base;
use lapbelt_blob::infer::{Layout, STEPS, infer};

use crate::made::{Format, Numbers};
use crate::wild::Wild;

/// A format that follows from a seed.
fn format(seed: u64) -> Format {
    let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    for _ in 0..4 {
        numbers.below(2);
    }
    let mut pick = |list: &[usize]| list[numbers.below(list.len())];
    loop {
        let stride = pick(&[8, 10, 12, 12, 16, 16, 20, 24]);
        let edge = if stride >= 16 { pick(&[2, 2, 4]) } else { 2 };
        // Fields at multiples of their sizes, in any order.
        let mut taken = vec![false; stride];
        let mut place = |size: usize, first: bool, at: usize| {
            let slots = stride / size;
            (0..slots)
                .map(|own| if first { own } else { (own + at) % slots } * size)
                .find(|start| taken[*start..start + size].iter().all(|own| !own))
                .map(|offset| {
                    taken[offset..offset + size].fill(true);
                    FieldAt { offset, size }
                })
        };
        let is_plain = pick(&[0, 1]) == 0;
        let tag = place(1, is_plain, pick(&[0, 1, 2, 3, 4, 5, 6, 7]));
        let filter = place(pick(&[1, 1, 2]), is_plain, pick(&[1, 2, 3, 4, 5, 6]));
        let argument = place(2, is_plain, pick(&[1, 2, 3, 4, 5, 6]));
        let matched = place(edge, is_plain, pick(&[1, 2, 3, 4, 5, 6]));
        let unmatched = place(edge, is_plain, pick(&[1, 2, 3, 4, 5, 6]));
        let (Some(tag), Some(filter), Some(argument), Some(one), Some(other)) =
            (tag, filter, argument, matched, unmatched)
        else {
            continue;
        };
        let header_length = pick(&[8, 12, 14, 16, 20, 24, 32]);
        let count = pick(&[2, 2, 4]);
        let node_count = FieldAt {
            offset: pick(&[0, 4]).min(header_length - count),
            size: count,
        };
        let op_count = FieldAt {
            offset: 6,
            size: pick(&[1, 2]),
        };
        if op_count.overlaps(node_count) || op_count.end() > header_length {
            continue;
        }
        let is_turned = pick(&[0, 0, 1]) == 1;
        let unit = match pick(&[0, 0, 1, 2, 2]) {
            0 => Unit::Index,
            1 => Unit::Bytes,
            _ if stride % 8 == 0 => Unit::Words(pick(&[4, 8])),
            _ if stride % 4 == 0 => Unit::Words(4),
            _ => Unit::Words(2),
        };
        let from_file = unit != Unit::Index && pick(&[0, 1]) == 1;
        let alignment = match unit {
            Unit::Words(bytes) => bytes,
            _ => pick(&[1, 2, 4, 8]),
        };
        let prefix = pick(&[0, 1, 2, 2, 4]);
        let literal_base = [Base::NodesEnd, Base::NodesEnd, Base::FileStart][pick(&[0, 1, 2])];
        // What counts in words from the start of the file must lie on words there.
        let literal_unit = match literal_base {
            Base::FileStart => 1,
            _ => pick(&[1, 2, 4, 8]),
        };
        let to_content = literal_unit == 1 && prefix > 0 && pick(&[0, 0, 1]) == 1;
        return Format {
            endianness: [Endianness::Little, Endianness::Big][pick(&[0, 1])],
            header_length,
            op_count,
            node_count,
            operations: pick(&[12, 20, 33, 61, 100, 190]),
            alignment,
            stride,
            tag,
            filter,
            argument,
            matched: if is_turned { other } else { one },
            unmatched: if is_turned { one } else { other },
            edge_unit: unit,
            edges_from_file: from_file,
            literal_unit,
            literal_base,
            to_content,
            prefix,
            decisions_first: pick(&[0, 0, 1]) == 1,
            many_tags: pick(&[0, 0, 1]) == 1,
        };
    }
}

/// What a layout has other than a format.
fn wrong(format: &Format, layout: &Layout) -> Vec<String> {
    let (frame, record) = (&layout.frame, &layout.record);
    let mut wrong = Vec::new();
    let mut hold = |name: &str, found: String, truth: String| {
        if found != truth {
            wrong.push(format!("{name} {found} for {truth}"));
        }
    };
    let text = |value: &dyn std::fmt::Debug| format!("{value:?}");
    // How many zero bytes belong to a small number nothing tells.
    let low = |at: FieldAt| match format.endianness {
        Endianness::Little => at.offset,
        Endianness::Big => at.end() - 1,
    };
    hold("endian", text(&frame.endianness), text(&format.endianness));
    hold(
        "header",
        text(&frame.header_length),
        text(&format.header_length),
    );
    hold("stride", text(&frame.stride), text(&format.stride));
    hold("tables", text(&frame.tables.len()), text(&0));
    if let NodeCount::Stated(own) = frame.node_count {
        let last = |at: FieldAt| match format.endianness {
            Endianness::Little => at.offset,
            Endianness::Big => at.end(),
        };
        hold(
            "node count",
            text(&last(own)),
            text(&last(format.node_count)),
        );
    } else {
        hold("node count", text(&frame.node_count), "stated".to_string());
    }
    let reference = (format.edge_unit, format.edges_from_file);
    let found = (frame.reference.unit, frame.reference.from_file);
    hold("reference", text(&found), text(&reference));
    hold("tag", text(&low(record.tag)), text(&low(format.tag)));
    hold(
        "filter",
        text(&record.filter.map(low)),
        text(&Some(low(format.filter))),
    );
    hold(
        "argument",
        text(&record.argument.map(low)),
        text(&Some(low(format.argument))),
    );
    hold(
        "match",
        text(&low(record.matched)),
        text(&low(format.matched)),
    );
    hold(
        "unmatch",
        text(&low(record.unmatched)),
        text(&low(format.unmatched)),
    );
    let literals = layout
        .literals
        .map(|own| (own.base, own.unit, own.framing.prefix, own.to_content));
    let truth = Some((
        format.literal_base,
        format.literal_unit,
        format.prefix,
        format.to_content,
    ));
    hold("literals", text(&literals), text(&truth));
    wrong
}

#[test]
fn formats_that_numbers_make_up_are_found() {
    for seed in [3, 7, 22] {
        let format = format(seed);
        let corpus = format.corpus(6);
        let blobs: Vec<&[u8]> = corpus.iter().map(Vec::as_slice).collect();
        let found = infer(&blobs, STEPS).hypotheses;
        assert_eq!(wrong(&format, &found[0].layout), [""; 0], "{seed}");
    }
}

#[test]
#[ignore = "takes minutes; SWEEP=FIRST..LAST chooses seeds, FILES the sizes of corpora"]
fn how_often_the_truth_is_first() {
    let read = |name: &str, other: &str| std::env::var(name).unwrap_or(other.to_string());
    let seeds = read("SWEEP", "0..20");
    let (first, last) = seeds.split_once("..").expect("FIRST..LAST");
    let seeds = first.parse::<u64>().expect("a number")..last.parse::<u64>().expect("a number");
    let (mut all, mut right) = (0, 0);
    for seed in seeds {
        let format = format(seed);
        for files in read("FILES", "4,12,30").split(',') {
            let corpus = format.corpus(files.parse().expect("a number"));
            let blobs: Vec<&[u8]> = corpus.iter().map(Vec::as_slice).collect();
            let start = std::time::Instant::now();
            let found = infer(&blobs, STEPS).hypotheses;
            let took = start.elapsed().as_millis();
            all += 1;
            let rank = found
                .iter()
                .position(|own| wrong(&format, &own.layout).is_empty());
            right += usize::from(rank == Some(0));
            if rank != Some(0) {
                let why = found.first().map(|best| wrong(&format, &best.layout));
                println!(
                    "{seed} x {files}: rank {rank:?}, {took} ms: {}",
                    why.map_or("nothing".to_string(), |why| why.join("; "))
                );
                for own in found.iter().take(1).chain(rank.map(|rank| &found[rank])) {
                    for term in &own.terms {
                        println!("    {} {:.4} {}", term.name, term.value, term.evidence);
                    }
                }
            } else {
                println!(
                    "{seed} x {files}: right, {took} ms, {:.4}",
                    found.get(1).map_or(1.0, |own| found[0].score - own.score)
                );
            }
        }
    }
    println!("{right} of {all} right");
}

#[test]
fn formats_of_strangers_are_found() {
    for seed in [6, 11] {
        let format = Wild::new(seed);
        let corpus = format.corpus(12);
        let blobs: Vec<&[u8]> = corpus.iter().map(|own| own.bytes.as_slice()).collect();
        let found = infer(&blobs, STEPS);
        assert!(found.is_complete);
        let best = &found.hypotheses[0];
        assert_eq!(format.wrong(&corpus[0], best, false), [""; 0], "{seed}");
    }
}

#[test]
fn arguments_that_are_numbers_of_literals_are_found() {
    for seed in [0, 5, 10] {
        let format = Wild::with_numbers(seed);
        let corpus = format.corpus(12);
        let blobs: Vec<&[u8]> = corpus.iter().map(|own| own.bytes.as_slice()).collect();
        let best = &infer(&blobs, STEPS).hypotheses[0];
        assert_eq!(format.wrong(&corpus[0], best, false), [""; 0], "{seed}");
    }
}

#[test]
fn a_limit_of_steps_ends_the_search() {
    let corpus = Wild::new(6).corpus(3);
    let blobs: Vec<&[u8]> = corpus.iter().map(|own| own.bytes.as_slice()).collect();
    let found = infer(&blobs, 1000);
    assert!(!found.is_complete);
}

#[test]
#[ignore = "takes minutes; SWEEP=FIRST..LAST chooses seeds, FILES the sizes of corpora, NUMBERS=1 \
            arguments that are numbers of literals"]
fn how_often_the_truth_of_a_stranger_is_first() {
    let read = |name: &str, other: &str| std::env::var(name).unwrap_or(other.to_string());
    let seeds = read("SWEEP", "0..20");
    let (first, last) = seeds.split_once("..").expect("FIRST..LAST");
    let seeds = first.parse::<u64>().expect("a number")..last.parse::<u64>().expect("a number");
    let (mut all, mut right, mut strict) = (0, 0, 0);
    for seed in seeds {
        let format = match read("NUMBERS", "").is_empty() {
            true => Wild::new(seed),
            false => Wild::with_numbers(seed),
        };
        for files in read("FILES", "12").split(',') {
            let corpus = format.corpus(files.parse().expect("a number"));
            let blobs: Vec<&[u8]> = corpus.iter().map(|own| own.bytes.as_slice()).collect();
            let start = std::time::Instant::now();
            let found = infer(&blobs, STEPS).hypotheses;
            let took = start.elapsed().as_millis();
            all += 1;
            let rank = |strict| {
                let mut own = found.iter();
                own.position(|own| format.wrong(&corpus[0], own, strict).is_empty())
            };
            let (loose, exact) = (rank(false), rank(true));
            right += usize::from(loose == Some(0));
            strict += usize::from(exact == Some(0));
            let margin = found.get(1).map_or(1.0, |own| found[0].score - own.score);
            let why = found.first().map_or("nothing".to_string(), |best| {
                format.wrong(&corpus[0], best, true).join("; ")
            });
            println!(
                "{seed} x {files}: rank {loose:?} exact {exact:?}, {took} ms, {margin:.4}: {why}"
            );
            if loose != Some(0) {
                println!("  {format:?}");
                for own in found.iter().take(1).chain(loose.map(|rank| &found[rank])) {
                    println!("   score {:.4}", own.score);
                    for term in &own.terms {
                        println!("    {} {:.4} {}", term.name, term.value, term.evidence);
                    }
                }
            }
        }
    }
    println!("{right} of {all} right, {strict} exactly");
}
