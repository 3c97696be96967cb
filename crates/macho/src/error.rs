//! Why nothing was extracted.

/// Why nothing was extracted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    /// Neither Mach-O nor a fat file of such.
    #[error("no Mach-O file: it starts with {0}")]
    NotMachO(String),
    /// Something that holds Mach-O files, but not as they are.
    #[error("{0}")]
    Wrapped(&'static str),
    /// A fat file without a 64-bit slice.
    #[error("no slice is of a 64-bit architecture")]
    NoSlice,
    /// A header or load command that cannot be.
    #[error("damaged {what} at byte {offset}: {problem}")]
    Damaged {
        /// Which part.
        what: &'static str,
        /// Where, in the file that was given.
        offset: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// No table that lists operations; the segments that lie beyond the end of the file.
    #[error("no list of operations, that is pointers to `default` and at least 39 other names with `file-read*` and `mach-lookup` among them{}", unread(.0))]
    NoOperations(Vec<String>),
}

fn unread(segments: &[String]) -> String {
    match segments {
        [] => String::new(),
        segments => format!(
            "; not in the file, so not looked at: {}",
            segments.join(", ")
        ),
    }
}
