//! Tables out of files that are made here.

use crate::support::{ARM64E, DYLIB, FILESET, Make, Store, X86_64, fat, macho, macos_13};
use lapbelt_macho::{Argument, ExtractError, Extracted, extract};
use lapbelt_policy::world::{Part, Provenance, World, lint};

const ARM: Make = Make {
    cpu: ARM64E,
    filetype: DYLIB,
    base: 0x1_8a00_0000,
    store: Store::Plain,
    is_whole: true,
};

fn parsed(extracted: &Extracted) -> World {
    let text = extracted.world("found", "a file");
    let world = World::parse(&text, &|_| None).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let findings = lint(&world, &Provenance::read(&text, &|_| None));
    assert_eq!(findings, [], "{text}");
    world
}

/// That all tables are those of the world that the file was made of.
fn assert_all(bytes: &[u8]) -> Extracted {
    let (found, real) = (extract(bytes).expect("tables"), macos_13());
    let world = parsed(&found);
    assert_eq!(world.operations().len(), real.operations().len());
    for (own, wanted) in world.operations().iter().zip(real.operations()) {
        assert_eq!(own.name, wanted.name);
        assert_eq!(own.parent, wanted.parent, "{}", own.name);
        assert_eq!(own.in_table, wanted.in_table, "{}", own.name);
        if own.parent.is_none() {
            // By version there is nothing but what 13.0 is taken to have from later builds.
            assert_eq!(own.own_default, wanted.own_default, "{}", own.name);
        }
    }
    assert_eq!(world.filters().len(), real.filters().len());
    for (own, wanted) in world.filters().iter().zip(real.filters()) {
        let facts = |f: &lapbelt_policy::world::FilterInfo| {
            (f.id, f.name.clone(), f.category.clone(), f.kind, f.cost)
        };
        assert_eq!(facts(own), facts(wanted));
    }
    // Which operations take a modifier stands in none of the tables that are read.
    let everywhere = real.modifiers().iter().cloned().map(|mut modifier| {
        modifier.only.clear();
        modifier
    });
    assert_eq!(world.modifiers(), everywhere.collect::<Vec<_>>());
    found
}

#[test]
fn every_way_to_store_pointers() {
    let chained = |format, base| Make {
        store: Store::Chained(format),
        base,
        ..ARM
    };
    let cache = |version| Make {
        store: Store::Cache { version },
        ..ARM
    };
    let makes = [
        ARM,
        Make {
            cpu: X86_64,
            base: 0x7ff8_0000_0000,
            ..ARM
        },
        cache(3),
        cache(5),
        chained(1, 0x1_8a00_0000),
        chained(2, 0x1_0000_0000),
        chained(6, 0),
        chained(7, 0xffff_fff0_0700_4000),
        chained(9, 0x1_8a00_0000),
        chained(12, 0x1_8a00_0000),
        Make {
            filetype: FILESET,
            ..chained(8, 0xffff_fe00_0700_4000)
        },
    ];
    for make in makes {
        let found = assert_all(&macho(&macos_13(), make));
        let operations = &found.claims[0];
        assert_eq!(operations.key, "operations");
        assert_eq!(operations.section, "__DATA_CONST,__const");
        assert_eq!(
            operations.address,
            make.base + operations.offset,
            "{make:?}"
        );
        let says_chained = operations.text.contains("chained fixups");
        assert_eq!(
            says_chained,
            matches!(make.store, Store::Chained(_)),
            "{make:?}"
        );
        assert_eq!(found.uuid, Some(*b"0123456789abcdef"));
    }
}

#[test]
fn the_claim_leads_to_the_table() {
    let bytes = macho(&macos_13(), ARM);
    let found = extract(&bytes).expect("tables");
    let at = found.claims[0].offset as usize;
    let target = u64::from_le_bytes(*bytes[at..].first_chunk().expect("a word"));
    let string = &bytes[(target - ARM.base) as usize..];
    assert!(string.starts_with(b"default\0"));
    let keys: Vec<&str> = found.claims.iter().map(|claim| claim.key).collect();
    let wanted = [
        "operations",
        "filters",
        "filter-categories",
        "filter-kinds",
        "filter-costs",
        "modifiers",
        "modifier-fields",
    ];
    assert_eq!(keys, wanted);
    let flag = found.modifiers.iter().find(|one| one.name == "no-sandbox");
    let meaning = flag.and_then(|one| one.meaning);
    assert_eq!(
        meaning,
        Some((true, false, Argument::Flag { mask: 8, flags: 8 }))
    );
}

#[test]
fn of_a_fat_file_arm64_comes_first() {
    let intel = Make { cpu: X86_64, ..ARM };
    let arm = Make {
        store: Store::Chained(1),
        ..ARM
    };
    let real = macos_13();
    let bytes = fat(&[(X86_64, macho(&real, intel)), (ARM64E, macho(&real, arm))]);
    let found = assert_all(&bytes);
    assert_eq!(found.architecture, "arm64e");
    assert!(found.claims[0].offset > 0x1000);
    // A slice without tables is passed over.
    let empty = macho(&real, arm)[..0x400].to_vec();
    let bytes = fat(&[(X86_64, macho(&real, intel)), (ARM64E, empty)]);
    assert_eq!(assert_all(&bytes).architecture, "x86_64");
}

#[test]
fn names_alone_make_a_world_that_says_what_it_lacks() {
    let found = extract(&macho(
        &macos_13(),
        Make {
            is_whole: false,
            ..ARM
        },
    ))
    .expect("names");
    assert!(found.filters.is_empty() && found.modifiers.is_empty());
    let world = parsed(&found);
    assert_eq!(world.operations().len(), 191);
    assert!(world.is_without(Part::Modifiers) && world.is_without(Part::Values));
}

#[test]
fn what_is_no_such_file_is_told_apart() {
    let error = |bytes: &[u8]| extract(bytes).expect_err("no tables");
    assert!(matches!(error(b""), ExtractError::NotMachO(_)));
    assert!(matches!(
        error(b"\x7fELF\x02\x01"),
        ExtractError::NotMachO(_)
    ));
    assert!(matches!(
        error(b"dyld_v1  arm64e"),
        ExtractError::Wrapped(_)
    ));
    assert!(matches!(
        error(b"\x30\x83\x01\x00\x16\x04IM4P"),
        ExtractError::Wrapped(_)
    ));
    assert_eq!(error(b"\xce\xfa\xed\xfe\x07\0\0\0"), ExtractError::NoSlice);
    let cut = error(b"\xcf\xfa\xed\xfe\x0c\0\0\x01");
    assert!(matches!(cut, ExtractError::Damaged { offset: 0, .. }));
    let mut bytes = macho(&macos_13(), ARM);
    // Another first name.
    let at = bytes
        .windows(9)
        .position(|w| w == b"\0default\0")
        .expect("a name");
    bytes[at + 1] = b'D';
    assert_eq!(error(&bytes), ExtractError::NoOperations(Vec::new()));
}

#[test]
fn a_list_cut_short_by_the_end_of_the_file_is_no_list() {
    let bytes = macho(
        &macos_13(),
        Make {
            store: Store::Chained(1),
            ..ARM
        },
    );
    for length in (0..bytes.len() - 1).step_by(61) {
        let error = extract(&bytes[..length]).expect_err("the segments are not whole");
        assert!(!error.to_string().is_empty());
    }
    let error = extract(&bytes[..0x1800]).expect_err("no data");
    let said = error.to_string();
    assert!(
        said.contains("chained fixups") || said.contains("__DATA_CONST"),
        "{said}"
    );
}
