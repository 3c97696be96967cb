//! Mach-O files that hold the AArch64 code: thin, fat, and of arm64e.

use lapbelt_scan::{Options, ScanError, scan};
use object::read::{Object as _, ObjectSection as _};

use crate::aarch64::compile;
use crate::support::{found, report, sources};

/// The code of an object file whose functions call nothing, as one Mach-O file.
fn thin(subtype: u32) -> Option<Vec<u8>> {
    let object = compile(&sources().join("split_leaf.rs"), "2")?;
    let object = object::File::parse(&*object).expect("an object file");
    let mut code = object.sections().filter(|section| {
        let name = section.name().unwrap_or_default();
        name.starts_with(".text.")
    });
    let code = code.next().expect("code").data().expect("its bytes");
    let padded = |name: &str| {
        let mut bytes = name.as_bytes().to_vec();
        bytes.resize(16, 0);
        bytes
    };
    let words = |words: &[u32]| {
        words
            .iter()
            .flat_map(|w| w.to_le_bytes())
            .collect::<Vec<u8>>()
    };
    let long = |words: &[u64]| {
        words
            .iter()
            .flat_map(|w| w.to_le_bytes())
            .collect::<Vec<u8>>()
    };
    // A header, one segment of one section, a table of functions.
    let (base, start) = (0x1_0000_0000_u64, 0x1000_u64);
    let size = start + code.len() as u64;
    let mut file = words(&[0xfeed_facf, 0x0100_000c, subtype, 6, 2, 152 + 16, 0, 0]);
    file.extend(words(&[0x19, 152]));
    file.extend(padded("__TEXT"));
    file.extend(long(&[base, size, 0, size]));
    file.extend(words(&[5, 5, 1, 0]));
    file.extend(padded("__text"));
    file.extend(padded("__TEXT"));
    file.extend(long(&[base + start, code.len() as u64]));
    file.extend(words(&[start as u32, 2, 0, 0, 0x8000_0400, 0, 0, 0]));
    // 0x1000 as ULEB128, then the end.
    file.extend(words(&[0x26, 16, size as u32, 8]));
    file.resize(start as usize, 0);
    file.extend(code);
    file.extend([0x80, 0x20, 0, 0, 0, 0, 0, 0]);
    Some(file)
}

#[test]
fn thin_files() {
    for (subtype, name) in [(0, "arm64"), (2, "arm64e")] {
        let Some(file) = thin(subtype) else { return };
        let report = report(&file, &[]);
        assert_eq!((report.architecture, report.functions), (name, 1));
        assert_eq!(found(&report), ["split"]);
        assert_eq!(report.splits[0].reads[0].offset & !0xfff, 0x1000);
    }
}

#[test]
fn slices_of_a_fat_file() {
    let (Some(first), Some(second)) = (thin(0), thin(2)) else {
        return;
    };
    let mut fat: Vec<u8> = Vec::new();
    let (at, next) = (0x4000_u32, 0x8000_u32);
    for word in [0xcafe_babe, 2, 0x0100_000c, 0, at, first.len() as u32, 14] {
        fat.extend(word.to_be_bytes());
    }
    for word in [0x0100_000c, 2, next, second.len() as u32, 14] {
        fat.extend(word.to_be_bytes());
    }
    fat.resize(at as usize, 0);
    fat.extend(&first);
    fat.resize(next as usize, 0);
    fat.extend(&second);
    let of = |architecture| {
        let options = Options {
            architecture,
            from: &[],
        };
        scan(&fat, &options)
    };
    assert_eq!(of(None).expect("a report").architecture, "arm64");
    let signed = of(Some("arm64e")).expect("a report");
    assert_eq!(signed.architecture, "arm64e");
    assert_eq!(signed.splits[0].reads[0].offset & !0xfff, 0x9000);
    assert!(matches!(of(Some("x86_64")), Err(ScanError::NoSlice { .. })));
}
