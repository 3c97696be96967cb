//! Reading bytes so that each is read where it was meant to be, and owned once.

mod claim;
mod read;

pub use claim::{ClaimError, Claims, Span};
pub use read::{ReadError, Reader};
