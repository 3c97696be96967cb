//! Gives the evaluator the words of a world and turns what a profile says into rules.

mod address;
mod alternatives;
mod elsewhere;
mod filter;
mod message;
mod rule;
mod suggest;
mod takes;
mod template;
mod vocabulary;

use std::collections::{BTreeMap, BTreeSet};

use lapbelt_policy::filter::Filter;
use lapbelt_policy::origin::{Origin, SourceId};
use lapbelt_policy::pattern::regex::{Regex, RegexError};
use lapbelt_policy::rule::{Action, Modifier, Rule, RuleFilter, Version};
use lapbelt_policy::world::{FilterId, ModifierId, OperationId, World};

use alternatives::Alternatives;

use crate::diag::{Code, Diagnostic, Label};
use crate::eval::call::Call;
use crate::eval::fault::Mistake;
use crate::eval::heap::Heap;
use crate::eval::host::Host;
use crate::eval::limits;
use crate::eval::read::{self, Lines};
use crate::eval::value::{HostObject, HostProcedure, Symbol, Value};
use crate::source::{Imports, LoadedSource};
use crate::syntax;

/// How a filter name takes its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Exact,
    Prefix,
    Subpath,
    Regex,
}

/// A procedure of SBPL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Procedure {
    Rule(Action),
    Filter(FilterId, Shape),
    RequireAny,
    RequireAll,
    RequireNot,
    With,
    Modifier(ModifierId),
    Param,
    Version,
    Trace,
    Ioctl,
    PathAncestors,
    /// What is asked about the value of an entitlement.
    OfEntitlement,
    /// Makes an empty list of rules about messages.
    MessageRules,
    /// Makes the modifier of such a list.
    MessageFilter,
    /// `(with termination)`: the modifier that sends SIGKILL.
    Termination,
    /// A modifier that changes nothing here.
    Option,
    /// A filter that nothing here has a value for.
    Never,
}

/// A thing that SBPL makes and Scheme carries about, in a list headed by its kind.
#[derive(Clone, Debug)]
enum Object {
    /// `None`: known and without effect.
    Operation(Option<OperationId>),
    Filter(Alternatives),
    /// `None`: known and without effect.
    Modifier(Option<Modifier>, Option<Origin>),
    /// Rules about messages, while they are collected.
    MessageRules(Vec<Rule>),
}

impl Object {
    fn head(&self) -> &'static str {
        match self {
            Self::Operation(_) => "operation",
            Self::Filter(_) => "filter",
            Self::Modifier(..) => "modifier",
            Self::MessageRules(_) => "message-rules",
        }
    }
}

/// The host of one evaluation.
pub(crate) struct Binder<'a> {
    world: &'a World,
    params: &'a BTreeMap<String, String>,
    imports: &'a dyn Imports,
    pub(crate) sources: Vec<LoadedSource>,
    /// Where each text was first imported.
    pub(crate) imported_at: Vec<Option<Origin>>,
    /// Texts being run, outermost first.
    running: Vec<SourceId>,
    procedures: Vec<Procedure>,
    objects: Vec<Object>,
    pub(crate) version: Option<Version>,
    pub(crate) rules: Vec<Rule>,
    /// Rules made so far, those about messages included.
    made: usize,
    pub(crate) diagnostics: Vec<Diagnostic>,
    regexes: BTreeMap<Vec<u8>, Regex>,
    /// Steps it took to make their automata.
    regex_steps: usize,
    import_failed: bool,
    /// Whether `(trace "FILE")` has been met, which may stand once.
    traced: bool,
    /// Parameters that were asked for and not given.
    missing: BTreeSet<String>,
}

impl<'a> Binder<'a> {
    pub(crate) fn new(
        world: &'a World,
        params: &'a BTreeMap<String, String>,
        imports: &'a dyn Imports,
    ) -> Self {
        Self {
            world,
            params,
            imports,
            sources: Vec::new(),
            imported_at: Vec::new(),
            running: Vec::new(),
            procedures: Vec::new(),
            objects: Vec::new(),
            version: None,
            rules: Vec::new(),
            made: 0,
            diagnostics: Vec::new(),
            regexes: BTreeMap::new(),
            regex_steps: 0,
            import_failed: false,
            traced: false,
            missing: BTreeSet::new(),
        }
    }

    /// Reads a text as forms. `Err` if it is not well formed; the findings are noted.
    pub(crate) fn load(
        &mut self,
        source: LoadedSource,
        imported_at: Option<Origin>,
        heap: &mut Heap,
    ) -> Result<Value, ()> {
        let known = self.sources.iter().position(|known| *known == source);
        let id = SourceId(known.unwrap_or(self.sources.len()) as u32);
        let lines = Lines::new(id, &source.text);
        let mut parse = syntax::parse(&source.text);
        if known.is_none() {
            heap.allow_for(source.text.len());
            self.sources.push(source);
            self.imported_at.push(imported_at);
        }
        if let Some(template) = template::template(&parse) {
            parse = syntax::parse(&template.text);
            for (span, meaning) in template.remarks {
                let origin = Some(lines.origin(span));
                self.note(Diagnostic::warning(Code::Unsupported, meaning, origin));
            }
        }
        for error in parse.errors() {
            let origin = Some(lines.origin(error.span));
            let mut diagnostic = Diagnostic::error(Code::Syntax, error.message.clone(), origin);
            diagnostic.labels.extend(error.inside.map(|inside| Label {
                origin: lines.origin(inside),
                message: "this is inside it; a `)` may be missing before".into(),
            }));
            self.note(diagnostic);
        }
        if !parse.errors().is_empty() {
            return Err(());
        }
        self.running.push(id);
        Ok(read::read(heap, &parse, Some(&lines)))
    }

    fn object(&mut self, object: Object, heap: &mut Heap) -> Value {
        let head = Value::Symbol(heap.intern(object.head()));
        self.objects.push(object);
        let body = Value::HostObject(HostObject(self.objects.len() as u32 - 1));
        heap.list(&[head, body])
    }

    /// The object that a list of two stands for.
    fn as_object(&self, value: Value, heap: &Heap) -> Option<&Object> {
        Some(&self.objects[self.object_index(value, heap)?])
    }

    fn object_index(&self, value: Value, heap: &Heap) -> Option<usize> {
        let Value::Pair(head) = value else {
            return None;
        };
        let (Value::Symbol(name), Value::Pair(body)) = (heap.car(head), heap.cdr(head)) else {
            return None;
        };
        let Value::HostObject(id) = heap.car(body) else {
            return None;
        };
        let index = id.0 as usize;
        (heap.name(name) == self.objects.get(index)?.head()).then_some(index)
    }

    fn filter_object(
        &mut self,
        filter: Filter,
        origin: Option<Origin>,
        heap: &mut Heap,
    ) -> Result<Value, Mistake> {
        let alternatives = Alternatives::one(filter, origin, heap)?;
        Ok(self.object(Object::Filter(alternatives), heap))
    }

    fn alternatives_object(
        &mut self,
        filters: Vec<RuleFilter>,
        heap: &mut Heap,
    ) -> Result<Value, Mistake> {
        let alternatives = Alternatives::new(filters, heap)?;
        Ok(self.object(Object::Filter(alternatives), heap))
    }

    /// Notes a finding unless it is known or there are too many; false if there are.
    pub(crate) fn note(&mut self, diagnostic: Diagnostic) -> bool {
        let room = self.diagnostics.len() < limits::DIAGNOSTICS;
        // One word about the version is enough, and after a failed import one about each name.
        let once = match diagnostic.code {
            Code::Version => true,
            Code::Unbound | Code::UnknownFilter | Code::UnknownOperation => self.import_failed,
            _ => false,
        };
        let same = |known: &Diagnostic| {
            (once || known.origin == diagnostic.origin)
                && known.code == diagnostic.code
                && known.message == diagnostic.message
        };
        if room && !self.diagnostics.iter().any(same) {
            self.diagnostics.push(diagnostic);
        }
        room
    }

    /// A regular expression, compiled once.
    fn regex(&mut self, text: &[u8], heap: &mut Heap) -> Result<Regex, Mistake> {
        if let Some(regex) = self.regexes.get(text) {
            return Ok(regex.clone());
        }
        let regex = Regex::new(text).map_err(|error| {
            // One that takes too long is the last: the next might take as long.
            let code = match error {
                RegexError::TooLarge => Code::Limit,
                RegexError::Syntax { .. } => Code::BadRegex,
            };
            Mistake::new(code, format!("bad regular expression: {error}"))
        })?;
        self.regex_steps = self.regex_steps.saturating_add(regex.steps());
        let texts: usize = self.sources.iter().map(|source| source.text.len()).sum();
        let room = limits::REGEX_STEPS + limits::REGEX_STEPS_PER_BYTE.saturating_mul(texts);
        if self.regex_steps > room {
            let message = "the regular expressions of the profile are too large";
            return Err(Mistake::new(Code::Limit, message));
        }
        heap.hold(regex.size())?;
        self.regexes.insert(text.to_owned(), regex.clone());
        Ok(regex)
    }

    fn parameter(&mut self, call: &Call<'_>, heap: &mut Heap) -> Result<Value, Mistake> {
        let name = String::from_utf8_lossy(string(call, heap, 0, "parameter name")?).into_owned();
        match self.params.get(&name) {
            Some(value) => Ok(heap.string(value.clone().into_bytes())),
            None => {
                self.missing.insert(name);
                Ok(Value::Bool(false))
            }
        }
    }

    fn set_version(&mut self, call: &Call<'_>) -> Result<Value, Mistake> {
        let wrong = |message: String| Err(Mistake::new(Code::Version, message).at(0));
        let version = match call.arguments {
            [Value::Integer(1)] => Version::V1,
            [Value::Integer(2)] => Version::V2,
            [Value::Integer(3)] => Version::V3,
            [Value::Integer(other)] => {
                return wrong(format!("there is no version {other}; write 1, 2 or 3"));
            }
            _ => return wrong("`version` takes one number: 1, 2 or 3".into()),
        };
        match self.version {
            // What a system imports for profiles of every version says one of them.
            Some(before) if before != version && self.running.len() > 1 => {
                let message = "an imported text of another version; the profile keeps its own";
                self.note(Diagnostic::warning(Code::Version, message, call.site));
                Ok(Value::Unspecified)
            }
            Some(before) if before != version => {
                wrong("the profile already has another version; leave one".into())
            }
            _ => {
                self.version = Some(version);
                Ok(Value::Unspecified)
            }
        }
    }

    /// `(_IO "g" n)`: a command number of group and number, without size and direction.
    fn ioctl(&self, call: &Call<'_>, heap: &Heap) -> Result<Value, Mistake> {
        match (call.arguments, heap) {
            ([Value::String(group), Value::Integer(number)], heap) => match heap.bytes(*group) {
                [group] => Ok(Value::Integer(i64::from(*group) * 256 + number % 256)),
                _ => {
                    let mistake = Mistake::wrong_type("the group is one character");
                    Err(mistake.at(0).help(IOCTL))
                }
            },
            _ => Err(Mistake::wrong_type("`_IO` takes a group and a number").help(IOCTL)),
        }
    }

    fn imported_forms(
        &mut self,
        name: &[u8],
        site: Option<Origin>,
        heap: &mut Heap,
    ) -> Result<Value, Mistake> {
        let name = String::from_utf8_lossy(name).into_owned();
        let mistake = |message: String| Mistake::new(Code::Import, message).at(0);
        let source = self
            .imports
            .load(&name)
            .map_err(|error| mistake(format!("cannot import \"{name}\": {error}")))?;
        let running = |id: &SourceId| self.sources[id.0 as usize].name == source.name;
        if self.running.iter().any(running) {
            return Err(mistake(format!("\"{name}\" imports itself")));
        }
        if self.running.len() >= limits::IMPORTS {
            return Err(Mistake::new(Code::Limit, "imports are nested too deep").at(0));
        }
        heap.claim(source.text.len())?;
        self.load(source, site, heap)
            .map_err(|()| mistake(format!("\"{name}\" is not well formed")))
    }
}

impl Host for Binder<'_> {
    fn call(
        &mut self,
        procedure: HostProcedure,
        call: &Call<'_>,
        heap: &mut Heap,
    ) -> Result<Value, Mistake> {
        let Some(procedure) = self.procedures.get(procedure.0 as usize).copied() else {
            return Ok(Value::Unspecified);
        };
        match procedure {
            Procedure::Rule(action) => self.rule(action, call, heap),
            Procedure::Filter(filter, shape) => self.filter(filter, shape, call, heap),
            Procedure::RequireAny => self.require_any(call, heap),
            Procedure::RequireAll => self.require_all(call, heap),
            Procedure::RequireNot => self.require_not(call, heap),
            Procedure::With => self.with(call, heap),
            Procedure::Modifier(id) => self.modifier(id, call.arguments, 0, call, heap),
            Procedure::Param => self.parameter(call, heap),
            Procedure::Version => self.set_version(call),
            Procedure::Trace => {
                string(call, heap, 0, "file name")?;
                if std::mem::replace(&mut self.traced, true) {
                    let message = "the profile already traces to a file";
                    return Err(Mistake::new(Code::IllegalArgument, message));
                }
                let message = "`trace` has no effect here: no rules are recorded to a file";
                self.note(Diagnostic::warning(Code::Unsupported, message, call.site));
                Ok(Value::Unspecified)
            }
            Procedure::Ioctl => self.ioctl(call, heap),
            Procedure::PathAncestors => self.path_ancestors(call, heap),
            Procedure::Termination => {
                let modifier = self.termination()?;
                Ok(self.object(Object::Modifier(Some(modifier), call.site), heap))
            }
            Procedure::Option => Ok(self.object(Object::Modifier(None, call.site), heap)),
            Procedure::Never => self.filter_object(Filter::Any(Vec::new()), call.site, heap),
            Procedure::OfEntitlement => self.of_entitlement(call, heap),
            Procedure::MessageRules => Ok(self.object(Object::MessageRules(Vec::new()), heap)),
            Procedure::MessageFilter => self.message_filter(call, heap),
        }
    }

    fn word(&mut self, name: &str, heap: &mut Heap) -> Option<Value> {
        self.meaning(name, heap)
    }

    fn assumed(&mut self, name: Symbol, origin: Option<Origin>, heap: &mut Heap) -> Option<Value> {
        self.assume(name, origin, heap)
    }

    fn import(
        &mut self,
        name: &[u8],
        site: Option<Origin>,
        heap: &mut Heap,
    ) -> Result<Value, Mistake> {
        let forms = self.imported_forms(name, site, heap);
        self.import_failed |= forms.is_err();
        forms
    }

    fn report(&mut self, diagnostic: Diagnostic) -> bool {
        self.note(diagnostic)
    }

    fn imported(&mut self) {
        self.running.pop();
    }

    fn missing(&self) -> &BTreeSet<String> {
        &self.missing
    }

    fn unbound(&self, name: &str, called: &[Value], head: bool, heap: &Heap) -> Mistake {
        self.suggest(name, called, head, heap)
    }
}

const IOCTL: &str = "write it as `(_IO \"t\" 97)`";

/// A string argument of a call.
fn string<'h>(call: &Call<'_>, heap: &'h Heap, at: usize, what: &str) -> Result<&'h [u8], Mistake> {
    match call.arguments.get(at) {
        Some(Value::String(id)) => Ok(heap.bytes(*id)),
        Some(other) => {
            let message = format!("expected string as {what}, got {}", other.kind());
            Err(Mistake::wrong_type(message).at(at).wants_text(true))
        }
        None => {
            let message = format!("a {what} is missing");
            Err(Mistake::new(Code::ArgumentCount, message).help("write it as a string, `\"…\"`"))
        }
    }
}
