//! lapbelt-learn
