//! Network addresses as a person writes them.

use std::net::{IpAddr, Ipv6Addr};

use crate::request::{Endpoint, Transport};
use crate::world::World;

/// What an address looks like.
pub(super) const EXPECTED: &str = "HOST:PORT, [V6]:PORT, *:PORT or the path of a unix socket";

/// The path of a unix socket, or its name where the world has such, written as it is or after
/// `unix:`.
pub(super) fn unix_path<'t>(text: &'t [u8], world: &World) -> Option<&'t [u8]> {
    let path = text.strip_prefix(b"unix:").unwrap_or(text);
    let is_name = path.starts_with(b"@") && world.has_socket_names();
    (is_name || path.starts_with(b"/")).then_some(path)
}

/// Whether it is a unix socket: its path, or `unix:` alone for one that has none.
pub(super) fn is_unix(text: &[u8], world: &World) -> bool {
    text == b"unix:" || unix_path(text, world).is_some()
}

/// An internet address and its host as written. `tcp:`, `udp:` or `other:` says the transport. A
/// host name counts as a remote host over IPv4, except `localhost`; port `*` is no port.
pub(super) fn internet(text: &[u8], transport: Transport) -> Option<(Endpoint, &str)> {
    let text = std::str::from_utf8(text).ok()?;
    let (transport, text) = match text.split_once(':') {
        Some(("tcp", rest)) if rest.contains(':') => (Transport::Tcp, rest),
        Some(("udp", rest)) if rest.contains(':') => (Transport::Udp, rest),
        Some(("other", rest)) if rest.contains(':') => (Transport::Other, rest),
        _ => (transport, text),
    };
    let (host, port) = text.rsplit_once(':')?;
    let port = match port {
        "*" => 0,
        port => port.parse().ok()?,
    };
    let bracketed = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let (v6, loopback) = match (bracketed, host.parse()) {
        (Some(inner), _) => v6(inner.parse().ok()?),
        (None, Ok(IpAddr::V6(host))) => v6(host),
        (None, Ok(IpAddr::V4(host))) => (false, host.is_loopback()),
        (None, Err(_)) if host.is_empty() || host.contains([':', '/', '[', ']', ' ']) => {
            return None;
        }
        (None, Err(_)) => (false, host.eq_ignore_ascii_case("localhost")),
    };
    Some((
        Endpoint::Internet {
            v6,
            transport,
            loopback,
            port,
        },
        host,
    ))
}

/// Whether it is IPv6 at all, and whether it is loopback.
fn v6(host: Ipv6Addr) -> (bool, bool) {
    match host.to_ipv4_mapped() {
        Some(mapped) => (false, mapped.is_loopback()),
        None => (true, host.is_loopback()),
    }
}
