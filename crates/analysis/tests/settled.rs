//! Profiles whose rules came to nothing in part, or before rules of the system's own: what nodes led to
//! has to be settled for them to compile to the same bytes again.
#![allow(missing_docs)]

mod support;

use lapbelt_blob::encode::encode;
use support::again::{assert_same_bytes, rules};
use support::general::Profiles;
use support::{WORLD, policy};

/// Each was the smallest of those that came back to other bytes once.
#[test]
fn what_came_to_nothing_comes_back_to_the_same_bytes() {
    for text in [
        r#"(version 2)(deny default (with no-report))(deny default (require-not (require-all (ancestor-signing-identifier "b")(ancestor-signing-identifier "a")(require-not (ancestor-signing-identifier "a")))))"#,
        r#"(version 2)(allow default process-info-rusage (require-entitlement "e1"))(deny process-info-pidinfo process-info-rusage (extension-path-ancestor)(require-not (require-all (uid 3)(require-not (uid 3)))))"#,
        r#"(version 1)(allow file-write-unlink)(deny file-write-unlink (uid 3))(allow sysctl* file-write-unlink (require-not (require-all (process-attribute 1)(require-not (process-attribute 1)))))(allow sysctl* file-write-unlink (user-intent-extension))"#,
        r#"(version 3)(allow ipc*)(deny ipc-posix-sem-create (process-attribute 4))(allow default ipc-posix-sem-create (require-entitlement "e2")(require-any (require-not (csr 2))(csr 2)))"#,
        r#"(version 3)(allow system-audit file-unmount)(deny file-unmount (require-entitlement "e2"))(deny system-audit file-unmount (require-entitlement "e1")(require-not (require-all (extension-path-ancestor)(require-not (extension-path-ancestor)))))"#,
        r#"(version 1)(deny file-write-mode (extension-path-ancestor))(deny file-write-mode file* file-write-flags (storage-class-extension)(require-any (extension "x")(require-not (extension "x")))(with send-signal 9))"#,
        r#"(version 2)(allow default mach-task* (require-any (state-flag "z")(require-not (state-flag "z"))))"#,
        r#"(version 2)(allow default mach-task-read (require-any (require-not (state-flag "x"))(state-flag "x")))"#,
        r#"(version 3)(allow mach-task* default (require-any (require-not (system-attribute 3))(system-attribute 3)))"#,
        r#"(version 1)(allow mach-task* signal (require-any (require-not (process-path "/a"))(process-path "/a")))"#,
        r#"(version 1)(allow signal mach-priv-task-port (require-any (extension-path-ancestor)(require-not (extension-path-ancestor))))"#,
        r#"(version 1)(deny process-info* (require-all (signing-identifier "a")(require-not (signing-identifier "a"))))(allow mach-task-name process-info* (require-entitlement "e2"))(deny mach-task-name (signing-identifier "a"))(allow mach-task-name (system-attribute 4))"#,
        r#"(version 3)(allow mach-task-name mach-priv-task-port (require-all (process-path "/a")(require-not (process-path "/a"))))"#,
        r#"(version 1)(allow mach-task-name signal (require-any (require-target-with-entitlement "z")(require-not (require-target-with-entitlement "z"))))"#,
        r#"(version 1)(allow mach-task* signal (require-any (user-intent-extension)(require-not (user-intent-extension))))"#,
        r#"(version 1)(deny mach-task-inspect (require-any (require-not (storage-class-extension))(storage-class-extension)))(allow mach-task* (require-any (storage-class-extension)(require-not (storage-class-extension))))"#,
        r#"(version 1)(allow mach-task* mach-task-inspect)(deny mach-task-name mach-task-read mach-task* (require-any (ancestor-signing-identifier "b")(require-not (ancestor-signing-identifier "b"))))"#,
        r#"(version 1)(deny network-outbound (require-all (system-attribute 3)(system-attribute 1)(require-not (system-attribute 1))))(deny network-outbound (with errno 9))(allow network*)"#,
        r#"(version 1)(allow network* (require-any (file-mode #o2000)(require-not (file-mode #o2000))))(allow network* (remote tcp "localhost:*"))"#,
        r#"(version 3)(deny default (require-all (signing-identifier "b")(require-not (signing-identifier "b")))(with errno 9))(deny network* (extension "x"))"#,
        r#"(version 3)(allow network-outbound network*)(deny network* (csr 4))(deny network-outbound network-inbound (require-entitlement "e0")(require-any (require-not (state-flag "z"))(state-flag "z")))"#,
        r#"(version 1)(deny network-outbound (extension-path-ancestor))(deny network-outbound network-inbound (require-not (require-all (extension-path-ancestor)(user-intent-extension)(require-not (user-intent-extension)))))(allow default)"#,
        r#"(version 2)(allow network*)(allow default (user-intent-extension)(require-not (user-intent-extension)))"#,
        r#"(version 2)(allow network-outbound (signing-identifier "c"))(allow network-bind network-outbound (require-not (require-all (require-entitlement "e2")(signing-identifier "c")(require-not (signing-identifier "c")))))"#,
        r#"(version 1)(allow network* (local tcp "localhost:*")(require-any (require-not (socket-option-name 2))(socket-option-name 2)))"#,
        r#"(version 1)(allow default (system-attribute 4))(deny syscall-mach default (extension-path-ancestor)(require-any (require-not (signing-identifier "c"))(signing-identifier "c")))"#,
        r#"(version 1)(allow default)(deny iokit-open-user-client)(allow iokit-open-user-client syscall* (require-not (require-all (require-entitlement "e1")(user-intent-extension)(require-not (user-intent-extension))))(with telemetry))"#,
        r#"(version 1)(allow default)(deny default signal (require-all (require-ancestor-with-entitlement "x")(require-not (require-ancestor-with-entitlement "x"))))"#,
        r#"(version 3)(deny signal (require-entitlement "e1"))(deny syscall-unix signal (require-entitlement "e2")(require-not (require-all (require-ancestor-with-entitlement "y")(require-not (require-ancestor-with-entitlement "y")))))(allow default)"#,
        r#"(version 2)(allow default syscall-mach (require-any (require-not (extension-path-ancestor))(extension-path-ancestor)))(deny syscall*)"#,
        r#"(version 1)(deny network-outbound (with no-report))(deny network-outbound (require-any (require-not (system-attribute 1))(system-attribute 1)))(deny network-outbound (system-attribute 4))"#,
        r#"(version 3)(deny network-bind (require-all (process-attribute 1)(process-attribute 4)(require-not (process-attribute 4))))(deny network-outbound network* network-inbound (process-attribute 4)(with telemetry))(allow network-inbound (process-attribute 3))"#,
        r#"(version 2)(allow default)(deny signal (require-all (process-attribute 2)(require-not (process-attribute 2))))(deny mach-task-inspect)"#,
        r#"(version 1)(allow mach-task-inspect (require-all (require-responsible-binary-with-entitlement "z")(require-not (require-responsible-binary-with-entitlement "z"))))"#,
        r#"(version 1)(allow default (require-any (require-not (extension "y"))(extension "y")))(deny iokit-open-service iokit-open-user-client (extension "y"))"#,
        r#"(version 3)(allow boot-arg-set default (require-any (require-not (user-intent-extension))(user-intent-extension)))(deny appleevent-send boot-arg-set (process-attribute 4))"#,
        r#"(version 1)(deny default)(deny mach-task-inspect mach-task-name)(allow mach-task-read (with send-signal 9)(target self))"#,
        r#"(version 1)(allow default (apply-message-filter (deny iokit-external-trap (require-entitlement "e2")(iokit-trap-number 1))))"#,
        r#"(version 1)(allow iokit-open* (apply-message-filter (deny mach-message-send (require-entitlement "e2")(kernel-mig-routine 3))))"#,
        r#"(version 1)(allow syscall* (apply-message-filter (deny iokit-external-method (iokit-method-number 2))(allow iokit-external-method (require-entitlement "e2"))))"#,
        r#"(version 1)(allow mach* (apply-message-filter (deny mach-message-send (require-entitlement "e2")(ancestor-signing-identifier-prefix "a"))))"#,
        r#"(version 1)(allow syscall-mach (apply-message-filter (deny default-message-filter (ancestor-signing-identifier "/a"))(deny default-message-filter (require-entitlement "e2"))))"#,
        r#"(version 1)(allow network-outbound (require-all (target pgrp)(remote tcp)(require-any (control-name "a")(require-all (socket-domain AF_SYSTEM)(require-not (socket-domain AF_SYSTEM)))))(require-all (socket-domain AF_SYSTEM)(target pgrp)(require-not (target pgrp))))"#,
        r#"(version 1)(allow default)(deny network-outbound)(allow network-outbound (control-name-prefix "com.apple.flow-divert")(require-not (require-ancestor-with-entitlement "z")))"#,
        r#"(version 1)(allow default)(deny network-outbound)(allow network-outbound (control-name-prefix "com.apple")(require-all (require-not (control-name "/a"))(socket-domain AF_SYSTEM)))"#,
        r#"(version 2)(deny network-outbound)(allow default network-outbound (control-name-prefix "com.apple.flow-divert"))"#,
        r#"(version 3)(allow mach-lookup (apply-message-filter (deny default-message-filter iokit-external-method (csr 1)(require-not (csr 1)))(allow iokit-external-method default-message-filter (extension "x")(require-responsible-binary-with-entitlement "x"))))"#,
        r#"(version 1)(allow mach-task-inspect (apply-message-filter (deny iokit-external-method (csr 1))(deny iokit-external-method iokit-external-trap (csr 1)(with no-report))))"#,
        r#"(version 1)(allow syscall* (apply-message-filter (deny xpc-message-send iokit-external-method)(allow iokit-external-method (require-all (iokit-method-number 1)(require-not (iokit-method-number 1))))(allow xpc-message-send iokit-external-method (system-attribute 3))))"#,
        r#"(version 2)(allow network-inbound (apply-message-filter (deny iokit-external-method (iokit-method-number 1))))(allow mach-task-inspect (apply-message-filter (deny iokit-async-external-method (iokit-method-number 1)(require-all (iokit-method-number 1)(iokit-method-number 3)))))"#,
        r#"(version 1)(allow syscall-mach (apply-message-filter (allow mach-message-send (message-name "x.y")(require-not (message-name "x.y")))(deny mach-message-send)(deny mach-message-send iokit-async-external-method (uid 1))))"#,
        r#"(version 2)(allow default (apply-message-filter (deny xpc-message-send iokit-async-external-method (require-not (extension "x")))(allow xpc-message-send (extension "x"))))"#,
        r#"(version 1)(allow iokit-open-user-client)(deny iokit-open-user-client (require-not (require-not (require-all (require-any (remote tcp)(remote tcp "*:80")(socket-domain AF_SYSTEM)(require-not (socket-domain AF_SYSTEM)))(remote tcp "*:80")))))"#,
        r#"(version 1)(allow socket-option* (remote ip "localhost:443"))(deny socket-option* (require-all (remote ip "localhost:443")(require-not (local ip "localhost:*"))(socket-option-level 1)(local ip "localhost:*")))"#,
        r#"(version 1)(allow mach* (apply-message-filter (deny iokit-external-trap (require-all (iokit-trap-number 1)(require-not (iokit-trap-number 1))))))(allow iokit-open* (apply-message-filter (allow iokit-external-trap)))"#,
        r#"(version 2)(deny network-inbound (with telemetry-backtrace))(deny default network-inbound socket-option* (require-not (require-all (socket-domain AF_INET)(remote unix-socket (literal "/u"))))(remote unix-socket (literal "/u")))(allow default)(allow network-inbound socket-option* (remote unix-socket))"#,
        r#"(version 2)(deny network-inbound (control-name-prefix "com.apple.flow-divert"))(allow socket-option-set default network-inbound (control-name-prefix "com.apple.flow-divert"))(deny socket-option-set network-inbound (socket-protocol 2)(with errno 2))"#,
        r#"(version 2)(allow iokit-open* (apply-message-filter (deny default-message-filter (iokit-method-number 1))(allow default-message-filter (iokit-method-number 1))))(allow iokit-open* (extension "x")(apply-message-filter))"#,
        r#"(version 1)(allow network-outbound (socket-type SOCK_STREAM))(deny network-outbound system-socket (control-name "/a")(require-not (require-not (require-all (socket-type SOCK_STREAM)(require-not (socket-type SOCK_STREAM))))))(allow default (socket-type SOCK_STREAM)(control-name "a"))"#,
        r#"(version 3)(allow file-ioctl (require-all (user-intent-extension)(require-not (state-flag "x")(user-intent-extension)))(system-attribute 4)(require-not (vnode-type DIRECTORY))(vnode-type DIRECTORY))(deny file-ioctl (require-all (user-intent-extension)(require-not (require-all (state-flag "x")(user-intent-extension)))))"#,
        r#"(version 2)(deny default)(allow iokit-open-user-client (machtrap-number 100))(allow signal (require-all (extension "a") (require-not (extension "a"))))"#,
        r#"(version 2)(deny syscall-mach)(allow default (machtrap-number 100))"#,
        r#"(version 1)(allow network-bind (require-all (remote tcp "*:80") (socket-type 1) (user-intent-extension) (require-not (user-intent-extension))) (remote tcp "*:80"))"#,
        r#"(version 1)(deny default)(allow network*)(deny network-inbound (require-all (socket-type 1) (require-not (socket-type 1))) (remote tcp "*:80"))(allow network-inbound (require-all (socket-type 1) (remote tcp "*:80")))"#,
        r#"(version 1)(deny default)(allow file-read*)(deny file-read-data (require-all (vnode-type DIRECTORY) (require-not (vnode-type DIRECTORY))) (user-intent-extension))(allow file-read-data (require-all (vnode-type DIRECTORY) (user-intent-extension)))(allow file-issue-extension (user-intent-extension #f))"#,
        r#"(version 2)(allow mach-bootstrap (apply-message-filter (allow iokit-async-external-method iokit-external-method xpc-message-send)))(allow mach-lookup (apply-message-filter (deny iokit-external-method (message-name "a"))(allow iokit-async-external-method iokit-external-method xpc-message-send (message-name "a")))(with report))"#,
        r#"(version 2)(allow mach-lookup (apply-message-filter (allow iokit-external-trap mach-message-send)))(allow network-outbound (apply-message-filter (deny iokit-external-trap (message-name "/none0"))(allow iokit-external-trap mach-message-send (message-name "/none0")))(with telemetry))"#,
        r#"(version 2)(allow mach-bootstrap (extension "2")(apply-message-filter (deny iokit-external-method)(allow default-message-filter iokit-external-trap (uid 0))(deny iokit-external-trap)))(allow mach-bootstrap (apply-message-filter (allow iokit-external-trap (require-not (uid 2001)))(allow iokit-external-trap (uid 0))(deny iokit-external-trap)))(allow mach-bootstrap (extension "x")(apply-message-filter (deny iokit-external-method (require-not (require-all (uid 2001)(require-not (uid 2001)))))(allow default-message-filter iokit-external-trap (uid 0))(deny iokit-external-trap)))"#,
        r#"(version 1)(allow default)(deny network-outbound (uid 0))(allow file-read-data (apply-message-filter (deny iokit-external-method (require-all (uid 0)(uid 0)))))"#,
        r#"(version 1)(allow default)(deny network-outbound (require-all (uid 0)(uid 0)))(allow file-read-data (apply-message-filter (deny iokit-external-method (uid 0))))"#,
        r#"(version 3)(allow mach-bootstrap (apply-message-filter (deny iokit-async-external-method (iokit-trap-number 1))(allow iokit-async-external-method (require-all (uid 2000)(iokit-method-number 1)))))(allow iokit-open-user-client (apply-message-filter (deny iokit-async-external-method (iokit-trap-number 1))(allow iokit-async-external-method (require-all (uid 2000)(iokit-method-number 1)))(allow iokit-async-external-method (require-all (iokit-trap-number 1)(require-not (iokit-trap-number 1))))))"#,
        r#"(version 2)(allow mach-bootstrap (extension "2")(apply-message-filter (deny iokit-external-method)(allow default-message-filter iokit-external-trap (uid 0))(deny iokit-external-trap)))(allow mach-bootstrap (apply-message-filter (allow iokit-external-trap (require-not (uid 21)))(allow iokit-external-trap (uid 0))(deny iokit-external-trap)))(allow mach-bootstrap (extension "x")(apply-message-filter (deny iokit-external-method (require-not (require-all (uid 21)(require-not (uid 21)))))(allow default-message-filter iokit-external-trap (uid 0))(deny iokit-external-trap)))"#,
        r#"(version 1)(allow file-mount-update (subpath "/a"))(deny file-mount-update (uid 0))(deny file-ioctl (subpath "/a"))(allow file-ioctl (subpath "/a"))(deny file-ioctl (uid 0))(allow file* (require-any (uid 0)(subpath "/a")))(allow file* (subpath "/a"))(deny file-issue-extension (require-any (require-all (require-any (subpath "/a")(uid 0))(require-not (subpath "/a")))(subpath "/a")))"#,
        r#"(version 1)(allow file-mount-update (subpath "/a"))(deny file-mount-update (uid 0))(deny file-ioctl (subpath "/a"))(allow file-ioctl (subpath "/a"))(deny file-ioctl (uid 0))(allow file* (uid 0))(allow file* (subpath "/a"))(deny file-issue-extension (subpath "/a"))"#,
        r#"(version 3)(allow default)(allow mach-register (apply-message-filter (deny iokit-external-method (uid 0))(allow iokit-external-method (require-not (uid 0)))))(deny iokit-open-user-client (uid 0))"#,
        r#"(version 1)(deny mach-bootstrap (uid 0))(allow mach-lookup (apply-message-filter (deny iokit-external-trap (uid 0))(allow iokit-external-trap (require-not (uid 0)))))"#,
        r#"(version 1)(allow default)(allow iokit-open-user-client (apply-message-filter (deny iokit-external-method (require-all (uid 0)(uid 0)))))(deny signal (uid 0))"#,
        r#"(version 2)(allow file-read* (extension "z"))(deny file-read-data (subpath "/a"))(allow file-read* (subpath "/a"))(allow file-read-xattr (subpath "/a"))(deny file-read-xattr (extension "z"))(deny file-read-metadata (subpath "/a"))(allow file-read-metadata (subpath "/a"))(deny file-read-metadata (extension "z"))"#,
        r#"(version 1)(allow default)(deny file-read* (extension "q"))(deny file-read* (extension "x"))(allow file-read-data (extension "x"))(deny file-read-data (extension "x"))(allow file-read-data (extension "z"))(allow file-read-metadata (extension "x"))(deny file-read-xattr (extension "x"))(allow file-read-xattr (extension "z"))"#,
        r#"(version 1)(deny file-read* (extension "x0")(with errno 1))(deny file-read* (extension "a"))(allow file-read* (require-all (extension "a")(extension "x0")))(deny file-read* (require-all (extension "a")(require-any (uid 0)(require-not (extension "a")))))"#,
        r#"(version 1)(allow network-outbound (apply-message-filter (deny default-message-filter xpc-message-send (require-not (message-number 1)(require-not (message-number 1))))(allow default-message-filter (iokit-trap-number 1))(deny xpc-message-send (require-not (iokit-trap-number 1)))))(allow iokit-open-user-client (apply-message-filter (deny default-message-filter (require-not (message-number 1)(require-not (message-number 1))))(allow default-message-filter (iokit-trap-number 1))(allow xpc-message-send (require-not (message-number 1)(require-not (message-number 1))))(deny xpc-message-send (require-not (iokit-trap-number 1)))))"#,
        r#"(version 1)(allow network-outbound (apply-message-filter (deny default-message-filter xpc-message-send (require-all (message-number 1)(require-not (message-number 1))))(allow default-message-filter (iokit-trap-number 1))(deny xpc-message-send (require-not (iokit-trap-number 1)))))(allow iokit-open-user-client (apply-message-filter (deny default-message-filter (require-all (message-number 1)(require-not (message-number 1))))(allow default-message-filter (iokit-trap-number 1))(allow xpc-message-send (require-all (message-number 1)(require-not (message-number 1))))(deny xpc-message-send (require-not (iokit-trap-number 1)))))"#,
        r#"(version 2)(allow iokit-open-user-client (apply-message-filter (deny mach-message-send (require-all (require-not (csr 1))(csr 1)))(deny default-message-filter mach-message-send (require-not (uid 1000)(require-all (csr 1)(require-not (csr 1)))))))(allow file-read-data (apply-message-filter (allow iokit-external-trap (require-all (require-not (csr 1))(csr 1)))(deny default-message-filter iokit-external-trap (require-not (uid 1000)(require-all (csr 1)(require-not (csr 1)))))))"#,
        r#"(version 3)(allow default)(allow file-read-data (apply-message-filter (deny iokit-external-trap (uid 0))(deny iokit-external-trap (require-not (require-not (uid 0))))))(allow network-outbound (apply-message-filter (deny iokit-external-trap (uid 0))))(deny mach-register (uid 0))"#,
        r#"(version 1)(allow default)(allow file-read-data (apply-message-filter (deny iokit-external-method (require-all (uid 0)(uid 0)))))(allow network-outbound (apply-message-filter (deny iokit-external-method (uid 0))))(deny signal (uid 0))"#,
        r#"(version 1)(allow default)(allow file-read-data (apply-message-filter (deny iokit-external-method (require-all (uid 0) (uid 0)))))(allow network-outbound (apply-message-filter (deny iokit-external-method (uid 0))))(deny signal (uid 0))"#,
        r#"(version 1)(allow mach-lookup (apply-message-filter (deny mach-message-send (require-not (target self)))))"#,
        r#"(version 1)(allow iokit-open* (apply-message-filter (deny mach-message-send)(allow mach-message-send (target self))))"#,
        r#"(version 2)(allow syscall-mig (apply-message-filter (deny xpc-message-send (require-not (target self)))))"#,
        r#"(version 1)(allow default)(allow signal (apply-message-filter (deny iokit-external-method (uid 0))))(deny iokit-open-user-client (require-not (extension "x")(require-not (uid 0)))(uid 0))"#,
        r#"(version 1)(allow file-read-data (subpath "/a") (apply-message-filter (deny default-message-filter (subpath "/a"))))(deny mach-priv-task-port file-read-data (require-not (require-not (require-not (control-name "/a"))) (require-not (subpath "/a"))))(allow file-read-data mach-priv-task-port)"#,
        r#"(version 1)(deny file-read-xattr (file-mode 1) (require-not (require-all (file-mode 1) (literal "/b"))) (with telemetry))(deny file-read-xattr (require-all (file-mode 1) (subpath "/a")) (persona-type 1) (file-mode 1) (subpath "/a"))(allow file-write* file-read-xattr (subpath "/a") (file-mode 1) (require-all (file-mode 1) (literal "/b")))(deny file-read-xattr file-write* (require-all (file-mode 1) (literal "/b")) (subpath "/a") (file-mode 1) (with enable-state-flag "m"))(deny file-read-xattr file-write* (file-mode 1) (require-all (file-mode 1) (literal "/b")))(allow file-write* file-read-xattr (file-mode 1) (require-all (file-mode 1) (literal "/b")) (persona-type 1))(deny file-read-xattr file-write* (require-all (file-mode 1) (require-not (require-all (file-mode 1) (literal "/b")))))"#,
        r#"(version 3)(allow iokit-open-user-client (apply-message-filter (deny iokit-external-method default-message-filter (require-not (target self)))))"#,
        // Questions of which nothing is left in the file.
        r#"(version 1)(deny default)(allow file-read* (require-not (extension "a")))(allow file-read* (require-all (require-any (vnode-type DIRECTORY)(require-all (literal "/s")(extension "a")))(require-any (extension "a")(file-mode 2))))"#,
        r#"(version 1)(allow mach* (apply-message-filter (allow xpc-message-send (require-not (message-name "a" "ab")))(allow xpc-message-send (require-all (require-any (target self)(require-all (xpc-service-name "s")(message-name "a" "ab")))(require-any (message-name "a" "ab")(iokit-method-number 2))))(deny default-message-filter)))"#,
        r#"(version 1)(allow mach* (apply-message-filter (deny default-message-filter)(allow default-message-filter (message-number 500))(deny default-message-filter (require-all (require-any (message-number 500)(iokit-user-client-type 1))(require-not (message-name "a" "ab"))(message-name "a" "ab")(require-any (iokit-user-client-type 1)(iokit-method-number 2)))(iokit-user-client-type 1))))"#,
        r#"(version 1)(allow mach* (apply-message-filter (deny default-message-filter)(allow xpc-message-send (require-not (message-name "a" "ab")))(allow default-message-filter xpc-message-send (require-all (message-name "a" "ab")(target self))(iokit-user-client-type 1)(require-not (iokit-user-client-type 1))(require-all (require-any (target self)(require-all (xpc-service-name "s")(message-name "a" "ab")))(require-any (message-name "a" "ab")(iokit-method-number 2))))(allow xpc-message-send (iokit-user-client-type 1))))"#,
        r#"(version 2)(allow default)(allow mach-priv-task-port process-info* (extension "x")(apply-message-filter (deny mach-message-send (extension "x"))(allow mach-message-send (extension "x"))(deny mach-message-send iokit-external-trap (extension "x"))))(deny process-info* syscall-unix (extension "x"))"#,
        r#"(version 3)(deny network-outbound mach-lookup (require-all (require-all (storage-class-extension)(require-not (storage-class-extension)))(persona-type PERSONA_DEFAULT))(with message "a b"))"#,
    ] {
        assert_same_bytes(text);
    }
}

/// Nodes of many operations that are equal, but were not when equal nodes were joined.
#[test]
fn many_equal_nodes_come_back_to_the_same_bytes() {
    let world = &*WORLD;
    let plain = world.operations().iter().filter(|one| {
        let is_below_default = one.parent == Some(world.root());
        one.in_table && is_below_default && !one.name.ends_with('*')
    });
    let rules = plain.take(25).zip(1..).map(|(operation, number)| {
        let name = &operation.name;
        format!(
            "(allow {name} (require-all (uid {number}) (require-not (uid {number}))))\
             (allow {name} (extension \"a\"))"
        )
    });
    let rules: String = rules.collect();
    assert_same_bytes(&format!("(version 1)(deny default){rules}"));
}

/// Rules that allow and deny in turn, and long rows, behind a question that is asked in vain.
#[test]
fn what_is_long_comes_back_to_the_same_bytes() {
    let vain = |name: &str| {
        format!(
            r#"(allow file-read-data (require-all ({name} "/x") ({name} "/p5") (require-not ({name} "/p5"))))"#
        )
    };
    let turns = (0..150).map(|n| {
        let action = if n % 2 == 0 { "allow" } else { "deny" };
        format!(r#"({action} file-read-data (literal "/p{n}"))"#)
    });
    let turns: String = turns.collect();
    let row = (0..1_000).map(|n| format!(r#"(extension "/p{n}")"#));
    let row: Vec<String> = row.collect();
    let row = row.join(" ");
    for text in [
        format!("{}{turns}", vain("literal")),
        format!("{}(allow file-read-data {row})", vain("extension")),
        format!(
            "{}(allow file-read-data (require-all {row}))",
            vain("extension")
        ),
    ] {
        let source = policy(&format!("(version 1)(deny default){text}"));
        let first = encode(&source, &WORLD).expect("bytes").bytes;
        let again = encode(&rules(&first), &WORLD).expect("bytes").bytes;
        assert!(again == first, "{text}");
    }
}

/// So do profiles to which the system adds nothing.
#[test]
fn what_opts_out_comes_back_to_the_same_bytes() {
    for text in [
        r#"(version 3)(allow network-bind (socket-domain AF_UNIX)(vnode-type REGULAR-FILE)(require-not (vnode-type REGULAR-FILE)))"#,
        r#"(version 1)(allow syscall* (state-flag "z")(target pgrp)(require-not (target pgrp)))"#,
        r#"(version 1)(deny dynamic-code-generation (require-entitlement "e0")(require-not (csr 1))(csr 1))"#,
        r#"(version 1)(allow syscall-mig (apply-message-filter (deny xpc-message-send (require-entitlement "e2")(require-ancestor-with-entitlement "z"))))"#,
        r#"(version 2)(deny mach-task-read (target self))(allow mach-task-read)(allow mach-task-inspect (target pgrp)(target self))"#,
        r#"(version 3)(allow mach-lookup (apply-message-filter (deny mach-message-send)(allow mach-message-send (message-number 2 1)(require-not (message-number 2 1)))))(allow mach-lookup (local-name "a")(apply-message-filter (allow mach-message-send)))"#,
    ] {
        let mut source = policy(text);
        source.implied = false;
        let first = encode(&source, &WORLD).expect("bytes").bytes;
        let again = encode(&rules(&first), &WORLD).expect("bytes").bytes;
        assert!(again == first, "{text}");
    }
}

/// What is the same decides the same.
#[test]
fn profiles_of_all_operations_come_back_to_the_same_bytes() {
    for text in Profiles::new().take(1_000) {
        let first = encode(&policy(&text), &WORLD).expect("bytes").bytes;
        let again = encode(&rules(&first), &WORLD).expect("bytes").bytes;
        assert!(again == first, "{text}");
    }
}
