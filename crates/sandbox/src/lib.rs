//! lapbelt-sandbox
