//! How a pointer to data is stored in a file.

/// One way to store pointers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// The address as it is.
    Plain,
    /// `DYLD_CHAINED_PTR_64` (target an address) and `_OFFSET` (target from the header).
    Chained64 { offset: bool },
    /// `DYLD_CHAINED_PTR_ARM64E` and its kin for kernel and user land.
    Arm64e { offset: bool },
    /// `DYLD_CHAINED_PTR_64_KERNEL_CACHE`, also on x86-64.
    KernelCache,
    /// As the shared cache has it on disk, slide information of version 3 or 5.
    SharedCache { target_bits: u32 },
}

/// Where the shared cache of arm64 is made to lie.
const SHARED_CACHE: u64 = 0x1_8000_0000;

impl Encoding {
    /// What to try where the file does not say.
    pub(crate) const GUESSES: &[Self] = &[
        Self::Plain,
        Self::SharedCache { target_bits: 43 },
        Self::SharedCache { target_bits: 34 },
    ];

    /// The encoding of a `pointer_format` of chained fixups; `None` for those that no 64-bit file
    /// has.
    pub(crate) fn of_format(format: u16) -> Option<Self> {
        match format {
            1 | 10 => Some(Self::Arm64e { offset: false }),
            7 | 9 | 12 => Some(Self::Arm64e { offset: true }),
            2 => Some(Self::Chained64 { offset: false }),
            6 => Some(Self::Chained64 { offset: true }),
            8 | 11 => Some(Self::KernelCache),
            _ => None,
        }
    }

    /// Where a stored word points to; `None` for a word that points into another file.
    pub(crate) fn target(self, word: u64, base: u64) -> Option<u64> {
        let low = |bits: u32| word & ((1 << bits) - 1);
        let from = |target: u64, base: u64| base.checked_add(target);
        let (top, second) = (word >> 63 != 0, word >> 62 & 1 != 0);
        match self {
            Self::Plain => Some(word),
            Self::Chained64 { .. } if top => None,
            Self::Chained64 { offset: false } => Some(low(36)),
            Self::Chained64 { offset: true } => from(low(36), base),
            Self::Arm64e { .. } if second => None,
            Self::Arm64e { .. } if top => from(low(32), base),
            Self::Arm64e { offset: false } => Some(low(43)),
            Self::Arm64e { offset: true } => from(low(43), base),
            Self::KernelCache => from(low(30), base),
            Self::SharedCache { target_bits: 34 } => from(low(34), SHARED_CACHE),
            Self::SharedCache { .. } if top => from(low(32), SHARED_CACHE),
            Self::SharedCache { .. } => Some(low(43)),
        }
    }

    /// How it is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain addresses",
            Self::Chained64 { offset: false } => "chained fixups (DYLD_CHAINED_PTR_64)",
            Self::Chained64 { offset: true } => "chained fixups (DYLD_CHAINED_PTR_64_OFFSET)",
            Self::Arm64e { offset: false } => "chained fixups (DYLD_CHAINED_PTR_ARM64E)",
            Self::Arm64e { offset: true } => {
                "chained fixups (DYLD_CHAINED_PTR_ARM64E of user land or kernel)"
            }
            Self::KernelCache => "chained fixups (DYLD_CHAINED_PTR_64_KERNEL_CACHE)",
            Self::SharedCache { target_bits: 34 } => "shared cache pointers (slide version 5)",
            Self::SharedCache { .. } => "shared cache pointers (slide version 3)",
        }
    }
}
