//! What is watched in a run: our own compiler, or a program that is named.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lapbelt_learn::run_dir;
use lapbelt_learn::target::find_program;
use lapbelt_tracer::arguments::{Argument, Arguments};
use lapbelt_tracer::image::{Image, Place};
use lapbelt_tracer::{Routine, Watch, loaded};
use serde_json::{Value, json};

use super::folder::Folder;
use super::inputs::{Input, Text};
use crate::exit::CommandError;

/// The functions through which our encoder writes, and by which it ends.
const OURS: [&str; 2] = [
    "lapbelt_blob::encode::buffer::Buffer::write",
    "lapbelt_blob::encode::buffer::Buffer::make_immutable",
];
/// Those of the system's `libsandbox`, which exports neither.
const SYSTEMS: [&str; 2] = [
    "_sb_mutable_buffer_write",
    "_sb_mutable_buffer_make_immutable",
];

#[derive(clap::Args)]
pub(super) struct TargetArgs {
    /// Watch this program, with the arguments that follow, instead of our own compiler. In them,
    /// {input} and {output} stand for the files of an input and of its profile, {KEY} for its
    /// parameter KEY. Without {input} the program reads standard input, and without {output} the
    /// profile is what it prints.
    #[arg(long, value_name = "CMD", num_args = 1.., allow_hyphen_values = true)]
    target_program: Vec<String>,
    /// Watch the compiler of a library with the functions of libsandbox, loaded here, while it
    /// compiles: that of the system, or ours as a library. On macOS the system's code is in the
    /// shared cache: name as --image a copy that was extracted from there.
    #[arg(long, value_name = "LIBSANDBOX", conflicts_with = "target_program")]
    library: Option<PathBuf>,
    /// The executable or shared library that holds the routine, by path, or by the name of a
    /// library that the program needs; the program itself if none is given.
    #[arg(long, value_name = "NAME")]
    image: Option<PathBuf>,
    /// The routine that writes, by its symbol or the path of a Rust function.
    #[arg(long, value_name = "NAME", group = "place")]
    symbol: Option<String>,
    /// The routine, by its address in the process. Addresses are then not randomised.
    #[arg(long, value_name = "0x…", group = "place", value_parser = address)]
    address: Option<u64>,
    /// The routine, by the address that its file gives it.
    #[arg(long, value_name = "0x…", group = "place", value_parser = address)]
    unslid_address: Option<u64>,
    /// Which argument of the routine is what.
    #[arg(
        long = "args",
        value_name = "SPEC",
        default_value = "buf=arg0,cursor=arg1,src=arg2,len=arg3"
    )]
    arguments: Arguments,
    /// The routine that ends writing to a buffer, by its symbol.
    #[arg(long, value_name = "NAME")]
    immutable_symbol: Option<String>,
    /// Which argument of it is the buffer.
    #[arg(long, value_name = "argN", default_value = "arg0")]
    immutable_arg: Argument,
}

/// Reads an address.
pub(super) fn address(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    u64::from_str_radix(digits, 16).map_err(|_| format!("`{text}` is no hexadecimal number"))
}

/// A program that can be run for each input.
pub(super) struct Target {
    /// Its file.
    pub(super) program: PathBuf,
    how: How,
    /// What is watched of it.
    pub(super) routine: Routine,
}

/// How it is run.
#[derive(PartialEq)]
enum How {
    /// This program, with our own compiler.
    Ours,
    /// This program, with that of a library.
    Library(PathBuf),
    /// With these arguments.
    Words(Vec<String>),
}

impl TargetArgs {
    /// Finds what is named.
    pub(super) fn target(self) -> Result<Target, CommandError> {
        let own = || {
            std::env::current_exe()
                .map_err(|error| CommandError::Other(format!("cannot find this program: {error}")))
        };
        let mut words = self.target_program.into_iter();
        let named = words.next();
        let program = match &named {
            Some(name) => find_program(Path::new(name)).map_err(CommandError::Other)?,
            None => own()?,
        };
        let how = match (&named, self.library) {
            (Some(_), _) => How::Words(words.collect()),
            (None, Some(library)) => How::Library(library),
            (None, None) => How::Ours,
        };
        let image = self.image.or_else(|| match &how {
            How::Library(library) => Some(library.clone()),
            How::Ours | How::Words(_) => None,
        });
        let places = [
            self.symbol.map(Place::Symbol),
            self.address.map(Place::Address),
            self.unslid_address.map(Place::Unslid),
        ];
        let known = match &how {
            How::Ours => Some(OURS),
            How::Library(library) if is_ours(library) => Some(OURS),
            How::Library(_) => Some(SYSTEMS),
            How::Words(_) => None,
        };
        let (write, other) = match (places.into_iter().flatten().next(), known) {
            (Some(place), _) => (place, None),
            (None, Some([write, other])) => {
                let place = Place::Symbol(write.to_string());
                (place, Some(other.to_string()))
            }
            (None, None) => {
                let message = "which routine? give --symbol, --unslid-address or --address";
                return Err(CommandError::Other(message.to_string()));
            }
        };
        let immutable = self.immutable_symbol.or(other);
        let image = image.map(|image| match image.exists() {
            true => Ok(image),
            false if how == How::Library(image.clone()) => Err(no_file(&image)),
            false => needed(&program, &image),
        });
        let watch = Watch {
            image: image.transpose()?,
            write,
            arguments: self.arguments,
            immutable: immutable.map(|name| (Place::Symbol(name), self.immutable_arg)),
        };
        Ok(Target {
            routine: found(&program, watch)?,
            program,
            how,
        })
    }
}

/// Whether a library has our compiler in it, and not the system's.
fn is_ours(library: &Path) -> bool {
    Image::read(library).is_ok_and(|image| image.symbol(OURS[0]).is_ok())
}

/// A library that is in no file, as those of macOS are.
fn no_file(library: &Path) -> CommandError {
    CommandError::Other(format!(
        "there is no file {}; of a library of macOS, name as --image a copy that was extracted from \
         the shared cache",
        library.display()
    ))
}

/// A library that a program needs, by the name of its file.
fn needed(program: &Path, name: &Path) -> Result<PathBuf, CommandError> {
    let found = loaded::libraries(program).map_err(|why| CommandError::Other(why.to_string()))?;
    let is_it = |path: &PathBuf| path.file_name() == Some(name.as_os_str());
    found.into_iter().find(is_it).ok_or_else(|| {
        CommandError::Other(format!(
            "{} needs no library {}; give the path of one that it loads later",
            program.display(),
            name.display()
        ))
    })
}

fn found(program: &Path, watch: Watch) -> Result<Routine, CommandError> {
    Routine::find(program, watch).map_err(|error| CommandError::Other(error.to_string()))
}

impl Target {
    /// The routine that is watched for an input.
    pub(super) fn routine(&self, input: &Input) -> Result<Cow<'_, Routine>, CommandError> {
        let Some(place) = &input.place else {
            return Ok(Cow::Borrowed(&self.routine));
        };
        let watch = Watch {
            write: place.clone(),
            ..self.routine.watch().clone()
        };
        found(&self.program, watch).map(Cow::Owned)
    }

    /// Whether what is watched is our compiler in this program.
    pub(super) fn is_this_program(&self) -> bool {
        self.how == How::Ours
    }

    /// Whether it compiles, and so needs something to compile.
    pub(super) fn needs_input(&self) -> bool {
        !matches!(self.how, How::Words(_))
    }

    /// What a manifest says of it.
    pub(super) fn named(&self) -> Value {
        let place = |place: &Place| match place {
            Place::Symbol(name) => json!({"symbol": name}),
            Place::Unslid(address) => json!({"unslid_address": format!("{address:#x}")}),
            Place::Address(address) => json!({"address": format!("{address:#x}")}),
        };
        let watch = self.routine.watch();
        let immutable = watch.immutable.as_ref();
        let (library, words) = match &self.how {
            How::Ours => (None, None),
            How::Library(library) => (Some(library), None),
            How::Words(words) => (None, Some(words)),
        };
        let is_ours = library.map(|library| is_ours(library));
        json!({
            "program": self.program,
            "words": words,
            "library": library,
            "library_is_ours": is_ours,
            "image": watch.image,
            "write": place(&watch.write),
            "arguments": watch.arguments.to_string(),
            "immutable": immutable.map(|(routine, _)| place(routine)),
        })
    }

    /// The command for an input.
    pub(super) fn command(
        &self,
        input: &Input,
        world: &str,
        folder: &Folder,
    ) -> Result<Command, CommandError> {
        let blob = folder.blob(&input.id);
        let mut command = Command::new(&self.program);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(run_dir::create(&folder.stderr(&input.id))?);
        match &self.how {
            How::Ours => command.args(["compile", "--world", world, "-o"]),
            How::Library(library) => command
                .args(["lab", "writes", "compile", "--library"])
                .arg(library)
                .arg("-o"),
            How::Words(words) => {
                Self::words(&mut command, words, input, folder)?;
                return Ok(command);
            }
        };
        command.arg(&blob);
        for (name, value) in &input.params {
            command.arg("-D").arg(format!("{name}={value}"));
        }
        match &input.text {
            Text::File(path) => command.arg("--").arg(path),
            Text::Inline(_) | Text::None => command.arg("-"),
        };
        if let Text::Inline(text) = &input.text {
            command.stdin(reader(&folder.text(&input.id), text)?);
        }
        Ok(command)
    }

    /// Gives the command of a program that is named its words, with what they stand for.
    fn words(
        command: &mut Command,
        words: &[String],
        input: &Input,
        folder: &Folder,
    ) -> Result<(), CommandError> {
        let blob = folder.blob(&input.id);
        let has = |part: &str| words.iter().any(|word| word.contains(part));
        if !has("{output}") {
            command.stdout(run_dir::create(&blob)?);
        }
        let path = match &input.text {
            Text::File(path) => Some(path.clone()),
            Text::Inline(text) if has("{input}") => {
                let path = folder.text(&input.id);
                run_dir::write(&path, text.as_bytes())?;
                Some(path)
            }
            Text::Inline(text) => {
                command.stdin(reader(&folder.text(&input.id), text)?);
                None
            }
            Text::None => None,
        };
        match &path {
            Some(path) if !has("{input}") => {
                command.stdin(opened(path)?);
            }
            None if has("{input}") => {
                let message = "{input} stands for the file of an input: give --profile or --inputs";
                return Err(CommandError::Other(message.to_string()));
            }
            _ => {}
        }
        command.args(words.iter().map(|word| {
            let shown = |path: &Path| path.to_string_lossy().into_owned();
            let mut word = word.replace("{output}", &shown(&blob));
            if let Some(path) = &path {
                word = word.replace("{input}", &shown(path));
            }
            for (name, value) in &input.params {
                word = word.replace(&format!("{{{name}}}"), value);
            }
            OsString::from(word)
        }));
        Ok(())
    }
}

/// A file that holds a text, opened to be read, and gone by name. It is read by another process, at
/// its own pace: a pipe could fill up.
fn reader(path: &Path, text: &str) -> Result<std::fs::File, CommandError> {
    run_dir::write(path, text.as_bytes())?;
    let file = opened(path)?;
    std::fs::remove_file(path).map_err(|error| {
        CommandError::Other(format!("cannot remove {}: {error}", path.display()))
    })?;
    Ok(file)
}

fn opened(path: &Path) -> Result<std::fs::File, CommandError> {
    std::fs::File::open(path)
        .map_err(|error| CommandError::Other(format!("cannot read {}: {error}", path.display())))
}
