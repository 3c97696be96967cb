//! All profiles of a bundle, each to a file of its own.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use lapbelt_analysis::decompile::decompile;
use lapbelt_analysis::subject::Subject as Analysed;
use lapbelt_blob::decode::{Blob, Profile};
use lapbelt_blob::policy::compiled;
use lapbelt_policy::escaped::escaped;
use lapbelt_policy::graph::Source;
use lapbelt_policy::rule::Policy;
use lapbelt_policy::world::World;
use serde_json::json;

use crate::exit::{CommandError, Exit};
use crate::output::{Output, counted};
use crate::replace::{not_over, write_out};

/// Writes each profile to `NAME.sb` in a folder. One that has no rules is told, and the others go
/// on.
pub(super) fn decompile_all(
    read: &Path,
    blob: &Blob,
    folder: &Path,
    world: &World,
    output: &Output,
) -> Result<Exit, CommandError> {
    std::fs::create_dir_all(folder)
        .map_err(|error| CommandError::of_file("create", folder, &error))?;
    let mut taken = BTreeSet::new();
    let mut members = Vec::new();
    let mut failed = 0;
    let bar = output.spinner("{spinner} {pos} of {len} profiles, {elapsed}");
    bar.set_length(blob.profiles.len() as u64);
    bar.enable_steady_tick(Duration::from_millis(200));
    for (index, profile) in blob.profiles.iter().enumerate() {
        let name = profile.name.map_or_else(
            || format!("profile-{index}"),
            |name| escaped(blob.text(name)),
        );
        match text(blob, profile, world) {
            Ok((text, policy, variables)) => {
                let file = folder.join(file_name(&name, index, &mut taken));
                not_over(read, &file)?;
                write_out(&file, text.as_bytes())?;
                let but = super::text::but_for(&variables);
                if !but.is_empty() {
                    let as_it = "the rules decide every request as it does";
                    let note = format!("lapbelt: {name}, number {index}: {as_it}{but}");
                    bar.suspend(|| output.tell(&note));
                }
                members.push(
                    json!({"number": index, "name": name, "out": file, "rules": policy.rules.len(),
                                    "variables": variables, "params": super::text::params(&policy)}),
                );
            }
            Err(error) => {
                failed += 1;
                let note = format!("lapbelt: {name}, number {index}: {error}");
                bar.suspend(|| output.complain(&note));
                members.push(json!({"number": index, "name": name, "error": error}));
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let count = blob.profiles.len() - failed;
    output.answer_either(
        || json!({"world": world.id(), "folder": folder, "profiles": members}),
        || {
            let (profiles, folder) = (counted(count, "profile"), folder.display());
            format!("{profiles} in {folder}, each as rules that decide every request as it does")
        },
    );
    Ok(if failed == 0 { Exit::Yes } else { Exit::Failed })
}

/// A profile as text, its rules and the variables that its patterns have.
fn text(
    blob: &Blob,
    profile: &Profile,
    world: &World,
) -> Result<(String, Policy, Vec<String>), String> {
    let compiled = compiled(blob, profile, world).map_err(|error| error.to_string())?;
    let variables = compiled.variable_names();
    let analysed = Analysed::of_bytes(compiled.graph, &compiled.rules, compiled.written, world);
    let place = |source: &Source| match source {
        Source::Rule(reference) => {
            let node = compiled.nodes[reference.rule as usize];
            format!("node {node} at byte {}", blob.node_at(node))
        }
        Source::Implied(_) | Source::OwnDefault(_) => "the profile".to_string(),
    };
    let policy = decompile(&analysed).map_err(|error| error.to_string())?;
    let policy = super::text::with_unix_sockets(policy, world);
    let (text, _) = super::text::text(&policy, &analysed, None, world, place)?;
    Ok((text, policy, variables))
}

/// A file name that leads nowhere else, and to no file of another profile.
fn file_name(name: &str, index: usize, taken: &mut BTreeSet<String>) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.+ ".contains(c);
    let plain: String = name
        .chars()
        .take(100)
        .map(|c| if is_plain(c) { c } else { '_' })
        .collect();
    let plain = plain.trim_start_matches('.');
    // Some file systems do not tell upper from lower case.
    if !plain.is_empty() && taken.insert(plain.to_ascii_lowercase()) {
        format!("{plain}.sb")
    } else {
        let mut other = format!("{plain}-{index}");
        while !taken.insert(other.to_ascii_lowercase()) {
            other.push('_');
        }
        format!("{other}.sb")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_profile_has_a_file_of_its_own() {
        let mut taken = BTreeSet::new();
        let names = ["a-2", "a", "A", "../a", "", "a-2"];
        let files: Vec<String> = names
            .iter()
            .enumerate()
            .map(|(index, name)| file_name(name, index, &mut taken))
            .collect();
        assert_eq!(
            files,
            ["a-2.sb", "a.sb", "A-2_.sb", "_a.sb", "-4.sb", "a-2-5.sb"]
        );
    }
}
