//! The making of ordinary sockets, which macOS does not ask about: recorded runs on 14.4.1 under
//! `(deny default)` connect with no more than `(allow network-outbound …)`, and half of the
//! profiles in the wild that open the network say nothing of `system-socket`. So where a profile
//! allows any of the network, and none of its rules is about the making of sockets, those of the
//! internet and of the unix domain are made. Without, the call is refused here, and not only at
//! its first use.

use lapbelt_policy::decide::Decider;
use lapbelt_policy::graph::Source;
use lapbelt_policy::request::{Request, Value};
use lapbelt_policy::rule::Action;
use lapbelt_policy::world::{FilterId, OperationId, World};

use super::Vocabulary;
use crate::linux::vocabulary::Op;

/// `AF_UNIX`, `AF_INET` and `AF_INET6` of macOS.
const DOMAINS: [i64; 3] = [1, 2, 30];

/// `SOCK_STREAM` and `SOCK_DGRAM`.
const KINDS: [i64; 2] = [1, 2];

/// What a policy says of ordinary sockets.
#[derive(Debug)]
pub(super) struct PlainSockets {
    operation: Option<OperationId>,
    domain: Option<FilterId>,
    kind: Option<FilterId>,
    /// What decides where no rule is about an operation.
    default: Source,
    is_network_open: bool,
}

impl PlainSockets {
    pub(super) fn of(decider: &Decider, vocabulary: &Vocabulary, world: &World) -> Self {
        let network = [Op::NetworkOutbound, Op::NetworkInbound, Op::NetworkBind];
        let open = |op: Op| {
            let id = vocabulary.operation(op);
            id.is_some_and(|id| decider.always(id) != Some(Action::Deny))
        };
        Self {
            operation: vocabulary.operation(Op::SystemSocket),
            domain: vocabulary.socket_domain,
            kind: vocabulary.socket_type,
            default: decider.decide(&Request::new(world.root())).source,
            is_network_open: network.into_iter().any(open),
        }
    }

    /// Whether a denial is of the making of an ordinary socket for the network that is open.
    pub(super) fn let_go(&self, request: &Request<'_>, denied_by: &Source) -> bool {
        let is = |filter: Option<FilterId>, numbers: &[i64]| {
            filter.is_some_and(|filter| {
                let mut values = request.get(filter);
                values.any(|value| matches!(value, Value::Integer(n) if numbers.contains(&n)))
            })
        };
        self.is_network_open
            && Some(request.operation) == self.operation
            && *denied_by == self.default
            && is(self.domain, &DOMAINS)
            && is(self.kind, &KINDS)
    }
}
