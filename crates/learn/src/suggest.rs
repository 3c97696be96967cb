//! The fewest rules that would allow what was denied.

use lapbelt_policy::event::Event;
use lapbelt_policy::rule::Action;
use lapbelt_policy::world::World;

use crate::atom::Atom;
use crate::denial_rule::{NetworkRules, atom_for};
use crate::profile_text;

/// One rule per operation with all the filters its denials need, and a comment naming who asked.
/// Empty if nothing was denied.
pub fn suggest<'e>(events: impl IntoIterator<Item = &'e Event>, world: &World) -> String {
    let mut atoms: Vec<Atom> = Vec::new();
    for event in events
        .into_iter()
        .filter(|event| event.decision == Action::Deny)
    {
        let Some(atom) = atom_for(event, world, NetworkRules::Parsed) else {
            continue;
        };
        match atoms.iter_mut().find(|known| known.same_rule(&atom)) {
            Some(known) => known.needed_by.extend(atom.needed_by),
            None => atoms.push(atom),
        }
    }
    profile_text::rules(&atoms, world)
}
