//! Files of every era node by node.

use lapbelt_blob::decode::decode;
use lapbelt_blob::error::DecodeError;
use lapbelt_blob::layout::known::KNOWN;
use lapbelt_blob::survey::{Kind, Of, Says, Survey, SurveyError, survey};
use lapbelt_policy::world::World;

use crate::build::{A, ALLOW, DENY, File, N, layout, regex, subpath, text};
use crate::world_of;

fn surveyed(file: &File) -> Survey {
    let survey = survey(&file.bytes(), &world_of(file.layout));
    survey.unwrap_or_else(|error| panic!("{}: {error}", file.layout.name))
}

/// What the values of a node say.
fn said(survey: &Survey, node: usize) -> Vec<(Of, i64, Says)> {
    let readings = match &survey.nodes[node].kind {
        Kind::Filter { readings, .. } | Kind::Terminal { readings, .. } => readings.as_slice(),
        Kind::Unknown => &[],
    };
    let readings = readings.iter();
    readings
        .map(|own| (own.of, own.value, own.says.clone()))
        .collect()
}

fn named(name: &str) -> Says {
    Says::Named(name.to_string())
}

#[test]
fn files_of_every_era_have_no_faults() {
    for layout in KNOWN {
        let nodes = [
            N::Filter(1, A::Literal(0), 3, 1),
            N::Filter(0x82, A::Value(0), 3, 2),
            N::Filter(0x84, A::Literal(2), 3, 4),
            ALLOW,
            DENY,
        ];
        let literals = [
            subpath(layout, "/usr"),
            regex(layout, b"\x19\x02/\x15\x00"),
            vec![1, 0, 1, 0, 6],
            text(layout, "one"),
        ];
        let mut file = File::new(layout, &nodes, &literals);
        file.regexes = vec![1];
        if !layout.bundle.is_empty() {
            file.names = vec![3];
        }
        let survey = surveyed(&file);
        assert_eq!(survey.faults, [], "{}", layout.name);
        // How literals are counted differs between eras.
        let path = said(&survey, 0).pop().map(|(.., says)| says);
        assert_eq!(path, Some(Says::Literal("subpath \"/usr\"".to_string())));
        let regex = Says::Literal("regex #\"^/\"".to_string());
        assert_eq!(said(&survey, 1), [(Of::Argument, 0, regex)]);
        let bits = [(Of::Bit, 1, named("one")), (Of::Bit, 2, Says::Unnamed)];
        assert_eq!(said(&survey, 2), bits, "{}", layout.name);
        let name = (!layout.bundle.is_empty()).then_some("one");
        let profile = &survey.profiles[0];
        assert_eq!(profile.name.as_deref(), name);
        assert_eq!(profile.entries, [Some(0), Some(0), Some(4)]);
    }
}

#[test]
fn a_value_without_a_name_is_told() {
    let layout = layout("macos-14");
    let nodes = [
        N::Filter(4, A::Value(8), 5, 1),
        N::Filter(5, A::Value(0o644), 5, 2),
        N::Filter(6, A::Value(2), 5, 3),
        N::Terminal(0x4000, [0; 4]),
        N::Terminal(0x80_0000, [77, 0, 9, 0]),
        N::Terminal(0x80_0000, [1, 0, 9, 0]),
    ];
    let survey = surveyed(&File::new(layout, &nodes, &[]));
    assert_eq!(survey.faults, []);
    assert_eq!(said(&survey, 0), [(Of::Argument, 8, Says::Unnamed)]);
    assert_eq!(said(&survey, 1), [(Of::Argument, 0o644, Says::Number)]);
    assert_eq!(said(&survey, 2), [(Of::Argument, 2, Says::Unnamed)]);
    assert_eq!(said(&survey, 3), [(Of::Flags, 0x4000, Says::Unnamed)]);
    let allow = (Of::Flags, 0x80_0000, named("allow"));
    let unknown = (Of::Modifier, 77, Says::Unnamed);
    assert_eq!(said(&survey, 4), [allow.clone(), unknown]);
    let modifier = (Of::Modifier, 1, named("send-signal"));
    let argument = (Of::ModifierArgument, 9, Says::Number);
    assert_eq!(said(&survey, 5), [allow, modifier, argument]);
}

#[test]
fn what_does_not_hold_together_is_a_fault() {
    let layout = layout("macos-14");
    let nodes = [
        N::Filter(99, A::Value(0), 5, 1),
        N::Filter(1, A::Value(4000), 5, 2),
        N::Filter(0x82, A::Value(3), 5, 3),
        N::Filter(0x83, A::Value(0), 5, 900),
        N::Terminal(0x80_0000, [19, 4, 7, 0]),
        N::TerminalWithLiteral(0x80_0005, 2, 0),
    ];
    let survey = surveyed(&File::new(layout, &nodes, &[vec![9, 0, b'x']]));
    let faults = survey
        .faults
        .iter()
        .map(|fault| (fault.node, fault.what.as_str()));
    let wanted = [
        (0, "filter 99 is not declared"),
        (1, "path: at byte"),
        (2, "regular expression 3 of 0"),
        (3, "the other form is not declared"),
        (3, "an edge to 900, no node"),
        (4, "one of 0 message filters, found 7"),
        (5, "at byte"),
    ];
    let faults: Vec<_> = faults.collect();
    assert_eq!(faults.len(), wanted.len(), "{faults:#?}");
    for ((node, what), (own, wanted)) in faults.iter().zip(wanted) {
        assert_eq!(*node, Some(own), "{what}");
        assert!(what.contains(wanted), "{what}");
    }
}

/// The offset that both decoding and the survey name.
fn refused(bytes: &[u8], world: &World, offset: usize) {
    let error = decode_as(bytes, world);
    let place = format!("at byte {offset}: ");
    assert!(error.contains(&place), "{place}{error}");
    let faults = survey(bytes, world).expect("a survey").faults;
    let found: Vec<_> = faults.iter().map(|own| own.what.as_str()).collect();
    assert!(
        matches!(found[..], [one] if error.contains(one)),
        "{error}\n{found:?}"
    );
}

/// What decoding by the layout of the world says against a file.
fn decode_as(bytes: &[u8], world: &World) -> String {
    let layout = world.layout().expect("a layout");
    let error = decode(bytes, world).expect_err("a damaged file");
    let DecodeError::NoLayout(rejections) = error else {
        return error.to_string();
    };
    let own = rejections.iter().find(|own| own.layout == layout);
    own.expect("that of the layout").error.to_string()
}

#[test]
fn what_decoding_refuses_in_a_decision_is_a_fault() {
    let layout = layout("macos-14");
    let world = world_of(layout);
    let cases = [
        (4, [0, 0, 9, 0], Some(6)),
        (4, [1, 0, 0, 0], Some(4)),
        (0, [2, 5, 0, 0], Some(4)),
        (0x80_0000, [1, 0, 9, 0], None),
        (0x80_0000, [1, 4, 9, 0], Some(5)),
        (0x80_0000, [19, 4, 0, 0], None),
        (0x80_0000, [19, 1, 0, 0], Some(5)),
        (0x80_0000, [19, 4, 1, 0], Some(6)),
    ];
    for (flags, tail, stray) in cases {
        let mut file = File::new(layout, &[N::Terminal(flags, tail), ALLOW, DENY], &[]);
        file.policies = vec![1];
        let bytes = file.bytes();
        let at = surveyed(&file).nodes[0].offset;
        match stray {
            Some(index) => refused(&bytes, &world, at + index),
            None => {
                decode(&bytes, &world).expect("a sound file");
                assert_eq!(surveyed(&file).faults, []);
            }
        }
    }
}

#[test]
fn a_list_of_modifiers_is_judged_one_by_one() {
    let layout = layout("macos-14");
    let world = world_of(layout);
    for (of, stray) in [(0, None), (4, Some(1))] {
        let list = vec![1, 0, 9, 0, 1, of, 9, 0];
        let nodes = [N::TerminalWithLiteral(0, 2, 0), ALLOW, DENY];
        let file = File::new(layout, &nodes, &[list]);
        let bytes = file.bytes();
        match stray {
            Some(index) => refused(&bytes, &world, bytes.len() - 4 + index),
            None => {
                decode(&bytes, &world).expect("a sound file");
                assert_eq!(surveyed(&file).faults, []);
            }
        }
    }
}

#[test]
fn a_byte_before_the_flags_is_a_fault() {
    for layout in KNOWN.iter().filter(|layout| layout.flags_at > 1) {
        let world = world_of(layout);
        let file = File::new(layout, &[ALLOW, DENY], &[]);
        let (mut bytes, at) = (file.bytes(), surveyed(&file).nodes[0].offset);
        assert_eq!(surveyed(&file).faults, [], "{}", layout.name);
        bytes[at + 1] = 7;
        refused(&bytes, &world, at + 1);
    }
}

#[test]
fn a_world_without_a_layout_cannot_survey() {
    let bytes = File::new(layout("macos-14"), &[ALLOW, DENY], &[]).bytes();
    let error = survey(&bytes, &crate::WORLD).expect_err("no layout");
    assert_eq!(error, SurveyError::NoLayout("tiny".to_string()));
}
