//! The libraries that a program is started with, as its own loader tells them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use object::{Object, ObjectSection};

use crate::image::{Image, ImageError};

/// Why they are not known.
#[derive(Debug, thiserror::Error)]
pub enum LoadedError {
    /// The program's file.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// It is not started by a loader.
    #[error("{} is linked statically: it loads no libraries", .0.display())]
    Static(PathBuf),
    /// The loader does not say.
    #[error("cannot ask {} which libraries {} needs: {why}", loader.display(), program.display())]
    Loader {
        /// The loader.
        loader: PathBuf,
        /// The program.
        program: PathBuf,
        /// Why.
        why: String,
    },
}

/// Asks the loader that the program names, by `--list`, which the loaders of glibc (ld.so(8)) and
/// musl know; nothing of the program itself is run.
///
/// # Errors
/// The file is damaged, there is no loader, or it fails, as it does where a library is missing.
pub fn libraries(program: &Path) -> Result<Vec<PathBuf>, LoadedError> {
    let image = Image::read(program)?;
    let file = image.file()?;
    let section = file.section_by_name(".interp");
    let name = section.and_then(|section| section.data().ok());
    let name = name.and_then(|name| name.split(|byte| *byte == 0).next());
    let name = name.and_then(|name| std::str::from_utf8(name).ok());
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return Err(LoadedError::Static(image.path().to_owned()));
    };
    let failed = |why: String| LoadedError::Loader {
        loader: PathBuf::from(name),
        program: image.path().to_owned(),
        why,
    };
    let output = Command::new(name)
        .arg("--list")
        .arg(image.path())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    match output.status.success() {
        true => Ok(parse(&String::from_utf8_lossy(&output.stdout))),
        false => Err(failed(
            String::from_utf8_lossy(&output.stderr).trim().to_string(),
        )),
    }
}

/// Lines of `NAME => PATH (ADDRESS)` or `PATH (ADDRESS)`; a library without a file has no path.
fn parse(text: &str) -> Vec<PathBuf> {
    let paths = text.lines().filter_map(|line| {
        let path = line.split_once(" => ").map_or(line, |(_, path)| path);
        let (path, _) = path.trim().rsplit_once(" (")?;
        path.starts_with('/').then(|| PathBuf::from(path))
    });
    paths.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_loader_lists() {
        let text = "\tlinux-vdso.so.1 (0x00007ffc)\n\tlibc.so.6 => /lib/a b/libc.so.6 (0x00007f)\n\
                    \t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n\tlost.so => not found\n";
        let expected = ["/lib/a b/libc.so.6", "/lib64/ld-linux-x86-64.so.2"];
        assert_eq!(parse(text), expected.map(PathBuf::from));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_running_program_needs_its_loader_or_none() {
        let own = std::env::current_exe().expect("a path");
        match libraries(&own) {
            Ok(found) => assert!(found.iter().all(|path| path.is_file()) && !found.is_empty()),
            Err(error) => assert!(matches!(error, LoadedError::Static(_)), "{error}"),
        }
    }
}
