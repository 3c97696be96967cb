//! How many runs the search needs on eight synthetic tasks: a count, the same on every machine.
//!
//! The goals: with the used rules known and no more than 1.5 k of them, at most 2.5 k + 3 runs;
//! without, at most 1.5 B; never above N + k by more than the few runs an unlucky order costs.
//! B = k·log2(N/k) + k for N rules of which k are needed.

use std::convert::Infallible;

use lapbelt_learn::shrink::search::{Answer, search};

/// Random instances per task; the medians are shown.
const INSTANCES: usize = 101;

/// xorshift: the same instances on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    /// `count` different numbers below `bound`.
    fn choose(&mut self, count: usize, bound: usize) -> Vec<usize> {
        let mut chosen = Vec::new();
        while chosen.len() < count {
            let number = self.below(bound);
            if !chosen.contains(&number) {
                chosen.push(number);
            }
        }
        chosen
    }
}

/// A task: groups of which at least one member each must stay.
struct Task {
    name: &'static str,
    rules: usize,
    needed: usize,
    make: fn(&mut Random, usize, usize) -> Vec<Vec<usize>>,
    /// Of a hundred passing candidates, how many fail all the same.
    flake: usize,
}

fn scattered(random: &mut Random, rules: usize, needed: usize) -> Vec<Vec<usize>> {
    random
        .choose(needed, rules)
        .into_iter()
        .map(|rule| vec![rule])
        .collect()
}

/// Each need is met by either of two rules.
fn either_or(random: &mut Random, rules: usize, needed: usize) -> Vec<Vec<usize>> {
    random
        .choose(2 * needed, rules)
        .chunks(2)
        .map(<[usize]>::to_vec)
        .collect()
}

/// Needed rules stand together in runs of five.
fn clustered(random: &mut Random, rules: usize, needed: usize) -> Vec<Vec<usize>> {
    let places = random.choose(needed / 5, rules / 5);
    places
        .into_iter()
        .flat_map(|place| (0..5).map(move |at| vec![place * 5 + at]))
        .collect()
}

const TASKS: [Task; 8] = [
    Task {
        name: "30/5",
        rules: 30,
        needed: 5,
        make: scattered,
        flake: 0,
    },
    Task {
        name: "100/7",
        rules: 100,
        needed: 7,
        make: scattered,
        flake: 0,
    },
    Task {
        name: "400/25",
        rules: 400,
        needed: 25,
        make: scattered,
        flake: 0,
    },
    Task {
        name: "400/120",
        rules: 400,
        needed: 120,
        make: scattered,
        flake: 0,
    },
    Task {
        name: "150/10 either-or",
        rules: 150,
        needed: 10,
        make: either_or,
        flake: 0,
    },
    Task {
        name: "200/13",
        rules: 200,
        needed: 13,
        make: scattered,
        flake: 0,
    },
    Task {
        name: "300/20 clustered",
        rules: 300,
        needed: 20,
        make: clustered,
        flake: 0,
    },
    Task {
        name: "100/7 with 5 % flake",
        rules: 100,
        needed: 7,
        make: scattered,
        flake: 5,
    },
];

/// Runs of one instance, and whether the result was minimal.
fn instance(task: &Task, random: &mut Random, seeded: bool) -> (usize, bool) {
    let groups = (task.make)(random, task.rules, task.needed);
    let enough = |kept: &[bool]| {
        groups
            .iter()
            .all(|group| group.iter().any(|rule| kept[*rule]))
    };
    let mut used = vec![false; task.rules];
    groups.iter().flatten().for_each(|rule| used[*rule] = true);
    for rule in random.choose(task.needed / 2, task.rules) {
        used[rule] = true;
    }
    let mut runs = 0;
    let fixed = vec![false; task.rules];
    let found = search::<Infallible>(
        task.rules,
        &fixed,
        seeded.then_some(&used[..]),
        |candidate| {
            runs += 1;
            let unlucky = random.below(100) < task.flake;
            Ok(if enough(candidate.kept) && !unlucky {
                Answer::Pass { idle: Vec::new() }
            } else {
                Answer::Fail
            })
        },
    );
    let kept = match found {
        Ok(kept) => kept,
        Err(never) => match never {},
    };
    (
        runs,
        kept.iter().filter(|kept| **kept).count() == groups.len(),
    )
}

fn main() {
    println!(
        "{:<22}{:>6}{:>16}{:>10}{:>16}{:>10}",
        "rules/needed", "B", "without use", "1.5 B", "seeded by use", "2.5 k+3"
    );
    for task in &TASKS {
        let (rules, needed) = (task.rules as f64, task.needed as f64);
        let bound = needed * (rules / needed).log2() + needed;
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let mut medians = [String::new(), String::new()];
        for (seeded, median) in [false, true].into_iter().zip(&mut medians) {
            let mut counts = Vec::new();
            let mut minimal = 0;
            for _ in 0..INSTANCES {
                let (runs, is_minimal) = instance(task, &mut random, seeded);
                counts.push(runs);
                minimal += usize::from(is_minimal);
            }
            counts.sort_unstable();
            let missed = INSTANCES - minimal;
            *median = counts[INSTANCES / 2].to_string();
            if missed > 0 {
                median.push_str(&format!(" ({missed} not min)"));
            }
        }
        let [without, seeded] = medians;
        let name = task.name;
        let (half, budget) = (1.5 * bound, 2.5 * needed + 3.0);
        println!("{name:<22}{bound:>6.0}{without:>16}{half:>10.0}{seeded:>16}{budget:>10.1}");
    }
}
