//! Which layout the bytes have, by trying all.

use lapbelt_policy::world::{self, World};

use super::{Blob, Literal, Node, NodeIndex, walk};
use crate::error::{DecodeError, Rejection};
use crate::layout::Layout;
use crate::layout::known::KNOWN;
use crate::raw::{Part, Raw};

/// Why a file was read as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// What speaks for the layout and its boundaries, one sentence each.
    pub evidence: Vec<String>,
    /// Whether the world says that its builds have this layout.
    pub is_own: bool,
    /// Other layouts by which the file says the very same.
    pub same: Vec<&'static str>,
    /// Other layouts that would read it in another way.
    pub differing: Vec<&'static str>,
    /// Layouts that do not read it, with what each failed on.
    pub rejected: Vec<Rejection>,
}

/// Decodes a file in a world: by the layout that the world has if it explains every byte, else by the
/// first of the known ones that does.
///
/// # Errors
/// If none does: what each failed on.
pub fn decode(bytes: &[u8], world: &World) -> Result<Blob, DecodeError> {
    let mut found: Option<Blob> = None;
    let mut provenance = Provenance::default();
    let is_own = |layout: &Layout| world.layout() == Some(layout.name);
    let own = KNOWN.iter().filter(|layout| is_own(layout));
    let others = KNOWN.iter().filter(|layout| !is_own(layout));
    for layout in own.chain(others) {
        match decode_as(bytes, layout, world) {
            Err(error) => provenance.rejected.push(Rejection {
                layout: layout.name,
                error: Box::new(error),
            }),
            Ok(blob) => match &found {
                None => found = Some(blob),
                Some(first) if says_the_same(first, &blob) => {
                    provenance.same.push(layout.name);
                }
                Some(_) => provenance.differing.push(layout.name),
            },
        }
    }
    let Some(mut blob) = found else {
        return Err(DecodeError::NoLayout(provenance.rejected));
    };
    provenance.is_own = is_own(blob.layout);
    provenance.evidence = evidence(&blob, bytes.len(), world);
    if provenance.is_own {
        let own = format!("it is the layout that {} has", world.id());
        provenance.evidence.insert(1, own);
    }
    blob.provenance = provenance;
    Ok(blob)
}

/// Whether two readings differ in nothing but what they call the header's fields.
fn says_the_same(one: &Blob, other: &Blob) -> bool {
    let profiles = |blob: &Blob| -> Vec<_> {
        let profiles = blob.profiles.iter();
        profiles
            .map(|p| (p.name, p.at, p.entries.clone()))
            .collect()
    };
    let tables = |blob: &Blob| {
        let named = [&blob.regexes, &blob.variables, &blob.states];
        (named.map(Vec::clone), blob.policies.clone(), blob.base)
    };
    one.nodes == other.nodes
        && one.literals == other.literals
        && tables(one) == tables(other)
        && profiles(one) == profiles(other)
}

/// Decodes a file by one layout.
///
/// # Errors
/// What does not fit, with its offset.
pub(crate) fn decode_as(
    bytes: &[u8],
    layout: &'static Layout,
    world: &World,
) -> Result<Blob, DecodeError> {
    let in_table = world.operations().iter().filter(|o| o.in_table).count();
    let known = (!world.is_without(world::Part::Operations)).then_some(in_table);
    walk::walk(Raw::read(bytes, layout, known)?, world)
}

fn evidence(blob: &Blob, length: usize, world: &World) -> Vec<String> {
    let mut evidence = vec![format!(
        "layout {}: {}",
        blob.layout.name, blob.layout.source
    )];
    let kind = blob.header.kind();
    let count = blob.profiles.len();
    evidence.push(format!(
        "type {kind:#06x} at byte 0, and {count} op table{} of {} slots each, {} {}",
        if count == 1 { "" } else { "s" },
        blob.profiles.first().map_or(0, |p| p.entries.len()),
        match world.is_without(world::Part::Operations) {
            true => "as the header says, for it is not known to",
            false => "one for each operation of",
        },
        world.id(),
    ));
    let tables_end = blob
        .profiles
        .last()
        .map_or(0, |p| p.at + 2 * p.entries.len());
    let nodes_end = blob.node_at(NodeIndex(blob.nodes.len() as u16));
    evidence.push(format!(
        "op tables end at byte {tables_end}; what is left up to byte {}, the next boundary of 8, is zero",
        blob.nodes_at,
    ));
    let filters = blob
        .nodes
        .iter()
        .filter(|n| matches!(n, Node::Filter { .. }))
        .count();
    evidence.push(format!(
        "{} nodes end at byte {nodes_end}: {filters} filters and {} terminals, every slot and edge leads to one of them, and none back to itself",
        blob.nodes.len(),
        blob.nodes.len() - filters,
    ));
    let padding = blob
        .spans
        .iter()
        .filter(|span| span.part_is_literal_padding(blob.base))
        .count();
    evidence.push(format!(
        "{} literals from byte {} to the last, {length}, each referred to, with {padding} runs of zero padding between them",
        blob.literals.len(),
        blob.base,
    ));
    let listed = blob
        .literals
        .iter()
        .find_map(|(at, literal)| match literal {
            Literal::Modifiers(_) => Some(at.0),
            _ => None,
        });
    if let Some(at) = listed {
        evidence.push(format!(
            "modifiers in a list, such as that at byte {at}, four bytes each as in a node: no profile of the system's shows how they stand",
        ));
    }
    evidence
}

impl crate::bytes::Span<Part> {
    fn part_is_literal_padding(&self, base: usize) -> bool {
        self.owner == Part::Padding && self.start >= base
    }
}
