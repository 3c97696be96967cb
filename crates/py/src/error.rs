//! Errors on their way to Python: the arguments of one exception, which the Python half turns into
//! its own.

use lapbelt_learn::error::LearnError;
use lapbelt_learn::plan::PlanError;
use lapbelt_learn::session::SessionError;
use lapbelt_learn::source::ProfileError;
use lapbelt_sbpl::diag::Severity;
use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use serde_json::json;

create_exception!(
    lapbelt,
    NativeError,
    PyException,
    "Arguments: kind, message, diagnostics as JSON."
);

/// Anything that one sentence says.
pub(crate) fn other(message: impl ToString) -> PyErr {
    NativeError::new_err(("other", message.to_string(), "[]"))
}

/// A profile that does not evaluate.
pub(crate) fn profile(error: &ProfileError) -> PyErr {
    let diagnostics: Vec<_> = error
        .diagnostics
        .iter()
        .map(|one| {
            let file = one
                .origin
                .and_then(|origin| error.sources.get(origin.source.0 as usize))
                .map(|source| source.name.as_str());
            json!({
                "severity": match one.severity {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                },
                "code": one.code.as_str(),
                "message": one.message,
                "help": one.help,
                "file": file,
                "line": one.origin.map(|origin| origin.line),
                "column": one.origin.map(|origin| origin.column),
                "start": one.origin.map(|origin| origin.start),
                "end": one.origin.map(|origin| origin.end),
            })
        })
        .collect();
    let diagnostics = json!(diagnostics).to_string();
    NativeError::new_err(("profile", error.to_string(), diagnostics))
}

/// A run that could not be carried out.
pub(crate) fn plan(error: &PlanError) -> PyErr {
    match error {
        PlanError::Learn(LearnError::Profile(error)) => profile(error),
        PlanError::Learn(LearnError::Session(
            SessionError::Stopped | SessionError::Undecided { .. },
        )) => NativeError::new_err(("undecided", error.to_string(), "[]")),
        PlanError::Unsupported(_) => NativeError::new_err(("unsupported", error.to_string(), "[]")),
        _ => other(error),
    }
}
