//! Single profiles and bundles of every era.

use lapbelt_blob::decode::{Blob, Node, NodeIndex, decode};
use lapbelt_blob::explain;
use lapbelt_blob::layout::Layout;
use lapbelt_blob::layout::known::KNOWN;
use lapbelt_blob::policy::compiled;
use lapbelt_policy::rule::Action;
use lapbelt_policy::world::World;

use crate::build::{A, ALLOW, DENY, File, N, layout, regex, subpath, text};
use crate::{WORLD, world_of};

/// Whether the file was read as meant: by its own layout, or another under which it is the same.
fn read(file: &File) -> Blob {
    let (name, bytes) = (file.layout.name, file.bytes());
    let blob = decode(&bytes, &WORLD).unwrap_or_else(|error| panic!("{name}: {error}"));
    let same = blob.layout.name == name || blob.provenance.same.contains(&name);
    assert!(
        same,
        "{name} read as {}: {:?}",
        blob.layout.name, blob.provenance
    );
    let rows = explain::rows(&blob, &bytes, &WORLD);
    assert_eq!(rows.first().map(|row| row.start), Some(0));
    assert_eq!(rows.last().map(|row| row.end), Some(bytes.len()));
    assert!(
        rows.windows(2).all(|pair| pair[0].end == pair[1].start),
        "{name}"
    );
    blob
}

#[test]
fn single_profiles_of_every_era() {
    for layout in KNOWN {
        let nodes = [
            N::Filter(1, A::Literal(0), 2, 1),
            N::Filter(0x81, A::Value(0), 2, 3),
            ALLOW,
            DENY,
        ];
        let literals = [subpath(layout, "/usr"), regex(layout, b"\x19\x02/\x15\x00")];
        let mut file = File::new(layout, &nodes, &literals);
        file.regexes = vec![1];
        let blob = read(&file);
        let entries: Vec<u16> = blob.profiles[0].entries.iter().map(|node| node.0).collect();
        assert_eq!(entries, [0, 0, 3], "{}", layout.name);
        let node = |index| explain::node(&blob, NodeIndex(index), &WORLD);
        assert_eq!(node(0), "path subpath \"/usr\"");
        assert_eq!(node(1), "path regex #\"^/\"");
        assert_eq!(
            (node(2), node(3)),
            ("allow".to_string(), "deny".to_string())
        );
    }
}

/// A header of 12 bytes can be read as one of 14, with every slot one operation too far.
#[test]
fn of_several_readings_that_by_the_layout_of_the_world_is_taken() {
    let nodes = [N::Filter(1, A::Literal(0), 1, 2), ALLOW, DENY];
    let bytes = |own| File::new(own, &nodes, &[subpath(own, "/usr")]).bytes();
    let entries = |own: &'static Layout, world: &World| {
        let bytes = bytes(own);
        let blob = decode(&bytes, world).expect("a profile");
        let entries = &blob.profiles[0].entries;
        let entries: Vec<u16> = entries.iter().map(|node| node.0).collect();
        (blob.provenance.is_own, blob.layout.name, entries)
    };
    for name in ["ios-13", "macos-14"] {
        let own = layout(name);
        assert_eq!(entries(own, &world_of(own)), (true, name, vec![0, 0, 2]));
    }
    let (own, by) = (layout("ios-13"), layout("macos-14"));
    assert_eq!(entries(own, &WORLD), (false, by.name, vec![0, 2, 0]));
}

#[test]
fn bundles_of_every_era() {
    for layout in KNOWN.iter().filter(|layout| !layout.bundle.is_empty()) {
        let nodes = [N::Filter(1, A::Literal(0), 1, 2), ALLOW, DENY];
        let literals = [
            subpath(layout, "/usr"),
            text(layout, "one"),
            text(layout, "two"),
        ];
        let mut file = File::new(layout, &nodes, &literals);
        file.profiles = vec![[0, 1, 2], [2, 2, 0]];
        file.names = vec![1, 2];
        let blob = read(&file);
        let profiles: Vec<(&[u8], Vec<u16>)> = blob
            .profiles
            .iter()
            .map(|profile| {
                let name = blob.text(profile.name.expect("a name"));
                (name, profile.entries.iter().map(|node| node.0).collect())
            })
            .collect();
        let wanted: [(&[u8], Vec<u16>); 2] = [(b"one", vec![0, 1, 2]), (b"two", vec![2, 2, 0])];
        assert_eq!(profiles, wanted, "{}", layout.name);
        let actions = blob.nodes.iter().filter_map(|node| match node {
            Node::Terminal(terminal) => Some(terminal.action),
            Node::Filter { .. } => None,
        });
        assert_eq!(actions.collect::<Vec<_>>(), [Action::Allow, Action::Deny]);
    }
}

#[test]
fn a_world_without_operations_reads_what_states_their_number() {
    let text = "world w\nlacks operations no list\nevidence e seen\n\
        operation 0 default parent=- default=deny evidence=e\n\
        filter 1 path category=path kind=path-pattern cost=0 evidence=e\n\
        modifier 1 no-report actions=deny argument=none mask=4 flags=0 evidence=e\n";
    let world = World::parse(text, &|_| None).expect("a world");
    let mut read = Vec::new();
    for layout in KNOWN {
        let nodes = [N::Filter(1, A::Literal(0), 1, 2), ALLOW, DENY];
        let file = File::new(layout, &nodes, &[subpath(layout, "/usr")]);
        let bytes = file.bytes();
        let Ok(blob) = decode(&bytes, &world) else {
            continue;
        };
        read.push(layout.name);
        assert_eq!(blob.profiles[0].entries.len(), 3);
        let rows = explain::rows(&blob, &bytes, &world);
        assert!(
            rows.iter()
                .any(|row| row.meaning.contains("slot 2 operation 2"))
        );
        assert!(compiled(&blob, &blob.profiles[0], &world).is_err());
    }
    let stated = ["macos-14", "ios-18", "ios-16", "ios-15", "ios-14", "ios-13"];
    assert_eq!(read, stated);
}
