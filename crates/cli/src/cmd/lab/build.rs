//! Which build of macOS this is, as it says itself: a world may stand for another.

use std::fmt;

use serde_json::{Value, json};

/// Where macOS says so.
const SYSTEM: &str = "/System/Library/CoreServices/SystemVersion.plist";

/// A build of macOS.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Build {
    version: String,
    build: String,
}

impl Build {
    /// That of the host; `None` if it is no macOS.
    pub(super) fn of_host() -> Option<Self> {
        Self::read(&std::fs::read_to_string(SYSTEM).ok()?)
    }

    fn read(plist: &str) -> Option<Self> {
        let of = |key: &str| {
            let (_, rest) = plist.split_once(&format!("<key>{key}</key>"))?;
            let (_, rest) = rest.split_once("<string>")?;
            rest.split_once("</string>")
                .map(|(value, _)| value.to_owned())
        };
        Some(Self {
            version: of("ProductVersion")?,
            build: of("ProductBuildVersion")?,
        })
    }

    /// For scripts.
    pub(super) fn to_json(&self) -> Value {
        json!({"version": self.version, "build": self.build,
               "architecture": std::env::consts::ARCH})
    }
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "macOS {} ({})", self.version, self.build)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_is_read_off_its_property_list() {
        let list = "<dict>\n\t<key>ProductBuildVersion</key>\n\t<string>23E224</string>\n\
                    \t<key>ProductVersion</key>\n\t<string>14.4.1</string>\n</dict>";
        let build = Build::read(list).expect("a build");
        assert_eq!(build.to_string(), "macOS 14.4.1 (23E224)");
        assert_eq!(build.to_json()["build"], "23E224");
        assert_eq!(Build::read("<dict></dict>"), None);
    }
}
