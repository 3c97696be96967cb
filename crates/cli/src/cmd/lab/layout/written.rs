//! The layout of what is compiled here, as `lapbelt lab layout infer` would say it.

use std::collections::BTreeSet;

use lapbelt_blob::infer::Layout;
use lapbelt_blob::infer::field::{Endianness, FieldAt};
use lapbelt_blob::infer::frame::{Count, Frame, NodeCount, NodesAt, Reference, Unit};
use lapbelt_blob::infer::literal::{Base, Framing, Literals};
use lapbelt_blob::infer::record::Record;

const fn at(offset: usize, size: usize) -> FieldAt {
    FieldAt { offset, size }
}

/// The layout of macOS 14, as `docs/compiled-profiles.md` describes it.
pub(super) fn layout() -> Layout {
    Layout {
        frame: Frame {
            endianness: Endianness::Little,
            header_length: 14,
            tables: vec![at(10, 2), at(5, 1), at(6, 1), at(12, 2)],
            slot: 2,
            op_count: Count::Stated(at(4, 1)),
            nodes: NodesAt::AfterOpTable(8),
            node_count: NodeCount::Stated(at(2, 2)),
            stride: 8,
            reference: Reference {
                unit: Unit::Index,
                from_file: false,
            },
        },
        record: Record {
            tag: at(0, 1),
            branches: BTreeSet::from([0]),
            matched: at(4, 2),
            unmatched: at(6, 2),
            filter: Some(at(1, 1)),
            argument: Some(at(2, 2)),
        },
        literals: Some(Literals {
            base: Base::NodesEnd,
            unit: 8,
            to_content: false,
            framing: Framing {
                prefix: 2,
                alignment: 8,
                first: 1,
                table: 0,
            },
        }),
    }
}
