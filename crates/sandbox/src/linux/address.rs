//! Socket addresses as a call gives them, and the sockets they are for.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use lapbelt_policy::request::{Endpoint, Transport};
use rustix::net::SocketType;
use rustix::net::sockopt;

/// TCP by other means, with addresses of the internet (linux/socket.h).
const AF_SMC: i32 = 43;

/// The protocol of netlink by which processes reach each other (linux/netlink.h).
const NETLINK_USERSOCK: i32 = 2;

/// Longest address read: that of `sockaddr_storage`.
pub(crate) const MAX_ADDRESS: usize = 128;

/// What a `sockaddr` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// Host and port.
    Internet(IpAddr, u16),
    /// A file.
    UnixPath(Vec<u8>),
    /// A name in Linux's abstract namespace, without its leading NUL.
    UnixAbstract(Vec<u8>),
    /// A unix socket without a name.
    UnixUnnamed,
    /// Something of another family by which other hosts or devices are reached: no filter is about
    /// it but those of the kind of socket.
    Other,
}

impl Address {
    /// Says of a `sockaddr` without a family that it is of IPv4, or of IPv6 for a socket of that, as
    /// the kernel takes it to be where a socket is bound to it or something is sent there.
    pub(crate) fn give_family(bytes: &mut [u8], socket: SocketKind) {
        let family = if socket.domain == libc::AF_INET6 {
            libc::AF_INET6
        } else {
            libc::AF_INET
        };
        if let Some(own) = bytes.get_mut(..2)
            && *own == (libc::AF_UNSPEC as u16).to_ne_bytes()
        {
            own.copy_from_slice(&(family as u16).to_ne_bytes());
        }
    }

    /// Whether a `sockaddr` leaves it to the system to choose a port.
    pub(crate) fn is_of_any_port(bytes: &[u8]) -> bool {
        matches!(Self::parse(bytes), Some(Self::Internet(_, 0)))
    }

    /// Reads what a call gives for a socket, or has it bound to. The family in it counts for sockets
    /// only that heed it: a packet socket takes any. `None` where only the kernel is reached.
    pub(crate) fn of(socket: SocketKind, bytes: &[u8]) -> Option<Self> {
        match socket.domain {
            libc::AF_UNIX | libc::AF_INET | libc::AF_INET6 | AF_SMC => Self::parse(bytes),
            libc::AF_NETLINK if socket.protocol != NETLINK_USERSOCK => None,
            libc::AF_KEY | libc::AF_ALG => None,
            _ => Some(Self::Other),
        }
    }

    /// Reads a `sockaddr`; `None` for other families and AF_UNSPEC, and for what is too short, which
    /// the kernel refuses.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let family = u16::from_ne_bytes(bytes.get(..2)?.try_into().ok()?);
        match i32::from(family) {
            libc::AF_INET => {
                let port = u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?);
                let host: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
                Some(Self::Internet(Ipv4Addr::from(host).into(), port))
            }
            libc::AF_INET6 => {
                let port = u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?);
                let host: [u8; 16] = bytes.get(8..24)?.try_into().ok()?;
                // An IPv4-mapped address is an IPv4 address.
                Some(Self::Internet(Ipv6Addr::from(host).to_canonical(), port))
            }
            libc::AF_UNIX => Some(match &bytes[2..] {
                [] => Self::UnixUnnamed,
                [0, name @ ..] => Self::UnixAbstract(name.to_vec()),
                path => {
                    let end = path
                        .iter()
                        .position(|byte| *byte == 0)
                        .unwrap_or(path.len());
                    Self::UnixPath(path[..end].to_vec())
                }
            }),
            _ => None,
        }
    }
}

/// What a socket is, in Linux numbering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SocketKind {
    /// Address family.
    pub(crate) domain: i32,
    /// Type.
    pub(crate) kind: i32,
    /// Protocol.
    pub(crate) protocol: i32,
}

impl SocketKind {
    /// Asks a socket what it is.
    pub(crate) fn of(socket: BorrowedFd<'_>) -> io::Result<Self> {
        let protocol = sockopt::socket_protocol(socket)?;
        Ok(Self {
            domain: i32::from(sockopt::socket_domain(socket)?.as_raw()),
            kind: sockopt::socket_type(socket)?.as_raw() as i32,
            protocol: protocol.map_or(0, |protocol| protocol.as_raw().get() as i32),
        })
    }

    fn transport(self) -> Transport {
        match (self.kind as u32, self.protocol) {
            (kind, 0 | libc::IPPROTO_TCP) if kind == SocketType::STREAM.as_raw() => Transport::Tcp,
            (kind, 0 | libc::IPPROTO_UDP) if kind == SocketType::DGRAM.as_raw() => Transport::Udp,
            _ => Transport::Other,
        }
    }
}

/// Which end of a socket an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Our end: bind, listen, accept.
    Local,
    /// The other end: connect, sendto.
    Remote,
}

/// The endpoint of an internet address. Connecting to the unspecified address reaches this host;
/// binding to it does not confine to loopback.
pub(crate) fn endpoint(host: IpAddr, port: u16, socket: SocketKind, side: Side) -> Endpoint {
    let here = side == Side::Remote && host.is_unspecified();
    Endpoint::Internet {
        v6: host.is_ipv6(),
        transport: socket.transport(),
        loopback: host.is_loopback() || here,
        port,
    }
}

/// The address that a socket of a kind is bound to.
pub(crate) fn bound_to(socket: BorrowedFd<'_>, kind: SocketKind) -> Option<Address> {
    let mut bytes = [0u8; MAX_ADDRESS];
    let mut length = bytes.len() as libc::socklen_t;
    let descriptor = socket.as_fd().as_raw_fd();
    // SAFETY: the kernel writes at most `length` bytes into the buffer of that length.
    let result = unsafe { libc::getsockname(descriptor, bytes.as_mut_ptr().cast(), &mut length) };
    if result != 0 {
        return None;
    }
    Address::of(kind, bytes.get(..length as usize)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    fn v4(host: [u8; 4], port: u16) -> Vec<u8> {
        let mut bytes = (libc::AF_INET as u16).to_ne_bytes().to_vec();
        bytes.extend(port.to_be_bytes());
        bytes.extend(host);
        bytes.extend([0; 8]);
        bytes
    }

    #[test]
    fn addresses() {
        let host = IpAddr::from([127, 0, 0, 1]);
        assert_eq!(
            Address::parse(&v4([127, 0, 0, 1], 80)),
            Some(Address::Internet(host, 80))
        );
        let mut mapped = (libc::AF_INET6 as u16).to_ne_bytes().to_vec();
        mapped.extend(443u16.to_be_bytes());
        mapped.extend([0; 4]);
        mapped.extend(Ipv4Addr::new(127, 0, 0, 1).to_ipv6_mapped().octets());
        assert_eq!(Address::parse(&mapped), Some(Address::Internet(host, 443)));
        let unix = |name: &[u8]| [&(libc::AF_UNIX as u16).to_ne_bytes()[..], name].concat();
        assert_eq!(
            Address::parse(&unix(b"/a\0junk")),
            Some(Address::UnixPath(b"/a".to_vec()))
        );
        assert_eq!(
            Address::parse(&unix(b"\0a")),
            Some(Address::UnixAbstract(b"a".to_vec()))
        );
        assert_eq!(Address::parse(&unix(b"")), Some(Address::UnixUnnamed));
        assert_eq!(Address::parse(&[0, 0]), None);
        let of_protocol = |domain, protocol| {
            let kind = libc::SOCK_RAW;
            let socket = SocketKind {
                domain,
                kind,
                protocol,
            };
            Address::of(socket, &v4([127, 0, 0, 1], 80))
        };
        let of = |domain| of_protocol(domain, 0);
        assert_eq!(of(libc::AF_INET), Some(Address::Internet(host, 80)));
        assert_eq!(of(libc::AF_NETLINK), None);
        let user = of_protocol(libc::AF_NETLINK, NETLINK_USERSOCK);
        assert_eq!(user, Some(Address::Other));
        assert_eq!(of(libc::AF_PACKET), Some(Address::Other));
        assert_eq!(of(libc::AF_VSOCK), Some(Address::Other));
        assert_eq!(Address::parse(&[2]), None);
        assert_eq!(Address::parse(&v4([0; 4], 0)[..6]), None);
    }

    #[test]
    fn sockets_say_what_they_are() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let kind = SocketKind::of(socket.as_fd()).unwrap();
        assert_eq!((kind.domain, kind.kind), (libc::AF_INET, libc::SOCK_DGRAM));
        let address = socket.local_addr().unwrap();
        let bound = Address::Internet(address.ip(), address.port());
        assert_eq!(bound_to(socket.as_fd(), kind), Some(bound));
        let end = endpoint(address.ip(), 5, kind, Side::Remote);
        let wanted = Endpoint::Internet {
            v6: false,
            transport: Transport::Udp,
            loopback: true,
            port: 5,
        };
        assert_eq!(end, wanted);
    }
}
