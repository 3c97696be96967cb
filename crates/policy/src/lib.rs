//! The meeting place of Lapbelt: worlds, rules, policy graphs and decisions.
//!
//! This crate is pure: no files, processes, clock or environment. Data flows one way:
//! [`rule::Policy`] → [`graph::Graph`] (by [`graph::lower()`]) → [`decide::Decider`] →
//! [`decide::Verdict`].
#![forbid(unsafe_code)]
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod added;
pub mod ask;
pub mod deceptive;
pub mod decide;
pub mod escaped;
pub mod event;
pub mod filter;
pub mod graph;
pub mod origin;
pub mod pattern;
pub mod request;
pub mod rule;
pub mod socket;
pub mod theory;
pub mod world;
