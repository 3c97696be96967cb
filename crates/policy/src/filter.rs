//! Filters: what a rule asks of a request.

use std::fmt;
use std::num::NonZeroU16;

use crate::pattern::Pattern;
use crate::world::{FilterId, World};

/// A filter expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Filter {
    /// One question about one value of the request.
    Test(Test),
    /// `require-any`: at least one holds. Empty: never.
    Any(Vec<Filter>),
    /// `require-all`: each holds. Empty: always.
    All(Vec<Filter>),
    /// `require-not`.
    Not(Box<Filter>),
}

impl Filter {
    /// All questions in it, as they are written.
    pub fn tests(&self) -> Vec<&Test> {
        match self {
            Self::Test(test) => vec![test],
            Self::Any(inner) | Self::All(inner) => inner.iter().flat_map(Self::tests).collect(),
            Self::Not(inner) => inner.tests(),
        }
    }

    /// The cost factor, by which compilers put the parts of a `require-all` in order: of a filter
    /// that is made of others, the least of theirs; of one that must come after another, no more
    /// than that one's.
    pub fn cost(&self, world: &World) -> u16 {
        match self {
            Self::Test(test) => {
                let info = world.filter(test.filter);
                let before = info.after.map(|id| world.filter(id).cost);
                before.map_or(info.cost, |before| before.min(info.cost))
            }
            Self::Not(inner) => inner.cost(world),
            Self::Any(inner) | Self::All(inner) => {
                let costs = inner.iter().map(|one| one.cost(world));
                costs.min().unwrap_or(0)
            }
        }
    }
}

/// One question about one value of a request. A request that lacks the value does not match.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Test {
    /// Which value is asked about.
    pub filter: FilterId,
    /// What it is compared with.
    pub argument: Argument,
}

/// What a value of a request is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Argument {
    /// A pattern over a path or a name.
    Pattern(Pattern),
    /// A number, compared for equality.
    Integer(i64),
    /// Bits that must all be set (`file-mode`).
    Bits(u64),
    /// A plain string, compared for equality.
    Text(Vec<u8>),
    /// Truth of a flag.
    Bool(bool),
    /// A network address pattern.
    Network(NetworkPattern),
    /// The value of one of the caller's entitlements. In graphs that decide only: rules load the
    /// entitlement before they ask about its value.
    Entitlement {
        /// Its name.
        name: Vec<u8>,
        /// What its value is compared with.
        value: Box<Argument>,
    },
}

impl Argument {
    /// The name of the entitlement whose value is asked about, and what it is compared with.
    pub fn entitlement(&self) -> Option<(&[u8], &Self)> {
        match self {
            Self::Entitlement { name, value } => Some((name, value)),
            _ => None,
        }
    }

    /// What a value is compared with, whatever it is the value of.
    pub fn plain(&self) -> &Self {
        self.entitlement().map_or(self, |(_, value)| value)
    }
}

/// Which host an address pattern accepts; Seatbelt knows no other (kernel-checked on 14.4.1,
/// compiler message "host must be * or localhost").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Host {
    /// `*`
    Any,
    /// `localhost`: loopback addresses only.
    Localhost,
}

/// Which protocol word stood in `(remote PROTOCOL …)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// `ip`: any transport over IPv4 or IPv6.
    Ip,
    /// `ip4`
    Ip4,
    /// `ip6`
    Ip6,
    /// `tcp` over either family.
    Tcp,
    /// `tcp4`
    Tcp4,
    /// `tcp6`
    Tcp6,
    /// `udp` over either family.
    Udp,
    /// `udp4`
    Udp4,
    /// `udp6`
    Udp6,
    /// `unix-socket` without a path: any unix-domain address.
    Unix,
}

impl Protocol {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Ip,
        Self::Ip4,
        Self::Ip6,
        Self::Tcp,
        Self::Tcp4,
        Self::Tcp6,
        Self::Udp,
        Self::Udp4,
        Self::Udp6,
        Self::Unix,
    ];

    /// Its word in SBPL.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::Ip4 => "ip4",
            Self::Ip6 => "ip6",
            Self::Tcp => "tcp",
            Self::Tcp4 => "tcp4",
            Self::Tcp6 => "tcp6",
            Self::Udp => "udp",
            Self::Udp4 => "udp4",
            Self::Udp6 => "udp6",
            Self::Unix => "unix-socket",
        }
    }

    /// The protocol of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.word() == word)
    }
}

/// `(remote ip "HOST:PORT")`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NetworkPattern {
    /// Family and transport.
    pub protocol: Protocol,
    /// Host part; `Any` for [`Protocol::Unix`].
    pub host: Host,
    /// Port, `None` for `*`. There is no pattern for port 0: in a compiled profile it stands for
    /// any port.
    pub port: Option<NonZeroU16>,
}

/// As SBPL writes it: `tcp "localhost:443"`, `ip`.
impl fmt::Display for NetworkPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.protocol.word())?;
        let host = match self.host {
            Host::Any => "*",
            Host::Localhost => "localhost",
        };
        match (self.protocol, self.host, self.port) {
            (Protocol::Unix, ..) | (_, Host::Any, None) => Ok(()),
            (.., None) => write!(f, " \"{host}:*\""),
            (.., Some(port)) => write!(f, " \"{host}:{port}\""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_said_as_they_are_written() {
        for protocol in Protocol::ALL {
            assert_eq!(Protocol::named(protocol.word()), Some(protocol));
        }
        let said = |protocol, host, port| {
            let port = NonZeroU16::new(port);
            let pattern = NetworkPattern {
                protocol,
                host,
                port,
            };
            pattern.to_string()
        };
        assert_eq!(said(Protocol::Ip, Host::Any, 0), "ip");
        assert_eq!(said(Protocol::Tcp4, Host::Any, 80), "tcp4 \"*:80\"");
        assert_eq!(
            said(Protocol::Udp, Host::Localhost, 0),
            "udp \"localhost:*\""
        );
        assert_eq!(said(Protocol::Unix, Host::Any, 0), "unix-socket");
    }
}
