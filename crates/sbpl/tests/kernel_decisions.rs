//! Every decision that a Mac was seen to make, asked again of the policy graph.

use std::collections::{BTreeMap, BTreeSet};

use lapbelt_policy::ask::{ask, parse_value};
use lapbelt_policy::decide::Decider;
use lapbelt_policy::event::OwnedValue;
use lapbelt_policy::rule::Action;
use lapbelt_policy::world::{FilterId, World, shipped};
use lapbelt_sbpl::{NoImports, Source, evaluate};
use serde_json::Value;

/// Rows whose recorded decision is not that of the profile, with the reason. A row that agrees
/// must not stand here.
const DISAGREEMENTS: &[(&str, &str)] = &[];

/// Values that a record names besides the target.
fn attributes(world: &World, row: &Value) -> Vec<(FilterId, OwnedValue)> {
    let mut values = Vec::new();
    for (name, value) in row["attrs"].as_object().into_iter().flatten() {
        let filter = match name.as_str() {
            "socket_domain" => "socket-domain",
            "socket_type" => "socket-type",
            "socket_protocol" => "socket-protocol",
            "iokit_user_client_class" => "iokit-user-client-class",
            "iokit_connection" => "iokit-connection",
            "ioctl_command" => "ioctl-command",
            // Said by the target already.
            "iokit_registry_entry_class"
            | "name_type"
            | "target_relation"
            | "unix_socket"
            | "remote_ip"
            | "port"
            | "log_form" => continue,
            other => panic!("unknown attribute {other}"),
        };
        let Some(text) = value.as_str() else { continue };
        let text = match text {
            "(_IO \"h\" 4)" => (u32::from(b'h') * 256 + 4).to_string(),
            text => text.to_owned(),
        };
        values.push(parse_value(world, filter, &text).expect("a value of the filter"));
    }
    values
}

/// Operation, target and decision of each check that a record tells of.
fn checks(row: &Value) -> BTreeSet<(String, String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let mut checks: BTreeSet<_> = row["kernel_checks"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|c| {
            (
                text(&c["operation"]),
                text(&c["target"]),
                text(&c["decision"]),
            )
        })
        .collect();
    checks.insert((
        text(&row["kernel_op"]),
        text(&row["kernel_target"]),
        text(&row["observed"]),
    ));
    checks
}

#[test]
fn all_decisions_of_the_kernel() {
    let Some(runtime) = lapbelt_corpus::folder().map(|path| path.join("runtime")) else {
        return;
    };
    let world = shipped("macos-14.4.1")
        .expect("a shipped world")
        .expect("it parses");
    let cases = std::fs::read_to_string(runtime.join("cases.jsonl")).expect("the records");
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut asked = 0;
    for line in cases.lines() {
        let row: Value = serde_json::from_str(line).expect("a record");
        let id = row["id"].as_str().expect("an id");
        let name = row["profile"].as_str().expect("a profile");
        let text = std::fs::read_to_string(runtime.join(name)).expect("the profile");
        let params = row["params"].as_object().expect("parameters");
        let params = params
            .iter()
            .map(|(key, value)| (key.clone(), value.as_str().expect("text").to_owned()))
            .collect();
        let evaluation = evaluate(&Source { name, text: &text }, &params, &NoImports, &world);
        let Some(policy) = evaluation.policy else {
            panic!(
                "{id}: {name} does not evaluate: {:?}",
                evaluation.diagnostics
            );
        };
        let decider = Decider::new(&policy, &world);
        let extra = attributes(&world, &row);
        for (operation, target, decision) in checks(&row) {
            asked += 1;
            let question =
                ask(&world, &operation, Some(target.as_bytes()), &extra).expect("a request");
            let verdict = decider.decide(&question.request());
            let ours = match verdict.action {
                Action::Allow => "allow",
                Action::Deny => "deny",
            };
            if ours != decision {
                found.entry(id.to_owned()).or_default().push(format!(
                    "{operation} {target}: recorded {decision}, ours {ours} by {:?}",
                    verdict.source
                ));
            }
        }
    }
    assert!(asked >= 250, "only {asked} decisions asked");
    let known: BTreeMap<_, _> = DISAGREEMENTS.iter().copied().collect();
    let unlisted: Vec<_> = found
        .iter()
        .filter(|(id, _)| !known.contains_key(id.as_str()))
        .collect();
    assert!(
        unlisted.is_empty(),
        "{} rows disagree: {unlisted:#?}",
        unlisted.len()
    );
    let stale: Vec<_> = known
        .keys()
        .filter(|id| !found.contains_key(**id))
        .collect();
    assert!(stale.is_empty(), "these agree by now: {stale:?}");
}
