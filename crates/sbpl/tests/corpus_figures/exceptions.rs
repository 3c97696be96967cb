//! Profiles that do not evaluate, each with its reason and the words of the finding that show it.

/// Why a profile does not evaluate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    OtherWorld,
    MissingImport,
    MissingPart,
    NotSbpl,
    Regex,
    Refused,
}

impl Reason {
    pub(super) const ALL: [Self; 6] = [
        Self::OtherWorld,
        Self::MissingImport,
        Self::MissingPart,
        Self::NotSbpl,
        Self::Regex,
        Self::Refused,
    ];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::OtherWorld => "Of another world",
            Self::MissingImport => "Imports what is not there",
            Self::MissingPart => "A piece of a whole that is not there",
            Self::NotSbpl => "Not SBPL as it stands",
            Self::Regex => "A repetition of nothing",
            Self::Refused => "Refused by a Mac as well",
        }
    }

    pub(super) fn explanation(self) -> &'static str {
        match self {
            Self::OtherWorld => {
                "They name operations that macOS 14.4.1 does not have: those of iOS, of a later \
                 release,\nof an older one, or of none."
            }
            Self::MissingImport => "The text is on a Mac, and not in the corpus.",
            Self::MissingPart => {
                "A name is defined by the profile that imports this one, or in a part that the \
                 excerpt leaves out."
            }
            Self::NotSbpl => {
                "Templates for a C preprocessor or a C++ compiler, and the output of decompilers \
                 with nodes that\nnobody has named, or damaged."
            }
            Self::Regex => {
                "A regular expression has a sign of repetition with nothing before it. What macOS \
                 makes of that is not\nknown, so nothing is guessed."
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
        Reason::OtherWorld,
        "unknown operation `sysctl-uname`",
    ),
    (
        "profiles/ios-decompiled/iPad2_1_7.0.6_11B651__container.sb",
        Reason::OtherWorld,
        "unknown operation `priv*`",
    ),
    (
        "profiles/ios-decompiled/iPad2_1_7.0.6_11B651__gputoolsd.sb",
        Reason::OtherWorld,
        "unknown operation `priv*`",
    ),
    (
        "profiles/ios-decompiled/iPad2_1_7.0.6_11B651__mediaserverd.sb",
        Reason::OtherWorld,
        "unknown operation `priv*`",
    ),
    (
        "profiles/ios-decompiled/iPad2_1_7.0.6_11B651__transitd.sb",
        Reason::OtherWorld,
        "unknown operation `priv*`",
    ),
    (
        "profiles/ios-decompiled/iPhone5_1_7.0_11A465__CommCenter.sb",
        Reason::OtherWorld,
        "unknown operation `priv*`",
    ),
    (
        "profiles/ios-decompiled/iPhone_4.0_64bit_10.1_14B72__ftp-proxy-embedded.sb",
        Reason::OtherWorld,
        "unknown operation `file-read-times`",
    ),
    (
        "profiles/ipsw-diffs/blastdoor-thumbnails-excerpt.sb",
        Reason::OtherWorld,
        "unknown operation `coalition-info`",
    ),
    (
        "profiles/macos-10.15.2/com.apple.smbd.sb",
        Reason::OtherWorld,
        "unknown operation `file-write-umount`",
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
        "profiles/extra/macos-10.14.5/com.apple.AppleMediaServices.sb",
        Reason::MissingPart,
        "`entitlement` is not defined",
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
        "profiles/nix/sandbox-minimal.sb",
        Reason::NotSbpl,
        "`R` is not defined",
    ),
    (
        "profiles/nix/sandbox-network.sb",
        Reason::NotSbpl,
        "`R` is not defined",
    ),
    (
        "profiles/webkit/NetworkProcess-2019-excerpt.sb",
        Reason::NotSbpl,
        "a line of a C preprocessor",
    ),
    (
        "profiles/webkit/WebKit.Model-ios.sb",
        Reason::NotSbpl,
        "a line of a C preprocessor",
    ),
    (
        "profiles/ios-decompiled/iPad2_1_8.4.1_12H321__AdSheet.sb",
        Reason::Regex,
        "nothing before the sign to repeat",
    ),
    (
        "profiles/swiftpm/swiftpm-rendered.sb",
        Reason::Regex,
        "nothing before the sign to repeat",
    ),
    (
        "runtime/profiles/clo_v8_iokit_external_method.sb",
        Reason::Refused,
        "operation not applicable in this context",
    ),
];
