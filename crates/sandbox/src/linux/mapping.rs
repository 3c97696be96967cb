//! What a process has mapped, as `/proc` tells it.

use super::blank::Blank;

/// What is mapped.
#[derive(Debug)]
pub(crate) struct Mappings {
    text: Vec<u8>,
}

/// One mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mapping<'m> {
    /// Where it begins.
    pub(crate) from: u64,
    /// Where it ends.
    pub(crate) to: u64,
    /// What it may be used for, as `rwxp`.
    uses: &'m [u8],
    /// Inode of its file, 0 for memory without one.
    pub(crate) inode: u64,
    /// What the kernel calls it; line ends in it are escaped.
    pub(crate) name: &'m [u8],
}

/// What the process of a thread has mapped.
pub(crate) fn mappings(thread: i32) -> Result<Mappings, Blank> {
    let text = std::fs::read(format!("/proc/{thread}/maps"))?;
    Ok(Mappings { text })
}

impl Mappings {
    /// The mappings that have addresses in a range.
    pub(crate) fn within(&self, from: u64, to: u64) -> impl Iterator<Item = Mapping<'_>> {
        let lines = self.text.split(|byte| *byte == b'\n');
        lines
            .filter_map(Mapping::parse)
            .filter(move |mapping| mapping.from < to && from < mapping.to)
    }

    /// Whether there is something in a range that may be used at all.
    pub(crate) fn meets(&self, from: u64, to: u64) -> bool {
        self.within(from, to)
            .any(|mapping| !mapping.uses.starts_with(b"---"))
    }
}

impl<'m> Mapping<'m> {
    /// Whether what is written there stays the process's own.
    pub(crate) fn is_private(&self) -> bool {
        self.uses.ends_with(b"p")
    }

    /// A line of proc_pid_maps(5).
    pub(crate) fn parse(line: &'m [u8]) -> Option<Self> {
        let mut fields = line.splitn(6, |byte| *byte == b' ');
        let range = std::str::from_utf8(fields.next()?).ok()?;
        let (from, to) = range.split_once('-')?;
        let uses = fields.next()?;
        let inode = std::str::from_utf8(fields.nth(2)?).ok()?.parse().ok()?;
        Some(Self {
            from: u64::from_str_radix(from, 16).ok()?,
            to: u64::from_str_radix(to, 16).ok()?,
            uses,
            inode,
            name: fields.next().unwrap_or_default().trim_ascii_start(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_maps() {
        let text = b"1000-3000 r-xp 00000000 fe:00 7        /a b\n\
            3000-4000 rw-p 00000000 00:00 0 \n\
            5000-6000 ---p 00000000 00:00 0        [anon:/usr/x]\n";
        let maps = Mappings {
            text: text.to_vec(),
        };
        let names = |from, to| -> Vec<_> { maps.within(from, to).map(|m| m.name).collect() };
        assert_eq!(names(0x2fff, 0x3001), [&b"/a b"[..], b""]);
        assert_eq!(names(0x4000, 0x5001), [b"[anon:/usr/x]"]);
        assert_eq!(maps.within(0x1000, 0x1001).next().map(|m| m.inode), Some(7));
        assert!(maps.meets(0x3fff, 0x5001) && !maps.meets(0x4000, 0x6000));
    }
}
