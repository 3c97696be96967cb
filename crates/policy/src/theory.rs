//! Which values requests can have, and so how tests relate to each other.
//!
//! A graph knows its tests as opaque questions. Here they get their meaning: all values a filter can
//! have are cut into classes that no test tells apart, each with its smallest member. Patterns over
//! one text are run as one automaton, so a combination that no text makes has no class, and equal
//! languages are the same set of classes. Functions over the classes of all filters are kept in
//! canonical form: equal functions have equal [`Ref`]s, so whatever is asked of them is exact.
//!
//! What is taken for granted about requests:
//! - A filter has at most one value in a request, but for those of [`has_many`]. Any may be absent.
//! - A path is absolute and resolved: it starts with `/` and has no empty, `.` or `..` component.
//!   That of a unix socket may be a name that begins with `@`, where the world has such, and
//!   then it may hold zero bytes, as no other text does.
//! - Where a world takes two spellings for one place, a path is under the short one, and what a
//!   test says of either it says of the place.
//! - Values of different filters are independent of each other, but for what `laws.rs` says of
//!   sockets.

mod axis;
mod classes;
mod diagram;
mod laws;
mod request;
mod space;
mod text;

pub use diagram::{FALSE, Ref, TRUE};
pub(crate) use laws::laws;
pub(crate) use request::request;
pub use space::{Holds, Space, Values};

use crate::world::FilterInfo;

/// The question needs more memory or time than it may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many combinations to decide")]
pub struct TooComplex;

/// Filters of which one request can have several values: a process holds several extensions, a
/// file has several attributes, a signal's target is one of `others` and of `same-sandbox`, an
/// entitlement is a list of texts.
const MANY: &[&str] = &[
    "target",
    "extension",
    "device-conforms-to",
    "iokit-registry-entry-class",
    "file-attribute",
    "process-attribute",
    "system-attribute",
    "csr",
    "iokit-registry-entry-attribute",
    "ancestor-signing-identifier",
    "require-ancestor-with-entitlement",
    "require-target-with-entitlement",
    "require-responsible-binary-with-entitlement",
    "state-flag",
    "%entitlement-load",
    "%entitlement-string",
    "%entitlement-is-bool-true",
    "%entitlement-is-present",
];

/// Whether one request can have several values of a filter.
pub fn has_many(filter: &FilterInfo) -> bool {
    MANY.contains(&filter.name.as_str())
}

/// A set of tests, by their number: few of all there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Set(Vec<u32>);

impl Set {
    fn insert(&mut self, test: u32) {
        if let Err(at) = self.0.binary_search(&test) {
            self.0.insert(at, test);
        }
    }

    pub(crate) fn contains(&self, test: u32) -> bool {
        self.0.binary_search(&test).is_ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In ascending order.
    fn members(&self) -> impl ExactSizeIterator<Item = u32> + '_ {
        self.0.iter().copied()
    }
}
