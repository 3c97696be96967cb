//! The families of profiles that findings are shown with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assert_cmd::Command;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../profiles/families")
}

/// The bytes of each profile of a family, by its name.
fn compiled(family: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut compiled = BTreeMap::new();
    for file in std::fs::read_dir(family).expect("a family") {
        let path = file.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("a profile");
        assert!(text.starts_with("; "), "{}: no intent", path.display());
        let mut command = Command::cargo_bin("lapbelt").expect("the built command");
        let output = command.arg("compile").arg(&path).args(["-o", "-"]);
        let output = output.output().expect("a run");
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{}: {error}", path.display());
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        compiled.insert(name, output.stdout);
    }
    compiled
}

#[test]
fn each_profile_of_a_family_compiles_to_bytes_of_its_own() {
    let mut families = 0;
    for entry in std::fs::read_dir(folder()).expect("families") {
        let path = entry.expect("a folder").path();
        let compiled = compiled(&path);
        assert!(compiled.len() > 1, "{}", path.display());
        for (name, bytes) in &compiled {
            let same = compiled
                .iter()
                .find(|(other, own)| *other != name && *own == bytes);
            assert_eq!(same.map(|own| own.0), None, "{name} in {}", path.display());
        }
        families += 1;
    }
    assert_eq!(families, 5);
}

/// Earlier work took the number of nodes for that of operations, and byte 16 for the start of the
/// op table; what it saw so of profiles that `libsandbox` made is what ours show.
#[test]
fn the_op_table_family_shows_the_buckets_that_were_published() {
    let compiled = compiled(&folder().join("op-table"));
    let four = [
        "v0_empty",
        "v1_read",
        "v2_write",
        "v4_network",
        "v5_read_write",
        "v7_read_network",
        "v9_write_network",
    ];
    let five = [
        "v3_mach",
        "v6_read_mach",
        "v8_write_mach",
        "v10_mach_network",
        "v11_read_subpath",
        "v13_read_subpath_write",
        "v14_read_subpath_network",
    ];
    let six = [
        "v12_read_subpath_mach",
        "v15_mach_literal",
        "v16_subpath_mach_literal",
    ];
    let published = four
        .map(|name| (name, vec![4; 5]))
        .into_iter()
        .chain(five.map(|name| (name, vec![5; 6])))
        .chain(six.map(|name| (name, vec![6, 6, 6, 6, 6, 6, 5])));
    let published: BTreeMap<&str, Vec<usize>> = published.collect();
    assert_eq!(published.len(), compiled.len());
    for (name, bytes) in &compiled {
        let word = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
        let entries: Vec<usize> = (0..word(2)).map(|number| word(16 + 2 * number)).collect();
        assert_eq!(published.get(name.as_str()), Some(&entries), "{name}");
    }
}
