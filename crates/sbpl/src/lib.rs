//! lapbelt-sbpl
