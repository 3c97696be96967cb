//! Parquet files: tables for DuckDB, Spark, DataFusion and their like.
//!
//! Nothing else here knows of that format. What a table rests on is in the file's own metadata, under
//! the key [`EVIDENCE`].

use std::path::Path;
use std::sync::Arc;

use lapbelt_analysis::finding::Evidence;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use crate::exit::CommandError;
use crate::replace::write_out;

/// Key of the evidence in a file's metadata.
const EVIDENCE: &str = "lapbelt.evidence";

/// Rows that are written at once: what a reader skips or reads as a whole.
const GROUP: usize = 1 << 16;

/// A column of a table.
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) cells: Cells,
}

/// The cells of a column, row by row.
pub(crate) enum Cells {
    Text(Vec<Option<String>>),
    Number(Vec<Option<i64>>),
    Flag(Vec<Option<bool>>),
    /// A list of texts in each row.
    List(Vec<Vec<String>>),
}

impl Cells {
    fn len(&self) -> usize {
        match self {
            Self::Text(cells) => cells.len(),
            Self::Number(cells) => cells.len(),
            Self::Flag(cells) => cells.len(),
            Self::List(cells) => cells.len(),
        }
    }

    /// What the format calls a column of them.
    fn declared(&self, name: &str) -> String {
        match self {
            Self::Text(_) => format!("optional binary {name} (UTF8);"),
            Self::Number(_) => format!("optional int64 {name};"),
            Self::Flag(_) => format!("optional boolean {name};"),
            Self::List(_) => format!(
                "required group {name} (LIST) {{ repeated group list {{ required binary element \
                 (UTF8); }} }}"
            ),
        }
    }
}

/// Writes a table. Its columns have as many rows each.
pub(crate) fn write(
    path: &Path,
    columns: &[Column],
    evidence: &Evidence,
) -> std::result::Result<(), CommandError> {
    let bytes = bytes(columns, evidence);
    let bytes = bytes.map_err(|error| CommandError::about(path, error));
    write_out(path, &bytes?)
}

fn bytes(columns: &[Column], evidence: &Evidence) -> Result<Vec<u8>> {
    let declared = columns.iter().map(|own| own.cells.declared(own.name));
    let schema = format!("message facts {{ {} }}", declared.collect::<String>());
    let says = serde_json::to_string(evidence);
    let says = says.map_err(|error| ParquetError::External(Box::new(error)))?;
    let properties = WriterProperties::builder()
        .set_created_by(evidence.tool.clone())
        .set_key_value_metadata(Some(vec![KeyValue::new(EVIDENCE.to_string(), says)]))
        .build();
    let schema = Arc::new(parse_message_type(&schema)?);
    let mut file = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    let rows = columns.first().map_or(0, |own| own.cells.len());
    for start in (0..rows).step_by(GROUP) {
        let end = (start + GROUP).min(rows);
        let mut group = file.next_row_group()?;
        for column in columns {
            let mut writer = group
                .next_column()?
                .ok_or_else(|| ParquetError::General("a column less than declared".to_string()))?;
            column.cells.write(start, end, writer.untyped())?;
            writer.close()?;
        }
        group.close()?;
    }
    file.into_inner()
}

impl Cells {
    fn write(&self, start: usize, end: usize, writer: &mut ColumnWriter<'_>) -> Result<()> {
        match (self, writer) {
            (Self::Text(cells), ColumnWriter::ByteArrayColumnWriter(writer)) => {
                let (values, levels) = there(&cells[start..end], |own| own.as_str().into());
                writer.write_batch(&values, Some(&levels), None)?;
            }
            (Self::Number(cells), ColumnWriter::Int64ColumnWriter(writer)) => {
                let (values, levels) = there(&cells[start..end], |own| *own);
                writer.write_batch(&values, Some(&levels), None)?;
            }
            (Self::Flag(cells), ColumnWriter::BoolColumnWriter(writer)) => {
                let (values, levels) = there(&cells[start..end], |own| *own);
                writer.write_batch(&values, Some(&levels), None)?;
            }
            (Self::List(cells), ColumnWriter::ByteArrayColumnWriter(writer)) => {
                let (mut values, mut levels, mut repeats) = (Vec::new(), Vec::new(), Vec::new());
                for list in &cells[start..end] {
                    // An empty list is one place without a value.
                    levels.extend(list.is_empty().then_some(0));
                    repeats.extend(list.is_empty().then_some(0));
                    for (index, text) in list.iter().enumerate() {
                        values.push(ByteArray::from(text.as_str()));
                        levels.push(1);
                        repeats.push(i16::from(index > 0));
                    }
                }
                writer.write_batch(&values, Some(&levels), Some(&repeats))?;
            }
            _ => {
                return Err(ParquetError::General(
                    "a column of another type".to_string(),
                ));
            }
        }
        Ok(())
    }
}

/// The cells that are there, and for each row whether it is.
fn there<T, V>(cells: &[Option<T>], value: impl Fn(&T) -> V) -> (Vec<V>, Vec<i16>) {
    let values = cells.iter().flatten().map(value).collect();
    let levels = cells.iter().map(|own| i16::from(own.is_some())).collect();
    (values, levels)
}
