//! The layouts that are known, newest first.

use super::{Addressing, Field, Layout, RecordField, Strings, Table};

/// macOS 14, iOS 16.5 and 17: a header of 14 bytes, states before policies.
///
/// Shown by the write traces of the macOS 14.4.1 compiler; its message-filter profiles have the
/// policy table right before the op table.
pub const MACOS_14: Layout = Layout {
    name: "macos-14",
    source: "macOS 14.4.1 libsandbox, traced writes and published digests; cellebrite-labs/sandblaster reverse_sandbox.py @ e532bf62266f for bundles and for states before policies",
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

/// All known layouts, in the order they are tried.
pub const KNOWN: &[Layout] = &[MACOS_14];
