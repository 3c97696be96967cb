//! `HOST:PORT` of network filters.

use std::num::NonZeroU16;

use lapbelt_policy::filter::{Host, NetworkPattern, Protocol};

use crate::diag::Code;
use crate::eval::fault::Mistake;

/// A short word for `unix-socket`.
const UNIX: &str = "unix";

/// Words of an address. They stand for themselves.
pub(super) fn protocols() -> impl Iterator<Item = &'static str> {
    let words = Protocol::ALL.into_iter().map(Protocol::word);
    words.chain([UNIX])
}

/// The protocol of a word.
pub(super) fn protocol(word: &str) -> Option<Protocol> {
    Protocol::named(word).or_else(|| (word == UNIX).then_some(Protocol::Unix))
}

/// Reads `HOST:PORT`.
pub(super) fn address(protocol: Protocol, text: &[u8]) -> Result<NetworkPattern, Mistake> {
    let bad = |message: String| Mistake::new(Code::BadAddress, message);
    let text = String::from_utf8_lossy(text);
    let Some((host, port)) = text.rsplit_once(':') else {
        return Err(
            bad(format!("address `{text}` is not of the form HOST:PORT"))
                .help(format!("write `{text}:*` for every port")),
        );
    };
    let host = match host {
        "*" => Host::Any,
        "localhost" => Host::Localhost,
        _ => {
            return Err(bad(format!(
                "host must be * or localhost in network address, got `{host}`"
            ))
            .help("Seatbelt cannot tell other hosts apart; name a port or use a proxy"));
        }
    };
    let port = match port {
        "*" => None,
        // A compiled profile has 0 for any port, and no other way to name a port 0.
        _ if port.bytes().all(|b| b.is_ascii_digit()) && !port.is_empty() => {
            let above = |_| {
                let mistake = bad(format!("port {port} is above 65535"));
                mistake.help("write a port from 1 to 65535, or * for every port")
            };
            NonZeroU16::new(port.parse().map_err(above)?)
        }
        _ => return Err(bad(format!("port must be a number or *, got `{port}`"))),
    };
    Ok(NetworkPattern {
        protocol,
        host,
        port,
    })
}
