//! One line of a trace.

use lapbelt_analysis::writes::Write;
use lapbelt_tracer::record::Record;
use serde::Deserialize;
use serde_json::json;

use crate::corpus::from_hex;
use crate::json_lines::json_lines;

/// A line as it is read: of ours, or of another tracer that leaves out what it does not know.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    seq: Option<u64>,
    #[serde(default)]
    process: u64,
    buf: String,
    cursor: u64,
    #[serde(default)]
    chunk_offset: u64,
    #[serde(alias = "hex")]
    bytes_hex: String,
}

/// A record as a line.
pub(super) fn of_record(record: &Record, input: &str) -> String {
    let hex: String = (record.bytes.iter())
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mut line = json!({
        "seq": record.seq,
        "input": input,
        "buf": format!("{:#x}", record.buf),
        "cursor": record.cursor,
        "len": record.bytes.len(),
        "reported_len": record.reported_len,
        "chunk_offset": record.chunk_offset,
        "bytes_hex": hex,
    });
    if record.process != 0 {
        line["process"] = record.process.into();
    }
    line.to_string()
}

/// The writes of a trace.
///
/// # Errors
/// The first line that is none, by its number from 1, to stand behind the file's name.
pub(super) fn writes(text: &str) -> Result<Vec<Write>, String> {
    let lines = json_lines(text.as_bytes()).enumerate();
    lines
        .map(|(index, line)| {
            write(index, line.value?).map_err(|why| format!("{}: {why}", line.number))
        })
        .collect()
}

fn write(index: usize, line: Line) -> Result<Write, String> {
    let digits = line.buf.strip_prefix("0x").unwrap_or(&line.buf);
    let buf = u64::from_str_radix(digits, 16);
    Ok(Write {
        seq: line.seq.unwrap_or(index as u64),
        process: line.process,
        buf: buf.map_err(|_| format!("`{}` is no address", line.buf))?,
        at: line.cursor.saturating_add(line.chunk_offset),
        bytes: from_hex(line.bytes_hex.trim().as_bytes())
            .ok_or("the bytes are no hexadecimal digits")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let record = Record {
            seq: 7,
            process: 2,
            buf: 0xffff_0000_0010,
            cursor: 16,
            reported_len: 300,
            chunk_offset: 256,
            bytes: vec![0, 0xab],
        };
        let text = of_record(&record, "one");
        let expected = Write {
            seq: 7,
            process: 2,
            buf: record.buf,
            at: 272,
            bytes: record.bytes,
        };
        assert_eq!(writes(&text), Ok(vec![expected]));
    }

    #[test]
    fn lines_of_other_tracers_and_wrong_ones() {
        let text = "{\"buf\":\"0x10\",\"cursor\":3,\"hex\":\"6f\"}\n";
        let read = writes(text).expect("a line");
        assert_eq!((read[0].seq, read[0].buf, read[0].at), (0, 16, 3));
        for (wrong, why) in [
            ("x", "3:1: expected value"),
            (
                "{\"buf\":\"q\",\"cursor\":3,\"hex\":\"\"}",
                "3: `q` is no address",
            ),
        ] {
            let error = writes(&format!("{text}\n{wrong}")).expect_err("no line");
            assert_eq!(error, why);
        }
    }
}
