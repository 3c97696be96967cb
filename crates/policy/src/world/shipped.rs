//! The worlds that Lapbelt ships.

use super::{World, WorldError};

/// A name and the text of its file.
macro_rules! world {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../../../worlds/", $name, ".world")),
        )
    };
}

/// Names and texts of the shipped worlds.
pub const SHIPPED: &[(&str, &str)] = &[
    world!("macos-14.4.1"),
    world!("macos-15"),
    world!("macos-13.0.0"),
    world!("macos-12.5.0"),
    world!("macos-12.3.0"),
    world!("macos-10.15"),
    world!("macos-10.14"),
    world!("macos-10.13"),
    world!("macos-10.12"),
    world!("ios-18"),
    world!("ios-17"),
    world!("ios-14"),
    world!("ios-13"),
    world!("ios-12"),
    world!("ios-11"),
    world!("ios-9"),
    world!("ios-6"),
    world!("ios-5"),
    world!("linux"),
];

/// A shipped world by name, id or alias; `None` if there is none of that name.
///
/// # Errors
/// Never for the texts in [`SHIPPED`], which a test parses.
pub fn shipped(name: &str) -> Option<Result<World, WorldError>> {
    shipped_text(name).map(|text| World::parse(text, &shipped_text))
}

/// The text of a shipped world by name, id or alias.
pub fn shipped_text(name: &str) -> Option<&'static str> {
    let found = SHIPPED
        .iter()
        .find(|(short, text)| *short == name || is_called(text, name));
    found.map(|(_, text)| *text)
}

/// Whether a line above the evidence of a world file names the world so. Reading the whole of each
/// to find one would cost as much as deciding thousands of requests.
fn is_called(text: &str, name: &str) -> bool {
    text.lines()
        .take_while(|line| !line.starts_with("evidence "))
        .filter_map(|line| {
            line.strip_prefix("world ")
                .or_else(|| line.strip_prefix("alias "))
        })
        .any(|own| own.trim() == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{Action, Version};
    use crate::world::{AliasMode, ArgumentKind, FilterId, ModifierKind, OperationId, Part};

    fn world(name: &str) -> World {
        shipped(name).expect("a shipped world").expect("it parses")
    }

    #[test]
    fn macos_has_what_its_build_has() {
        let world = world("macos-14.4.1");
        assert_eq!(world.id(), "sonoma-14.4.1-23E224-arm64-dyld-2c0602c5");
        assert_eq!(world.operations().len(), 196);
        assert_eq!(
            world.operations().iter().filter(|o| o.in_table).count(),
            190
        );
        assert_eq!(world.filters().len(), 93);
        assert_eq!(world.modifiers().len(), 19);
        assert_eq!(world.implied().len(), 4);
        assert!(
            world
                .operations()
                .iter()
                .all(|o| !o.enforced && !o.categories.is_empty())
        );
        let name = world.operation_named("process-exec").expect("an alias");
        assert_eq!(
            (name.id, name.name.as_str()),
            (OperationId(120), "process-exec*")
        );
        let filter = world.filter_named("literal").expect("an alias");
        assert_eq!(
            (filter.id, filter.kind),
            (FilterId(1), ArgumentKind::PathPattern)
        );
        let modifier = world.modifier_named("no-log").expect("an alias");
        assert_eq!(
            (modifier.name.as_str(), modifier.kind),
            ("no-report", ModifierKind::Flag)
        );
        assert_eq!(world.constant("SIGKILL"), Some(9));
        assert_eq!(world.constant("AF_INET6"), Some(30));
        assert_eq!(world.constant("EAGAIN"), Some(35));
        assert!(shipped("macos-9").is_none());
        assert!(shipped(world.id()).is_some());
    }

    #[test]
    fn every_shipped_world_parses_and_is_found_by_each_of_its_names() {
        let mut seen = std::collections::BTreeSet::new();
        for (name, _) in SHIPPED {
            let own = world(name);
            let names = own.aliases().iter().map(String::as_str);
            for called in names.chain([own.id()]) {
                assert!(seen.insert(called.to_owned()), "{called} is two worlds");
                assert_eq!(world(called).id(), own.id());
            }
            let count = own.operations().len();
            assert_eq!(count == 1, own.is_without(Part::Operations), "{name}");
            assert_eq!(own.operation(own.root()).name, "default");
            assert!(own.filters().len() > 10, "{name}");
        }
    }

    #[test]
    fn builds_keep_to_their_own_tables() {
        let count = |name| (world(name).operations().len(), world(name).filters().len());
        assert_eq!(count("macos-13.0.0"), (191, 89));
        assert_eq!(count("macos-12.5"), (188, 85));
        // One filter of each has an argument that nobody understands.
        assert_eq!(count("macos-10.15"), (145, 68));
        assert_eq!(count("ios-13"), (145, 69));
        assert_eq!(count("macos-10.12"), (137, 51));
        assert_eq!(count("macos-15"), (1, 97));
        let old = world("macos-10.12");
        assert!(old.operation_named("syscall-unix").is_none());
        let own = |name| {
            old.operation_named(name)
                .map(|o| o.own_default(Version::V1))
        };
        assert_eq!(own("nvram*"), Some(Some(Action::Allow)));
        assert_eq!(own("system-fcntl"), None);
        let kind = |world: &World, name| world.filter_named(name).map(|filter| filter.kind);
        assert_eq!(kind(&old, "path"), Some(ArgumentKind::PathPattern));
        assert_eq!(kind(&world("ios-5"), "xattr"), Some(ArgumentKind::Pattern));
        assert_eq!(kind(&world("ios-17"), "csr"), Some(ArgumentKind::Integer));
    }

    #[test]
    fn fallback_leads_to_the_root() {
        let world = world("macos-14.4.1");
        let id = |name| world.operation_named(name).expect("an operation").id;
        assert!(world.falls_back_to(id("network-bind"), id("network-inbound")));
        assert!(world.falls_back_to(id("mach-task-name"), id("mach-priv-task-port")));
        assert!(world.falls_back_to(id("managed-preference-read"), id("user-preference*")));
        for operation in world.operations() {
            let mut root = operation;
            while let Some(parent) = root.parent {
                root = world.operation(parent);
            }
            assert!(
                root.own_default(Version::V1).is_some(),
                "{}",
                operation.name
            );
        }
    }

    #[test]
    fn own_defaults_differ_by_version() {
        let world = world("macos-14.4.1");
        let own = |name, version| {
            world
                .operation_named(name)
                .expect("an operation")
                .own_default(version)
        };
        assert_eq!(own("iokit-open-service", Version::V1), Some(Action::Allow));
        assert_eq!(own("iokit-open-service", Version::V2), None);
        assert_eq!(own("file-lock", Version::V3), Some(Action::Allow));
        assert_eq!(own("file-write-setugid", Version::V1), Some(Action::Deny));
        assert_eq!(own("file-read-data", Version::V1), None);
    }

    #[test]
    fn linux_states_its_differences() {
        let (linux, macos) = (world("linux"), world("macos-14.4.1"));
        assert_eq!(linux.id(), "linux");
        assert!(linux.aliases().is_empty());
        assert_eq!(linux.path_aliases().1, AliasMode::Both);
        assert_eq!(linux.path_aliases().0.len(), 3);
        assert_eq!(macos.path_aliases().0.len(), 4);
        assert!(linux.has_socket_names() && !macos.has_socket_names());
        let same = linux.filters().iter().zip(macos.filters());
        assert!(
            same.filter(|(own, _)| own.name != "path")
                .all(|(own, other)| own == other)
        );
        let enforced = |name| linux.operation_named(name).expect("an operation").enforced;
        assert!(enforced("file-read-data") && enforced("network-outbound"));
        assert!(!enforced("mach-lookup") && !enforced("file-read*"));
    }
}
