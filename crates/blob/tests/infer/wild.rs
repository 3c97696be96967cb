//! Formats as strangers might make them up: nothing here knows how layouts are sought.

use lapbelt_blob::infer::Hypothesis;
use lapbelt_blob::infer::field::{Endianness, FieldAt};
use lapbelt_blob::infer::frame::Unit;
use lapbelt_blob::infer::literal::{Base, Literals};

use crate::made::Numbers;

/// Above all offsets: references that are numbers.
const NUMBERS: usize = 1 << 20;

/// A made-up format: what a reader of its files would have to be told.
#[derive(Clone, Debug)]
pub(crate) struct Wild {
    big: bool,
    magic: usize,
    /// Size and offset of the counts; none if the files do not say.
    op_count: Option<FieldAt>,
    node_count: Option<FieldAt>,
    /// A field that says where nodes start.
    nodes_at: Option<FieldAt>,
    /// A field with the length of the file.
    length: Option<FieldAt>,
    header: usize,
    /// Bytes between the op table and the nodes in which counts stand, if not in front of it.
    counts_behind: Option<usize>,
    operations: usize,
    slot: usize,
    nodes_alignment: usize,
    stride: usize,
    tag: FieldAt,
    filter: FieldAt,
    argument: FieldAt,
    matched: FieldAt,
    unmatched: FieldAt,
    /// Bytes that an edge counts; 0 for nodes.
    edge_bytes: usize,
    edges_from_file: bool,
    branch_tags: Vec<usize>,
    decision_tag: usize,
    /// Where a decision has what it decides.
    decision_in_argument: bool,
    is_random_graph: bool,
    prefix: usize,
    pool_alignment: usize,
    literal_alignment: usize,
    literal_unit: usize,
    /// 0 file, 1 nodes, 2 end of nodes, 3 first literal; 4 and above: numbers of literals.
    literal_base: usize,
    /// Bytes of an entry of a table of offsets in front of the literals, or 0, and whether they count
    /// from the file, the table or the first literal.
    table: (usize, usize),
    to_content: bool,
    numbers: u64,
}

/// A file and what is where in it.
pub(crate) struct Made {
    pub(crate) bytes: Vec<u8>,
    node_offset: usize,
    node_count: usize,
    literal_base: usize,
}

impl Wild {
    pub(crate) fn new(seed: u64) -> Self {
        let mut numbers = Numbers(seed.wrapping_mul(0xd134_2543_de82_ef95) ^ 0x5851_f42d_4c95_7f2d);
        for _ in 0..8 {
            numbers.below(3);
        }
        loop {
            if let Some(own) = Self::tried(&mut numbers) {
                return own;
            }
        }
    }

    /// A format of which arguments are numbers of literals, from 0 or 1, or of entries of a table of
    /// their offsets.
    pub(crate) fn with_numbers(seed: u64) -> Self {
        let mut own = Self::new(seed);
        let mut numbers = Numbers(seed ^ 0x2545_f491_4f6c_dd1d);
        numbers.below(2);
        own.literal_unit = 1;
        own.to_content = false;
        own.literal_base = 4 + numbers.below(2);
        if numbers.below(2) == 0 {
            own.table = (2 + 2 * numbers.below(2), numbers.below(3));
            own.literal_base = 4;
        }
        own
    }

    fn tried(numbers: &mut Numbers) -> Option<Self> {
        let seed = numbers.0;
        let mut pick = |list: &[usize]| list[numbers.below(list.len())];
        let stride = pick(&[6, 8, 8, 10, 12, 12, 16, 16, 20, 24, 32]);
        let edge = match stride {
            6 => 1,
            ..12 => 2,
            _ => pick(&[2, 2, 4]),
        };
        let tag = pick(&[1, 1, 1, 2, if stride >= 16 { 4 } else { 1 }]);
        let filter = pick(&[1, 2]);
        let argument = if stride >= 16 { pick(&[2, 2, 4]) } else { 2 };
        let sizes = [tag, filter, argument, edge, edge];
        if sizes.iter().sum::<usize>() > stride {
            return None;
        }
        let is_aligned = pick(&[0, 1, 1, 1, 1]) == 1;
        let mut order = [0, 1, 2, 3, 4];
        if pick(&[0, 1, 1]) == 1 {
            for own in (1..5).rev() {
                order.swap(own, pick(&(0..=own).collect::<Vec<_>>()));
            }
        }
        let mut fields = [FieldAt { offset: 0, size: 1 }; 5];
        let mut at = 0;
        for own in order {
            let size = sizes[own];
            if is_aligned {
                at = usize::next_multiple_of(at, size);
            }
            fields[own] = FieldAt { offset: at, size };
            at += size;
        }
        if at > stride {
            return None;
        }
        let [tag, filter, argument, matched, unmatched] = fields;
        let counts_behind = (pick(&[0, 0, 0, 0, 0, 0, 1]) == 1).then(|| pick(&[4, 8, 12]));
        let header = pick(&[0, 4, 8, 8, 10, 12, 14, 16, 16, 20, 24, 32, 48, 64]);
        let magic = if header >= 8 { pick(&[0, 4, 4]) } else { 0 };
        // Counts one after the other, some left out.
        let mut at = if counts_behind.is_some() { 0 } else { magic };
        let room = counts_behind.unwrap_or(header);
        let mut counts = [None; 4];
        let mut order = [0, 1, 2, 3];
        order.swap(0, pick(&[0, 1, 2, 3]));
        for own in order {
            let is_in = match own {
                0 => pick(&[0, 1, 1, 1]),
                1 => pick(&[0, 1, 1, 1, 1]),
                2 => pick(&[0, 0, 0, 1]),
                _ => pick(&[0, 0, 0, 1]),
            };
            let size = if own == 0 {
                pick(&[1, 2, 2, 4])
            } else {
                pick(&[2, 2, 4])
            };
            at = at.next_multiple_of(size) + pick(&[0, 0, 0, size]);
            if is_in == 1 && at + size <= room {
                counts[own] = Some(FieldAt { offset: at, size });
                at += size;
            }
        }
        let operations = pick(&[8, 12, 20, 33, 61, 80, 100, 140, 190]);
        let (edge_bytes, edges_from_file) = match pick(&[0, 0, 0, 1, 2]) {
            _ if edge == 1 => (0, false),
            0 => (0, false),
            1 => (1, pick(&[0, 1]) == 1),
            _ => {
                let bytes = pick(&[2, 4, 8]);
                if stride % bytes != 0 {
                    return None;
                }
                (bytes, pick(&[0, 1]) == 1)
            }
        };
        let slot = pick(&[2, 2, 2, 2, 4]);
        let nodes_alignment = match edge_bytes {
            2.. => edge_bytes,
            _ => pick(&[1, 2, 4, 8, 16]),
        };
        if counts_behind.is_some() {
            let start = header + slot * operations;
            for own in counts.iter_mut().flatten() {
                own.offset += start;
            }
        }
        let prefix = pick(&[0, 1, 2, 2, 4]);
        let literal_base = pick(&[0, 1, 2, 2, 3]);
        let literal_unit = pick(&[1, 1, 2, 4, 8]);
        let literal_alignment = literal_unit * pick(&[1, 1, 2]);
        // What counts in words from elsewhere must lie on words there.
        let nodes_alignment = match literal_base {
            0..=2 => nodes_alignment.max(literal_unit),
            _ => nodes_alignment,
        };
        let pool_alignment = match literal_base {
            3 => pick(&[1, 4, 8]),
            _ => literal_alignment.max(pick(&[1, 1, 4, 8])),
        };
        if literal_base == 2 && stride % literal_unit != 0 {
            return None;
        }
        let mut tags: Vec<usize> = (0..6).collect();
        for own in (1..6).rev() {
            tags.swap(own, pick(&(0..=own).collect::<Vec<_>>()));
        }
        Some(Self {
            big: pick(&[0, 0, 1]) == 1,
            magic,
            op_count: counts[0],
            node_count: counts[1],
            nodes_at: counts[2],
            length: counts[3],
            header,
            counts_behind,
            operations,
            slot,
            nodes_alignment,
            stride,
            tag,
            filter,
            argument,
            matched,
            unmatched,
            edge_bytes,
            edges_from_file,
            branch_tags: tags[1..=pick(&[1, 1, 2, 3])].to_vec(),
            decision_tag: tags[0],
            decision_in_argument: pick(&[0, 1]) == 1,
            is_random_graph: pick(&[0, 0, 1]) == 1,
            prefix,
            pool_alignment,
            literal_alignment,
            literal_unit,
            literal_base,
            table: (0, 0),
            to_content: literal_unit == 1 && prefix > 0 && pick(&[0, 0, 0, 1]) == 1,
            numbers: seed,
        })
    }

    pub(crate) fn corpus(&self, files: usize) -> Vec<Made> {
        let mut numbers = Numbers(self.numbers ^ 0x1357_9bdf);
        (0..files).map(|_| self.file(&mut numbers)).collect()
    }

    fn put(&self, out: &mut [u8], start: usize, field: FieldAt, value: usize) {
        let own = &mut out[start + field.offset..start + field.end()];
        own.copy_from_slice(&value.to_le_bytes()[..field.size]);
        if self.big {
            own.reverse();
        }
    }

    fn file(&self, numbers: &mut Numbers) -> Made {
        // Tests: filter, whether it has a literal, matched, unmatched; the last two decide.
        let mut tests: Vec<(usize, bool, usize, usize)> = Vec::new();
        let mut entries = vec![0; self.operations];
        if self.is_random_graph {
            let count = 4 + numbers.below(30);
            for own in 0..count {
                let filter = 1 + numbers.below(12);
                let mut next = || own + 1 + numbers.below(count + 1 - own);
                tests.push((filter, filter < 5, next(), next()));
            }
            let is_default = count + numbers.below(2);
            for entry in &mut entries {
                *entry = match numbers.below(3) {
                    0 => numbers.below(count),
                    _ => is_default,
                };
            }
            for own in 0..count.min(self.operations) {
                let at = numbers.below(self.operations);
                entries[at] = own;
            }
        } else {
            // Chains of tests of which any must match; nodes are numbered from the end.
            let mut chains = Vec::new();
            for _ in 0..2 + numbers.below(5) {
                let mut next = 0;
                for _ in 0..1 + numbers.below(5) {
                    let filter = 1 + numbers.below(12);
                    tests.push((filter, filter < 5, 1, next));
                    next = tests.len() + 1;
                }
                chains.push(next);
            }
            let last = tests.len() + 1;
            tests.reverse();
            for (_, _, matched, unmatched) in &mut tests {
                *matched = last - *matched;
                *unmatched = last - *unmatched;
            }
            entries.fill(last);
            for chain in chains {
                entries[numbers.below(self.operations)] = last - chain;
            }
        }
        let node_count = tests.len() + 2;
        let table_end = self.header + self.slot * self.operations;
        let node_offset =
            (table_end + self.counts_behind.unwrap_or(0)).next_multiple_of(self.nodes_alignment);
        let nodes_end = node_offset + self.stride * node_count;
        let reference = |node: usize| {
            let from = if self.edges_from_file { node_offset } else { 0 };
            match self.edge_bytes {
                0 => node,
                bytes => (from + self.stride * node) / bytes,
            }
        };
        let mut out = vec![0; nodes_end];
        if self.magic > 0 {
            out[..4].copy_from_slice(b"PoLy");
        }
        for (number, entry) in entries.iter().enumerate() {
            let offset = self.header + self.slot * number;
            let size = self.slot;
            self.put(&mut out, 0, FieldAt { offset, size }, reference(*entry));
        }
        // A name for each test that has one.
        let mut texts: Vec<String> = Vec::new();
        let mut references = Vec::new();
        for test in &tests {
            if !test.1 {
                references.push(None);
                continue;
            }
            if !texts.is_empty() && numbers.below(5) == 0 {
                references.push(Some(numbers.below(texts.len())));
                continue;
            }
            references.push(Some(texts.len()));
            let words = [
                "usr",
                "Library",
                "tmp",
                "etc",
                "com.apple.x",
                "dev",
                "private",
            ];
            let mut text = String::new();
            for _ in 0..1 + numbers.below(3) {
                text += "/";
                text += words[numbers.below(words.len())];
                if numbers.below(2) == 0 {
                    text += &numbers.below(1000).to_string();
                }
            }
            texts.push(text);
        }
        // The pool.
        let table = nodes_end.next_multiple_of(self.pool_alignment);
        let (entry, from) = self.table;
        let pool = table + entry * texts.len();
        out.resize(pool, 0);
        let base = [0, node_offset, nodes_end, pool, 0, 0][self.literal_base];
        let mut literals: Vec<usize> = Vec::new();
        for (number, text) in texts.iter().enumerate() {
            let at = pool + (out.len() - pool).next_multiple_of(self.literal_alignment);
            out.resize(at, 0);
            let past = if self.to_content { self.prefix } else { 0 };
            literals.push(match self.literal_base {
                4.. => number + self.literal_base - 4,
                _ => (at + past - base) / self.literal_unit,
            });
            if entry > 0 {
                let offset = table + entry * number;
                let field = FieldAt {
                    offset,
                    size: entry,
                };
                self.put(&mut out, 0, field, at - [0, table, pool][from]);
            }
            if self.prefix > 0 {
                let start = out.len();
                out.resize(start + self.prefix, 0);
                let size = self.prefix;
                self.put(&mut out, start, FieldAt { offset: 0, size }, text.len());
            }
            out.extend(text.as_bytes());
            if self.prefix == 0 {
                out.push(0);
            }
        }
        for (node, test) in tests.iter().enumerate() {
            let start = node_offset + self.stride * node;
            let (filter, _, matched, unmatched) = *test;
            let tag = self.branch_tags[filter % self.branch_tags.len()];
            let literal = references[node].map(|own| literals[own]);
            let argument = literal.unwrap_or_else(|| 1 + numbers.below(300));
            self.put(&mut out, start, self.tag, tag);
            self.put(&mut out, start, self.filter, filter);
            self.put(&mut out, start, self.argument, argument);
            self.put(&mut out, start, self.matched, reference(matched));
            self.put(&mut out, start, self.unmatched, reference(unmatched));
        }
        for decision in 0..2 {
            let start = node_offset + self.stride * (tests.len() + decision);
            self.put(&mut out, start, self.tag, self.decision_tag);
            let field = if self.decision_in_argument {
                self.argument
            } else {
                self.filter
            };
            self.put(&mut out, start, field, 1 - decision);
        }
        for (field, value) in [
            (self.op_count, self.operations),
            (self.node_count, node_count),
            (self.nodes_at, node_offset),
            (self.length, out.len()),
        ] {
            if let Some(field) = field {
                self.put(&mut out, 0, field, value);
            }
        }
        Made {
            bytes: out,
            node_offset,
            node_count,
            literal_base: base,
        }
    }

    /// What a hypothesis says of the first file that is not so. `strict` asks for widths of fields
    /// too, of which zeros beside a number tell nothing.
    pub(crate) fn wrong(&self, first: &Made, own: &Hypothesis, strict: bool) -> Vec<String> {
        let mut wrong = Vec::new();
        let (frame, record, cut) = (&own.layout.frame, &own.layout.record, &own.cuts[0]);
        let mut hold = |name: &str, found: usize, truth: usize| {
            if found != truth {
                wrong.push(format!("{name} {found} for {truth}"));
            }
        };
        hold(
            "big",
            usize::from(frame.endianness == Endianness::Big),
            usize::from(self.big),
        );
        hold("op table", cut.op_table, self.header);
        hold("op count", cut.op_count, self.operations);
        hold("slot", frame.slot, self.slot);
        hold("nodes at", cut.nodes, first.node_offset);
        hold("node count", cut.node_count, first.node_count);
        hold("stride", frame.stride, self.stride);
        let low = |at: FieldAt| match self.big {
            _ if strict => 100 * at.size + at.offset,
            false => at.offset,
            true => at.end() - 1,
        };
        let maybe = |at: Option<FieldAt>| at.map_or(9999, low);
        hold("tag", low(record.tag), low(self.tag));
        hold("filter", maybe(record.filter), low(self.filter));
        hold("argument", maybe(record.argument), low(self.argument));
        hold("match", low(record.matched), low(self.matched));
        hold("unmatch", low(record.unmatched), low(self.unmatched));
        let edge_bytes = match frame.reference.unit {
            Unit::Index => 0,
            Unit::Bytes => 1,
            Unit::Words(bytes) => bytes,
        };
        hold("edge bytes", edge_bytes, self.edge_bytes);
        hold(
            "edges from file",
            usize::from(frame.reference.from_file),
            usize::from(self.edges_from_file),
        );
        let literals = own.layout.literals;
        hold(
            "literal unit",
            literals.map_or(0, |own| own.unit),
            self.literal_unit,
        );
        let base = |own: Literals| match own.base {
            Base::Number(first) => NUMBERS + 10 * own.framing.table + first,
            base => base.offset(frame, cut, &own.framing).unwrap_or(0),
        };
        hold(
            "literal base",
            literals.map_or(9999, base),
            match self.literal_base {
                4.. => NUMBERS + 10 * self.table.0 + self.literal_base - 4,
                _ => first.literal_base,
            },
        );
        wrong
    }
}
