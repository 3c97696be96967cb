//! The table of all lints, in the order of their codes: one file each.

mod allow_default;
mod any_mach_service;
mod any_unix_socket;
mod bad_address;
mod denied_but_movable;
mod deny_swallowed;
mod does_not_evaluate;
mod duplicate_filter;
mod duplicate_rule;
mod empty_requirement;
mod exec_anything;
mod exec_unsandboxed;
mod filter_not_applicable;
mod glob_in_path;
mod home_shorthand;
mod import_not_found;
mod left_allowed;
mod local_name_lookup;
mod missing_version;
mod nested_sandbox;
mod never_decides;
mod no_default;
mod no_effect_operation;
mod not_enforced;
mod old_name;
mod parameter_not_given;
mod parameter_not_read;
mod path_alias;
mod path_case;
mod pattern_too_large;
mod privileged_operation;
mod profile_too_large;
mod redundant_rule;
mod regex_class_letter;
mod regex_is_plain;
mod regex_literal_braces;
mod regex_lost_backslash;
mod regex_repeats_nothing;
mod regex_unanchored;
mod regex_unescaped_dot;
mod relative_path;
mod secrets_and_network;
mod starts_outside;
mod trace_left_in;
mod trailing_slash;
mod undecided;
mod unfiltered_loses;
mod unknown_here;
mod unknown_suppression;
mod unnormalised_path;
mod unused_define;
mod unused_suppression;
mod wildcard_misses_member;
mod writes_devices;
mod writes_everywhere;
mod writes_git_hooks;
mod writes_startup;

use super::Lint;

/// The lint of the front end's errors, the only one that looks at a text that is not well formed.
pub(super) const DOES_NOT_EVALUATE: &str = "LB001";
/// Lints of rules that decide nothing: what they find others explain better.
pub(super) const CONSEQUENCES: &[&str] = &["LB401", "LB402"];
/// Lints of filters that no request matches and of copies, which say why.
pub(super) const CAUSES: &[&str] = &[
    "LB201", "LB202", "LB203", "LB204", "LB205", "LB206", "LB403", "LB404", "LB408", "LB410",
];
/// Found where comments are applied.
pub(super) const UNKNOWN_SUPPRESSION: &str = "LB901";
/// Found where comments are applied.
pub(super) const UNUSED_SUPPRESSION: &str = "LB902";

/// All lints, by code. 0: the profile as a whole, 1: names, 2: paths, 3: regular expressions,
/// 4: rules, 5: danger, 6: what fits and what the world can do, 9: comments.
pub static LINTS: &[&Lint] = &[
    &does_not_evaluate::LINT,
    &missing_version::LINT,
    &import_not_found::LINT,
    &parameter_not_given::LINT,
    &parameter_not_read::LINT,
    &bad_address::LINT,
    &any_unix_socket::LINT,
    &trace_left_in::LINT,
    &unused_define::LINT,
    &unknown_here::LINT,
    &old_name::LINT,
    &no_effect_operation::LINT,
    &path_alias::LINT,
    &trailing_slash::LINT,
    &relative_path::LINT,
    &unnormalised_path::LINT,
    &home_shorthand::LINT,
    &glob_in_path::LINT,
    &path_case::LINT,
    &regex_is_plain::LINT,
    &regex_unanchored::LINT,
    &regex_unescaped_dot::LINT,
    &regex_lost_backslash::LINT,
    &regex_class_letter::LINT,
    &regex_repeats_nothing::LINT,
    &regex_literal_braces::LINT,
    &never_decides::LINT,
    &redundant_rule::LINT,
    &duplicate_rule::LINT,
    &duplicate_filter::LINT,
    &wildcard_misses_member::LINT,
    &unfiltered_loses::LINT,
    &deny_swallowed::LINT,
    &filter_not_applicable::LINT,
    &local_name_lookup::LINT,
    &empty_requirement::LINT,
    &allow_default::LINT,
    &no_default::LINT,
    &left_allowed::LINT,
    &denied_but_movable::LINT,
    &privileged_operation::LINT,
    &exec_anything::LINT,
    &exec_unsandboxed::LINT,
    &writes_startup::LINT,
    &writes_git_hooks::LINT,
    &secrets_and_network::LINT,
    &writes_everywhere::LINT,
    &writes_devices::LINT,
    &starts_outside::LINT,
    &any_mach_service::LINT,
    &nested_sandbox::LINT,
    &pattern_too_large::LINT,
    &profile_too_large::LINT,
    &not_enforced::LINT,
    &undecided::LINT,
    &unknown_suppression::LINT,
    &unused_suppression::LINT,
];
