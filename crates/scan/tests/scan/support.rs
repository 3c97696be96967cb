//! Sources with what is to be found in them, and what is found.

use std::path::{Path, PathBuf};

use lapbelt_scan::{Options, Report, Verdict, scan};

/// The folder of the sources.
pub(crate) fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scan/sources")
}

/// Sources of a language: path, and what is to be found, by its first line `// found: …`.
pub(crate) fn all(extension: &str) -> Vec<(PathBuf, Vec<String>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(sources()).expect("the sources") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|e| e == extension) {
            let text = std::fs::read_to_string(&path).expect("a source");
            let first = text.lines().next().expect("a line");
            let found = first
                .strip_prefix("// found: ")
                .expect("what is to be found");
            let mut found: Vec<String> = found.split_whitespace().map(str::to_owned).collect();
            found.retain(|word| word != "nothing");
            all.push((path, found));
        }
    }
    all.sort();
    assert!(all.len() > 3, "no sources of {extension}");
    all
}

/// What is found in a file.
pub(crate) fn report(bytes: &[u8], from: &[String]) -> Report {
    let options = Options {
        architecture: None,
        from,
    };
    scan(bytes, &options).expect("a report")
}

/// Names of the hypotheses that hold.
pub(crate) fn found(report: &Report) -> Vec<String> {
    let answers = [
        ("split", &report.split),
        ("array", &report.array),
        ("machine", &report.machine),
    ];
    let holds = answers.iter().filter(|(_, a)| a.verdict == Verdict::Found);
    holds.map(|(name, _)| (*name).to_owned()).collect()
}

/// Each finding names instructions that are there.
pub(crate) fn has_evidence(report: &Report) {
    let sites = report
        .splits
        .iter()
        .flat_map(|split| {
            split
                .reads
                .iter()
                .chain(split.parts.iter().map(|p| &p.site))
        })
        .chain(
            report
                .records
                .iter()
                .flat_map(|r| r.fields.iter().map(|f| &f.site)),
        )
        .chain(report.machines.iter().map(|machine| &machine.opcode));
    for site in sites {
        assert_ne!(site.text, "no instruction", "{site:?}");
    }
}
