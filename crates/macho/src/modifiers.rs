//! The table of modifiers.

use crate::Claim;
use crate::image::Image;
use crate::table::{Table, u32_of};

/// What argument a modifier takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// None: it sets flags within a mask.
    Flag {
        /// Bits it decides.
        mask: u32,
        /// What it sets them to.
        flags: u32,
    },
    /// A number.
    Integer,
    /// A string.
    Text,
    /// A block of message filter rules.
    MessageFilter,
}

/// A modifier as a file shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modifier {
    /// Its number.
    pub id: u16,
    /// Its name.
    pub name: String,
    /// Whether allow and deny rules take it, and its argument, if that could be told.
    pub meaning: Option<(bool, bool, Argument)>,
}

/// The modifiers in the order of their numbers; none if there is no table of them.
pub(crate) fn find(image: &Image<'_>, claims: &mut Vec<Claim>) -> Vec<Modifier> {
    let table = Table::find(
        image,
        "send-signal",
        |_| true,
        |names| {
            let has = |name: &str| names.iter().any(|own| own == name);
            has("report") && has("no-report") && has("no-sandbox")
        },
    );
    let Some(table) = table else {
        return Vec::new();
    };
    claims.push(table.claim(
        image,
        "modifiers",
        "; numbered from 1, as in every build that was seen",
    ));
    // What these have is the same from 10.12 to 13.0.
    let field = |wanted: &[(&str, u32)]| table.field(image, 4, u32_of, wanted);
    let action = field(&[
        ("send-signal", 3),
        ("report", 2),
        ("no-report", 1),
        ("no-sandbox", 2),
    ]);
    let kind = field(&[
        ("send-signal", 2),
        ("report", 1),
        ("no-report", 1),
        ("no-sandbox", 1),
    ]);
    let mask = field(&[
        ("send-signal", 0),
        ("report", 4),
        ("no-report", 4),
        ("no-sandbox", 8),
    ]);
    let flags = field(&[
        ("send-signal", 0),
        ("report", 4),
        ("no-report", 0),
        ("no-sandbox", 8),
    ]);
    let fields = action.zip(kind).zip(mask.zip(flags));
    if let Some(((action, kind), (mask, flags))) = fields {
        let (section, offset) = image.place(table.address);
        claims.push(Claim {
            key: "modifier-fields",
            section,
            address: table.address,
            offset,
            text: format!(
                "in each entry, u32 {action}: whose rules take it, {kind}: its kind of argument, {mask}: mask, {flags}: flags; there send-signal, report, no-report and no-sandbox have what they have from 10.12 to 13.0"
            ),
        });
    }
    let names = table.names.iter().enumerate();
    names
        .map(|(index, name)| {
            let entry = table.entry(image, index).unwrap_or(&[]);
            let meaning = fields.and_then(|((action, kind), (mask, flags))| {
                let read = |at: usize| u32_of(entry.get(at..)?);
                let argument = match read(kind)? {
                    1 => Argument::Flag {
                        mask: read(mask)?,
                        flags: read(flags)?,
                    },
                    2 => Argument::Integer,
                    3 => Argument::Text,
                    4 => Argument::MessageFilter,
                    _ => return None,
                };
                let action = read(action).filter(|action| (1..=3).contains(action))?;
                Some((action & 2 != 0, action & 1 != 0, argument))
            });
            Modifier {
                id: u16::try_from(index + 1).unwrap_or(u16::MAX),
                name: name.clone(),
                meaning,
            }
        })
        .collect()
}
