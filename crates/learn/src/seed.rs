//! What a traced profile starts from when none is given.

/// Everything denied. `(debug deny)` does nothing here and makes macOS log each denial.
pub(crate) const SEED: &str = "(version 1)\n(debug deny)\n(deny default)\n";

/// What the loader of macOS needs, so that a program starts at all and its first denials can be
/// seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loader {
    /// The system's own `dyld-support.sb`.
    Imported,
    /// The folders that libraries are loaded from.
    Written,
}

/// Everything denied but what the loader needs.
pub(crate) fn macos(loader: Loader) -> String {
    let libraries = match loader {
        Loader::Imported => "(import \"dyld-support.sb\")\n".to_owned(),
        Loader::Written => "(allow file-read* file-map-executable\n  \
                            (subpath \"/System/Library\")\n  \
                            (subpath \"/System/Volumes/Preboot/Cryptexes\")\n  \
                            (subpath \"/private/var/db/dyld\")\n  \
                            (subpath \"/usr/lib\"))\n"
            .to_owned(),
    };
    format!(
        "(version 1)\n(debug deny)\n{libraries}(deny default)\n\
         (allow file-read-metadata (subpath \"/\"))\n\
         (allow file-read* (literal \"/dev/random\") (literal \"/dev/urandom\"))\n\
         (allow file-read* file-write-data (literal \"/dev/null\") (literal \"/dev/zero\"))\n\
         (allow mach-lookup (global-name \"com.apple.system.DirectoryService.libinfo_v1\"))\n"
    )
}
