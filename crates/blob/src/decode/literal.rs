//! Literals.

use std::num::NonZeroU16;

use lapbelt_policy::filter::{Host, NetworkPattern, Protocol};
use lapbelt_policy::pattern::Pattern;

use super::Literal;
use crate::bytes::Reader;
use crate::error::{DecodeError, unexpected};
use crate::layout::Strings;
use crate::raw::Stored;
use crate::regex;
use crate::strings::Program;

/// Reads a literal; also where it ends.
pub(crate) fn read(
    bytes: &[u8],
    at: usize,
    stored: Stored,
    strings: Strings,
) -> Result<(Literal, usize), DecodeError> {
    let mut reader = Reader::new(bytes, at);
    let literal = match stored {
        Stored::Mask => mask(&mut reader)?,
        Stored::Network => Literal::Network(network(&mut reader)?),
        Stored::Modifiers(count) => {
            let bytes = reader.take(4 * usize::from(count), "a list of modifiers")?;
            Literal::Modifiers(bytes.as_chunks().0.to_vec())
        }
        Stored::Pattern | Stored::Regex | Stored::Text => {
            let length = match strings.length_width() {
                2 => usize::from(reader.u16("the length of a literal")?),
                _ => reader.u32("the length of a literal")? as usize,
            };
            let start = reader.at();
            let content = reader.take(length, "a literal")?;
            match stored {
                Stored::Text => Literal::Text(text(content, start)?),
                Stored::Regex => Literal::Regex(
                    regex::Program::read(content)
                        .map_err(|error| unexpected(start, "a regular expression", error))?,
                ),
                _ if strings == Strings::Typed => Literal::Pattern(typed(content, start)?),
                _ => Literal::Program(
                    Program::read(content)
                        .map_err(|error| unexpected(start, "a matching program", error))?,
                ),
            }
        }
    };
    Ok((literal, reader.at()))
}

fn text(content: &[u8], start: usize) -> Result<Vec<u8>, DecodeError> {
    match content.split_last() {
        Some((0, text)) if !text.contains(&0) => Ok(text.to_vec()),
        _ => Err(unexpected(
            start,
            "text with one zero byte, at its end",
            format!("\"{}\"", content.escape_ascii()),
        )),
    }
}

/// u16 1, u16 number of bytes, bits from the least significant on.
fn mask(reader: &mut Reader<'_>) -> Result<Literal, DecodeError> {
    let at = reader.at();
    let version = reader.u16("the version of a bit mask")?;
    if version != 1 {
        return Err(unexpected(at, "version 1 of a bit mask", version));
    }
    let count = reader.u16("the length of a bit mask")?;
    // 65536 bits are what a u16 can name.
    if count > 0x2000 {
        return Err(unexpected(at + 2, "at most 8192 bytes of bits", count));
    }
    let bytes = reader.take(usize::from(count), "a bit mask")?;
    let bits = (0..bytes.len() * 8).filter(|bit| bytes[bit / 8] & 1 << (bit % 8) != 0);
    Ok(Literal::Mask(bits.map(|bit| bit as u16).collect()))
}

/// u16 host word: address families, transports and whether the host is local; u16 port.
fn network(reader: &mut Reader<'_>) -> Result<NetworkPattern, DecodeError> {
    let at = reader.at();
    let host = reader.u16("a host")?;
    let port = reader.u16("a port")?;
    let protocol = match host & 0xff {
        0x1 => Protocol::Ip4,
        0x2 => Protocol::Ip6,
        0x3 => Protocol::Ip,
        0x5 => Protocol::Tcp4,
        0x6 => Protocol::Tcp6,
        0x7 => Protocol::Tcp,
        0x9 => Protocol::Udp4,
        0xa => Protocol::Udp6,
        0xb => Protocol::Udp,
        _ => return Err(unexpected(at, "a known protocol", format!("{host:#06x}"))),
    };
    let host = match host >> 8 {
        0 => Host::Any,
        1 => Host::Localhost,
        _ => return Err(unexpected(at + 1, "host 0 (any) or 1 (local)", host >> 8)),
    };
    Ok(NetworkPattern {
        protocol,
        host,
        port: NonZeroU16::new(port),
    })
}

/// A byte for the kind, then the text. Kinds from malus-security/sandblaster, sandbox_filter.py
/// @ d417bf90c9b2; what that names literal-prefix and subpath-prefix it does not explain.
fn typed(content: &[u8], start: usize) -> Result<Pattern, DecodeError> {
    let (kind, text) = match content.split_first() {
        Some((kind, text)) => (*kind, text.to_vec()),
        None => {
            return Err(unexpected(
                start,
                "a byte for the kind of a pattern",
                "none",
            ));
        }
    };
    match kind {
        0x00 | 0x02 | 0x04 => Ok(Pattern::Literal(text)),
        0x01 | 0x05 => Ok(Pattern::Subpath(text)),
        0x06 | 0x24 => Ok(Pattern::Prefix(text)),
        kind => Err(unexpected(
            start,
            "the kind of a literal, a subpath or a prefix",
            format!("{kind:#04x}"),
        )),
    }
}
