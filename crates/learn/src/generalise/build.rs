//! How two names that differ from run to run are built alike.

use std::cmp::Reverse;

/// Shortest varying part that is taken for random, in bytes; digits may be shorter.
const RANDOM_FROM: usize = 4;

/// Shortest name that is taken for a digest, in bytes.
const DIGEST_FROM: usize = 16;

/// Two random names may end in fewer equal letters than this.
const CHANCE_BELOW: usize = 3;

/// Digits in a row that may be a time or a date, and not a version or a count.
const CLOCK_FROM: usize = 6;

/// Bytes of hours, minutes and seconds with separators.
const TIME_OF_DAY: usize = 8;

/// The build of a varying component: what is fixed at its ends, and what stands between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Build {
    pub(super) prefix: Vec<u8>,
    pub(super) suffix: Vec<u8>,
    pub(super) class: Class,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Digits,
    /// Numbers with separators between them, as in times of day and dates.
    Numbers,
    /// Letters, digits and `_`, of which Python's and Perl's temporary names are made: few names
    /// show all of them, so that each stands for all.
    Letters,
    Name,
    Any,
}

impl Class {
    fn of(text: &[u8]) -> Self {
        let classes = [Self::Digits, Self::Letters, Self::Numbers, Self::Name];
        let fits = |class: &Self| text.is_empty() || class.accepts(text);
        classes.into_iter().find(fits).unwrap_or(Self::Any)
    }

    /// The narrowest class that accepts what either does.
    fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::Numbers, Self::Letters) | (Self::Letters, Self::Numbers) => Self::Name,
            _ => self.max(other),
        }
    }

    fn accepts(self, text: &[u8]) -> bool {
        let all = |fits: fn(&u8) -> bool| text.iter().all(fits);
        !text.is_empty()
            && match self {
                Self::Digits => all(u8::is_ascii_digit),
                Self::Numbers => text[0].is_ascii_digit() && all(is_of_numbers),
                Self::Letters => all(is_letter),
                Self::Name => all(|b| b.is_ascii_alphanumeric() || b"_.:-".contains(b)),
                Self::Any => true,
            }
    }

    pub(super) fn regex(self) -> &'static str {
        match self {
            Self::Digits => "[0-9]+",
            Self::Numbers => "[0-9][-_.:T 0-9]*",
            Self::Letters => "[0-9A-Za-z_]+",
            Self::Name => "[0-9A-Za-z_.:-]+",
            Self::Any => "[^/]+",
        }
    }
}

impl Build {
    /// The build that two names share, if what differs looks made up.
    pub(super) fn shared(one: &[u8], other: &[u8], temporary: bool) -> Option<Self> {
        if is_digest(one) && is_digest(other) && one.len() == other.len() {
            // How far two digests agree is chance.
            return Some(Self::whole(Class::Letters));
        }
        let prefix = one.iter().zip(other).take_while(|(a, b)| a == b).count();
        if let Some(numbers) = Self::numbers(one, other, prefix) {
            return Some(numbers);
        }
        let prefix = clock_starts_at(one, other, prefix).unwrap_or(prefix);
        let prefix = prefix - digits_cut(one, other, prefix);
        let room = one.len().min(other.len()) - prefix;
        let ends = one.iter().rev().zip(other.iter().rev());
        let suffix = ends.take(room).take_while(|(a, b)| a == b).count();
        let back = |name: &[u8]| name.iter().rev().copied().collect::<Vec<u8>>();
        let suffix = suffix - digits_cut(&back(one), &back(other), suffix);
        let middles = |suffix| {
            let (first, second) = (
                &one[prefix..one.len() - suffix],
                &other[prefix..other.len() - suffix],
            );
            (first, second, Class::of(first).join(Class::of(second)))
        };
        let end = &one[one.len() - suffix..];
        let chance = end.len() < CHANCE_BELOW && end.iter().all(is_letter);
        let suffix = match middles(suffix) {
            (_, _, Class::Letters) if chance => 0,
            _ => suffix,
        };
        let (first, second, class) = middles(suffix);
        let looks_made_up = match class {
            Class::Digits => !first.is_empty() && !second.is_empty(),
            _ => {
                first.len() >= RANDOM_FROM
                    && is_parted_alike(first, second)
                    && (is_mixed(first) || is_mixed(second))
            }
        };
        let anchored = prefix + suffix > 0 || temporary || first.len() >= 2 * RANDOM_FROM;
        (looks_made_up && anchored && class < Class::Any).then(|| Self {
            prefix: one[..prefix].to_vec(),
            suffix: one[one.len() - suffix..].to_vec(),
            class,
        })
    }

    /// The build of two names that differ in numbers only, which are widened whole, and with them
    /// their neighbours: the digits that two process ids or times have in common are chance.
    fn numbers(one: &[u8], other: &[u8], prefix: usize) -> Option<Self> {
        let length = |text: &[u8], back: bool| {
            let mut bytes: Vec<u8> = text.to_vec();
            if back {
                bytes.reverse();
            }
            let chain = bytes.iter().take_while(|b| is_of_numbers(b)).count();
            // What separates the first number from what is before it belongs to that.
            let digit = bytes[..chain].iter().rposition(u8::is_ascii_digit);
            digit.map_or(0, |at| at + 1)
        };
        let start = prefix - length(&one[..prefix], true);
        let ends = one[prefix..].iter().rev().zip(other[prefix..].iter().rev());
        let suffix = ends.take_while(|(a, b)| a == b).count();
        let suffix = suffix - length(&one[one.len() - suffix..], false);
        let middle = |name: &[u8]| Class::of(&name[start..name.len() - suffix]);
        let class = middle(one).join(middle(other));
        let whole = |name: &[u8]| name.len() > start + suffix;
        (class <= Class::Numbers && whole(one) && whole(other)).then(|| Self {
            prefix: one[..start].to_vec(),
            suffix: one[one.len() - suffix..].to_vec(),
            class,
        })
    }

    /// A name of which nothing is fixed.
    pub(super) fn whole(class: Class) -> Self {
        Self {
            prefix: Vec::new(),
            suffix: Vec::new(),
            class,
        }
    }

    /// Orders the builds of one name, the closest first.
    pub(super) fn width(&self) -> (Reverse<usize>, Class) {
        (Reverse(self.prefix.len() + self.suffix.len()), self.class)
    }

    pub(super) fn accepts(&self, name: &[u8]) -> bool {
        name.strip_prefix(self.prefix.as_slice())
            .and_then(|rest| rest.strip_suffix(self.suffix.as_slice()))
            .is_some_and(|middle| self.class.accepts(middle))
    }
}

/// Digits, and what stands between those of times of day and dates.
fn is_of_numbers(b: &u8) -> bool {
    b.is_ascii_digit() || b"-_.:T ".contains(b)
}

fn is_letter(b: &u8) -> bool {
    b.is_ascii_alphanumeric() || *b == b'_'
}

/// Whether a text mixes letters with digits, or small letters with capitals, as words do not.
fn is_mixed(text: &[u8]) -> bool {
    let has = |kind: fn(&u8) -> bool| text.iter().any(kind);
    let letters = has(u8::is_ascii_alphabetic);
    (letters && has(u8::is_ascii_digit))
        || (has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase))
}

/// Whether a name is long, of letters and digits only, and mixed.
pub(super) fn is_digest(name: &[u8]) -> bool {
    name.len() >= DIGEST_FROM && name.iter().all(u8::is_ascii_alphanumeric) && is_mixed(name)
}

/// Whether a name may be the same for a while and then another: a digest, perhaps of the time, or
/// a time.
pub(crate) fn tells_time(name: &[u8]) -> bool {
    let mut numbers = name.split(|b| !b.is_ascii_digit());
    is_digest(name)
        || numbers.any(|number| number.len() >= CLOCK_FROM)
        || (0..name.len()).any(|at| {
            let beside = [at.checked_sub(1), Some(at + TIME_OF_DAY)];
            let mut beside = beside.into_iter().flatten().filter_map(|at| name.get(at));
            let is_whole = !beside.any(u8::is_ascii_digit);
            is_whole && name[at..].get(..TIME_OF_DAY).is_some_and(is_time_of_day)
        })
}

/// Whether a text is hours, minutes and seconds with a separator between them.
fn is_time_of_day(text: &[u8]) -> bool {
    let [h, hours, a, m, minutes, b, s, seconds] = text else {
        return false;
    };
    let digits = [h, hours, m, minutes, s, seconds];
    let is_clock = matches!((h, hours), (b'0' | b'1', _) | (b'2', b'0'..=b'3'));
    // A minute may have a leap second.
    let is_within = *m <= b'5' && (*s <= b'5' || (*s, *seconds) == (b'6', b'0'));
    let is_parted = a == b && is_of_numbers(a) && *a != b'T';
    digits.iter().all(|b| b.is_ascii_digit()) && is_clock && is_within && is_parted
}

/// How many digits end what two names share, if more follow in one: part of a number, such as a
/// process id, is no name.
fn digits_cut(one: &[u8], other: &[u8], shared: usize) -> usize {
    let goes_on = |name: &[u8]| name.get(shared).is_some_and(u8::is_ascii_digit);
    if !goes_on(one) && !goes_on(other) {
        return 0;
    }
    let ends = one[..shared].iter().rev();
    ends.take_while(|b| b.is_ascii_digit()).count()
}

/// Whether separators stand in the same places of two texts, but for numbers of unlike length.
fn is_parted_alike(one: &[u8], other: &[u8]) -> bool {
    let parts = |text| <[u8]>::split(text, |b| !is_letter(b));
    let is_number = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    parts(one).count() == parts(other).count()
        && parts(one)
            .zip(parts(other))
            .all(|(a, b)| a.len() == b.len() || is_number(a) && is_number(b))
}

/// Where a number of small letters and digits starts in which two names differ, if it starts
/// before they do: a clock that is written so moves its first digits too, only later.
fn clock_starts_at(one: &[u8], other: &[u8], prefix: usize) -> Option<usize> {
    let separator = |b: &u8| !b.is_ascii_alphanumeric();
    let start = one[..prefix].iter().rposition(separator)? + 1;
    let number = |name: &[u8]| {
        let number = name[start..].split(separator).next().unwrap_or_default();
        let digits = number.iter().filter(|b| b.is_ascii_digit()).count();
        let small = number.iter().all(|b| !b.is_ascii_uppercase());
        (digits > 0 && small && number.len() >= 2 * RANDOM_FROM).then_some(number.len())
    };
    // A bare dot would leave every hidden file.
    (start > 1 && number(one)? == number(other)?).then_some(start)
}

/// A build known from one pair, made to fit a further name.
pub(super) fn widen(known: &Build, one: &[u8], other: &[u8], temporary: bool) -> Option<Build> {
    let shared = Build::shared(one, other, temporary)?;
    let shorter = |a: &[u8], b: &[u8]| {
        if a.len() < b.len() {
            a.to_vec()
        } else {
            b.to_vec()
        }
    };
    Some(Build {
        prefix: shorter(&known.prefix, &shared.prefix),
        suffix: shorter(&known.suffix, &shared.suffix),
        class: known.class.join(shared.class),
    })
}
