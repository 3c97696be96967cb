//! What holds of every socket, so that requests of network operations that break it cannot be.
//!
//! - Only unix-domain sockets have paths, and only those of `AF_SYSTEM` have control names. The path
//!   is that of the operation's own end; the other one may have no address at all.
//! - A socket has what its address says ([`OF_ADDRESSES`]), and its protocol is left open or its own
//!   ([`NEVER`]).
//! - No end is a unix-domain socket where the other has an internet address, and both ends are of one
//!   transport.

use std::collections::BTreeMap;

use crate::filter::{Argument, Protocol, Test};
use crate::pattern::Pattern;
use crate::socket::{End, NEVER, OF_ADDRESSES, OF_CONTROL_NAMES, any};
use crate::world::FilterInfo;

/// At least one of these tests holds or fails, as is said beside it.
pub(crate) type Law = Vec<(Test, bool)>;

/// The laws about the filters that are asked, in requests about a socket's end if there is one.
pub(crate) fn laws<'w>(end: Option<End>, asked: impl Iterator<Item = &'w FilterInfo>) -> Vec<Law> {
    let Some(end) = end else {
        return Vec::new();
    };
    let sockets = Sockets {
        asked: asked.map(|info| (info.name.as_str(), info)).collect(),
    };
    let mut laws = Laws(Vec::new());
    let path: Vec<Test> = sockets.any_text("path").into_iter().collect();
    let control: Vec<Test> = sockets.any_text("control-name").into_iter().collect();
    if !path.is_empty() {
        for (_, filter, names) in OF_ADDRESSES.iter().filter(|row| row.0 == Protocol::Unix) {
            laws.implies(&path, &sockets.numbered(filter, names));
        }
        laws.implies(&path, sockets.address(end, Protocol::Unix).as_slice());
        laws.excludes(&path, sockets.address(end.other(), Protocol::Ip).as_slice());
        laws.excludes(&path, &control);
    }
    if !control.is_empty() {
        let (filter, name) = OF_CONTROL_NAMES;
        laws.implies(&control, &sockets.numbered(filter, &[name]));
    }
    for (_, kind, protocol) in NEVER {
        let protocol = sockets.numbered("socket-protocol", &[protocol]);
        for kind in sockets.numbered("socket-type", &[kind]) {
            laws.excludes(&[kind], &protocol);
        }
    }
    for end in [end, end.other()] {
        let own = |protocol| sockets.address(end, protocol);
        let far = |protocol| sockets.address(end.other(), protocol);
        for (protocol, filter, names) in OF_ADDRESSES {
            if let Some(address) = own(*protocol) {
                laws.implies(&[address], &sockets.numbered(filter, names));
            }
        }
        for (transport, _, protocol) in NEVER {
            let protocol = sockets.numbered("socket-protocol", &[protocol]);
            if let Some(address) = own(*transport) {
                laws.excludes(&[address], &protocol);
            }
        }
        for address in [Protocol::Unix, Protocol::Ip].into_iter().filter_map(own) {
            laws.excludes(&[address], &control);
        }
        if let (Some(unix), Some(ip)) = (own(Protocol::Unix), far(Protocol::Ip)) {
            laws.excludes(&[unix], &[ip]);
        }
        for transport in [Protocol::Tcp, Protocol::Udp] {
            let all = (own(transport), far(Protocol::Ip), far(transport));
            if let (Some(one), Some(ip), Some(same)) = all {
                laws.implies(&[one, ip], &[same]);
            }
        }
    }
    laws.0
}

struct Laws(Vec<Law>);

impl Laws {
    /// Where all of `given` hold, one of `then` does; nothing if there are none, as they are not
    /// asked about.
    fn implies(&mut self, given: &[Test], then: &[Test]) {
        if !then.is_empty() {
            let given = given.iter().map(|test| (test.clone(), false));
            let then = then.iter().map(|test| (test.clone(), true));
            self.0.push(given.chain(then).collect());
        }
    }

    /// Where all of `given` hold, none of `others` does.
    fn excludes(&mut self, given: &[Test], others: &[Test]) {
        for other in others {
            let all = given.iter().chain([other]);
            self.0.push(all.map(|test| (test.clone(), false)).collect());
        }
    }
}

/// The filters that are asked, by name.
struct Sockets<'w> {
    asked: BTreeMap<&'w str, &'w FilterInfo>,
}

impl Sockets<'_> {
    fn test(&self, filter: &str, argument: Argument) -> Option<Test> {
        let filter = self.asked.get(filter)?.id;
        Some(Test { filter, argument })
    }

    fn any_text(&self, filter: &str) -> Option<Test> {
        self.test(filter, Argument::Pattern(Pattern::Prefix(Vec::new())))
    }

    fn address(&self, end: End, protocol: Protocol) -> Option<Test> {
        self.test(end.filter(), Argument::Network(any(protocol)))
    }

    /// Tests for those of these names that the filter has.
    fn numbered(&self, filter: &str, names: &[&str]) -> Vec<Test> {
        let Some(info) = self.asked.get(filter) else {
            return Vec::new();
        };
        let known = info.values.iter();
        known
            .filter(|(name, _)| names.contains(&name.as_str()))
            .filter_map(|(_, number)| self.test(filter, Argument::Integer(*number)))
            .collect()
    }
}
