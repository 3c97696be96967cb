//! What requests about sockets have by nature, whoever asks.

use crate::filter::{Host, NetworkPattern, Protocol};
use crate::request::Endpoint;
use crate::world::Operation;

/// The end of a connection that a network operation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// The far end, for `network-outbound`, and for `network*` asked itself.
    Remote,
    /// The near end, for all others.
    Local,
}

impl End {
    /// Of an operation; `None` if it is no network operation.
    pub fn of(operation: &Operation) -> Option<Self> {
        let mut categories = operation.categories.iter();
        categories
            .any(|category| category == "network")
            .then_some(match operation.name.as_str() {
                "network-outbound" | "network*" => Self::Remote,
                _ => Self::Local,
            })
    }

    /// The end that the operation is not about.
    pub fn other(self) -> Self {
        match self {
            Self::Remote => Self::Local,
            Self::Local => Self::Remote,
        }
    }

    /// The filter of its addresses.
    pub fn filter(self) -> &'static str {
        match self {
            Self::Remote => "remote",
            Self::Local => "local",
        }
    }
}

/// For kinds of addresses, a filter and names of its values: a socket with such an address has one of
/// them, and most have the first. An address of IPv4 may be mapped into IPv6. (Multipath TCP and SMC
/// have domains of their own, which no world names.)
pub const OF_ADDRESSES: &[(Protocol, &str, &[&str])] = &[
    (Protocol::Unix, "socket-domain", &["AF_UNIX"]),
    (Protocol::Ip6, "socket-domain", &["AF_INET6"]),
    (Protocol::Ip4, "socket-domain", &["AF_INET", "AF_INET6"]),
    (Protocol::Tcp, "socket-type", &["SOCK_STREAM"]),
    (Protocol::Udp, "socket-type", &["SOCK_DGRAM"]),
];

/// The same of protocols, which may be left open when a socket is made: only most have these.
const PROTOCOLS: &[(Protocol, &str, &[&str])] = &[
    (Protocol::Tcp, "socket-protocol", &["IPPROTO_TCP"]),
    (Protocol::Udp, "socket-protocol", &["IPPROTO_UDP"]),
];

/// For transports, the type of their sockets and a protocol that these never have.
pub const NEVER: &[(Protocol, &str, &str)] = &[
    (Protocol::Tcp, "SOCK_STREAM", "IPPROTO_UDP"),
    (Protocol::Udp, "SOCK_DGRAM", "IPPROTO_TCP"),
];

/// What a socket with a control name has of a filter.
pub const OF_CONTROL_NAMES: (&str, &str) = ("socket-domain", "AF_SYSTEM");

/// What most sockets with this address have of other filters, by their names.
pub fn usual(address: Endpoint) -> impl Iterator<Item = (&'static str, &'static str)> {
    let rows = OF_ADDRESSES.iter().chain(PROTOCOLS);
    let own = rows.filter(move |row| any(row.0).matches(address));
    own.filter_map(|(_, filter, names)| Some((*filter, *names.first()?)))
}

/// All addresses of a kind.
pub fn any(protocol: Protocol) -> NetworkPattern {
    NetworkPattern {
        protocol,
        host: Host::Any,
        port: None,
    }
}
