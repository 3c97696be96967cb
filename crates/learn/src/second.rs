//! Digests that name files are often made from the time in seconds. Runs within one second do not
//! show that such a name changes, so the last one waits for the next.

use std::thread;
use std::time::{Duration, SystemTime};

use lapbelt_policy::filter::{Argument, Filter, Test};
use lapbelt_policy::pattern::Pattern;
use lapbelt_policy::world::World;

use crate::atom::Atom;
use crate::generalise::is_digest;

/// The second in which the first run began.
pub(crate) struct Second(u64);

impl Second {
    /// This one.
    pub(crate) fn now() -> Self {
        Self(since_epoch().as_secs())
    }

    /// Waits until it is over if a rule is for the creation of a file that a digest names.
    pub(crate) fn wait_out(&self, rules: &[Atom], world: &World) {
        let now = since_epoch();
        if now.as_secs() == self.0 && rules.iter().any(|rule| creates_digest(rule, world)) {
            thread::sleep(Duration::from_secs(self.0 + 1).saturating_sub(now));
        }
    }
}

fn since_epoch() -> Duration {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}

fn creates_digest(rule: &Atom, world: &World) -> bool {
    let Some(Filter::Test(Test {
        argument: Argument::Pattern(Pattern::Literal(path)),
        ..
    })) = &rule.filter
    else {
        return false;
    };
    let mut names = path.split(|b| *b == b'/');
    world.operation(rule.operation).name == "file-write-create" && names.any(is_digest)
}
