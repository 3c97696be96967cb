//! Damaged files: an error or tables, never a panic, and tables always make a world.

use crate::support::{ARM64E, DYLIB, Make, Store, fat, macho, macos_13};
use lapbelt_macho::extract;
use lapbelt_policy::world::World;
use proptest::prelude::*;

fn run(bytes: &[u8]) {
    if let Ok(found) = extract(bytes) {
        let text = found.world("w", "a file");
        World::parse(&text, &|_| None).unwrap_or_else(|error| panic!("{error}\n{text}"));
    }
}

fn file(format: u16) -> Vec<u8> {
    let store = Store::Chained(format);
    let base = 0x1_0000_0000;
    let make = Make {
        cpu: ARM64E,
        filetype: DYLIB,
        base,
        store,
        is_whole: true,
    };
    macho(&macos_13(), make)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        run(&bytes);
        run(&[b"\xcf\xfa\xed\xfe".as_slice(), &bytes].concat());
        run(&[b"\xca\xfe\xba\xbe\0\0\0\x02".as_slice(), &bytes].concat());
    }

    #[test]
    fn headers_changed(
        changes in prop::collection::vec((0_usize..0x300, any::<u8>()), 1..6),
        format in prop::sample::select(vec![1_u16, 2, 6, 8, 9]),
        is_fat in any::<bool>(),
    ) {
        let mut bytes = file(format);
        if is_fat {
            bytes = fat(&[(ARM64E, bytes)]);
        }
        for (at, byte) in changes {
            // In a fat file half of them hit its own header.
            let at = if is_fat && at % 2 == 0 { at % 28 } else { at };
            bytes[at] = byte;
        }
        run(&bytes);
    }

    #[test]
    fn tables_changed(
        changes in prop::collection::vec((0.0_f64..1.0, any::<u8>()), 1..40),
        format in prop::sample::select(vec![1_u16, 2, 6]),
    ) {
        let mut bytes = file(format);
        for (at, byte) in changes {
            let at = 0x300 + (at * (bytes.len() - 0x300) as f64) as usize;
            bytes[at] = byte;
        }
        run(&bytes);
    }
}
