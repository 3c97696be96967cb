//! Many patterns over one text, asked in one pass.
//!
//! The first pattern in rule order that matches must win, whatever its kind. Literals and subpaths
//! are found by hashing the text once, looking up at its end and at each component boundary;
//! prefixes and regexes are tried one by one, and only while they could still win.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::pattern::Pattern;
use crate::pattern::regex::Regex;
use crate::request::Value;

#[derive(Clone, Debug)]
struct Key {
    text: Vec<u8>,
    /// Matches below itself too, not only itself.
    below: bool,
    order: u32,
}

/// An ordered set of patterns, each with the step it leads to.
#[derive(Clone, Debug)]
pub(super) struct Switch {
    keys: HashMap<u64, Vec<Key>, BuildHasherDefault<Identity>>,
    prefixes: Vec<(Vec<u8>, u32)>,
    regexes: Vec<(Regex, u32)>,
    steps: Vec<u32>,
}

impl Switch {
    pub(super) fn new<'p>(members: impl Iterator<Item = (&'p Pattern, u32)>) -> Self {
        let mut switch = Self {
            keys: HashMap::default(),
            prefixes: Vec::new(),
            regexes: Vec::new(),
            steps: Vec::new(),
        };
        for (pattern, step) in members {
            let order = switch.steps.len() as u32;
            switch.steps.push(step);
            match pattern {
                Pattern::Literal(text) => switch.add_key(text, false, order),
                // A base that ends in a slash has no boundary after it to look up at.
                Pattern::Subpath(base) if base.ends_with(b"/") => {
                    switch.prefixes.push((base.clone(), order));
                }
                Pattern::Subpath(base) if base.is_empty() => {
                    switch.prefixes.push((b"/".to_vec(), order));
                }
                Pattern::Subpath(base) => switch.add_key(base, true, order),
                Pattern::Prefix(prefix) => switch.prefixes.push((prefix.clone(), order)),
                Pattern::Regex(regex) => switch.regexes.push((regex.clone(), order)),
            }
        }
        switch
    }

    fn add_key(&mut self, text: &[u8], below: bool, order: u32) {
        let key = Key {
            text: text.to_vec(),
            below,
            order,
        };
        self.keys.entry(hash(text)).or_default().push(key);
    }

    /// The step of the first pattern that matches any of the values.
    pub(super) fn find<'v>(&self, values: impl Iterator<Item = Value<'v>>) -> Option<u32> {
        let mut best = u32::MAX;
        for value in values {
            match value {
                Value::Text(text) => self.search(text, &mut best),
                Value::Aliased(one, other) => {
                    self.search(one, &mut best);
                    self.search(other, &mut best);
                }
                _ => {}
            }
        }
        self.steps.get(best as usize).copied()
    }

    /// Lowers `best` to the first pattern that matches the text, if it comes before.
    fn search(&self, text: &[u8], best: &mut u32) {
        let mut state = HASH_START;
        for (at, byte) in text.iter().enumerate() {
            if *byte == b'/' && at > 0 {
                self.look_up(state, &text[..at], false, best);
            }
            state = hash_step(state, *byte);
        }
        self.look_up(state, text, true, best);
        for (prefix, order) in &self.prefixes {
            if *order >= *best {
                break;
            }
            if text.starts_with(prefix) {
                *best = *order;
            }
        }
        for (regex, order) in &self.regexes {
            if *order >= *best {
                break;
            }
            if regex.is_match(text) {
                *best = *order;
            }
        }
    }

    fn look_up(&self, state: u64, text: &[u8], whole: bool, best: &mut u32) {
        for key in self.keys.get(&state).map_or(&[][..], Vec::as_slice) {
            if key.order < *best && (whole || key.below) && key.text == text {
                *best = key.order;
            }
        }
    }
}

/// FNV-1a, 64 bits: a hash that can be read off at any byte of one pass.
const HASH_START: u64 = 0xcbf2_9ce4_8422_2325;

fn hash_step(state: u64, byte: u8) -> u64 {
    (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}

fn hash(text: &[u8]) -> u64 {
    text.iter()
        .fold(HASH_START, |state, byte| hash_step(state, *byte))
}

/// Keys of the table are hashes already.
#[derive(Clone, Copy, Debug, Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash(bytes);
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}
