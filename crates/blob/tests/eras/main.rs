//! Files of every era, put together byte by byte: each explained in full, and damage named.

mod build;
mod bundle;
mod damage;
mod meaning;
mod surveyed;

use std::sync::LazyLock;

use lapbelt_blob::layout::Layout;
use lapbelt_policy::world::World;

/// A small world: three operations with slots, two of message filters, a filter of each kind.
const WORLD_TEXT: &str = "\
world tiny
evidence k made up
operation 0 default parent=- default=deny evidence=k
operation 1 file* parent=default evidence=k
operation 2 signal parent=default evidence=k
operation 3 default-message parent=- default=allow slot=no evidence=k
operation 4 method parent=default-message slot=no evidence=k
filter 1 path category=c kind=path-pattern cost=0 evidence=k
filter 2 name category=c kind=pattern cost=0 evidence=k
filter 3 class category=c kind=string cost=0 evidence=k
filter 4 number category=c kind=integer cost=0 evidence=k
value number one 1 minus -1 evidence=k
filter 5 mode category=c kind=bits cost=0 evidence=k
filter 6 flag category=c kind=bool cost=0 evidence=k
filter 7 remote category=c kind=network cost=0 evidence=k
modifier 1 send-signal actions=allow,deny argument=integer evidence=k
modifier 2 message actions=allow,deny argument=string evidence=k
modifier 3 report actions=allow argument=none mask=4 flags=4 evidence=k
modifier 4 no-report actions=deny argument=none mask=4 flags=0 evidence=k
modifier 5 telemetry actions=allow,deny argument=none mask=128 flags=128 evidence=k
modifier 6 backtrace actions=allow,deny argument=none mask=384 flags=384 evidence=k
modifier 19 message-filter actions=allow argument=message-filter evidence=k
";

static WORLD: LazyLock<World> =
    LazyLock::new(|| World::parse(WORLD_TEXT, &|_| None).expect("a world"));

/// The small world with a layout.
pub(crate) fn world_of(layout: &Layout) -> World {
    let declared = format!("evidence k made up\nlayout {} evidence=k\n", layout.name);
    let text = WORLD_TEXT.replace("evidence k made up\n", &declared);
    World::parse(&text, &|_| None).expect("a world")
}
