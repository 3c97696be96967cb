//! World files from the tables of the corpus.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

mod builds;
mod evidence;
mod ios;
mod language;
mod libsandbox;
mod lines;
mod sonoma;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Writes all world files.
pub(crate) fn write(corpus: &Path, root: &Path) -> Result<()> {
    for (name, text) in generate(corpus)? {
        std::fs::write(root.join("worlds").join(name), text)?;
    }
    Ok(())
}

/// Whether the files in the tree are the generated ones.
pub(crate) fn check(corpus: &Path, root: &Path) -> Result<()> {
    for (name, text) in generate(corpus)? {
        if std::fs::read_to_string(root.join("worlds").join(&name))? != text {
            return Err(format!("worlds/{name} is stale: run `cargo xtask worlds`").into());
        }
    }
    Ok(())
}

fn generate(corpus: &Path) -> Result<Vec<(String, String)>> {
    let facts = corpus.join("facts");
    let mut files = vec![
        ("macos-14.4.1.world".to_owned(), sonoma::world(&facts)?),
        ("linux.world".to_owned(), linux()?),
    ];
    for build in builds::BUILDS {
        let text = libsandbox::world(build, &facts)?;
        files.push((format!("{}.world", build.name), text));
    }
    for release in ios::RELEASES {
        let text = ios::world(release, &facts)?;
        files.push((format!("{}.world", release.name), text));
    }
    Ok(files)
}

fn linux() -> Result<String> {
    let mut out = String::from(evidence::LINUX);
    for name in language::ENFORCED {
        writeln!(out, "enforce {name} evidence=supervisor")?;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_files_in_the_tree_are_the_generated_ones() {
        let corpus = crate::corpus();
        if !corpus.is_dir() {
            assert!(
                std::env::var_os("LAPBELT_REQUIRE_CORPUS").is_none_or(|v| v != "1"),
                "no corpus"
            );
            eprintln!("skipped: no corpus at {}", corpus.display());
            return;
        }
        super::check(&corpus, &crate::root()).expect("fresh world files");
    }
}
