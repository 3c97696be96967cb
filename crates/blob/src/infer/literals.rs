//! Which bytes of a node refer to literals, and which say what is asked about.

use std::collections::{BTreeMap, BTreeSet};

use super::field::{Endianness, FieldAt};
use super::frame::{Cut, Frame};
use super::literal::{Base, Framing, Literals, OfFile, Stored};
use super::record::{Edges, Record};

/// How well filter, argument and addressing of literals go together.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fit {
    pub(super) filter: Option<FieldAt>,
    pub(super) argument: Option<FieldAt>,
    pub(super) literals: Option<Literals>,
    /// Share of literals that arguments refer to.
    pub(super) covered: f64,
    /// Share of arguments that hit a literal in filters all of whose arguments do.
    pub(super) pure: f64,
    /// What candidates are ranked by.
    rank: f64,
}

/// Nodes of one tag and filter: how many there are, and the literals of files that they hit.
#[derive(Default)]
struct Class {
    all: usize,
    hits: Vec<(usize, usize)>,
}

/// A node that leads to two others: its file, where it starts, its tag.
struct Branch {
    file: usize,
    start: usize,
    tag: usize,
}

/// The literals of all files by one framing.
struct Fitting {
    framing: Framing,
    /// How many there are.
    total: usize,
    /// Which files it reads.
    is_read: Vec<bool>,
    /// For each file the numbers of literals by where they start, and by where what they hold does.
    starts: [Vec<BTreeMap<usize, usize>>; 2],
}

impl Fitting {
    fn new((framing, stored): (Framing, Vec<OfFile>)) -> Self {
        let starts = |start: fn(&Stored) -> usize| -> Vec<BTreeMap<usize, usize>> {
            let of_file = |own: &OfFile| {
                let own = own.iter().flatten().enumerate();
                own.map(|(number, one)| (start(one), number)).collect()
            };
            stored.iter().map(of_file).collect()
        };
        Self {
            framing,
            total: stored.iter().flatten().map(Vec::len).sum(),
            is_read: stored.iter().map(Option::is_some).collect(),
            starts: [starts(|one| one.start), starts(|one| one.content.start)],
        }
    }
}

/// A way in which an argument refers to literals.
struct Way<'a> {
    /// The most it can be worth.
    most: f64,
    own: &'a Fitting,
    argument: FieldAt,
    base: Base,
    unit: usize,
    to_content: bool,
}

impl Way<'_> {
    /// For each node the literal that its argument hits.
    fn hits(
        &self,
        branches: &[Branch],
        values: &[usize],
        frame: &Frame,
        cuts: &[Cut],
    ) -> Vec<Option<usize>> {
        let starts = &self.own.starts[usize::from(self.to_content)];
        let hit = |(branch, value): (&Branch, &usize)| {
            let starts = &starts[branch.file];
            if let Base::Number(first) = self.base {
                let number = value.checked_sub(first)?;
                return (number < starts.len()).then_some(number);
            }
            let offset = self
                .base
                .offset(frame, &cuts[branch.file], &self.own.framing)?;
            let at = value.checked_mul(self.unit)?.checked_add(offset)?;
            starts.get(&at).copied()
        };
        branches.iter().zip(values).map(hit).collect()
    }
}

/// The best ways to read filters, arguments and literals of a record.
pub(super) fn fits(
    blobs: &[&[u8]],
    frame: &Frame,
    cuts: &[Cut],
    record: &Record,
    kept: usize,
) -> Vec<Fit> {
    let mut branches = Vec::new();
    for (file, (blob, cut)) in blobs.iter().zip(cuts).enumerate() {
        for (node, edges) in record.edges(frame, blob, cut).iter().enumerate() {
            let start = cut.nodes + frame.stride * node;
            if let (Edges::Branch(..), Some(tag)) =
                (edges, record.tag.read(blob, start, frame.endianness))
            {
                branches.push(Branch { file, start, tag });
            }
        }
    }
    let read = |field: FieldAt| -> Vec<usize> {
        let read = |own: &Branch| field.read(blobs[own.file], own.start, frame.endianness);
        branches.iter().filter_map(read).collect()
    };
    let free = |size: usize| {
        (0..=frame.stride.saturating_sub(size))
            .map(move |offset| FieldAt { offset, size })
            .filter(|field| !record.fields().any(|own| own.overlaps(*field)))
    };
    let varying = |field: &FieldAt| read(*field).iter().collect::<BTreeSet<_>>().len() > 1;
    // Without a value that needs them, four bytes are two and padding, unless references have four.
    let needs = |field: &FieldAt| {
        field.size <= record.matched.size.max(2) || read(*field).iter().any(|value| *value > 0xffff)
    };
    // A number of which the least byte is always zero begins too late or ends too soon.
    let counts = |field: &FieldAt| {
        let least = match frame.endianness {
            Endianness::Little => field.offset,
            Endianness::Big => field.end() - 1,
        };
        let least = FieldAt {
            offset: least,
            size: 1,
        };
        field.size == 1 || read(least).iter().any(|value| *value != 0)
    };
    let arguments = [2, 4, 1].into_iter().flat_map(free).filter(counts);
    let arguments: Vec<FieldAt> = arguments.filter(varying).filter(needs).collect();
    let filters = [1, 2].into_iter().flat_map(free).filter(counts);
    let filters: Vec<FieldAt> = filters.filter(varying).collect();
    let keyed: Vec<(Option<FieldAt>, Vec<usize>)> = filters
        .iter()
        .map(|field| (Some(*field), read(*field)))
        .chain([(None, vec![0; branches.len()])])
        .collect();
    let one = |offset| FieldAt { offset, size: 1 };
    let cost = |byte: usize| match read(one(byte)).iter().all(|value| *value == 0) {
        true => 0.25,
        false => 1.0,
    };
    let costs: Vec<f64> = (0..frame.stride).map(cost).collect();
    let residue = |fields: &[FieldAt]| {
        let explained = |byte: usize| {
            let mut own = record.fields().chain(fields.iter().copied());
            own.any(|field| field.overlaps(one(byte)))
        };
        let left = (0..frame.stride).filter(|byte| !explained(*byte));
        left.map(|byte| costs[byte]).sum::<f64>() / frame.stride as f64
    };
    let tidy = |fields: &[FieldAt]| {
        let crooked = fields.iter().filter(|field| !field.is_aligned()).count();
        0.2 * residue(fields) + 0.03 * crooked as f64
    };

    let fitting: Vec<Fitting> = Framing::fitting(blobs, frame, cuts)
        .into_iter()
        .map(Fitting::new)
        .collect();
    // Every way to refer to literals, with the most that it can be worth.
    let mut ways: Vec<Way<'_>> = Vec::new();
    for own in &fitting {
        for &argument in &arguments {
            let values = read(argument);
            for (base, unit, to_content) in addressings(frame, cuts, &own.framing) {
                let way = Way {
                    most: 0.0,
                    own,
                    argument,
                    base,
                    unit,
                    to_content,
                };
                let hits = way.hits(&branches, &values, frame, cuts);
                let each = branches.iter().zip(&hits);
                let distinct: BTreeSet<(usize, usize)> = each
                    .filter_map(|(branch, hit)| Some((branch.file, (*hit)?)))
                    .collect();
                if !distinct.is_empty() {
                    let most = distinct.len() as f64 / own.total as f64 + 0.3;
                    ways.push(Way { most, ..way });
                }
            }
        }
    }
    let mut by_worth: Vec<usize> = (0..ways.len()).collect();
    by_worth.sort_by(|a, b| ways[*b].most.total_cmp(&ways[*a].most));
    let mut ranked: Vec<(usize, Fit)> = Vec::new();
    let mut best: Vec<f64> = Vec::new();
    for number in by_worth {
        let way = &ways[number];
        if best.get(kept - 1).is_some_and(|least| way.most < *least) {
            break;
        }
        let Way { argument, base, .. } = *way;
        let hits = way.hits(&branches, &read(argument), frame, cuts);
        let all_hits = hits.iter().flatten().count();
        for (filter, keys) in &keyed {
            if filter.is_some_and(|own| own.overlaps(argument)) {
                continue;
            }
            let mut classes: BTreeMap<(usize, usize), Class> = BTreeMap::new();
            for ((branch, key), hit) in branches.iter().zip(keys).zip(&hits) {
                if !way.own.is_read[branch.file] {
                    continue;
                }
                let class = classes.entry((branch.tag, *key)).or_default();
                class.all += 1;
                class.hits.extend(hit.map(|own| (branch.file, own)));
            }
            let literal: Vec<_> = classes
                .values()
                .filter(|class| class.all == class.hits.len())
                .flat_map(|class| class.hits.iter().copied())
                .collect();
            let covered =
                literal.iter().collect::<BTreeSet<_>>().len() as f64 / way.own.total as f64;
            let pure = literal.len() as f64 / all_hits as f64;
            let is_odd = filter.is_none() || 2 * classes.len() > branches.len();
            let odd = if is_odd { 0.1 } else { 0.0 };
            // Numbers of literals are small, and so are many others.
            let easy = match base {
                Base::Number(_) => 0.02,
                _ => 0.0,
            };
            let fields: Vec<FieldAt> = [argument].into_iter().chain(*filter).collect();
            let rank = covered + 0.3 * pure - odd - easy - tidy(&fields);
            best.push(rank);
            best.sort_by(|a, b| b.total_cmp(a));
            best.truncate(kept);
            let fit = Fit {
                filter: *filter,
                argument: Some(argument),
                literals: Some(Literals {
                    base,
                    unit: way.unit,
                    to_content: way.to_content,
                    framing: way.own.framing,
                }),
                covered,
                pure,
                rank,
            };
            ranked.push((number, fit));
        }
    }
    ranked.sort_by_key(|(number, _)| *number);
    let mut found: Vec<Fit> = ranked.into_iter().map(|(_, fit)| fit).collect();
    if found.iter().all(|fit| fit.covered == 0.0) {
        // No literal tells arguments from filters: what varies more is the argument.
        let kinds = |field: FieldAt| read(field).iter().collect::<BTreeSet<_>>().len() as f64;
        for &argument in &arguments {
            let others = filters.iter().filter(|own| !own.overlaps(argument));
            let mut choices: Vec<Option<FieldAt>> = others.copied().map(Some).collect();
            choices.push(None);
            for filter in choices {
                let fields: Vec<FieldAt> = [argument].into_iter().chain(filter).collect();
                let more = filter.map_or(0.0, |filter| (kinds(argument) - kinds(filter)) / 100.0);
                found.push(Fit {
                    filter,
                    argument: Some(argument),
                    literals: None,
                    covered: 0.0,
                    pure: 0.0,
                    rank: more - tidy(&fields),
                });
            }
        }
    }
    if found.is_empty() {
        found.push(Fit {
            filter: filters.first().copied(),
            argument: None,
            literals: None,
            covered: 0.0,
            pure: 0.0,
            rank: 0.0,
        });
    }
    found.sort_by(|a, b| b.rank.total_cmp(&a.rank));
    found.truncate(kept);
    found
}

/// Ways to refer to literals of a framing that differ.
fn addressings(frame: &Frame, cuts: &[Cut], framing: &Framing) -> Vec<(Base, usize, bool)> {
    let offsets = |base: Base| -> Vec<Option<usize>> {
        let own = cuts.iter();
        own.map(|cut| base.offset(frame, cut, framing)).collect()
    };
    let bases = [
        Base::NodesEnd,
        Base::FirstLiteral,
        Base::FileStart,
        Base::NodesStart,
    ];
    let mut all = vec![(Base::Number(0), 1, false), (Base::Number(1), 1, false)];
    if framing.table > 0 {
        return all;
    }
    for (number, base) in bases.into_iter().enumerate() {
        if bases[..number]
            .iter()
            .any(|other| offsets(*other) == offsets(base))
        {
            continue;
        }
        for unit in [1, 2, 4, 8, 16] {
            all.push((base, unit, false));
            if framing.prefix > 0 {
                all.push((base, unit, true));
            }
        }
    }
    all
}
