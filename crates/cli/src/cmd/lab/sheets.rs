//! Profiles for the bench, node by node: compiled ones as they are, sources as our compiler makes
//! them.

use std::path::{Path, PathBuf};

use lapbelt_analysis::finding::Input;
use lapbelt_analysis::inventory::{Filter, Node, Profile, Sheet, Test, Value as Held, Word};
use lapbelt_blob::encode::encode;
use lapbelt_blob::infer::Layout;
use lapbelt_blob::infer::record::Edges;
use lapbelt_blob::survey::{self, Kind, Of, Reading, Says, survey};
use lapbelt_policy::world::World;
use serde_json::{Value, json};

use crate::exit::CommandError;
use crate::output::Output;
use crate::profile::{self, Params};
use crate::{corpus, evidence, layout_file, subject};

#[derive(clap::Args)]
pub(super) struct SheetArgs {
    /// Compiled profiles (in NAME.hex as hexadecimal digits), SBPL sources, or folders of either; of
    /// a folder that has compiled ones, only those.
    #[arg(required = true)]
    profiles: Vec<PathBuf>,
    #[command(flatten)]
    params: Params,
    /// The OS build that they are for.
    #[arg(long, default_value = "macos-14.4.1")]
    world: String,
}

impl SheetArgs {
    pub(super) fn world(&self) -> Result<World, CommandError> {
        profile::world(&self.world)
    }
}

/// A compiled profile.
pub(super) struct Compiled {
    /// Name of its file.
    pub(super) name: String,
    /// What was read.
    pub(super) input: Input,
    /// The compiled bytes.
    pub(super) bytes: Vec<u8>,
}

/// A profile as it was read.
pub(super) struct Sheeted {
    pub(super) name: String,
    pub(super) input: Input,
    pub(super) bytes: Vec<u8>,
    /// Name of its layout.
    pub(super) layout: String,
    /// Bytes of a node.
    pub(super) stride: usize,
    /// The fields of a node that tests, with offset and size.
    pub(super) fields: Value,
    pub(super) sheet: Sheet,
    /// What does not hold together.
    pub(super) faults: Vec<String>,
}

/// A profile that could not be read.
pub(super) struct Skipped {
    pub(super) name: String,
    pub(super) input: Input,
    pub(super) why: String,
    /// Whether it is a source that does not compile, of whose structure nothing is known.
    pub(super) is_source: bool,
}

/// What became of a profile.
pub(super) type Read<T> = Result<T, Skipped>;

/// The profiles that were named, in the order of the arguments and of names in a folder.
///
/// # Errors
/// If a file cannot be read, or there is none.
pub(super) fn compiled(
    args: &SheetArgs,
    world: &World,
) -> Result<Vec<Read<Compiled>>, CommandError> {
    let mut all = Vec::new();
    for path in &args.profiles {
        if path.is_dir() {
            for file in folder(path)? {
                all.push(one(&file, args, world)?);
            }
        } else {
            all.push(one(path, args, world)?);
        }
    }
    match all.is_empty() {
        true => Err(CommandError::Other(format!(
            "there are no profiles in {}",
            corpus::named(&args.profiles)
        ))),
        false => Ok(all),
    }
}

/// The compiled profiles of a folder; if it has none, its sources.
fn folder(path: &Path) -> Result<Vec<PathBuf>, CommandError> {
    let failed = |error| CommandError::Other(format!("cannot read {}: {error}", path.display()));
    let (mut blobs, mut sources) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        let extension = file.extension().and_then(|own| own.to_str());
        match extension {
            _ if !file.is_file() => {}
            Some("hex") => blobs.push(file),
            Some("sb") => sources.push(file),
            _ if subject::is_blob(&profile::read_bytes(&file)?) => blobs.push(file),
            _ => {}
        }
    }
    let mut files = if blobs.is_empty() { sources } else { blobs };
    files.sort();
    Ok(files)
}

fn one(path: &Path, args: &SheetArgs, world: &World) -> Result<Read<Compiled>, CommandError> {
    let member = corpus::member(path)?;
    let input = evidence::input(&member.name, &member.bytes);
    let name = member.name;
    if subject::is_blob(&member.bytes) {
        return Ok(Ok(Compiled {
            name,
            input,
            bytes: member.bytes,
        }));
    }
    let text = match member.bytes.is_empty() {
        true => Err("the file is empty".to_string()),
        false => String::from_utf8(member.bytes)
            .map_err(|_| "neither text nor a compiled profile".to_string()),
    };
    let made =
        text.and_then(|text| compile(path, &text, args, world).map_err(|error| error.to_string()));
    Ok(match made {
        Ok(bytes) => Ok(Compiled { name, input, bytes }),
        Err(why) => {
            // A place in a source comes with the name of the file.
            let why = why
                .strip_prefix(&format!("{name}: "))
                .unwrap_or(&why)
                .to_string();
            Err(Skipped {
                name,
                input,
                why,
                is_source: true,
            })
        }
    })
}

fn compile(
    path: &Path,
    text: &str,
    args: &SheetArgs,
    world: &World,
) -> Result<Vec<u8>, CommandError> {
    let policy = profile::evaluate(path, text, &args.params.map(), world)?.policy;
    let encoded = encode(&policy, world);
    let encoded = encoded.map_err(|error| super::super::compile::refused(&error, &policy, world));
    Ok(encoded?.bytes)
}

/// Reads a profile in its world.
pub(super) fn known(own: Compiled, world: &World) -> Read<Sheeted> {
    match survey(&own.bytes, world) {
        Err(error) => Err(own.skipped(error.to_string())),
        Ok(survey) => Ok(Sheeted {
            layout: survey.layout.name.to_string(),
            stride: 8,
            fields: json!({"tag": {"offset": 0, "size": 1}, "filter": {"offset": 1, "size": 1},
                           "argument": {"offset": 2, "size": 2}, "match": {"offset": 4, "size": 2},
                           "unmatch": {"offset": 6, "size": 2}}),
            sheet: surveyed(&survey, world),
            faults: survey.faults.into_iter().map(|fault| fault.what).collect(),
            name: own.name,
            input: own.input,
            bytes: own.bytes,
        }),
    }
}

/// Reads a profile by a layout that was found, without any vocabulary.
pub(super) fn guessed(own: Compiled, layout: &Layout) -> Read<Sheeted> {
    let Some(read) = layout.read(&own.bytes) else {
        return Err(own.skipped("its sections are not of that layout".to_string()));
    };
    let node = |node: &lapbelt_blob::infer::apply::Node| {
        let literal = node.literal.map(|number| {
            let content = read.literals[number].content.clone();
            format!("\"{}\"", own.bytes[content].escape_ascii())
        });
        Node {
            offset: node.offset,
            tag: node.tag,
            test: node.argument.map(|argument| Test {
                filter: Filter {
                    number: node.filter.unwrap_or_default(),
                    other_form: false,
                    name: None,
                },
                argument,
            }),
            edges: match node.edges {
                Edges::Terminal => Vec::new(),
                Edges::Branch(matched, unmatched) => vec![matched, unmatched],
            },
            values: node
                .argument
                .map(|argument| Held {
                    of: name(Of::Argument),
                    value: argument as i64,
                    word: match literal {
                        Some(_) => Word::Literal,
                        None => Word::Unasked,
                    },
                    meaning: literal,
                })
                .into_iter()
                .collect(),
        }
    };
    let sheet = Sheet {
        profiles: vec![Profile {
            name: None,
            entries: read.entries.clone(),
        }],
        nodes: read.nodes.iter().map(node).collect(),
    };
    Ok(Sheeted {
        layout: "a layout that was found".to_string(),
        stride: layout.frame.stride,
        fields: layout_file::fields(layout),
        sheet,
        faults: Vec::new(),
        name: own.name,
        input: own.input,
        bytes: own.bytes,
    })
}

/// Reads all profiles, in their world or by a layout that was found.
pub(super) fn sheets(
    args: &SheetArgs,
    layout: Option<&Path>,
    world: &World,
) -> Result<Vec<Read<Sheeted>>, CommandError> {
    let layout = layout.map(layout_file::read).transpose()?;
    let read = |own: Read<Compiled>| match &layout {
        Some(layout) => guessed(own?, layout),
        None => known(own?, world),
    };
    Ok(compiled(args, world)?.into_iter().map(read).collect())
}

impl Compiled {
    fn skipped(self, why: String) -> Skipped {
        Skipped {
            name: self.name,
            input: self.input,
            why,
            is_source: false,
        }
    }
}

impl Sheeted {
    /// The bytes of a node in hexadecimal digits.
    pub(super) fn hex(&self, node: &Node) -> String {
        let bytes = self.bytes.get(node.offset..node.offset + self.stride);
        let bytes = bytes.unwrap_or_default().iter();
        bytes.map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Tells a person what was skipped.
pub(super) fn tell(skipped: &[Skipped], output: &Output) {
    for one in skipped {
        output.tell(&format!("lapbelt: skipped {}: {}", one.name, one.why));
    }
}

/// What was skipped, for programs.
pub(super) fn told(skipped: &[Skipped]) -> Value {
    let one = |own: &Skipped| json!({"file": own.name, "sha256": own.input.sha256, "why": own.why});
    skipped.iter().map(one).collect()
}

fn surveyed(survey: &survey::Survey, world: &World) -> Sheet {
    let profiles = survey.profiles.iter().map(|own| Profile {
        name: own.name.clone(),
        entries: own.entries.iter().map(|e| e.map(usize::from)).collect(),
    });
    let nodes = survey.nodes.iter().map(|node| {
        let (test, edges, readings) = match &node.kind {
            Kind::Filter {
                number,
                other_form,
                filter,
                argument,
                readings,
                edges,
            } => {
                let test = Test {
                    filter: Filter {
                        number: usize::from(*number),
                        other_form: *other_form,
                        name: filter.map(|id| world.filter(id).name.clone()),
                    },
                    argument: usize::from(*argument),
                };
                let edges = edges.iter().map(|edge| edge.map(usize::from));
                (Some(test), edges.collect(), readings.as_slice())
            }
            Kind::Terminal { readings, .. } => (None, Vec::new(), readings.as_slice()),
            Kind::Unknown => (None, Vec::new(), &[][..]),
        };
        Node {
            offset: node.offset,
            tag: usize::from(node.tag),
            test,
            edges,
            values: readings.iter().map(value).collect(),
        }
    });
    Sheet {
        profiles: profiles.collect(),
        nodes: nodes.collect(),
    }
}

fn value(reading: &Reading) -> Held {
    let (word, meaning) = match &reading.says {
        Says::Named(name) => (Word::Hit, Some(name.clone())),
        Says::Unnamed => (Word::Miss, None),
        Says::Number => (Word::Fallback, None),
        Says::Literal(text) => (Word::Literal, Some(text.clone())),
        Says::Broken => (Word::Broken, None),
    };
    Held {
        of: name(reading.of),
        value: reading.value,
        word,
        meaning,
    }
}

const fn name(of: Of) -> &'static str {
    match of {
        Of::Argument => "argument",
        Of::Bit => "bit",
        Of::Flags => "flags",
        Of::Modifier => "modifier",
        Of::ModifierArgument => "modifier argument",
    }
}
