//! Denials as lines of JSON, and back: what `exec --violations` writes and `suggest` reads.

use lapbelt_policy::event::{Event, OwnedValue};
use lapbelt_policy::request::{Endpoint, Transport};
use lapbelt_policy::rule::Action;
use lapbelt_policy::world::World;
use lapbelt_sandbox::denial;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One denial. `eventMessage` and `processID` are as the unified log of macOS names them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Violation {
    /// The line that macOS would log.
    #[serde(rename = "eventMessage")]
    pub message: String,
    /// The process.
    #[serde(rename = "processID")]
    pub pid: u32,
    /// Its program's name.
    pub process: String,
    /// Nanoseconds since the start of the run.
    pub time_ns: u64,
    /// The leaf operation.
    pub operation: String,
    /// Its target, for a person to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// The values its filters looked at, by filter, the one that names the target first.
    pub values: Vec<Named>,
    /// The rule that denied, as `FILE:LINE:COLUMN`, `default`, or `none:` and why there is none.
    pub rule: String,
    /// Errno the program got, 0 if none.
    pub errno: i32,
}

/// A value and the filter that looks at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Named {
    /// Name of the filter.
    pub filter: String,
    /// The value.
    pub value: Stored,
}

/// A value as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Stored {
    /// A number or enumeration.
    Integer(i64),
    /// A flag.
    Flag(bool),
    /// A path or name.
    Text(String),
    /// The value of an entitlement.
    Entitlement {
        /// The entitlement.
        entitlement: String,
        /// Its value.
        value: Box<Stored>,
    },
    /// A path or name that is not UTF-8.
    Bytes {
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// A set of bits.
    Bits {
        /// The set.
        bits: u64,
    },
    /// An internet address.
    Internet {
        /// The host as the program gave it.
        host: String,
        /// Its port.
        port: u16,
        /// Whether it is IPv6.
        v6: bool,
        /// `tcp`, `udp` or `other`.
        transport: String,
        /// Whether it is the loopback.
        loopback: bool,
    },
    /// A unix address, whose path is a value of its own.
    Unix {
        /// The address as the program gave it.
        unix: String,
    },
}

impl Stored {
    pub(crate) fn of(value: &OwnedValue) -> Self {
        match value {
            OwnedValue::Text(text) => match std::str::from_utf8(text) {
                Ok(text) => Self::Text(text.to_string()),
                Err(_) => Self::Bytes {
                    bytes: text.clone(),
                },
            },
            OwnedValue::Integer(number) => Self::Integer(*number),
            OwnedValue::Bits(bits) => Self::Bits { bits: *bits },
            OwnedValue::Bool(flag) => Self::Flag(*flag),
            OwnedValue::Entitlement { name, value } => Self::Entitlement {
                entitlement: String::from_utf8_lossy(name).into_owned(),
                value: Box::new(Self::of(value)),
            },
            OwnedValue::Endpoint(Endpoint::Unix, unix) => Self::Unix { unix: unix.clone() },
            OwnedValue::Endpoint(
                Endpoint::Internet {
                    v6,
                    transport,
                    loopback,
                    port,
                },
                host,
            ) => {
                let transport = match transport {
                    Transport::Tcp => "tcp",
                    Transport::Udp => "udp",
                    Transport::Other => "other",
                };
                Self::Internet {
                    host: host.clone(),
                    port: *port,
                    v6: *v6,
                    transport: transport.to_string(),
                    loopback: *loopback,
                }
            }
        }
    }

    pub(crate) fn value(self) -> OwnedValue {
        match self {
            Self::Text(text) => OwnedValue::Text(text.into_bytes()),
            Self::Bytes { bytes } => OwnedValue::Text(bytes),
            Self::Integer(number) => OwnedValue::Integer(number),
            Self::Bits { bits } => OwnedValue::Bits(bits),
            Self::Flag(flag) => OwnedValue::Bool(flag),
            Self::Entitlement { entitlement, value } => OwnedValue::Entitlement {
                name: entitlement.into_bytes(),
                value: Box::new(value.value()),
            },
            Self::Unix { unix } => OwnedValue::Endpoint(Endpoint::Unix, unix),
            Self::Internet {
                host,
                port,
                v6,
                transport,
                loopback,
            } => {
                let transport = match transport.as_str() {
                    "tcp" => Transport::Tcp,
                    "udp" => Transport::Udp,
                    _ => Transport::Other,
                };
                let endpoint = Endpoint::Internet {
                    v6,
                    transport,
                    loopback,
                    port,
                };
                OwnedValue::Endpoint(endpoint, host)
            }
        }
    }
}

impl Violation {
    /// The record of a denial; `rule` names what denied it.
    pub fn of(event: &Event, rule: String, world: &World) -> Self {
        let named = |(filter, value): &(_, OwnedValue)| Named {
            filter: world.filter(*filter).name.clone(),
            value: Stored::of(value),
        };
        Self {
            message: denial::log_text(event, world),
            pid: event.pid,
            process: event.process.clone(),
            time_ns: event.time,
            operation: world.operation(event.operation).name.clone(),
            target: Some(denial::target(event, world)).filter(|target| !target.is_empty()),
            values: event.values.iter().map(named).collect(),
            rule,
            errno: event.errno,
        }
    }

    /// The denial again.
    ///
    /// # Errors
    /// If it names an operation or filter that the world does not have.
    pub fn event(self, world: &World) -> Result<Event, String> {
        let operation = world
            .operation_named(&self.operation)
            .ok_or_else(|| format!("unknown operation `{}`", self.operation))?;
        let mut values = Vec::new();
        for named in self.values {
            let filter = world
                .filter_named(&named.filter)
                .ok_or_else(|| format!("unknown filter `{}`", named.filter))?;
            values.push((filter.id, named.value.value()));
        }
        Ok(Event {
            time: self.time_ns,
            pid: self.pid,
            process: self.process,
            operation: operation.id,
            values,
            decision: Action::Deny,
            rule: None,
            granted: false,
            errno: self.errno,
            exists: false,
        })
    }
}
