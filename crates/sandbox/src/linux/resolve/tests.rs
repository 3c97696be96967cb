use super::*;
use crate::linux::caller::Callers;

/// A process that asks often is followed, after which its names are looked up from there.
#[test]
fn names_lead_from_our_own_directory_where_they_lead_from_the_root() {
    let directory = tempfile::tempdir().unwrap();
    let base = directory.path().canonicalize().unwrap();
    std::fs::create_dir(base.join("full")).unwrap();
    std::fs::write(base.join("file"), "").unwrap();
    std::fs::write(base.join("full/inner"), "").unwrap();
    std::os::unix::fs::symlink("file", base.join("link")).unwrap();
    std::os::unix::fs::symlink("full", base.join("way")).unwrap();

    let here = std::env::current_dir().unwrap();
    let up = "../".repeat(here.components().count() - 1);
    let relative = format!("{up}{}", base.strip_prefix("/").unwrap().display());
    let caller = Callers::new().get(std::process::id() as i32);
    let mut followed = Resolver::default();
    while followed.here == 0 {
        let sight = followed.text(&caller, b"Cargo.toml", true);
        assert_eq!(sight, Ok(Found::Other));
    }
    for name in [
        "file",
        "full",
        "full/",
        "full/inner",
        "full/../file",
        "full/./missing",
        "link",
        "way",
        "way/",
        "way/inner",
        "way/../file",
        "missing",
        "missing/inner",
        "file/inner",
        ".",
        "..",
    ] {
        for follow in [false, true] {
            let mut plain = Resolver::default();
            let absolute = format!("{}/{name}", base.display());
            let wanted = plain.text(&caller, absolute.as_bytes(), follow);
            let relative = format!("{relative}/{name}");
            let sight = followed.text(&caller, relative.as_bytes(), follow);
            assert_eq!(
                (sight, &followed.path, followed.here > 0),
                (wanted, &plain.path, true),
                "{name}, followed: {follow}"
            );
        }
    }
}
