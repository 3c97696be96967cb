//! Profiles that do not evaluate, each with its reason and the words of the finding that show it.

/// Why a profile does not evaluate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    NoWorld,
    MissingImport,
    MissingPart,
    NotSbpl,
    Refused,
}

impl Reason {
    pub(super) const ALL: [Self; 5] = [
        Self::NoWorld,
        Self::MissingImport,
        Self::MissingPart,
        Self::NotSbpl,
        Self::Refused,
    ];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::NoWorld => "Of no world",
            Self::MissingImport => "Imports what is not there",
            Self::MissingPart => "A piece of a whole that is not there",
            Self::NotSbpl => "Not SBPL as it stands",
            Self::Refused => "Refused by a Mac as well",
        }
    }

    pub(super) fn explanation(self) -> &'static str {
        match self {
            Self::NoWorld => "It names an operation that no system is known to have.",
            Self::MissingImport => "The text is on a Mac, and not in the corpus.",
            Self::MissingPart => {
                "A name is defined by the profile that imports this one, or in a part that the \
                 excerpt leaves out."
            }
            Self::NotSbpl => {
                "The output of decompilers with nodes that nobody has named, or damaged."
            }
            Self::Refused => "The kernel log has the same words.",
        }
    }
}

/// A profile, why it does not evaluate, and what its findings say of that.
pub(super) type Exception = (&'static str, Reason, &'static str);

pub(super) const EXCEPTIONS: &[Exception] = &[
    (
        "profiles/inline-wild/rust-premade-broken.sb",
        Reason::NoWorld,
        "unknown operation `sysctl-uname`",
    ),
    (
        "profiles/extra/macos-10.14.5/mdworker-lsb.sb",
        Reason::MissingImport,
        "cannot import \"mdworker.sb\"",
    ),
    (
        "profiles/extra/macos-10.15.2/com.apple.softwareupdated.sb",
        Reason::MissingImport,
        "cannot import \"/System/Library/PrivateFrameworks/BridgeOSInstall.framework/Versions/A/Resources/framework.sb\"",
    ),
    (
        "profiles/extra/macos-10.15.2/mdworker-mail.sb",
        Reason::MissingImport,
        "cannot import \"mdworker.sb\"",
    ),
    (
        "profiles/extra/macos-10.15.2/wfs.sb",
        Reason::MissingImport,
        "cannot import \"/etc/wfs/wfs_file-write.sb\"",
    ),
    (
        "profiles/macos-10.15.2/com.apple.metrickitd.sb",
        Reason::MissingImport,
        "cannot import \"common.sb\"",
    ),
    (
        "profiles/extra/macos-10.15.2/com.apple.colorsync.displayservices.sb",
        Reason::MissingPart,
        "`allow-create-directory` is not defined",
    ),
    (
        "profiles/inline-wild/macos-26-snippets.sb",
        Reason::MissingPart,
        "`_home` is not defined",
    ),
    (
        "profiles/ios-decompiled/iPhone5_1_10.0_14A5261v__container.sb",
        Reason::NotSbpl,
        "`com.apple.bird",
    ),
    (
        "profiles/macos-10.10.5/platform_profile.sb",
        Reason::NotSbpl,
        "`28` is not a procedure",
    ),
    (
        "profiles/macos-10.15.2/platform_profile.sb",
        Reason::NotSbpl,
        "`00f1` is not defined",
    ),
    (
        "runtime/profiles/clo_v8_iokit_external_method.sb",
        Reason::Refused,
        "operation not applicable in this context",
    ),
];
