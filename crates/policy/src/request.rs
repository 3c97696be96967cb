//! What is asked of a policy: an operation and the values its filters look at.

use crate::event::OwnedValue;
use crate::filter::{Host, NetworkPattern, Protocol};
use crate::world::{FilterId, OperationId};

/// Most values that can be added to a request.
pub const MAX_VALUES: usize = 12;

/// Transport of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// Anything else, or not known.
    Other,
}

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// An internet address.
    Internet {
        /// True for IPv6 (an IPv4-mapped address counts as IPv4).
        v6: bool,
        /// Transport.
        transport: Transport,
        /// True for a loopback address.
        loopback: bool,
        /// Port, 0 if none.
        port: u16,
    },
    /// A unix-domain address; its path is a separate `path` value.
    Unix,
}

/// One value of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A name, or a path under its one spelling.
    Text(&'a [u8]),
    /// A path known under two spellings of the world (`/tmp/x` and `/private/tmp/x` on the Linux
    /// world): a test matches if either does.
    Aliased(&'a [u8], &'a [u8]),
    /// A number or an enumeration.
    Integer(i64),
    /// A set of bits.
    Bits(u64),
    /// A flag.
    Bool(bool),
    /// An address.
    Endpoint(Endpoint),
    /// The value of one of the caller's entitlements.
    Entitlement {
        /// Its name.
        name: &'a [u8],
        /// Its value, or one of them.
        value: &'a OwnedValue,
    },
}

/// An operation asked with its values. `Copy`-cheap to build and never allocates.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// What is asked; the kernel asks leaves only.
    pub operation: OperationId,
    values: [Option<(FilterId, Value<'a>)>; MAX_VALUES],
    length: usize,
    more: &'a [(FilterId, Value<'a>)],
}

impl<'a> Request<'a> {
    /// A request without values.
    pub fn new(operation: OperationId) -> Self {
        Self {
            operation,
            values: [None; MAX_VALUES],
            length: 0,
            more: &[],
        }
    }

    /// A request with any number of values.
    pub fn of(operation: OperationId, values: &'a [(FilterId, Value<'a>)]) -> Self {
        Self {
            more: values,
            ..Self::new(operation)
        }
    }

    /// Adds a value. A filter may have several (a target of signal is both `others` and
    /// `same-sandbox`): a test matches if any of them does. Beyond [`MAX_VALUES`] nothing is added.
    pub fn add(&mut self, filter: FilterId, value: Value<'a>) {
        if let Some(slot) = self.values.get_mut(self.length) {
            *slot = Some((filter, value));
            self.length += 1;
        }
    }

    /// The request with a value added.
    #[must_use]
    pub fn with(mut self, filter: FilterId, value: Value<'a>) -> Self {
        self.add(filter, value);
        self
    }

    /// All values, in the order they were added; the first is the one to show a person.
    pub fn values(&self) -> impl Iterator<Item = (FilterId, Value<'a>)> + '_ {
        let added = self.values[..self.length].iter().flatten();
        added.chain(self.more).copied()
    }

    /// The values of one filter.
    pub fn get(&self, filter: FilterId) -> impl Iterator<Item = Value<'a>> + '_ {
        self.values()
            .filter(move |(f, _)| *f == filter)
            .map(|(_, v)| v)
    }
}

impl NetworkPattern {
    /// Whether an address is accepted.
    pub fn matches(&self, endpoint: Endpoint) -> bool {
        let (is_v6, transport, loopback, number) = match endpoint {
            Endpoint::Unix => return self.protocol == Protocol::Unix,
            Endpoint::Internet {
                v6,
                transport,
                loopback,
                port,
            } => (v6, transport, loopback, port),
        };
        let protocol = match self.protocol {
            Protocol::Unix => false,
            Protocol::Ip => true,
            Protocol::Ip4 => !is_v6,
            Protocol::Ip6 => is_v6,
            Protocol::Tcp => transport == Transport::Tcp,
            Protocol::Tcp4 => transport == Transport::Tcp && !is_v6,
            Protocol::Tcp6 => transport == Transport::Tcp && is_v6,
            Protocol::Udp => transport == Transport::Udp,
            Protocol::Udp4 => transport == Transport::Udp && !is_v6,
            Protocol::Udp6 => transport == Transport::Udp && is_v6,
        };
        protocol
            && (self.host == Host::Any || loopback)
            && self.port.is_none_or(|port| port.get() == number)
    }
}
