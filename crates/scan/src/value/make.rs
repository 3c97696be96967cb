//! How values are made, in one form each.

use super::{Known, MOST_PIECES, MOST_TERMS, Node, Piece, Pieces, Place, Value, Values};
use crate::code::{Op, low};

impl Values {
    fn intern(&mut self, node: Node, known: impl FnOnce(Value) -> Known) -> Value {
        if let Some(value) = self.index.get(&node) {
            return *value;
        }
        let value = Value(self.nodes.len() as u32);
        self.index.insert(node.clone(), value);
        self.nodes.push(node);
        self.known.push(known(value));
        self.places.push(self.here);
        value
    }

    /// A value that is made of itself.
    fn atom(&mut self, node: Node, ones: u64) -> Value {
        self.intern(node, |value| Known {
            ones,
            pieces: whole(value, ones),
        })
    }

    pub(crate) fn constant(&mut self, number: u64) -> Value {
        self.intern(Node::Const(number), |_| Known {
            ones: number,
            pieces: Pieces::default(),
        })
    }

    pub(crate) fn initial(&mut self, place: Place) -> Value {
        let ones = match place {
            Place::Reg(_) => u64::MAX,
            Place::Stack(_, size) | Place::Memory(_, size) => low(u32::from(size) * 8),
        };
        self.atom(Node::Initial(place), ones)
    }

    pub(crate) fn load(&mut self, address: Value, size: u8, call: u32) -> Value {
        let node = Node::Load {
            address,
            size,
            call,
        };
        self.atom(node, low(u32::from(size) * 8))
    }

    pub(crate) fn result(&mut self, call: u32) -> Value {
        self.atom(Node::Result(call), u64::MAX)
    }

    pub(crate) fn unknown(&mut self, instruction: u32, number: u32, ones: u64) -> Value {
        self.atom(Node::Unknown(instruction, number), ones)
    }

    pub(crate) fn phi(&mut self, block: u32, place: Place) -> Value {
        let ones = match place {
            Place::Reg(_) => u64::MAX,
            Place::Stack(_, size) | Place::Memory(_, size) => low(u32::from(size) * 8),
        };
        self.atom(Node::Phi(block, place), ones)
    }

    pub(crate) fn either(&mut self, a: Value, b: Value) -> Value {
        if a == b {
            return a;
        }
        let ones = self.known(a).ones | self.known(b).ones;
        self.atom(Node::Either(a, b), ones)
    }

    pub(crate) fn pure(&mut self, op: Op, a: Value, b: Value) -> Value {
        if let Some(value) = self.computed.get(&(op, a, b)) {
            return *value;
        }
        let value = self.compute(op, a, b);
        self.computed.insert((op, a, b), value);
        value
    }

    fn compute(&mut self, op: Op, a: Value, b: Value) -> Value {
        match (op, self.as_const(a), self.as_const(b)) {
            (Op::Add, ..) => self.combine(a, b, 1),
            (Op::Sub, ..) => self.combine(a, b, -1),
            (Op::Mul, _, Some(by)) => self.times(a, by as i64),
            (Op::Mul, Some(by), _) => self.times(b, by as i64),
            (Op::Shl, _, Some(by)) if by < 64 => self.times(a, 1_i64.wrapping_shl(by as u32)),
            (Op::And, _, Some(mask)) => self.and(a, mask),
            (Op::And, Some(mask), _) => self.and(b, mask),
            (Op::Shr, _, Some(by)) => self.shift_right(a, by),
            (Op::Sar, _, Some(by)) => self.shift_signed(a, by),
            (Op::Sext, _, Some(bits)) => self.sign_extend(a, bits.min(64) as u32),
            (Op::Or | Op::Xor, ..) => self.or(op, a, b),
            (Op::Compare(_) | Op::Test(_), ..) => self.atom(Node::Pure(op, a, b), u64::MAX),
            (Op::And, ..) => {
                if a == b {
                    return a;
                }
                let (a, b) = (a.min(b), a.max(b));
                let ones = self.known(a).ones & self.known(b).ones;
                self.atom(Node::Pure(op, a, b), ones)
            }
            (Op::Mul, ..) => {
                let (a, b) = (a.min(b), a.max(b));
                self.atom(Node::Pure(op, a, b), u64::MAX)
            }
            (Op::Shr, ..) => {
                let ones = low(64 - self.known(a).ones.leading_zeros());
                self.atom(Node::Pure(op, a, b), ones)
            }
            _ => self.atom(Node::Pure(op, a, b), u64::MAX),
        }
    }

    fn times(&mut self, a: Value, by: i64) -> Value {
        let (mut terms, constant) = self.sum(a);
        for (_, times) in &mut terms {
            *times = times.wrapping_mul(by);
        }
        self.make_sum(terms, constant.wrapping_mul(by))
    }

    fn combine(&mut self, a: Value, b: Value, sign: i64) -> Value {
        let (mut terms, first) = self.sum(a);
        let (more, second) = self.sum(b);
        if terms.len() + more.len() > MOST_TERMS {
            // Too long to be an address: the two as they are.
            terms = vec![(a, 1), (b, sign)];
            return self.make_sum(terms, 0);
        }
        terms.extend(more.iter().map(|(v, t)| (*v, t.wrapping_mul(sign))));
        self.make_sum(terms, first.wrapping_add(second.wrapping_mul(sign)))
    }

    fn make_sum(&mut self, mut terms: Vec<(Value, i64)>, constant: i64) -> Value {
        terms.sort_unstable();
        let mut merged: Vec<(Value, i64)> = Vec::with_capacity(terms.len());
        for (term, times) in terms {
            match merged.last_mut() {
                Some((last, sum)) if *last == term => *sum = sum.wrapping_add(times),
                _ => merged.push((term, times)),
            }
        }
        merged.retain(|(_, times)| *times != 0);
        match merged[..] {
            [] => return self.constant(constant as u64),
            [(only, 1)] if constant == 0 => return only,
            _ => {}
        }
        let known = self.known_of_sum(&merged, constant);
        if let Some(known) = &known
            && known.ones == 0xffff
            && let Some(word) = self.word_of(&known.pieces)
        {
            return word;
        }
        let bound = self.bound_of_sum(&merged, constant);
        let node = Node::Sum(merged.into_boxed_slice(), constant);
        match known {
            Some(known) => self.intern(node, |_| known),
            None => self.atom(node, bound),
        }
    }

    /// What is known of a sum whose terms share no bit.
    fn known_of_sum(&self, terms: &[(Value, i64)], constant: i64) -> Option<Known> {
        let mut ones = constant as u64;
        let mut pieces: Vec<Piece> = Vec::new();
        for (term, times) in terms {
            let times = *times as u64;
            if !times.is_power_of_two() {
                return None;
            }
            let by = times.trailing_zeros();
            let shifted = self.known(*term).ones << by;
            if shifted & ones != 0 {
                return None;
            }
            ones |= shifted;
            shift_left(&self.known(*term).pieces, by, &mut pieces);
        }
        if pieces.len() > MOST_PIECES || pieces.is_empty() {
            return None;
        }
        pieces.sort_by_key(|piece| piece.at);
        join(&mut pieces);
        Some(Known {
            ones,
            pieces: pieces.into(),
        })
    }

    fn bound_of_sum(&self, terms: &[(Value, i64)], constant: i64) -> u64 {
        let mut most = match u128::try_from(constant) {
            Ok(constant) => constant,
            Err(_) => return u64::MAX,
        };
        for (term, times) in terms {
            let Ok(times) = u128::try_from(*times) else {
                return u64::MAX;
            };
            let product = u128::from(self.known(*term).ones).checked_mul(times);
            match product.and_then(|product| most.checked_add(product)) {
                Some(sum) => most = sum,
                None => return u64::MAX,
            }
        }
        match u64::try_from(most) {
            Ok(most) => low(64 - most.leading_zeros()),
            Err(_) => u64::MAX,
        }
    }

    /// The word of 16 bits that two loads of neighbouring bytes make, or its two halves swapped.
    fn word_of(&mut self, pieces: &[Piece]) -> Option<Value> {
        let [a, b] = pieces else { return None };
        let are_bytes = [a, b].iter().all(|p| p.len == 8 && !p.repeats);
        if !are_bytes || (a.at, b.at) != (0, 8) {
            return None;
        }
        if a.of == b.of {
            let is_word = self.known(a.of).ones == 0xffff && self.is_atom(a.of);
            if !is_word || (a.from, b.from) != (8, 0) {
                return None;
            }
            if let Node::Swapped(inner) = self.node(a.of) {
                return Some(*inner);
            }
            return Some(self.atom(Node::Swapped(a.of), 0xffff));
        }
        let address = |values: &Self, value: Value| match values.node(value) {
            Node::Load {
                address, size: 1, ..
            } => Some(values.loose_sum(*address)),
            _ => None,
        };
        let (first, first_at) = address(self, a.of)?;
        let (second, second_at) = address(self, b.of)?;
        let neighbours = first_at.abs_diff(second_at) == 1 && first == second;
        let cursors = self.is_next_read(a.of, b.of);
        (neighbours || cursors).then(|| self.atom(Node::Pair(a.of, b.of), 0xffff))
    }

    /// Whether two bytes were read by two calls, one after the other.
    fn is_next_read(&self, a: Value, b: Value) -> bool {
        match (self.node(a), self.node(b)) {
            (Node::Load { call: a, .. }, Node::Load { call: b, .. }) => *a != *b && *a * *b != 0,
            _ => false,
        }
    }

    fn and(&mut self, a: Value, mask: u64) -> Value {
        let ones = self.known(a).ones;
        if mask & ones == ones {
            return a;
        }
        if mask & ones == 0 {
            return self.constant(0);
        }
        match self.node(a) {
            Node::Const(number) => {
                let number = *number & mask;
                return self.constant(number);
            }
            Node::Pure(Op::And, inner, other) => {
                if let Some(other) = self.as_const(*other) {
                    let inner = *inner;
                    return self.and(inner, mask & other);
                }
            }
            // What lies above the mask of a sum's terms does not count.
            Node::Sum(terms, constant)
                if matches!(mask, 0xff | 0xffff | 0xffff_ffff) && self.is_atom(a) =>
            {
                let (terms, constant) = (terms.clone(), *constant);
                let mut narrowed = terms.to_vec();
                let mut changed = false;
                for (term, _) in &mut narrowed {
                    let inner = self.narrowed(*term, mask);
                    changed |= inner != *term;
                    *term = inner;
                }
                // A constant has one form: that of the signed number of the mask's width.
                let bits = mask.trailing_ones();
                let signed = (constant << (64 - bits)) >> (64 - bits);
                if changed || signed != constant {
                    let inner = self.make_sum(narrowed, signed);
                    return self.and(inner, mask);
                }
            }
            _ => {}
        }
        if mask < 0xffff
            && let Some(word) = self.swapped_below(a)
        {
            return self.and(word, mask);
        }
        let pieces = cut(&self.known(a).pieces, mask);
        self.of_pieces(a, Op::And, mask, pieces, ones & mask)
    }

    /// The swapped word that the lower 16 bits of a value are.
    fn swapped_below(&mut self, value: Value) -> Option<Value> {
        let pieces = cut(&self.known(value).pieces, 0xffff);
        match pieces[..] {
            [a, b] if a.of == b.of && a.from == 8 && b.from == 0 => self.word_of(&pieces),
            _ => None,
        }
    }

    /// A value without the extension that a mask takes away again.
    fn narrowed(&self, value: Value, mask: u64) -> Value {
        match self.node(value) {
            Node::Pure(Op::And, inner, other)
                if self
                    .as_const(*other)
                    .is_some_and(|other| other & mask == mask) =>
            {
                *inner
            }
            Node::Pure(Op::Sext, inner, bits)
                if self
                    .as_const(*bits)
                    .is_some_and(|bits| low(bits as u32) & mask == mask) =>
            {
                *inner
            }
            _ => value,
        }
    }

    fn shift_right(&mut self, a: Value, by: u64) -> Value {
        if by == 0 {
            return a;
        }
        let ones = match by {
            64.. => 0,
            by => self.known(a).ones >> by,
        };
        if ones == 0 {
            return self.constant(0);
        }
        if let Some(number) = self.as_const(a) {
            return self.constant(number >> by);
        }
        let pieces = shifted_right(&self.known(a).pieces, by as u8);
        self.of_pieces(a, Op::Shr, by, pieces, ones)
    }

    fn shift_signed(&mut self, a: Value, by: u64) -> Value {
        let by = by.min(63);
        let ones = self.known(a).ones;
        if by == 0 || ones >> 63 == 0 {
            return self.shift_right(a, by);
        }
        if let Some(number) = self.as_const(a) {
            return self.constant((number as i64 >> by) as u64);
        }
        let sign = sign_of(&self.known(a).pieces, 63);
        let mut pieces = shifted_right(&self.known(a).pieces, by as u8);
        match sign {
            Some((of, from)) => pieces.push(Piece {
                at: (64 - by) as u8,
                len: by as u8,
                of,
                from,
                repeats: true,
            }),
            None => pieces.clear(),
        }
        self.of_pieces(a, Op::Sar, by, pieces, u64::MAX)
    }

    fn sign_extend(&mut self, a: Value, bits: u32) -> Value {
        if bits == 0 || bits >= 64 {
            return a;
        }
        if let Some(number) = self.as_const(a) {
            let shift = 64 - bits;
            return self.constant((((number << shift) as i64) >> shift) as u64);
        }
        let ones = self.known(a).ones;
        if ones & low(bits) == ones && ones >> (bits - 1) == 0 {
            return a;
        }
        let cut = self.and(a, low(bits));
        if self.known(cut).ones >> (bits - 1) == 0 {
            return cut;
        }
        let mut pieces = self.known(cut).pieces.to_vec();
        match sign_of(&pieces, bits as u8 - 1) {
            Some((of, from)) => pieces.push(Piece {
                at: bits as u8,
                len: 64 - bits as u8,
                of,
                from,
                repeats: true,
            }),
            None => pieces.clear(),
        }
        self.of_pieces(cut, Op::Sext, bits.into(), pieces, u64::MAX)
    }

    fn or(&mut self, op: Op, a: Value, b: Value) -> Value {
        if a == b {
            return match op {
                Op::Or => a,
                _ => self.constant(0),
            };
        }
        let (x, y) = (self.known(a).ones, self.known(b).ones);
        if x & y == 0 {
            return self.combine(a, b, 1);
        }
        match (self.as_const(a), self.as_const(b)) {
            (Some(a), Some(b)) => {
                let number = if op == Op::Or { a | b } else { a ^ b };
                self.constant(number)
            }
            (None, Some(number)) => self.with_constant(op, a, b, number),
            (Some(number), None) => self.with_constant(op, b, a, number),
            (None, None) => {
                let (a, b) = (a.min(b), a.max(b));
                self.atom(Node::Pure(op, a, b), x | y)
            }
        }
    }

    /// Bits set or flipped: those that are neither stay what they are, and a flipped bit tells as
    /// much.
    fn with_constant(&mut self, op: Op, a: Value, b: Value, number: u64) -> Value {
        let known = self.known(a);
        let (ones, pieces) = match op {
            Op::Or => (known.ones, cut(&known.pieces, !number)),
            _ => (known.ones, known.pieces.to_vec()),
        };
        let node = Node::Pure(op, a, b);
        let ones = ones | number;
        match pieces.is_empty() || pieces.len() > MOST_PIECES {
            true => self.atom(node, ones),
            false => {
                let pieces = pieces.into();
                self.intern(node, |_| Known { ones, pieces })
            }
        }
    }

    /// A value that is some pieces of others: if it is one part of one, in the one form of it.
    fn of_pieces(
        &mut self,
        a: Value,
        op: Op,
        operand: u64,
        pieces: Vec<Piece>,
        ones: u64,
    ) -> Value {
        let mut pieces = pieces;
        join(&mut pieces);
        if ones == 0xffff
            && let Some(word) = self.word_of(&pieces)
        {
            return word;
        }
        if let [piece] = pieces[..]
            && !piece.repeats
            && ones & !piece.mask() == 0
            && op != Op::Sext
        {
            return self.of_piece(piece);
        }
        let operand = self.constant(operand);
        let node = Node::Pure(op, a, operand);
        match pieces.is_empty() || pieces.len() > MOST_PIECES {
            true => self.atom(node, ones),
            false => {
                let pieces = pieces.into();
                self.intern(node, |_| Known { ones, pieces })
            }
        }
    }

    fn of_piece(&mut self, piece: Piece) -> Value {
        let mut value = piece.of;
        let width = 64 - self.known(value).ones.leading_zeros();
        let (from, len) = (u32::from(piece.from), u32::from(piece.len));
        let part = |at: u32, len: u32| {
            Pieces::One(Piece {
                at: 0,
                len: len as u8,
                of: piece.of,
                from: at as u8,
                repeats: false,
            })
        };
        if from > 0 {
            let by = self.constant(from.into());
            let len = width.saturating_sub(from);
            let known = Known {
                ones: self.known(value).ones >> from,
                pieces: part(from, len),
            };
            value = self.intern(Node::Pure(Op::Shr, value, by), |_| known);
        }
        if from + len < width {
            let mask = self.constant(low(len));
            let known = Known {
                ones: self.known(value).ones & low(len),
                pieces: part(from, len),
            };
            value = self.intern(Node::Pure(Op::And, value, mask), |_| known);
        }
        match piece.at {
            0 => value,
            at => self.times(value, 1_i64.wrapping_shl(at.into())),
        }
    }
}

fn whole(value: Value, ones: u64) -> Pieces {
    Pieces::One(Piece {
        at: 0,
        len: (64 - ones.leading_zeros()).max(1) as u8,
        of: value,
        from: 0,
        repeats: false,
    })
}

/// The source of the bit at a place.
fn sign_of(pieces: &[Piece], at: u8) -> Option<(Value, u8)> {
    let piece = pieces
        .iter()
        .find(|piece| (piece.at..piece.at + piece.len).contains(&at))?;
    let from = match piece.repeats {
        true => piece.from,
        false => piece.from + (at - piece.at),
    };
    Some((piece.of, from))
}

/// Neighbours that are neighbours at their source too become one.
fn join(pieces: &mut Vec<Piece>) {
    pieces.dedup_by(|next, last| {
        let follows = !next.repeats
            && !last.repeats
            && next.of == last.of
            && next.at == last.at + last.len
            && next.from == last.from + last.len;
        if follows {
            last.len += next.len;
        }
        follows
    });
}

fn shift_left(pieces: &[Piece], by: u32, shifted: &mut Vec<Piece>) {
    for piece in pieces {
        let at = u32::from(piece.at) + by;
        if at < 64 {
            shifted.push(Piece {
                at: at as u8,
                len: piece.len.min(64 - at as u8),
                ..*piece
            });
        }
    }
}

fn shifted_right(pieces: &[Piece], by: u8) -> Vec<Piece> {
    let mut shifted = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let end = piece.at + piece.len;
        if end <= by {
            continue;
        }
        let lost = by.saturating_sub(piece.at);
        shifted.push(Piece {
            at: piece.at.saturating_sub(by),
            len: piece.len - lost,
            from: if piece.repeats {
                piece.from
            } else {
                piece.from + lost
            },
            ..*piece
        });
    }
    shifted
}

/// What a mask leaves of pieces.
fn cut(pieces: &[Piece], mask: u64) -> Vec<Piece> {
    let mut left = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let mut kept = piece.mask() & mask;
        while kept != 0 {
            let at = kept.trailing_zeros();
            let len = (kept >> at).trailing_ones();
            kept &= !(low(len) << at);
            let from = if piece.repeats {
                piece.from
            } else {
                piece.from + (at as u8 - piece.at)
            };
            left.push(Piece {
                at: at as u8,
                len: len as u8,
                from,
                ..*piece
            });
        }
    }
    left
}
