use std::convert::Infallible;

use proptest::prelude::*;

use super::*;

/// Runs the search against a plain predicate and counts the oracle's calls.
fn run(
    count: usize,
    used: Option<&[bool]>,
    enough: impl Fn(&[bool]) -> bool,
) -> (Vec<bool>, usize) {
    let mut calls = 0;
    let fixed = vec![false; count];
    let found = search::<Infallible>(count, &fixed, used, |candidate| {
        calls += 1;
        Ok(if enough(candidate.kept) {
            Answer::Pass { idle: Vec::new() }
        } else {
            Answer::Fail
        })
    });
    match found {
        Ok(kept) => (kept, calls),
        Err(never) => match never {},
    }
}

fn needs(needed: &[bool]) -> impl Fn(&[bool]) -> bool + '_ {
    move |kept| {
        kept.iter()
            .zip(needed)
            .all(|(kept, needed)| *kept || !*needed)
    }
}

proptest! {
    #[test]
    fn finds_exactly_what_is_needed(needed in prop::collection::vec(any::<bool>(), 0..60)) {
        let (kept, calls) = run(needed.len(), None, needs(&needed));
        prop_assert_eq!(&kept, &needed);
        let k = needed.iter().filter(|n| **n).count();
        // An unlucky order misleads the estimate for as long as it takes to halve a few groups.
        let slack = 2.0 * (needed.len().max(2) as f64).log2();
        prop_assert!(calls as f64 <= (needed.len() + k) as f64 + slack, "{calls} calls, {k} needed");
    }

    #[test]
    fn a_run_seeded_by_use_stays_within_its_budget(
        needed in prop::collection::vec(prop::bool::weighted(0.2), 1..200),
        extra in prop::collection::vec(any::<prop::sample::Index>(), 0..100),
    ) {
        let k = needed.iter().filter(|n| **n).count();
        let mut used = needed.clone();
        for index in extra.iter().take(k / 2) {
            used[index.index(needed.len())] = true;
        }
        let (kept, calls) = run(needed.len(), Some(&used), needs(&needed));
        prop_assert_eq!(&kept, &needed);
        prop_assert!(calls as f64 <= 2.5 * k as f64 + 3.0, "{calls} calls for {k} needed");
    }

    #[test]
    fn the_result_is_one_minimal_even_with_either_or(
        groups in prop::collection::vec(prop::collection::vec(0..40_usize, 1..4), 0..10),
    ) {
        // Enough if each group has a member left.
        let enough = |kept: &[bool]| groups.iter().all(|g| g.iter().any(|i| kept[*i]));
        let (kept, _) = run(40, None, enough);
        prop_assert!(enough(&kept));
        for index in (0..40).filter(|i| kept[*i]) {
            let mut less = kept.clone();
            less[index] = false;
            prop_assert!(!enough(&less), "piece {index} is not needed");
        }
    }
}

#[test]
fn fixed_pieces_stay_and_are_never_tried() {
    let fixed = [true, false, true];
    let kept = search::<Infallible>(3, &fixed, None, |candidate| {
        assert!(candidate.kept[0] && candidate.kept[2]);
        Ok(Answer::Pass { idle: Vec::new() })
    });
    assert_eq!(kept, Ok(vec![true, false, true]));
}

#[test]
fn a_wrong_seed_is_only_a_lost_call() {
    let needed = [true, true, false, true];
    let (kept, _) = run(4, Some(&[true, false, false, false]), needs(&needed));
    assert_eq!(kept, needed);
}

#[test]
fn what_a_passing_run_did_not_use_goes_at_once() {
    // Piece 9 opens the way to pieces 0 to 8; without it they are never asked for. With it they
    // are all needed.
    let fixed = [false; 12];
    let mut calls = 0;
    let kept = search::<Infallible>(12, &fixed, Some(&[true; 12]), |candidate| {
        calls += 1;
        let kept = candidate.kept;
        let enough = kept[10] && kept[11] && (!kept[9] || kept[..9].iter().all(|k| *k));
        let idle = if kept[9] {
            Vec::new()
        } else {
            (0..9).filter(|i| kept[*i]).collect()
        };
        Ok(if enough {
            Answer::Pass { idle }
        } else {
            Answer::Fail
        })
    });
    let mut expected = [false; 12];
    expected[10..].fill(true);
    assert_eq!(kept, Ok(expected.to_vec()));
    assert!(calls <= 6, "{calls} calls");
}

#[test]
fn with_a_piece_put_back_the_others_are_tried_again() {
    // Piece 1 does in place of pieces 2 and 3, and nothing in place of 4.
    let enough = |kept: &[bool]| kept[4] && (kept[1] || kept[2] && kept[3]);
    let mut tried = Vec::new();
    let kept = close::<Infallible>(
        vec![false, true, true, true, true],
        &[false; 5],
        Some(1),
        |candidate| {
            tried.push(candidate.removed.to_vec());
            let idle = Vec::new();
            Ok(if enough(candidate.kept) {
                Answer::Pass { idle }
            } else {
                Answer::Fail
            })
        },
    );
    assert_eq!(kept, Ok(vec![false, true, false, false, true]));
    // What was known is asked again only as something else could go.
    assert_eq!(tried, [[4], [3], [2], [1], [4]]);
}
