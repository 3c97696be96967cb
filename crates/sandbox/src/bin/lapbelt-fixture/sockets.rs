//! Sockets and addresses.

use std::ffi::c_int;
use std::ptr::null_mut;

use super::{Arguments, Entry, Outcome, errno, number};

pub(super) static ENTRIES: &[Entry] = &[
    ("socket", |a| unsafe {
        libc::socket(
            number(a, 0),
            number(a, 1) | libc::SOCK_CLOEXEC,
            number(a, 2),
        )
        .into()
    }),
    ("connect", |a| unsafe {
        let (address, length) = inet(a);
        tried(libc::connect(tcp(), address.as_ptr().cast(), length))
    }),
    ("connect6", |a| unsafe {
        let (address, length) = inet6(a);
        tried(libc::connect(
            libc::socket(libc::AF_INET6, libc::SOCK_STREAM, 0),
            address.as_ptr().cast(),
            length,
        ))
    }),
    ("connect-udp", |a| unsafe {
        let (address, length) = inet(a);
        libc::connect(udp(), address.as_ptr().cast(), length).into()
    }),
    ("disconnect", |_| unsafe {
        let address = [0u8; 16];
        libc::connect(udp(), address.as_ptr().cast(), 16).into()
    }),
    ("send-to", |a| unsafe {
        let (address, length) = inet(a);
        send_to(&address, length)
    }),
    ("send-message", |a| unsafe { send_messages(a, 1) }),
    ("send-messages", |a| unsafe { send_messages(a, 2) }),
    ("send-pair", |_| unsafe {
        let mut pair = [0; 2];
        libc::socketpair(libc::AF_UNIX, libc::SOCK_DGRAM, 0, pair.as_mut_ptr());
        let header: libc::msghdr = std::mem::zeroed();
        libc::sendmsg(pair[0], &header, 0) as Outcome
    }),
    ("connect-unix", |a| unsafe {
        with_unix(a, false, |s, at, l| tried(libc::connect(s, at, l)))
    }),
    ("connect-abstract", |a| unsafe {
        with_unix(a, true, |s, at, l| tried(libc::connect(s, at, l)))
    }),
    ("bind-unix", |a| unsafe {
        with_unix(a, false, |s, at, l| libc::bind(s, at, l).into())
    }),
    ("bind", |a| unsafe {
        let (address, length) = inet(a);
        libc::bind(tcp(), address.as_ptr().cast(), length).into()
    }),
    ("listen", |a| unsafe { listening(a).map_or(-1, |_| 0) }),
    ("accept", |a| unsafe {
        let Some(socket) = listening(a) else {
            return -1;
        };
        libc::fcntl(socket, libc::F_SETFL, libc::O_NONBLOCK);
        let result = libc::accept(socket, null_mut(), null_mut());
        if result < 0 && errno() == libc::EAGAIN {
            0
        } else {
            result.into()
        }
    }),
];

/// A connection that is refused, or cannot be reached, has been tried.
unsafe fn tried(result: c_int) -> Outcome {
    let known = [libc::ECONNREFUSED, libc::ENETUNREACH, libc::EHOSTUNREACH];
    if result < 0 && known.contains(&errno()) {
        0
    } else {
        result.into()
    }
}

fn tcp() -> c_int {
    unsafe { libc::socket(libc::AF_INET, libc::SOCK_STREAM, 0) }
}

pub(super) fn udp() -> c_int {
    unsafe { libc::socket(libc::AF_INET, libc::SOCK_DGRAM, 0) }
}

/// `HOST PORT` as a sockaddr_in.
pub(super) fn inet(arguments: Arguments<'_>) -> (Vec<u8>, u32) {
    let host = arguments
        .first()
        .and_then(|a| a.to_str().ok())
        .unwrap_or("127.0.0.1");
    let host: std::net::Ipv4Addr = host.parse().unwrap_or(std::net::Ipv4Addr::LOCALHOST);
    let mut bytes = (libc::AF_INET as u16).to_ne_bytes().to_vec();
    bytes.extend((number(arguments, 1) as u16).to_be_bytes());
    bytes.extend(host.octets());
    bytes.extend([0; 8]);
    (bytes, 16)
}

/// Sends a byte to an address.
pub(super) unsafe fn send_to(address: &[u8], length: u32) -> Outcome {
    let (byte, to) = (c"x".as_ptr().cast(), address.as_ptr().cast());
    unsafe { libc::sendto(udp(), byte, 1, 0, to, length) as Outcome }
}

/// `HOST PORT` as a sockaddr_in6.
pub(super) fn inet6(arguments: Arguments<'_>) -> (Vec<u8>, u32) {
    let host = arguments
        .first()
        .and_then(|a| a.to_str().ok())
        .unwrap_or("::1");
    let host: std::net::Ipv6Addr = host.parse().unwrap_or(std::net::Ipv6Addr::LOCALHOST);
    let mut bytes = (libc::AF_INET6 as u16).to_ne_bytes().to_vec();
    bytes.extend((number(arguments, 1) as u16).to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(host.octets());
    bytes.extend([0; 4]);
    (bytes, 28)
}

unsafe fn with_unix(
    arguments: Arguments<'_>,
    hidden: bool,
    call: unsafe fn(c_int, *const libc::sockaddr, u32) -> Outcome,
) -> Outcome {
    let mut bytes = (libc::AF_UNIX as u16).to_ne_bytes().to_vec();
    if hidden {
        bytes.push(0);
    }
    bytes.extend(
        arguments
            .first()
            .map_or(&b""[..], |argument| argument.to_bytes()),
    );
    unsafe {
        let socket = libc::socket(libc::AF_UNIX, libc::SOCK_STREAM, 0);
        call(socket, bytes.as_ptr().cast(), bytes.len() as u32)
    }
}

unsafe fn listening(arguments: Arguments<'_>) -> Option<c_int> {
    unsafe {
        let (address, length) = inet(arguments);
        let socket = tcp();
        let bound = libc::bind(socket, address.as_ptr().cast(), length);
        (bound == 0 && libc::listen(socket, 1) == 0).then_some(socket)
    }
}

unsafe fn send_messages(arguments: Arguments<'_>, count: usize) -> Outcome {
    unsafe {
        let (address, length) = inet(arguments);
        let mut header: libc::msghdr = std::mem::zeroed();
        header.msg_name = address.as_ptr().cast_mut().cast();
        header.msg_namelen = length;
        if count == 1 {
            return libc::sendmsg(udp(), &header, 0) as Outcome;
        }
        let mut headers = vec![
            libc::mmsghdr {
                msg_hdr: header,
                msg_len: 0
            };
            count
        ];
        libc::sendmmsg(udp(), headers.as_mut_ptr(), count as u32, 0).into()
    }
}
