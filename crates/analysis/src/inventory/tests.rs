use super::*;

fn test(filter: usize, argument: usize, word: Word, edges: [usize; 2]) -> Node {
    Node {
        offset: 0,
        tag: 0,
        test: Some(Test {
            filter: Filter {
                number: filter,
                other_form: false,
                name: None,
            },
            argument,
        }),
        edges: edges.map(Some).to_vec(),
        values: vec![Value {
            of: "argument",
            value: argument as i64,
            word,
            meaning: (word == Word::Literal).then(|| format!("literal {argument}")),
        }],
    }
}

fn end() -> Node {
    Node {
        offset: 0,
        tag: 1,
        test: None,
        edges: Vec::new(),
        values: Vec::new(),
    }
}

/// Slot 0 → 3; slot 1 → 0 → 1 → 2; all tests go to 3 or 4 else.
fn sheet() -> Sheet {
    let entries = vec![Some(3), Some(0), Some(0)];
    Sheet {
        profiles: vec![Profile {
            name: None,
            entries,
        }],
        nodes: vec![
            test(1, 7, Word::Literal, [4, 1]),
            test(2, 0x4002, Word::Miss, [4, 2]),
            test(2, 2, Word::Hit, [3, 3]),
            end(),
            end(),
        ],
    }
}

#[test]
fn nodes_know_who_leads_to_them() {
    let sheet = sheet();
    let fans = sheet.fans();
    let numbers: Vec<_> = fans
        .iter()
        .map(|f| (f.edges_in, f.slots_in, f.out))
        .collect();
    assert_eq!(
        numbers,
        [(0, 2, 2), (1, 0, 2), (1, 0, 1), (2, 1, 0), (2, 0, 0)]
    );
    let reach = sheet.reach(&sheet.profiles[0]);
    assert_eq!(reach[2], [1, 2]);
    assert_eq!(reach[3], [0, 1, 2]);
}

#[test]
fn values_are_counted_by_filter_and_by_their_high_bits() {
    let sheet = sheet();
    let census = census(&sheet.nodes);
    assert_eq!(census.tags, [(0, 3), (1, 2)].into());
    let counts: Vec<_> = census
        .filters
        .iter()
        .map(|own| {
            (
                own.filter,
                own.values.iter().map(|v| v.value).collect::<Vec<_>>(),
            )
        })
        .collect();
    assert_eq!(counts, [(1, vec![7]), (2, vec![2, 0x4002])]);
    // 2 and 0x4002 of one filter differ in the high bits only.
    let rows: Vec<_> = census
        .high_bits
        .iter()
        .map(|r| (r.high, r.nodes, r.pairs))
        .collect();
    assert_eq!(rows, [(0, 2, 1), (0x4000, 1, 1)]);
}

#[test]
fn what_is_not_explained_comes_with_what_is_around() {
    let sheet = sheet();
    let found = unexplained(&sheet, &[Word::Miss]);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].node, found[0].value), (1, 0x4002));
    assert_eq!(found[0].literals_near, ["literal 7"]);
    let roles = roles(&sheet.nodes);
    let filter_2 = &roles[&(0, Some((2, false)))];
    assert_eq!((filter_2.hit, filter_2.miss), (1, 1));
}
