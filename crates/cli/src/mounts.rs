//! What is mounted on this host, to tell what the runs of a program left of it.

use std::fs;

/// A mount: its number, which no other has while it is there, and where it is.
type Mount = (String, String);

/// What is mounted now, as far as Linux tells it.
pub(crate) fn there() -> Vec<Mount> {
    parse(&fs::read_to_string("/proc/self/mountinfo").unwrap_or_default())
}

/// The lines of proc_pid_mountinfo(5), whose fifth field is the place, with what would part fields
/// escaped.
fn parse(text: &str) -> Vec<Mount> {
    let mount = |line: &str| {
        let mut fields = line.split(' ');
        Some((fields.next()?.to_string(), fields.nth(3)?.to_string()))
    };
    text.lines().filter_map(mount).collect()
}

/// Where something was mounted between two looks, each as often as it was.
pub(crate) fn since(before: &[Mount], after: &[Mount]) -> Vec<String> {
    let new = after.iter().filter(|mount| !before.contains(mount));
    new.map(|(_, place)| place.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_on_a_mount_is_told_of() {
        let before = "22 1 0:20 / / rw,relatime - ext4 /dev/vda rw\n\
                      30 22 0:25 / /mnt/a\\040b rw - tmpfs tmpfs rw\n";
        let after = format!(
            "{before}31 30 0:26 / /mnt/a\\040b rw - tmpfs tmpfs rw\n\
             32 31 0:27 / /mnt/a\\040b rw shared:1 - tmpfs tmpfs rw\n"
        );
        let (before, after) = (parse(before), parse(&after));
        assert_eq!(since(&before, &after), ["/mnt/a\\040b"; 2]);
        assert_eq!(since(&after, &before), [""; 0]);
    }
}
