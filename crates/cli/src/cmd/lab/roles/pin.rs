//! What is known of profiles, as a guardrail file keeps it.

use std::path::Path;

use lapbelt_policy::world::World;
use serde_json::{Map, Value, json};

use crate::cmd::lab::inventory::filter;
use crate::cmd::lab::sheets::Sheeted;
use crate::evidence;
use crate::exit::CommandError;

/// What is known: of the world, the filters that occur; of each file, by its name without folders,
/// its digests and every value with what it says.
///
/// # Errors
/// If two files have one name.
pub(super) fn pinned(found: &[Sheeted], world: &World) -> Result<Value, CommandError> {
    let (mut files, mut roles) = (Map::new(), Map::new());
    for own in found {
        let name = Path::new(&own.name).file_name();
        let name = name.map_or(own.name.clone(), |name| name.to_string_lossy().into_owned());
        if files.contains_key(&name) {
            let message = format!("two files are called {name}: a guardrail names files by that");
            return Err(CommandError::Other(message));
        }
        files.insert(name, file(own));
        for test in own.sheet.nodes.iter().filter_map(|node| node.test.as_ref()) {
            let number = test.filter.number;
            let declared = world.filters().iter();
            let mut declared = declared.filter(|own| usize::from(own.id.0) == number);
            let kind = declared.next().map(|own| own.kind.word());
            let key = format!("filter {}", filter(number, test.filter.name.as_deref()));
            roles.insert(key, json!(kind));
        }
    }
    roles.sort_keys();
    Ok(json!({"world": world.id(), "layout": world.layout(), "kinds": roles, "files": files}))
}

fn file(own: &Sheeted) -> Value {
    let (mut tags, mut values) = (Map::new(), Map::new());
    for node in &own.sheet.nodes {
        count(&mut tags, node.tag.to_string());
        let subject = match &node.test {
            Some(test) => format!(
                "tag {} filter {}{}",
                node.tag,
                filter(test.filter.number, test.filter.name.as_deref()),
                if test.filter.other_form {
                    ", other form"
                } else {
                    ""
                }
            ),
            None => format!("tag {}", node.tag),
        };
        for value in &node.values {
            let said = match &value.meaning {
                Some(meaning) => format!("{} {meaning}", value.word.name()),
                None => value.word.name().to_string(),
            };
            let held = values.entry(subject.clone());
            let held = held.or_insert_with(|| Value::Object(Map::new()));
            let key = format!("{} {} is {said}", value.of, value.value);
            if let Value::Object(held) = held {
                count(held, key);
            }
        }
    }
    tags.sort_keys();
    values.sort_keys();
    values.values_mut().for_each(|own| {
        if let Value::Object(own) = own {
            own.sort_keys();
        }
    });
    let compiled = evidence::input("", &own.bytes).sha256;
    json!({"sha256": own.input.sha256, "compiled_sha256": compiled, "nodes": tags,
           "faults": own.faults, "values": values})
}

fn count(counts: &mut Map<String, Value>, key: String) {
    let before = counts.get(&key).and_then(Value::as_u64).unwrap_or(0);
    counts.insert(key, (before + 1).into());
}
