//! What tests of confined programs need of the machine.

use lapbelt_sandbox::{Backend, LinuxBackend, Support};

/// Whether this machine cannot confine a program, which is said.
pub(crate) fn skipped() -> bool {
    if let Support::None(reason) = LinuxBackend.probe() {
        lapbelt_corpus::skip_unsupervised(&reason);
        return true;
    }
    false
}
