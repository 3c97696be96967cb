//! Why nothing was scanned.

/// Why nothing was scanned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// Neither ELF nor Mach-O nor a fat file of the latter.
    #[error("neither an ELF nor a Mach-O file: it starts with {0} at byte 0")]
    NotKnown(String),
    /// A file of a processor that is not read.
    #[error("machine code of {0}, which is not read: give arm64, arm64e or x86-64")]
    NotRead(String),
    /// No slice of a fat file is of the architecture asked for; those that there are.
    #[error("no slice of {wanted}; there is {}", there.join(", "))]
    NoSlice {
        /// What was asked for.
        wanted: String,
        /// Architectures of the slices.
        there: Vec<String>,
    },
    /// A header or table that cannot be.
    #[error("damaged {what} at byte {offset}: {problem}")]
    Damaged {
        /// Which part.
        what: &'static str,
        /// Where, in the file that was given.
        offset: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// A place to start from that is none.
    #[error("no function `{0}`: give the name of a symbol, or an address of code as 0x…")]
    NoStart(String),
    /// No function was found.
    #[error("no function: the file has no symbols and no table of functions; give an address")]
    NoFunctions,
}
