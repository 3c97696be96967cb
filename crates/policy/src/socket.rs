//! What requests about sockets have by nature, whoever asks.

use crate::request::{Endpoint, Transport};
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

    /// The filter of its addresses.
    pub fn filter(self) -> &'static str {
        match self {
            Self::Remote => "remote",
            Self::Local => "local",
        }
    }
}

/// What a socket with this address has of other filters, by their names, where nothing says
/// otherwise.
pub fn usual(address: Endpoint) -> impl Iterator<Item = (&'static str, &'static str)> {
    let (domain, transport) = match address {
        Endpoint::Unix => ("AF_UNIX", None),
        Endpoint::Internet {
            v6: true,
            transport,
            ..
        } => ("AF_INET6", Some(transport)),
        Endpoint::Internet { transport, .. } => ("AF_INET", Some(transport)),
    };
    let kind = match transport {
        Some(Transport::Tcp) => Some(("SOCK_STREAM", "IPPROTO_TCP")),
        Some(Transport::Udp) => Some(("SOCK_DGRAM", "IPPROTO_UDP")),
        _ => None,
    };
    let kind = kind.into_iter();
    [("socket-domain", domain)].into_iter().chain(
        kind.flat_map(|(kind, protocol)| [("socket-type", kind), ("socket-protocol", protocol)]),
    )
}
