//! The layouts that are known, newest first.
//!
//! macOS 14 is shown by bytes that its own compiler wrote. The others are what tools of the field
//! read, and were tried here only on files made after them; where a tool fitted something by trial
//! and did not explain it, it is not here.

use super::{Addressing, Field, Layout, RecordField, Strings, Table};

/// All known layouts, in the order they are tried.
pub const KNOWN: &[Layout] = &[
    MACOS_14, IOS_18, IOS_16, IOS_15, IOS_14, IOS_13, IOS_12, IOS_10, IOS_6, IOS_4,
];

/// macOS 14, iOS 16.5 and 17: a header of 14 bytes, states before policies.
///
/// Shown by the write traces of the macOS 14.4.1 compiler; its message-filter profiles have the
/// policy table right before the op table.
pub const MACOS_14: Layout = Layout {
    name: "macos-14",
    source: "macOS 14.4.1 libsandbox, traced writes and published digests; bundles, and states before policies, from cellebrite-labs/sandblaster reverse_sandbox.py @ e532bf62266f",
    single: FOURTEEN,
    bundle: FOURTEEN,
    tables: &[
        Table::Regexes,
        Table::Variables,
        Table::States,
        Table::Policies,
    ],
    record: &[RecordField::Name, RecordField::Unknown],
    addressing: Addressing::Indices,
    strings: Strings::Program,
    flags_at: 1,
};

/// iOS 18 and 26, macOS 15.2: a header of 16 bytes whose counts stand in another order for bundles.
/// Bundles with message filters have further bytes that nobody has explained; they are refused.
pub const IOS_18: Layout = Layout {
    name: "ios-18",
    source: "chensokolovsky/sandblaster_26 @ cac59a307cfa, fitted there by trial; 0x3c3e/sandblaster parsers/header.py @ 7ffc310 for the regex count of macOS 15.2",
    single: &[
        Field::Type,
        Field::Nodes,
        Field::Operations,
        Field::Variables,
        Field::States,
        Field::ZeroByte,
        Field::Profiles,
        Field::Policies,
        Field::Regexes,
        Field::Zero,
    ],
    bundle: &[
        Field::Type,
        Field::Nodes,
        Field::Operations,
        Field::Variables,
        Field::States,
        Field::ZeroByte,
        Field::Regexes,
        Field::Policies,
        Field::Profiles,
        Field::Unknown,
    ],
    record: &[
        RecordField::Name,
        RecordField::Unknown,
        RecordField::Unknown,
        RecordField::Unknown,
    ],
    ..MACOS_14
};

/// iOS 16: a header of 16 bytes, policies before states.
pub const IOS_16: Layout = Layout {
    name: "ios-16",
    source: "blacktop/ipsw pkg/sandbox/sandbox.go @ 6797a84a1527; its last count is refused unless 0",
    single: SIXTEEN,
    bundle: SIXTEEN,
    tables: POLICIES_FIRST,
    record: &[RecordField::Name, RecordField::Flags, RecordField::Policy],
    ..MACOS_14
};

/// iOS 15: as macOS 14, policies before states.
pub const IOS_15: Layout = Layout {
    name: "ios-15",
    source: "blacktop/ipsw pkg/sandbox/sandbox.go @ 6797a84a1527",
    tables: POLICIES_FIRST,
    record: &[RecordField::Name, RecordField::Flags, RecordField::Policy],
    ..MACOS_14
};

/// iOS 14: a header of 12 bytes.
pub const IOS_14: Layout = Layout {
    name: "ios-14",
    source: "blacktop/ipsw pkg/sandbox/sandbox.go @ 6797a84a1527",
    single: TWELVE_14,
    bundle: TWELVE_14,
    tables: &[Table::Regexes, Table::Variables, Table::Policies],
    record: &[RecordField::Name, RecordField::Version],
    ..MACOS_14
};

/// iOS 13: a header of 12 bytes, with names for debugging.
pub const IOS_13: Layout = Layout {
    name: "ios-13",
    source: "malus-security/sandblaster reverse_sandbox.py @ d417bf90c9b2",
    single: TWELVE_13,
    bundle: TWELVE_13,
    tables: &[Table::Regexes, Table::Variables, Table::Debug],
    ..MACOS_14
};

/// iOS 12: words of 8 bytes from the start of the file.
pub const IOS_12: Layout = Layout {
    name: "ios-12",
    source: MALUS,
    single: &[
        Field::Type,
        Field::RegexTable,
        Field::VariableTable,
        Field::Unknown,
        Field::Regexes,
        Field::Variables,
        Field::ZeroByte,
    ],
    bundle: &[
        Field::Type,
        Field::RegexTable,
        Field::VariableTable,
        Field::Unknown,
        Field::Regexes,
        Field::Variables,
        Field::ZeroByte,
        Field::Profiles,
    ],
    tables: &[Table::Regexes, Table::Variables],
    addressing: Addressing::Words,
    strings: Strings::LongProgram,
    ..MACOS_14
};

/// iOS 10 and 11: as iOS 12 with other counts, flags one byte later.
pub const IOS_10: Layout = Layout {
    name: "ios-10",
    single: &[
        Field::Type,
        Field::RegexTable,
        Field::Regexes,
        Field::VariableTable,
        Field::WideVariables,
    ],
    bundle: &[
        Field::Type,
        Field::RegexTable,
        Field::Regexes,
        Field::VariableTable,
        Field::WideVariables,
        Field::Profiles,
    ],
    flags_at: 2,
    ..IOS_12
};

/// iOS 6 to 9: no variables, patterns with a byte for their kind.
pub const IOS_6: Layout = Layout {
    name: "ios-6",
    single: &[Field::Type, Field::RegexTable, Field::Regexes],
    bundle: &[
        Field::Type,
        Field::RegexTable,
        Field::Regexes,
        Field::Profiles,
    ],
    tables: &[Table::Regexes],
    strings: Strings::Typed,
    ..IOS_10
};

/// iOS 4 and 5: no type, one profile.
pub const IOS_4: Layout = Layout {
    name: "ios-4",
    single: &[Field::RegexTable, Field::NarrowRegexes, Field::ZeroByte],
    bundle: &[],
    ..IOS_6
};

const MALUS: &str = "malus-security/sandblaster reverse_sandbox.py and operation_node.py @ d417bf90c9b2; nodes taken to reach up to the first table";

const FOURTEEN: &[Field] = &[
    Field::Type,
    Field::Nodes,
    Field::Operations,
    Field::Variables,
    Field::States,
    Field::ZeroByte,
    Field::Profiles,
    Field::Regexes,
    Field::Policies,
];

const SIXTEEN: &[Field] = &[
    Field::Type,
    Field::Nodes,
    Field::Operations,
    Field::Variables,
    Field::States,
    Field::ZeroByte,
    Field::Profiles,
    Field::Regexes,
    Field::Policies,
    Field::Zero,
];

const TWELVE_14: &[Field] = &[
    Field::Type,
    Field::Nodes,
    Field::Operations,
    Field::Variables,
    Field::Profiles,
    Field::Regexes,
    Field::Policies,
];

const TWELVE_13: &[Field] = &[
    Field::Type,
    Field::Nodes,
    Field::WideOperations,
    Field::Profiles,
    Field::Regexes,
    Field::Variables,
    Field::Debug,
];

const POLICIES_FIRST: &[Table] = &[
    Table::Regexes,
    Table::Variables,
    Table::Policies,
    Table::States,
];
