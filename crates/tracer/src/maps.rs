//! The regions of a process, as `/proc/PID/maps` lists them (proc_pid_maps(5)).

use std::path::{Path, PathBuf};

use serde::Serialize;

/// A region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Region {
    /// First address.
    pub start: u64,
    /// One past the last.
    pub end: u64,
    /// Four letters: `r`, `w`, `x` or `-` each, then `p` private or `s` shared.
    pub protection: String,
    /// Where in the file it starts, in bytes.
    pub offset: u64,
    /// The file, or what the kernel calls the region.
    pub path: PathBuf,
}

impl Region {
    /// Whether code may be run in it.
    pub fn is_executable(&self) -> bool {
        self.protection.as_bytes().get(2) == Some(&b'x')
    }

    /// Whether a tracer can give it bytes of its own: a private region is copied for that, a
    /// shared one is not, and would change for everybody.
    pub fn takes_a_patch(&self) -> bool {
        self.protection.ends_with('p')
    }

    /// Whether an address lies in it.
    pub fn contains(&self, address: u64) -> bool {
        (self.start..self.end).contains(&address)
    }
}

/// Reads a list; lines of another shape are passed over.
pub fn parse(text: &str) -> Vec<Region> {
    text.lines().filter_map(region).collect()
}

fn region(line: &str) -> Option<Region> {
    let mut words = line.splitn(5, ' ');
    let (start, end) = words.next()?.split_once('-')?;
    let protection = words.next()?;
    let offset = words.next()?;
    let path = words.nth(1)?.split_once(' ').map_or("", |(_, path)| path);
    let number = |text| u64::from_str_radix(text, 16).ok();
    Some(Region {
        start: number(start)?,
        end: number(end)?,
        protection: protection.to_string(),
        offset: number(offset)?,
        path: PathBuf::from(path.trim_start()),
    })
}

/// What the region that starts at an address may be made to allow, as `/proc/PID/smaps` says by the
/// flags `mr`, `mw` and `me` (proc_pid_smaps(5)): three letters, `r`, `w`, `x` or `-` each.
pub fn max_protection(smaps: &str, start: u64) -> Option<String> {
    let mut lines = smaps.lines();
    let is_own = |line: &str| region(line).is_some_and(|region| region.start == start);
    lines.find(|line| is_own(line))?;
    let flags = lines.find_map(|line| line.strip_prefix("VmFlags:"))?;
    let letters = [("mr", 'r'), ("mw", 'w'), ("me", 'x')];
    let has = |flag: &str| flags.split(' ').any(|one| one == flag);
    let letters = letters.map(|(flag, letter)| if has(flag) { letter } else { '-' });
    Some(letters.into_iter().collect())
}

/// The executable region of a file, if the process has one.
pub fn code<'r>(regions: &'r [Region], path: &Path) -> Option<&'r Region> {
    let mut code = regions.iter().filter(|region| region.is_executable());
    code.find(|region| region.path == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_region_may_be_made_to_allow() {
        let smaps = "1000-2000 r-xp 00000000 fd:00 1 /a\nSize: 4 kB\nVmFlags: rd ex mr mw me sd \n\
                     2000-3000 r-xs 00000000 fd:00 2 /b\nSize: 4 kB\nVmFlags: rd ex sh mr me ms sd \n";
        assert_eq!(max_protection(smaps, 0x1000).as_deref(), Some("rwx"));
        assert_eq!(max_protection(smaps, 0x2000).as_deref(), Some("r-x"));
        assert_eq!(max_protection(smaps, 0x3000), None);
    }

    #[test]
    fn regions_with_and_without_a_file() {
        let text = "55d0c0a00000-55d0c0a21000 r-xp 0001f000 fd:00 1234                       /usr/bin/a b\n\
                    7f00-7f10 r-xs 00000000 00:01 7 /dev/shm/code\n\
                    7ffc1000-7ffc2000 rw-p 00000000 00:00 0 \n\
                    nonsense\n";
        let regions = parse(text);
        assert_eq!(regions.len(), 3);
        assert_eq!(regions[0].path, Path::new("/usr/bin/a b"));
        assert_eq!(regions[0].offset, 0x1f000);
        assert!(regions[0].is_executable() && regions[0].takes_a_patch());
        assert!(regions[1].is_executable() && !regions[1].takes_a_patch());
        assert!(!regions[2].is_executable());
        assert_eq!(
            code(&regions, Path::new("/dev/shm/code")),
            Some(&regions[1])
        );
        assert!(regions[1].contains(0x7f0f) && !regions[1].contains(0x7f10));
    }
}
