//! What a backend saw: one decision about one request of the confined program.

use std::num::NonZeroU16;

use crate::filter::{Host, NetworkPattern};
use crate::request::{Endpoint, Request, Value};
use crate::rule::{Action, RuleRef};
use crate::world::{FilterId, OperationId};

/// An owned [`Value`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OwnedValue {
    /// A name or path.
    Text(Vec<u8>),
    /// A number or an enumeration.
    Integer(i64),
    /// A set of bits.
    Bits(u64),
    /// A flag.
    Bool(bool),
    /// An address with the host as written by the program, for a person to read.
    Endpoint(Endpoint, String),
    /// The value of one of the caller's entitlements.
    Entitlement {
        /// Its name.
        name: Vec<u8>,
        /// Its value, or one of them.
        value: Box<OwnedValue>,
    },
}

impl OwnedValue {
    /// Copies a request's value; an address gets its host text from `host`.
    pub fn of(value: Value<'_>, host: impl FnOnce() -> String) -> Self {
        match value {
            Value::Text(text) | Value::Aliased(text, _) => Self::Text(text.to_vec()),
            Value::Integer(number) => Self::Integer(number),
            Value::Bits(bits) => Self::Bits(bits),
            Value::Bool(flag) => Self::Bool(flag),
            Value::Endpoint(endpoint) => Self::Endpoint(endpoint, host()),
            Value::Entitlement { name, value } => Self::Entitlement {
                name: name.to_vec(),
                value: Box::new(value.clone()),
            },
        }
    }

    /// The same value, borrowed, to ask a policy again.
    pub fn borrow(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(text),
            Self::Integer(number) => Value::Integer(*number),
            Self::Bits(bits) => Value::Bits(*bits),
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Endpoint(endpoint, _) => Value::Endpoint(*endpoint),
            Self::Entitlement { name, value } => Value::Entitlement { name, value },
        }
    }
}

/// One decision about one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Nanoseconds since the start of the run.
    pub time: u64,
    /// Process id of the caller (its thread group).
    pub pid: u32,
    /// Name of the calling program, as the system shortens it.
    pub process: String,
    /// The leaf operation asked.
    pub operation: OperationId,
    /// Values of the request, the one that names its target first. Of a listener whose port the
    /// system chose, the port is 0, as the program asked for it.
    pub values: Vec<(FilterId, OwnedValue)>,
    /// What the policy said.
    pub decision: Action,
    /// The rule that said so; `None` for an own default of the world.
    pub rule: Option<RuleRef>,
    /// True if the backend let the denied call go on all the same, to learn.
    pub granted: bool,
    /// Errno given to the caller for a denial, 0 if none.
    pub errno: i32,
    /// Whether there was something at the target's path when it was asked about; false for
    /// targets that are no paths. A creation of what exists replaces it.
    pub exists: bool,
}

impl Event {
    /// The request again, to ask a policy.
    pub fn request(&self) -> Request<'_> {
        let request = Request::new(self.operation);
        self.values
            .iter()
            .fold(request, |request, (filter, value)| {
                request.with(*filter, value.borrow())
            })
    }
}

/// The address pattern a person would write for an endpoint: loopback becomes `localhost`, every
/// other host `*`, port 0 becomes any.
pub fn host_of(endpoint: Endpoint) -> Host {
    match endpoint {
        Endpoint::Internet { loopback: true, .. } => Host::Localhost,
        _ => Host::Any,
    }
}

/// The pattern `(remote ip "HOST:PORT")` that accepts `endpoint`, or any unix address.
pub fn pattern_of(endpoint: Endpoint) -> NetworkPattern {
    use crate::filter::Protocol;
    match endpoint {
        Endpoint::Unix => NetworkPattern {
            protocol: Protocol::Unix,
            host: Host::Any,
            port: None,
        },
        Endpoint::Internet { port, .. } => NetworkPattern {
            protocol: Protocol::Ip,
            host: host_of(endpoint),
            port: NonZeroU16::new(port),
        },
    }
}
