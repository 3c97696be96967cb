//! What a person can do about a file that could not be read or written.

use std::io::{Error, ErrorKind};
use std::path::Path;

/// The next step, to be put behind what the system said; empty if the error says it by itself.
pub fn next_step(path: &Path, error: &Error) -> String {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    match error.kind() {
        ErrorKind::NotFound => match folder.filter(|folder| !folder.exists()) {
            Some(folder) => format!(
                "; there is no folder {}: make it, or name another",
                folder.display()
            ),
            None => "; check the name, or name another place".to_string(),
        },
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => match file_on(path) {
            Some(file) => format!("; {} is a file and no folder: name another", file.display()),
            None => "; name a folder".to_string(),
        },
        ErrorKind::IsADirectory => "; it is a folder: name a file".to_string(),
        ErrorKind::PermissionDenied => {
            "; ask for the permission, or name another that you may use".to_string()
        }
        ErrorKind::ReadOnlyFilesystem => "; name a place that can be written to".to_string(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "; make room, or name another place".to_string()
        }
        ErrorKind::Other => String::new(),
        _ => "; name another".to_string(),
    }
}

/// What on a path, or at its end, is no folder though it is there.
fn file_on(path: &Path) -> Option<&Path> {
    path.ancestors()
        .find(|part| part.exists() && !part.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_where_a_folder_is_meant_is_named() {
        for path in ["/dev/null", "/dev/null/a/b"] {
            let error = Error::from(ErrorKind::NotADirectory);
            let told = next_step(Path::new(path), &error);
            assert!(told.starts_with("; /dev/null is a file"), "{told}");
        }
    }

    #[test]
    fn a_folder_that_is_missing_is_named() {
        let error = Error::from(ErrorKind::NotFound);
        let told = next_step(Path::new("/absent/profile.sb"), &error);
        assert!(told.contains("no folder /absent:"), "{told}");
        let told = next_step(Path::new("absent.sb"), &error);
        assert!(told.contains("check the name"), "{told}");
    }
}
