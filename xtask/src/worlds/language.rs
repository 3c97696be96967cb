//! Facts of the language that no table of the corpus lists.

/// Operations that allow under `(version 1) (deny default)`; members of a listed wildcard, which
/// allow too, inherit it.
pub(super) const V1_ALLOW: &[u16] = &[
    7, 9, 12, 15, 16, 17, 27, 41, 54, 60, 64, 88, 89, 90, 95, 105, 108, 113, 119, 123, 146, 148,
    149, 151, 152, 153, 162, 172, 173, 174, 177, 189,
];

/// The same for `(version 2)`.
pub(super) const V2_ALLOW: &[u16] = &[16, 90, 95, 105, 108, 119, 153, 173, 174, 177, 189];

/// Operations that deny even under `(allow default)`.
pub(super) const OWN_DENY: &[u16] = &[37, 85, 165, 188];

/// Operations newer than the 13.0 table: parent and filter categories.
pub(super) const NEW_OPERATIONS: &[(u16, &str, &str)] = &[
    (
        16,
        "file*",
        "extension,process,system,sandbox,path,file-mode,vnode-type,device,fs",
    ),
    (
        119,
        "process*",
        "extension,process,system,sandbox,target,csop",
    ),
    (
        153,
        "syscall*",
        "extension,process,system,sandbox,mach-message-filter",
    ),
    (165, "system*", "extension,process,system,sandbox,kas-info"),
    (
        189,
        "process-exec*",
        "extension,process,system,sandbox,path,file-mode,fs",
    ),
];

/// Other names, that take the same arguments as what they stand for.
pub(super) const ALIASES: &[(&str, &str, &str)] = &[
    ("process-exec", "process-exec*", "library"),
    ("file-fsctl", "system-fsctl", "library"),
    ("file-unlink", "file-write-unlink", "library"),
    ("file-write-mount", "file-mount", "library"),
    ("file-write-unmount", "file-unmount", "library"),
    ("file-write-umount", "file-unmount", "library"),
    ("file-issue-extension*", "file-issue-extension", "library"),
    (
        "file-issue-extension-read",
        "file-issue-extension",
        "library",
    ),
    (
        "file-issue-extension-write",
        "file-issue-extension",
        "library",
    ),
    ("ipc-posix-sem", "ipc-posix-sem*", "library"),
    ("ipc-posix-shm", "ipc-posix-shm*", "library"),
    ("ipc-posix-shm-read*", "ipc-posix-shm-read-data", "library"),
    ("iokit-open", "iokit-open-user-client", "iokit-open"),
    ("managed-preference*", "managed-preference-read", "library"),
    ("system-misc", "system*", "library"),
    ("time-set", "system-set-time", "library"),
    (
        "process-codesigning*",
        "process-legacy-codesigning*",
        "legacy-codesigning",
    ),
    (
        "process-codesigning-blob-get",
        "process-legacy-codesigning-blob-get",
        "legacy-codesigning",
    ),
    (
        "process-codesigning-cdhash-get",
        "process-legacy-codesigning-cdhash-get",
        "legacy-codesigning",
    ),
    (
        "process-codesigning-entitlements-blob-get",
        "process-legacy-codesigning-entitlements-blob-get",
        "legacy-codesigning",
    ),
    (
        "process-codesigning-entitlements-der-blob-get",
        "process-legacy-codesigning-entitlements-der-blob-get",
        "legacy-codesigning",
    ),
    (
        "process-codesigning-identity-get",
        "process-legacy-codesigning-identity-get",
        "legacy-codesigning",
    ),
    (
        "process-codesigning-status*",
        "process-legacy-codesigning-status*",
        "legacy-codesigning",
    ),
    (
        "process-codesigning-status-get",
        "process-legacy-codesigning-status-get",
        "legacy-codesigning",
    ),
    (
        "process-codesigning-status-set",
        "process-legacy-codesigning-status-set",
        "legacy-codesigning",
    ),
    (
        "process-codesigning-teamid-get",
        "process-legacy-codesigning-teamid-get",
        "legacy-codesigning",
    ),
    (
        "process-codesigning-text-offset-get",
        "process-legacy-codesigning-text-offset-get",
        "legacy-codesigning",
    ),
    ("literal", "path", "library"),
    ("path-literal", "path", "library"),
    ("mount-relative-literal", "mount-relative-path", "library"),
    ("from", "local", "library"),
    ("to", "remote", "library"),
    ("granted-extensions", "extension", "library"),
    ("mach-extension", "extension", "library"),
    (
        "iokit-user-client-class",
        "iokit-registry-entry-class",
        "library",
    ),
    ("no-log", "no-report", "library"),
    ("no-profile", "no-sandbox", "library"),
];

/// Protocols of `AF_SYSTEM`.
pub(super) const SYSTEM_PROTOCOLS: &[(&str, i64)] =
    &[("SYSPROTO_EVENT", 1), ("SYSPROTO_CONTROL", 2)];

/// Places with two spellings.
pub(super) const PATHS: &str = "
; places with two spellings
path-alias-mode resolve evidence=kernel-paths
path-alias /tmp /private/tmp evidence=kernel-paths
path-alias /var /private/var evidence=kernel-paths
path-alias /etc /private/etc evidence=kernel-paths
path-alias /System/Volumes/Data/private /private evidence=kernel-paths
";

/// Rules that the library appends.
pub(super) const IMPLIED: &str = "
; rules added to every profile
implied allow mach-task-inspect target 1 evidence=implied-bytes
implied allow mach-task-name target 1 evidence=implied-bytes
implied allow mach-task-read target 1 evidence=implied-bytes
implied allow signal target 1 evidence=implied-bytes
";

/// What the compiler of the system does to a profile.
pub(super) const COMPILED: &str = "
; what compiled profiles hold besides
compiled-paths lower evidence=lower-case-bytes
inferred allow network-outbound control-name com.apple.flow-divert needs=network-outbound evidence=flow-divert-bytes
inferred allow syscall-unix syscall-number bit:1 since=2 evidence=mask-bytes
inferred allow syscall-unix syscall-number bit:37 needs=signal since=2 evidence=mask-bytes
inferred allow syscall-mach machtrap-number bit:100 needs=iokit-open-user-client since=2 evidence=mask-bytes
";

/// Operations of the supervisor's call table.
pub(super) const ENFORCED: &[&str] = &[
    "dynamic-code-generation",
    "file-chroot",
    "file-ioctl",
    "file-link",
    "file-lock",
    "file-map-executable",
    "file-mknod",
    "file-mount",
    "file-read-data",
    "file-read-metadata",
    "file-read-xattr",
    "file-test-existence",
    "file-unmount",
    "file-write-create",
    "file-write-data",
    "file-write-mode",
    "file-write-owner",
    "file-write-setugid",
    "file-write-times",
    "file-write-unlink",
    "file-write-xattr",
    "ipc-posix-sem-create",
    "ipc-posix-sem-open",
    "ipc-posix-sem-unlink",
    "ipc-posix-shm-read-data",
    "ipc-posix-shm-write-create",
    "ipc-posix-shm-write-data",
    "ipc-posix-shm-write-unlink",
    "ipc-sysv-msg",
    "ipc-sysv-sem",
    "ipc-sysv-shm",
    "mach-priv-task-port",
    "mach-task*",
    "mach-task-read",
    "network-bind",
    "network-inbound",
    "network-outbound",
    "process-exec*",
    "process-exec-interpreter",
    "process-fork",
    "process-info-pidinfo",
    "signal",
    "sysctl-read",
    "sysctl-write",
    "system-acct",
    "system-kext-load",
    "system-kext-unload",
    "system-privilege",
    "system-reboot",
    "system-sched",
    "system-set-time",
    "system-socket",
    "system-swap",
];
