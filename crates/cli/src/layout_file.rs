//! Layout files: what `lab layout infer` found, as JSON, for `decode --layout`.
//!
//! The first keys describe one file of the corpus in plain numbers; `rules` says where those numbers
//! come from, so that other files are read by them.

use std::path::Path;

use lapbelt_blob::infer::Layout;
use lapbelt_blob::infer::field::{Endianness, FieldAt};
use lapbelt_blob::infer::frame::{Count, Cut, Frame, NodeCount, NodesAt, Reference, Unit};
use lapbelt_blob::infer::literal::{Base, Framing, Literals};
use lapbelt_blob::infer::record::Record;
use lapbelt_learn::run_dir;
use serde_json::{Value, json};

use crate::exit::CommandError;

fn field(field: FieldAt) -> Value {
    json!({"offset": field.offset, "size": field.size})
}

/// Where literals of a file count from; `None` if arguments are numbers of literals.
pub(crate) fn literal_base(layout: &Layout, cut: &Cut) -> Option<usize> {
    let literals = layout.literals?;
    literals.base.offset(&layout.frame, cut, &literals.framing)
}

/// What arguments say of literals: where they are, which of them, or which entry of a table.
fn addressing(literals: &Literals) -> &'static str {
    match literals.base {
        Base::Number(_) if literals.framing.table > 0 => "table-index",
        Base::Number(_) => "ordinal",
        _ => "offset",
    }
}

fn base(base: Base) -> &'static str {
    match base {
        Base::NodesEnd => "nodes-end",
        Base::FirstLiteral => "first-literal",
        Base::NodesStart => "nodes-start",
        Base::FileStart => "file-start",
        Base::Number(_) => "number",
    }
}

/// Where the fields of a node are.
pub(crate) fn fields(layout: &Layout) -> Value {
    let record = &layout.record;
    json!({
        "tag": field(record.tag),
        "filter": record.filter.map(field),
        "argument": record.argument.map(field),
        "match": field(record.matched),
        "unmatch": field(record.unmatched),
    })
}

/// A layout, with the numbers of one file.
pub(crate) fn to_json(layout: &Layout, cut: &Cut) -> Value {
    let Layout {
        frame,
        record,
        literals,
    } = layout;
    let (edge_unit, edge_word) = match frame.reference.unit {
        Unit::Index => ("index", frame.stride),
        Unit::Bytes => ("bytes", 1),
        Unit::Words(bytes) => ("words", bytes),
    };
    let tables: Vec<Value> = frame.tables.iter().copied().map(field).collect();
    json!({
        "endianness": match frame.endianness {
            Endianness::Little => "little",
            Endianness::Big => "big",
        },
        "header_length": frame.header_length,
        "op_table_offset": cut.op_table,
        "op_count": cut.op_count,
        "node_offset": cut.nodes,
        "node_count": cut.node_count,
        "stride": frame.stride,
        "tag": field(record.tag),
        "filter": record.filter.map(field),
        "argument": record.argument.map(field),
        "match": field(record.matched),
        "unmatch": field(record.unmatched),
        "edge_unit": edge_unit,
        "literal_base": literal_base(layout, cut),
        "literal_unit": literals.map(|own| own.unit),
        "literal_addressing": literals.as_ref().map(addressing),
        "rules": {
            "slot": frame.slot,
            "tables": tables,
            "op_count": match frame.op_count {
                Count::Fixed(count) => json!({"fixed": count}),
                Count::Stated(at) => json!({"stated": field(at)}),
            },
            "nodes": match frame.nodes {
                NodesAt::AfterOpTable(alignment) => json!({"alignment": alignment}),
                NodesAt::Stated(at, unit) => json!({"stated": field(at), "unit": unit}),
                NodesAt::Fixed(at) => json!({"fixed": at}),
            },
            "node_count": match frame.node_count {
                NodeCount::Stated(at) => json!({"stated": field(at)}),
                NodeCount::UpTo(at, unit) => json!({"end": field(at), "unit": unit}),
                NodeCount::Reached => json!("reached"),
            },
            "edge_word": edge_word,
            "edge_base": if frame.reference.from_file { "file-start" } else { "nodes-start" },
            "branch_tags": record.branches,
            "literals": literals.map(|own| json!({
                "base": base(own.base),
                "first_number": match own.base {
                    Base::Number(first) => Some(first),
                    _ => None,
                },
                "table": own.framing.table,
                "to_content": own.to_content,
                "prefix": own.framing.prefix,
                "alignment": own.framing.alignment,
                "first": own.framing.first,
            })),
        },
    })
}

/// A layout for a person.
pub(crate) fn describe(layout: &Layout, cut: &Cut) -> String {
    let Layout { frame, record, .. } = layout;
    let place = |at: FieldAt| match at.size {
        1 => format!("{}", at.offset),
        size => format!("{}..{}", at.offset, at.offset + size),
    };
    let maybe = |at: Option<FieldAt>| at.map_or("nowhere".to_string(), place);
    let from = match frame.reference.from_file {
        true => " from the start of the file",
        false => "",
    };
    let unit = match frame.reference.unit {
        Unit::Index => format!("indices{from}"),
        Unit::Bytes => format!("bytes{from}"),
        Unit::Words(bytes) => format!("words of {bytes} bytes{from}"),
    };
    let literals = match layout.literals {
        None => "no literals".to_string(),
        Some(own) => {
            let from = match own.base {
                Base::NodesEnd => "end of the nodes",
                Base::FirstLiteral => "first literal",
                Base::NodesStart => "start of the nodes",
                Base::FileStart => "start of the file",
                Base::Number(_) => "",
            };
            match (own.base, own.framing.table) {
                (Base::Number(first), 0) => format!("literals by their numbers, from {first}"),
                (Base::Number(first), entry) => format!(
                    "literals by entries, from {first}, of a table of their offsets of {entry} \
                     bytes each behind the nodes"
                ),
                _ => format!("literals in units of {} from the {from}", own.unit),
            }
        }
    };
    format!(
        "   {:?} endian, header {} bytes, op table at {} with {} entries of {} bytes\n   {} nodes of \
         {} bytes at {} in the first file: tag at {}, filter at {}, argument at {}, match at {}, \
         unmatch at {}\n   edges in {unit}; {literals}\n",
        frame.endianness,
        frame.header_length,
        cut.op_table,
        cut.op_count,
        frame.slot,
        cut.node_count,
        frame.stride,
        cut.nodes,
        place(record.tag),
        maybe(record.filter),
        maybe(record.argument),
        place(record.matched),
        place(record.unmatched),
    )
}

/// Reads a layout file.
pub(crate) fn read(path: &Path) -> Result<Layout, CommandError> {
    let failed = |what: &str| CommandError::about(path, what);
    let value: Value =
        serde_json::from_str(&run_dir::read(path)?).map_err(|error| failed(&error.to_string()))?;
    parse(&value)
        .ok_or_else(|| failed("no layout as `lapbelt lab layout infer --export` writes it"))
}

fn number(value: &Value) -> Option<usize> {
    // What is larger than any file is no number of a layout; sums of such stay small.
    let number = usize::try_from(value.as_u64()?).ok()?;
    (number <= 1 << 24).then_some(number)
}

fn positive(value: &Value) -> Option<usize> {
    number(value).filter(|number| *number > 0)
}

fn field_of(value: &Value) -> Option<FieldAt> {
    let size = number(&value["size"]).filter(|size| [1, 2, 4].contains(size))?;
    let offset = number(&value["offset"])?;
    Some(FieldAt { offset, size })
}

fn parse(value: &Value) -> Option<Layout> {
    let rules = &value["rules"];
    let (count, nodes, node_count) = (&rules["op_count"], &rules["nodes"], &rules["node_count"]);
    let stride = positive(&value["stride"])?;
    let word = positive(&rules["edge_word"])?;
    let optional = |name: &str| match &value[name] {
        Value::Null => Some(None),
        own => field_of(own).map(Some),
    };
    let tables = rules["tables"].as_array()?.iter().map(field_of);
    let tags = rules["branch_tags"].as_array()?.iter().map(number);
    let frame = Frame {
        endianness: match value["endianness"].as_str()? {
            "little" => Endianness::Little,
            "big" => Endianness::Big,
            _ => return None,
        },
        header_length: number(&value["header_length"])?,
        tables: tables.collect::<Option<_>>()?,
        slot: number(&rules["slot"]).filter(|slot| [1, 2, 4].contains(slot))?,
        op_count: match field_of(&count["stated"]) {
            Some(field) => Count::Stated(field),
            None => Count::Fixed(number(&count["fixed"])?),
        },
        nodes: match (field_of(&nodes["stated"]), &nodes["alignment"]) {
            (Some(field), _) => NodesAt::Stated(field, positive(&nodes["unit"])?),
            (None, Value::Null) => NodesAt::Fixed(number(&nodes["fixed"])?),
            (None, alignment) => NodesAt::AfterOpTable(positive(alignment)?),
        },
        node_count: match (
            field_of(&node_count["stated"]),
            field_of(&node_count["end"]),
        ) {
            (Some(field), _) => NodeCount::Stated(field),
            (None, Some(field)) => NodeCount::UpTo(field, positive(&node_count["unit"])?),
            (None, None) => NodeCount::Reached,
        },
        stride,
        reference: Reference {
            unit: match value["edge_unit"].as_str()? {
                "index" => Unit::Index,
                "bytes" => Unit::Bytes,
                "words" => Unit::Words(word),
                _ => return None,
            },
            from_file: rules["edge_base"] == "file-start",
        },
    };
    let record = Record {
        tag: field_of(&value["tag"])?,
        branches: tags.collect::<Option<_>>()?,
        matched: field_of(&value["match"])?,
        unmatched: field_of(&value["unmatch"])?,
        filter: optional("filter")?,
        argument: optional("argument")?,
    };
    if record.fields().any(|field| field.end() > stride) {
        return None;
    }
    let own = &rules["literals"];
    let literals = match own {
        Value::Null => None,
        _ => Some(Literals {
            base: match own["base"].as_str()? {
                "nodes-end" => Base::NodesEnd,
                "first-literal" => Base::FirstLiteral,
                "nodes-start" => Base::NodesStart,
                "file-start" => Base::FileStart,
                "number" => Base::Number(number(&own["first_number"])?),
                _ => return None,
            },
            unit: positive(&value["literal_unit"])?,
            to_content: own["to_content"].as_bool()?,
            framing: Framing {
                prefix: number(&own["prefix"]).filter(|size| [0, 1, 2, 4].contains(size))?,
                alignment: positive(&own["alignment"])?,
                first: positive(&own["first"])?,
                // Files written before tables were sought say nothing of them.
                table: match &own["table"] {
                    Value::Null => 0,
                    table => number(table).filter(|size| [0, 2, 4].contains(size))?,
                },
            },
        }),
    };
    Some(Layout {
        frame,
        record,
        literals,
    })
}
