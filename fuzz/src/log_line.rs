//! Any message of the unified log: a refusal, or a report whose event can be asked of a policy.

use std::sync::LazyLock;

use lapbelt_policy::world::{World, shipped};
use lapbelt_sandbox::macos::{event, parse};

static WORLD: LazyLock<World> = LazyLock::new(|| {
    shipped("macos-14.4.1")
        .expect("shipped")
        .expect("a good world")
});

/// Feeds one input: as a whole message, as a decision, and as a target of a few kinds.
pub fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = parse(&text);
    let _ = parse(&format!("Sandbox: x(1) deny(1) {text}"));
    for operation in ["network-outbound", "file-ioctl", "file-read-data", "signal"] {
        let message = format!("Sandbox: x(1) deny(1) {operation} {text}");
        let line = parse(&message).expect("a report");
        if let Ok(event) = event(&line, &WORLD, 0) {
            assert_eq!(WORLD.operation(event.operation).name, operation);
        }
    }
}
