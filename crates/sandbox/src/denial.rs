//! Denials in print.
