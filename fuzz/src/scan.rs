//! Any bytes as machine code: an error or a report, and every finding has an instruction.

use lapbelt_scan::{Options, scan};

/// Feeds one input: as a file, and as the code of one.
pub fn run(bytes: &[u8]) {
    let options = Options::default();
    let _ = scan(bytes, &options);
    for machine in [62, 183] {
        if let Ok(report) = scan(&program(machine, bytes), &options) {
            for split in report.splits {
                assert!(!split.parts.is_empty());
            }
        }
    }
}

/// An ELF file of a machine with one section of code.
fn program(machine: u16, code: &[u8]) -> Vec<u8> {
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0".to_vec();
    file.extend(machine.to_le_bytes());
    file.extend(1_u32.to_le_bytes());
    // Where it starts, no segments, the sections right behind the header.
    for word in [0x1000_u64, 0, 64] {
        file.extend(word.to_le_bytes());
    }
    file.extend(0_u32.to_le_bytes());
    for half in [64_u16, 0, 0, 64, 3, 2] {
        file.extend(half.to_le_bytes());
    }
    let names = b"\0.text\0";
    let start = 64 * 4_u64;
    let mut section = |name: u32, kind: u32, flags: u64, at: u64, offset: u64, size: u64| {
        file.extend(name.to_le_bytes());
        file.extend(kind.to_le_bytes());
        for word in [flags, at, offset, size, 0, 1, 0] {
            file.extend(word.to_le_bytes());
        }
    };
    section(0, 0, 0, 0, 0, 0);
    let size = code.len() as u64;
    section(1, 1, 6, 0x1000, start + names.len() as u64, size);
    section(0, 3, 0, 0, start, names.len() as u64);
    file.extend(names);
    file.extend(code);
    file
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_program_is_read() {
        // A word is read, and its parts returned and stored.
        let code = b"\x0f\xb7\x07\x89\xc2\xc1\xea\x0e\x89\x16\x25\xff\x3f\0\0\xc3";
        let file = super::program(62, code);
        let report = lapbelt_scan::scan(&file, &Default::default()).expect("a report");
        assert_eq!(report.splits.len(), 1);
    }
}
