//! Layouts: how one era of the format lays out its bytes, as a value.

pub mod known;

/// How an era lays out a compiled profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Short name, such as `macos-14`.
    pub name: &'static str,
    /// Where the facts come from.
    pub source: &'static str,
    /// Fields from byte 0 on of a file with one profile; empty if the era has none such.
    pub single: &'static [Field],
    /// Fields from byte 0 on of a bundle of profiles; empty if the era has none such.
    pub bundle: &'static [Field],
    /// Tables of u16 right after the header, in order.
    pub tables: &'static [Table],
    /// Fields of a bundle's profile record that stand before its op table, each a u16.
    pub record: &'static [RecordField],
    /// How nodes and literals are addressed.
    pub addressing: Addressing,
    /// How literals are stored.
    pub strings: Strings,
    /// Which byte of a terminal node its flags start at.
    pub flags_at: usize,
}

/// A field of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// u16: 0 one profile, [`MESSAGE_FILTERS`], [`BUNDLE`].
    Type,
    /// u16: nodes.
    Nodes,
    /// u8: operations, that is slots of an op table.
    Operations,
    /// u16: operations.
    WideOperations,
    /// u8: variables.
    Variables,
    /// u16: variables.
    WideVariables,
    /// u8: state flags.
    States,
    /// u16: profiles of a bundle; 0 in a file with one profile.
    Profiles,
    /// u16: regular expressions.
    Regexes,
    /// u8: regular expressions.
    NarrowRegexes,
    /// u16: entries of message-filter programs.
    Policies,
    /// u8: names for debugging.
    Debug,
    /// u16: where the table of regular expressions stands, in words of 8 bytes.
    RegexTable,
    /// u16: where the table of variables stands, in words of 8 bytes.
    VariableTable,
    /// u8: zero in all that was seen.
    ZeroByte,
    /// u16: zero in all that was seen.
    Zero,
    /// u16 whose meaning nobody has shown; kept and shown, never believed.
    Unknown,
}

impl Field {
    /// Bytes it takes.
    pub const fn width(self) -> usize {
        match self {
            Self::Operations
            | Self::Variables
            | Self::States
            | Self::NarrowRegexes
            | Self::Debug
            | Self::ZeroByte => 1,
            _ => 2,
        }
    }

    /// What it says.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Nodes => "node count",
            Self::Operations | Self::WideOperations => "operation count",
            Self::Variables | Self::WideVariables => "variable count",
            Self::States => "state count",
            Self::Profiles => "profile count",
            Self::Regexes | Self::NarrowRegexes => "regex count",
            Self::Policies => "policy count",
            Self::Debug => "debug count",
            Self::RegexTable => "regex table",
            Self::VariableTable => "variable table",
            Self::ZeroByte | Self::Zero => "zero",
            Self::Unknown => "unknown",
        }
    }
}

/// Type word of a profile with message filters.
pub const MESSAGE_FILTERS: u16 = 0x4000;
/// Type word of a bundle.
pub const BUNDLE: u16 = 0x8000;

/// A table of u16 after the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Regular expressions: where each is stored.
    Regexes,
    /// Variables: where the name of each is stored.
    Variables,
    /// State flags: where the name of each is stored.
    States,
    /// Message-filter programs: the node each starts at.
    Policies,
    /// Names for debugging: where each is stored.
    Debug,
}

impl Table {
    /// What an entry is.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Regexes => "regex",
            Self::Variables => "variable",
            Self::States => "state",
            Self::Policies => "policy",
            Self::Debug => "debug",
        }
    }
}

/// A field of a bundle's profile record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordField {
    /// Where its name is stored.
    Name,
    /// Language version of its source.
    Version,
    /// Flags.
    Flags,
    /// Index of its first message-filter program.
    Policy,
    /// Not known.
    Unknown,
}

impl RecordField {
    /// What it says.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Version => "version",
            Self::Flags => "flags",
            Self::Policy => "policy index",
            Self::Unknown => "unknown",
        }
    }
}

/// How nodes and literals are addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addressing {
    /// A node by its index in the node array, a literal by its distance from the end of that array
    /// in words of 8 bytes.
    Indices,
    /// Both by their distance from the start of the file in words of 8 bytes.
    Words,
}

/// How a literal is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strings {
    /// u32 length, a byte that tells literal, prefix or subpath, text.
    Typed,
    /// u32 length, matching program.
    LongProgram,
    /// u16 length, matching program.
    Program,
}

impl Strings {
    /// Bytes of the length in front.
    pub const fn length_width(self) -> usize {
        match self {
            Self::Typed | Self::LongProgram => 4,
            Self::Program => 2,
        }
    }
}

impl Layout {
    /// The header's fields for a type word.
    pub fn header(&self, is_bundle: bool) -> &'static [Field] {
        if is_bundle { self.bundle } else { self.single }
    }

    /// Bytes of a header.
    pub fn header_size(fields: &[Field]) -> usize {
        fields.iter().map(|field| field.width()).sum()
    }
}
