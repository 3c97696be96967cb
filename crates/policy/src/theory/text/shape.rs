//! What texts of a filter look like.

use crate::socket::End;
use crate::world::{ArgumentKind, FilterInfo, PathAlias};

/// What a text looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::theory) enum Shape<'w> {
    /// An absolute path without empty, `.` or `..` components.
    Path {
        /// Without letters in upper case.
        in_lower_case: bool,
        /// Or a name that begins with `@`.
        or_name: bool,
        /// Other spellings of the same places: none is under a long one.
        aliases: &'w [PathAlias],
    },
    /// Anything.
    Name,
}

impl<'w> Shape<'w> {
    /// What texts of a filter look like, in requests about a socket's end if there is one.
    pub(in crate::theory) fn of(filter: &'w FilterInfo, end: Option<End>) -> Self {
        match filter.kind {
            ArgumentKind::PathPattern => Self::Path {
                in_lower_case: filter.in_lower_case,
                or_name: filter.has_socket_names && end.is_some(),
                aliases: &filter.aliases,
            },
            _ => Self::Name,
        }
    }

    pub(super) fn has(self, byte: u8) -> bool {
        let in_lower_case = matches!(self, Self::Path { in_lower_case, .. } if in_lower_case);
        (byte != 0 || self.may_be_name()) && !(in_lower_case && byte.is_ascii_uppercase())
    }

    pub(super) fn aliases(self) -> &'w [PathAlias] {
        match self {
            Self::Path { aliases, .. } => aliases,
            Self::Name => &[],
        }
    }

    pub(super) fn may_be_name(self) -> bool {
        matches!(self, Self::Path { or_name: true, .. })
    }
}

/// Where a text may go on or end, as far as its shape is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Form {
    /// Nothing read of a path.
    Start,
    /// The `/` that starts a path.
    Root,
    /// A later `/`.
    Slash,
    /// A component that is `.` so far.
    Dot,
    /// A component that is `..` so far.
    DotDot,
    /// Anywhere else in a path.
    Inside,
    /// Anywhere in what is no path.
    Name,
}

impl Form {
    pub(super) fn step(self, byte: u8, shape: Shape<'_>) -> Option<Self> {
        match (shape, self, byte) {
            _ if !shape.has(byte) => None,
            (Shape::Path { .. }, form, 0) if form != Self::Name => None,
            (Shape::Name, ..) => Some(Self::Name),
            (_, Self::Start, b'/') => Some(Self::Root),
            (_, Self::Start, b'@') if shape.may_be_name() => Some(Self::Name),
            (_, Self::Name, _) => Some(Self::Name),
            (_, Self::Start, _)
            | (_, Self::Root | Self::Slash | Self::Dot | Self::DotDot, b'/') => None,
            (_, Self::Inside, b'/') => Some(Self::Slash),
            (_, Self::Root | Self::Slash, b'.') => Some(Self::Dot),
            (_, Self::Dot, b'.') => Some(Self::DotDot),
            _ => Some(Self::Inside),
        }
    }

    pub(super) fn may_end(self) -> bool {
        matches!(self, Self::Root | Self::Inside | Self::Name)
    }
}
