//! The profile that a trace grows, and what each run teaches it.

use std::collections::BTreeSet;

use lapbelt_policy::decide::Decider;
use lapbelt_policy::event::{Event, OwnedValue};
use lapbelt_policy::rule::Action;
use lapbelt_policy::world::World;
use lapbelt_sandbox::denial;

use crate::atom::{Atom, atoms};
use crate::base::Base;
use crate::denial_rule::atom_for;
use crate::error::LearnError;
use crate::generalise::Generaliser;
use crate::made_folders::MadeFolders;
use crate::ports::Ports;
use crate::profile_text;
use crate::record::{DenyScope, Knobs};
use crate::session::{Run, Session, SessionError, Start};
use crate::source::ProfileError;
use crate::system_profile::system_profile;
use crate::trace::own_files::OwnFiles;

/// What stands before the rules that were learnt.
const LEARNED: &str = "; learned\n";

/// A profile that grows.
pub(super) struct Growing<'b> {
    pub(super) base: &'b Base,
    knobs: &'b Knobs,
    own: OwnFiles,
    /// One atom for each denied request, as it was.
    learned: Vec<Atom>,
    /// High ports met by each run.
    ports: Ports,
    /// Folders that the target made.
    folders: MadeFolders,
    /// How each run started, and the paths that it met.
    paths: Vec<(Start, BTreeSet<Vec<u8>>)>,
    /// The rules as they stand in the profile.
    pub(super) rules: Vec<Atom>,
    /// The profile as it stands.
    pub(super) text: String,
}

/// What one run taught.
pub(super) struct Lesson {
    pub(super) new_rules: usize,
    pub(super) bad_rules: Vec<String>,
    pub(super) last_rule: Option<String>,
}

impl<'b> Growing<'b> {
    /// A base, and what was learnt on it so far.
    pub(super) fn new(base: &'b Base, knobs: &'b Knobs, own: OwnFiles, learned: Vec<Atom>) -> Self {
        Self {
            base,
            knobs,
            own,
            learned,
            ports: Ports::default(),
            folders: MadeFolders::default(),
            paths: Vec::new(),
            rules: Vec::new(),
            text: base.text.clone(),
        }
    }

    /// Adds a rule for each denial of a run, and brings the profile up to date.
    pub(super) fn learn(
        &mut self,
        run: &Run,
        start: Start,
        session: &Session<'_>,
    ) -> Result<Lesson, LearnError> {
        let world = &session.world;
        self.paths.push((start, paths_of(run)));
        self.ports.add(run.allowed.iter().chain(&run.denied));
        self.folders
            .add(run.allowed.iter().chain(&run.denied), world);
        let before = self.rules.clone();
        let mut lesson = Lesson {
            new_rules: 0,
            bad_rules: Vec::new(),
            last_rule: None,
        };
        let mut wanted: Vec<(&Event, Atom)> = Vec::new();
        for event in &run.denied {
            if self.knobs.deny_scope == DenyScope::Pid && Some(event.pid) != run.program() {
                continue;
            }
            match atom_for(event, world, self.knobs.network_rules) {
                Some(atom) => wanted.push((event, atom)),
                None => lesson.bad_rules.push(format!(
                    "dropped_network: {}",
                    denial::log_text(event, world)
                )),
            }
        }
        for (_, atom) in &wanted {
            match self.learned.iter_mut().find(|known| known.same_rule(atom)) {
                Some(known) => known.needed_by.extend(atom.needed_by.iter().cloned()),
                None => {
                    let text = profile_text::rules(std::slice::from_ref(atom), world);
                    let alone = format!("{}\n{text}", self.base.text);
                    if self.is_accepted(&alone, session)? {
                        lesson.last_rule = Some(text.trim_end().to_string());
                        self.learned.push(atom.clone());
                    } else {
                        lesson
                            .bad_rules
                            .push(format!("invalid_rule: {}", text.trim_end()));
                    }
                }
            }
        }
        self.rewrite(world);
        // A rule that does not allow what it was made for would be learnt again for ever.
        let policy = self.base.evaluate_with(&self.text, world)?.policy;
        let decider = Decider::new(&policy, world);
        for (event, atom) in &wanted {
            if decider.decide(&event.request()).action == Action::Deny {
                let rule = profile_text::rules(std::slice::from_ref(atom), world);
                lesson
                    .bad_rules
                    .push(format!("ineffective_rule: {}", rule.trim_end()));
            }
        }
        let is_new = |atom: &&Atom| !before.iter().any(|known| known.same_rule(atom));
        lesson.new_rules = self.rules.iter().filter(is_new).count();
        Ok(lesson)
    }

    /// Whether it has a rule for a file of the run directory, of which each run makes more.
    pub(super) fn meets_own_files(&self) -> bool {
        self.rules.iter().any(|rule| self.own.holds(rule))
    }

    /// Whether a text is a profile, for us and for the system if that is to read it.
    fn is_accepted(&self, text: &str, session: &Session<'_>) -> Result<bool, LearnError> {
        let Ok(profile) = self.base.evaluate_with(text, &session.world) else {
            return Ok(false);
        };
        let Some(dialect) = session.backend.dialect() else {
            return Ok(true);
        };
        let profile = system_profile(&profile.policy, &dialect, &session.world);
        Ok(session
            .backend
            .accepts(&profile)
            .map_err(SessionError::Run)?)
    }

    /// Writes the profile anew from all that was learnt.
    pub(super) fn rewrite(&mut self, world: &World) {
        let generaliser = if self.knobs.generalize {
            let runs = self.paths.iter();
            Generaliser::new(runs.map(|(start, paths)| (*start, paths.iter().map(Vec::as_slice))))
        } else {
            Generaliser::default()
        };
        let mut atoms: Vec<Atom> = Vec::new();
        let mut learned = self.learned.clone();
        if self.knobs.generalize {
            self.own.generalise(&mut learned, world);
            self.folders.generalise(&mut learned, world, &generaliser);
            self.ports.generalise(&mut learned);
        }
        let learned = learned.iter().map(|atom| generaliser.atom(atom));
        for atom in learned {
            match atoms.iter_mut().find(|known| known.same_rule(&atom)) {
                Some(known) => known.needed_by.extend(atom.needed_by),
                None => atoms.push(atom),
            }
        }
        let rules = profile_text::rules(&atoms, world);
        self.rules = atoms;
        self.text = if rules.is_empty() {
            self.base.text.clone()
        } else {
            format!(
                "{}\n{LEARNED}{rules}",
                self.base.text.trim_end_matches('\n').to_owned() + "\n"
            )
        };
    }
}

/// A profile that learnt rules end, as what they were learnt on and these rules.
pub(super) fn parted(base: &Base, world: &World) -> Result<(Base, Vec<Atom>), Box<ProfileError>> {
    let Some(at) = base.text.rfind(&format!("\n{LEARNED}")) else {
        return Ok((base.clone(), Vec::new()));
    };
    let mut given = base.clone();
    given.text.truncate(at);
    let own = given.evaluate(world)?.policy.rules.len();
    let policy = base.evaluate(world)?.policy;
    let learned = atoms(&policy).into_iter();
    let learned = learned.filter(|(_, at)| at.rule as usize >= own);
    let lines: Vec<&str> = base.text.lines().collect();
    let learned = learned.map(|(mut atom, at)| {
        let rule = &policy.rules[at.rule as usize];
        let filter = at
            .filter
            .map(|filter| &rule.filters[filter as usize].origin);
        let origin = filter.unwrap_or(&rule.origin);
        let line = origin.and_then(|origin| lines.get(origin.line as usize - 1));
        atom.needed_by = line.map_or_else(BTreeSet::new, |line| profile_text::needed_by(line));
        atom
    });
    Ok((given, learned.collect()))
}

/// All paths that a run asked for.
fn paths_of(run: &Run) -> BTreeSet<Vec<u8>> {
    let values = run
        .allowed
        .iter()
        .chain(&run.denied)
        .flat_map(|event| &event.values);
    values
        .filter_map(|(_, value)| match value {
            OwnedValue::Text(text) if text.starts_with(b"/") => Some(text.clone()),
            _ => None,
        })
        .collect()
}
