//! The profiles that are shipped, each with its text.

macro_rules! shipped {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../profiles/",
                $name
            )),
        )
    };
}

/// Names below the folder of profiles, in order. A list rather than a build script: with one, cargo
/// sets `OUT_DIR` for the command it runs, which is where that puts its answer.
pub(super) const SHIPPED: &[(&str, &str)] = &[
    shipped!("families/filter-kind/control_name.sb"),
    shipped!("families/filter-kind/extension.sb"),
    shipped!("families/filter-kind/file_mode.sb"),
    shipped!("families/filter-kind/literal.sb"),
    shipped!("families/filter-kind/prefix.sb"),
    shipped!("families/filter-kind/regex.sb"),
    shipped!("families/filter-kind/remote_tcp.sb"),
    shipped!("families/filter-kind/socket_domain.sb"),
    shipped!("families/filter-kind/socket_type.sb"),
    shipped!("families/filter-kind/subpath.sb"),
    shipped!("families/filter-kind/vnode_type.sb"),
    shipped!("families/literal-index/bar.sb"),
    shipped!("families/literal-index/foo.sb"),
    shipped!("families/literal-index/foo_bar.sb"),
    shipped!("families/literal-index/foo_bar_longer.sb"),
    shipped!("families/literal-index/foo_read_bar_write.sb"),
    shipped!("families/literal-index/foo_read_foo_write.sb"),
    shipped!("families/literal-index/longer.sb"),
    shipped!("families/op-table/v0_empty.sb"),
    shipped!("families/op-table/v10_mach_network.sb"),
    shipped!("families/op-table/v11_read_subpath.sb"),
    shipped!("families/op-table/v12_read_subpath_mach.sb"),
    shipped!("families/op-table/v13_read_subpath_write.sb"),
    shipped!("families/op-table/v14_read_subpath_network.sb"),
    shipped!("families/op-table/v15_mach_literal.sb"),
    shipped!("families/op-table/v16_subpath_mach_literal.sb"),
    shipped!("families/op-table/v1_read.sb"),
    shipped!("families/op-table/v2_write.sb"),
    shipped!("families/op-table/v3_mach.sb"),
    shipped!("families/op-table/v4_network.sb"),
    shipped!("families/op-table/v5_read_write.sb"),
    shipped!("families/op-table/v6_read_mach.sb"),
    shipped!("families/op-table/v7_read_network.sb"),
    shipped!("families/op-table/v8_write_mach.sb"),
    shipped!("families/op-table/v9_write_network.sb"),
    shipped!("families/operation-anchor/default_allow.sb"),
    shipped!("families/operation-anchor/exec.sb"),
    shipped!("families/operation-anchor/file_all.sb"),
    shipped!("families/operation-anchor/read_all.sb"),
    shipped!("families/operation-anchor/read_and_write.sb"),
    shipped!("families/operation-anchor/read_data.sb"),
    shipped!("families/operation-anchor/read_metadata.sb"),
    shipped!("families/operation-anchor/write_all.sb"),
    shipped!("families/several-literals/mach_two_names.sb"),
    shipped!("families/several-literals/subpath.sb"),
    shipped!("families/several-literals/subpath_and_literal.sb"),
    shipped!("families/several-literals/subpath_and_mach.sb"),
    shipped!("families/several-literals/subpath_and_vnode.sb"),
    shipped!("families/several-literals/subpath_not_literal.sb"),
    shipped!("no-internet.sb"),
    shipped!("no-network.sb"),
    shipped!("no-write-except-temporary.sb"),
    shipped!("no-write.sb"),
    shipped!("pure-computation.sb"),
    shipped!("questions/compiler/addresses.sb"),
    shipped!("questions/compiler/all_over_any.sb"),
    shipped!("questions/compiler/alternatives_of_different_cost.sb"),
    shipped!("questions/compiler/branches.sb"),
    shipped!("questions/compiler/entitlement.sb"),
    shipped!("questions/compiler/modifiers.sb"),
    shipped!("questions/compiler/pattern_within.sb"),
    shipped!("questions/compiler/prefix_and_literal.sb"),
    shipped!("questions/compiler/regex.sb"),
    shipped!("questions/compiler/regex_and_literal.sb"),
    shipped!("questions/compiler/several_numbers.sb"),
    shipped!("questions/compiler/subpath_slash.sb"),
    shipped!("questions/compiler/unix_socket_without_path.sb"),
    shipped!("questions/compiler/version_2.sb"),
    shipped!("questions/compiler/version_3.sb"),
    shipped!("questions/decisions/bare_after_filtered.sb"),
    shipped!("questions/decisions/bare_leaf_and_wildcard.sb"),
    shipped!("questions/decisions/existence.sb"),
    shipped!("questions/decisions/generated_code.sb"),
    shipped!("questions/decisions/inbound_for_bind.sb"),
    shipped!("questions/decisions/letter_case.sb"),
    shipped!("questions/decisions/local_name.sb"),
    shipped!("questions/decisions/loopback.sb"),
    shipped!("questions/decisions/prefix.sb"),
    shipped!("questions/decisions/require_not.sb"),
    shipped!("questions/decisions/require_not_missing.sb"),
    shipped!("questions/decisions/signal_targets.sb"),
    shipped!("questions/decisions/subpath_slash.sb"),
    shipped!("questions/decisions/vnode_type.sb"),
    shipped!("questions/decisions/wildcard_after_leaf.sb"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn names(folder: &Path, below: &str, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            if path.is_dir() {
                names(&path, &format!("{below}{name}/"), found);
            } else if name.ends_with(".sb") {
                found.push(format!("{below}{name}"));
            }
        }
    }

    #[test]
    fn every_profile_is_in_the_list() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../profiles");
        let mut found = Vec::new();
        names(&folder, "", &mut found);
        found.sort();
        let listed: Vec<&str> = SHIPPED.iter().map(|one| one.0).collect();
        assert_eq!(listed, found);
    }
}
