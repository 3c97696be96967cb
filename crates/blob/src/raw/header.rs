//! The header.

use crate::bytes::{Claims, Reader};
use crate::error::{DecodeError, unexpected};
use crate::layout::{BUNDLE, Field, Layout, MESSAGE_FILTERS};
use crate::raw::Part;

/// The fields of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Each with its value, in the order of the file.
    pub fields: Vec<(Field, u16)>,
    /// Bytes of the header.
    pub size: usize,
}

impl Header {
    /// Reads and claims a header.
    pub(super) fn read(
        bytes: &[u8],
        layout: &'static Layout,
        claims: &mut Claims<Part>,
    ) -> Result<Self, DecodeError> {
        let has_type = layout.single.first() == Some(&Field::Type);
        let kind = if has_type {
            Reader::new(bytes, 0).u16("the type")?
        } else {
            0
        };
        if kind & !(BUNDLE | MESSAGE_FILTERS) != 0 {
            let expected = "a type of 0, 0x4000 or 0x8000";
            return Err(unexpected(0, expected, format!("{kind:#06x}")));
        }
        let mut reader = Reader::new(bytes, 0);
        let mut fields = Vec::new();
        for &field in layout.header(kind & BUNDLE != 0) {
            let at = reader.at();
            let value = match field.width() {
                1 => u16::from(reader.u8(field.name())?),
                _ => reader.u16(field.name())?,
            };
            if matches!(field, Field::Zero | Field::ZeroByte) && value != 0 {
                return Err(unexpected(at, "zero", value));
            }
            claims.claim(at..reader.at(), Part::Header(field))?;
            fields.push((field, value));
        }
        if fields.is_empty() {
            return Err(unexpected(0, "a single profile", "a bundle"));
        }
        Ok(Self {
            fields,
            size: reader.at(),
        })
    }

    /// Offset and value of a field; `None` if the layout does not have it.
    pub(super) fn find(&self, wanted: &[Field]) -> Option<(usize, u16)> {
        let mut at = 0;
        for (field, value) in &self.fields {
            if wanted.contains(field) {
                return Some((at, *value));
            }
            at += field.width();
        }
        None
    }

    /// Value of a count; 0 if the layout does not have it.
    pub(super) fn count(&self, wanted: &[Field]) -> usize {
        self.find(wanted).map_or(0, |(_, value)| usize::from(value))
    }

    /// The type word; 0 in the eras without.
    pub fn kind(&self) -> u16 {
        self.find(&[Field::Type]).map_or(0, |(_, value)| value)
    }

    /// Whether the file holds many profiles.
    pub fn is_bundle(&self) -> bool {
        self.kind() & BUNDLE != 0
    }
}
