//! What requests about sockets have by nature, whoever asks.

use crate::request::{Endpoint, Value};
use crate::world::{FilterInfo, Operation};

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

    /// What a request with a path has of a filter besides: only unix-domain sockets have paths.
    /// `None` if a path says nothing about the filter.
    pub fn with_path(self, filter: &FilterInfo) -> Option<Value<'static>> {
        match filter.name.as_str() {
            "socket-domain" => {
                let mut known = filter.values.iter();
                let unix = known.find(|(name, _)| name == "AF_UNIX");
                unix.map(|(_, number)| Value::Integer(*number))
            }
            name if name == self.filter() => Some(Value::Endpoint(Endpoint::Unix)),
            _ => None,
        }
    }
}
