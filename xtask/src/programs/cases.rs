//! The programs, and what each needs to be there before it runs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where programs of the system are. A user's own wrappers of the same names are not meant.
pub(super) const SYSTEM: &str = "/usr/bin:/bin:/usr/sbin:/sbin";

/// A program with its arguments.
pub(super) struct Case {
    /// What the table calls it.
    pub(super) name: String,
    program: PathBuf,
    pub(super) args: Vec<String>,
    /// A shell command that sets its folder up.
    pub(super) prepare: &'static str,
    /// Most seconds that learning and shrinking may take.
    pub(super) limit: u32,
}

impl Case {
    /// Its program, if the machine has it.
    pub(super) fn found(&self) -> Option<PathBuf> {
        if self.program.is_absolute() {
            return self.program.is_file().then(|| self.program.clone());
        }
        std::env::split_paths(SYSTEM)
            .map(|folder| folder.join(&self.program))
            .find(|path| path.is_file())
    }
}

/// The search path that the programs get: the compiler's own folder, then the system's.
pub(super) fn search_path() -> OsString {
    let toolchain = toolchain();
    let folders = toolchain
        .parent()
        .into_iter()
        .map(Path::to_path_buf)
        .chain(std::env::split_paths(SYSTEM));
    std::env::join_paths(folders).unwrap_or_else(|_| SYSTEM.into())
}

/// The real cargo, not the wrapper that looks for it.
fn toolchain() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from)
}

/// All programs; `fixtures` is where our own are, `port` where something serves.
pub(super) fn all(fixtures: &Path, port: u16) -> Vec<Case> {
    let text = "printf 'one\\ntwo\\nthree\\n' > text";
    let tree = "mkdir -p tree/below && printf 'one\\ntwo\\n' > tree/a && cp tree/a tree/below/b";
    let hello =
        "printf '#include <stdio.h>\\nint main(void) { puts(\"hello\"); return 0; }\\n' > hello.c";
    let project = "printf '#include <stdio.h>\\nint main(void) { puts(\"hello\"); return 0; }\\n' > hello.c \
                   && printf 'hello: hello.o\\n\\tcc -o hello hello.o\\nhello.o: hello.c\\n\\tcc -c hello.c\\n' > Makefile";
    let package = "mkdir src && echo 'fn main() { println!(\"hello\"); }' > src/main.rs \
                   && printf '[package]\\nname = \"hello\"\\nversion = \"0.1.0\"\\nedition = \"2024\"\\n' > Cargo.toml";
    let inputs = "for n in 0 1 2 3 4 5 6 7; do echo text > input-$n; done";
    let sqlite =
        "create table if not exists t (a, b); insert into t values (1, 'one'); select * from t;";
    let git = "git init -q repo && cd repo && echo text > file && git add file && \
               git -c user.name=A -c user.email=a@example.org commit -q --allow-empty -m first && git log";
    let url = format!("http://127.0.0.1:{port}/");

    let system = |program: &str, args: &[&str], prepare: &'static str| Case {
        name: std::iter::once(program)
            .chain(args.iter().copied())
            .map(quoted)
            .collect::<Vec<_>>()
            .join(" "),
        program: program.into(),
        args: args.iter().map(ToString::to_string).collect(),
        prepare,
        limit: 60,
    };
    let own = |name: &str, prepare: &'static str| Case {
        name: format!("{name} (our own)"),
        program: fixtures.join(name),
        args: Vec::new(),
        prepare,
        limit: 60,
    };
    let mut cases = vec![
        system("true", &[], ""),
        system("ls", &["-l"], tree),
        system("cat", &["text"], text),
        system("cp", &["text", "copy"], text),
        system("sort", &["text"], text),
        system("grep", &["-r", "two", "tree"], tree),
        system("find", &["tree", "-name", "b"], tree),
        system(
            "awk",
            &["{ n += length($0) } END { print n }", "text"],
            text,
        ),
        system("sed", &["-i", "s/one/two/", "text"], text),
        system("sha256sum", &["text"], text),
        system("gzip", &["-kf", "text"], text),
        system(
            "sh",
            &["-c", "tar cf a.tar tree && mkdir -p x && tar xf a.tar -C x"],
            tree,
        ),
        system("openssl", &["rand", "-hex", "16"], ""),
        system(
            "sh",
            &[
                "-c",
                "rm -f key key.pub && ssh-keygen -q -t ed25519 -N '' -f key",
            ],
            "",
        ),
        system("sqlite3", &["data.db", sqlite], ""),
        system(
            "perl",
            &["-MPOSIX", "-e", "print strftime('%Y', gmtime), \"\\n\""],
            "",
        ),
        system(
            "python3",
            &["-c", "import json; print(json.dumps({'a': 1}))"],
            "",
        ),
        system(
            "node",
            &["-e", "console.log(require('os').cpus().length)"],
            "",
        ),
        system("sh", &["-c", git], ""),
        system("gcc", &["hello.c", "-o", "hello"], hello),
        system("make", &[], project),
    ];
    cases.push(Case {
        name: "curl -s http://127.0.0.1:PORT/".into(),
        ..system("curl", &["-s", &url], "")
    });
    cases.push(Case {
        name: "cargo build --offline".into(),
        program: toolchain(),
        limit: 240,
        ..system("cargo", &["build", "--offline"], package)
    });
    for (name, prepare) in [
        ("sandbox_target", ""),
        ("sandbox_net_required", ""),
        ("sandbox_spawn", ""),
        ("first_run", ""),
        ("temporary", ""),
        ("threads", inputs),
        ("daemon", ""),
        ("hostile_name", ""),
    ] {
        cases.push(own(name, prepare));
    }
    cases
}

/// A word as one would type it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else if word.contains('\'') {
        let mut text = word.replace('\\', "\\\\");
        for special in ['"', '$'] {
            text = text.replace(special, &format!("\\{special}"));
        }
        format!("\"{text}\"")
    } else {
        format!("'{word}'")
    }
}
