//! The native half of the Python package `lapbelt`: values go over as JSON or plain types, and the
//! Python half makes dataclasses of them.
#![forbid(unsafe_code)]

mod blob;
mod error;
mod profile;
mod run;
mod worlds;

use pyo3::prelude::*;

/// Lapbelt's native half; use the package `lapbelt`.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("NativeError", module.py().get_type::<error::NativeError>())?;
    module.add_class::<profile::NativeProfile>()?;
    module.add_function(wrap_pyfunction!(run::run, module)?)?;
    module.add_function(wrap_pyfunction!(profile::lint, module)?)?;
    module.add_function(wrap_pyfunction!(blob::decode, module)?)?;
    Ok(())
}
