//! `HOST:PORT` of network filters.

use std::num::NonZeroU16;

use lapbelt_policy::filter::{Host, NetworkPattern, Protocol};

use crate::diag::Code;
use crate::eval::fault::Mistake;

/// The protocol of a word.
pub(super) fn protocol(word: &str) -> Option<Protocol> {
    Some(match word {
        "ip" => Protocol::Ip,
        "ip4" => Protocol::Ip4,
        "ip6" => Protocol::Ip6,
        "tcp" => Protocol::Tcp,
        "tcp4" => Protocol::Tcp4,
        "tcp6" => Protocol::Tcp6,
        "udp" => Protocol::Udp,
        "udp4" => Protocol::Udp4,
        "udp6" => Protocol::Udp6,
        "unix-socket" | "unix" => Protocol::Unix,
        _ => return None,
    })
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
        _ if port.bytes().all(|b| b.is_ascii_digit()) && !port.is_empty() => NonZeroU16::new(
            port.parse()
                .map_err(|_| bad(format!("port {port} is above 65535")))?,
        ),
        _ => return Err(bad(format!("port must be a number or *, got `{port}`"))),
    };
    Ok(NetworkPattern {
        protocol,
        host,
        port,
    })
}
