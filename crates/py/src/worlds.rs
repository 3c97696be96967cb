//! Worlds by name.

use std::sync::Arc;

use lapbelt_policy::world::{World, shipped};
use pyo3::prelude::*;

use crate::error;

/// A shipped world.
pub(crate) fn world(name: &str) -> PyResult<Arc<World>> {
    match shipped(name) {
        Some(Ok(world)) => Ok(Arc::new(world)),
        Some(Err(error)) => Err(error::other(error)),
        None => Err(error::other(format!("no world is called `{name}`"))),
    }
}
