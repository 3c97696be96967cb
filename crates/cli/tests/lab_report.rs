//! `lapbelt lab report` as a user runs it, and its page in a browser.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

fn lapbelt(words: &[&str], paths: &[&Path]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("lapbelt").expect("the built command");
    let output = command.args(words).args(paths).output().expect("a run");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let code = output.status.code().expect("an exit code");
    (code, text(output.stdout), text(output.stderr))
}

/// Files of findings of all kinds, about profiles of our own.
fn findings(dir: &Path) -> Vec<PathBuf> {
    let profiles = dir.join("profiles");
    std::fs::create_dir(&profiles).expect("a folder");
    let own = profiles.join("own.sb");
    let text = "(version 1)(deny default)(allow file-read* (literal \"/<b>&'x\"))(allow \
                network-outbound (require-all (socket-domain AF_INET) (socket-type 300)))";
    std::fs::write(&own, text).expect("a source");
    let other = "(version 1)(allow default)(deny file-write* (subpath \"/x\"))";
    std::fs::write(profiles.join("other.sb"), other).expect("a source");
    let (inventory, unknowns) = (dir.join("inventory.json"), dir.join("unknowns.json"));
    let (code, _, error) = lapbelt(&["lab", "inventory", "--out"], &[&inventory, &own]);
    assert_eq!(code, 0, "{error}");
    let (code, _, error) = lapbelt(&["lab", "unknowns", "--out"], &[&unknowns, &own]);
    assert_eq!(code, 1, "{error}");
    let tables = dir.join("tables");
    let (code, _, error) = lapbelt(&["lab", "optable", "--out"], &[&tables, &profiles]);
    assert_eq!(code, 0, "{error}");
    // Of the search for a layout, which takes long, only the shape of its answer.
    let mut scored: Value =
        serde_json::from_str(&std::fs::read_to_string(&inventory).expect("text")).expect("JSON");
    let finding = &mut scored["findings"][0];
    let score = |score: f64| serde_json::json!({"score": score, "terms": {"tags": 0.1, "edges": score / 2.0}});
    finding["claim"] = "The layout with <i>nodes</i> of 8 bytes scores best".into();
    finding["tier"] = "hypothesis".into();
    finding["world"] = Value::Null;
    finding["data"] = serde_json::json!({"scores": [score(0.98), score(0.9), score(0.4)]});
    let scores = dir.join("scores.json");
    std::fs::write(&scores, finding.to_string()).expect("a file");
    vec![
        scores,
        inventory,
        unknowns,
        tables.join("op_table_map.json"),
    ]
}

fn report(dir: &Path, name: &str) -> PathBuf {
    let files = findings(dir);
    let out = dir.join(name);
    let mut paths: Vec<&Path> = vec![&out];
    paths.extend(files.iter().map(PathBuf::as_path));
    let (code, text, error) = lapbelt(&["lab", "report", "--out"], &paths);
    assert_eq!((code, text.as_str()), (0, "4 findings\n"), "{error}");
    out
}

#[test]
fn findings_become_markdown() {
    let dir = tempfile::tempdir().expect("a directory");
    let out = report(dir.path(), "report.md");
    let text = std::fs::read_to_string(out).expect("text");
    // Names of temporary folders differ, in lines of commands also by what must be quoted.
    let folder = dir.path().display().to_string();
    insta::assert_snapshot!(text.replace(&folder, "DIR"));
}

#[test]
fn what_is_no_finding_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("file.json");
    for (text, wanted) in [
        ("{", "EOF"),
        ("7", "no findings"),
        ("[]", "file.json"),
        ("{\"op_entries\": [1]}", "no findings"),
        ("[{\"claim\": \"so\"}]", "finding 1"),
        (
            "{\"claim\":\"so\",\"tier\":\"derived\",\"inputs\":[],\"tool\":\"t\",\"command\":[]}",
            "no input",
        ),
    ] {
        std::fs::write(&file, text).expect("a file");
        let (code, _, error) = lapbelt(&["lab", "report"], &[&file]);
        assert_eq!(code, 2, "{text}");
        assert!(error.contains(wanted), "{text}: {error}");
    }
    let out = dir.path().join("report.pdf");
    let (code, _, error) = lapbelt(&["lab", "report", "--out"], &[&out, &file]);
    assert_eq!(code, 2);
    assert!(error.contains(".html"), "{error}");
}

/// What a browser makes of the page is measured by a script in a copy of it, as the page itself has
/// none: whether anything sticks out, whether every text can be told from what is behind it, and
/// whether text is text.
const MEASURE: &str = r#"<script>
const all = (where, what) => [...where.querySelectorAll(what)];
const light = colour => {
  const part = colour.match(/[\d.]+/g).slice(0, 3).map(one => one / 255)
    .map(one => one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
  return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
};
const behind = element => {
  for (let at = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (colour !== "rgba(0, 0, 0, 0)" && colour !== "transparent") return colour;
  }
  return "rgb(255, 255, 255)";
};
const contrast = element => {
  const style = getComputedStyle(element);
  const ink = element.ownerSVGElement ? style.fill : style.color;
  const pair = [light(ink), light(behind(element))].sort((one, other) => other - one);
  return (pair[0] + 0.05) / (pair[1] + 0.05);
};
for (const one of all(document, "details")) one.open = true;
const clipped = all(document, "svg").flatMap(svg => {
  const view = svg.viewBox.baseVal;
  return all(svg, "text, rect, circle, polyline").filter(one => {
    const box = one.getBBox();
    return box.x < -0.5 || box.y < -0.5 || box.x + box.width > view.width + 0.5
      || box.y + box.height > view.height + 0.5;
  }).map(one => one.textContent || one.tagName);
});
const texts = all(document, "h1, h2, h3, p, td, th, a, summary, pre, figcaption, svg text");
const found = {
  dark: matchMedia("(prefers-color-scheme: dark)").matches,
  width: innerWidth,
  overflow: document.documentElement.scrollWidth - innerWidth,
  clipped,
  contrast: Math.min(...texts.map(contrast)),
  headings: all(document, "h2").map(one => one.textContent),
  figures: all(document, "figure svg").length,
  marks: all(document, "svg rect, svg circle").length,
  scripts: document.scripts.length,
  foreign: all(document, "b, i, img, link, iframe, [src], [href]:not([href^='#'])").length,
};
const out = document.createElement("pre");
out.id = "measured";
out.textContent = JSON.stringify(found);
document.body.append(out);
</script>"#;

/// The browser; none, and said so, if there is none.
///
/// # Panics
/// If there is none and `LAPBELT_REQUIRE_CHROMIUM` is 1.
fn chromium() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = std::env::split_paths(&folders)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|path| path.is_file());
    if found.is_none() {
        let required = std::env::var_os("LAPBELT_REQUIRE_CHROMIUM").is_some_and(|own| own == "1");
        assert!(
            !required,
            "no chromium in PATH, and LAPBELT_REQUIRE_CHROMIUM is 1"
        );
        lapbelt_corpus::say_skipped("no chromium in PATH (Debian: apt-get install chromium)");
    }
    found
}

fn browse(chromium: &Path, dir: &Path, page: &Path, words: &[&str]) -> String {
    let data = tempfile::tempdir_in(dir).expect("a directory");
    let output = Command::new(chromium)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
        ])
        .arg(format!("--user-data-dir={}", data.path().display()))
        .args(words)
        .arg(format!("file://{}", page.display()))
        .timeout(std::time::Duration::from_secs(120))
        .output()
        .expect("a run of the browser");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn measured(dom: &str) -> Value {
    let (_, rest) = dom
        .split_once("<pre id=\"measured\">")
        .expect("a measurement");
    let (json, _) = rest.split_once("</pre>").expect("its end");
    let plain = json
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    serde_json::from_str(&plain).expect("JSON")
}

/// Starts a browser three times, which takes some seconds.
#[test]
fn the_page_reads_well_in_a_browser() {
    let Some(chromium) = chromium() else {
        return;
    };
    let dir = tempfile::tempdir().expect("a directory");
    let page = report(dir.path(), "report.html");
    let html = std::fs::read_to_string(&page).expect("text");
    // A slot is named by its operation.
    assert!(html.contains("own, signal: starts at node"));
    let probe = dir.path().join("probe.html");
    std::fs::write(
        &probe,
        html.replace("</body>", &format!("{MEASURE}</body>")),
    )
    .expect("a file");
    for (words, dark) in [
        (&["--window-size=1200,900"][..], false),
        (&["--window-size=500,900", "--force-dark-mode"][..], true),
    ] {
        let words = [words, &["--dump-dom"]].concat();
        let found = measured(&browse(&chromium, dir.path(), &probe, &words));
        assert_eq!(found["dark"], dark, "{found}");
        assert!(
            found["overflow"].as_f64().expect("a number") <= 0.0,
            "{found}"
        );
        assert_eq!(found["clipped"], serde_json::json!([]), "{found}");
        assert!(
            found["contrast"].as_f64().expect("a number") >= 4.5,
            "{found}"
        );
        assert_eq!(
            found["headings"][0],
            "The layout with <i>nodes</i> of 8 bytes scores best"
        );
        assert_eq!(found["headings"].as_array().map(Vec::len), Some(4));
        // Scores, terms, the region and the op tables.
        assert_eq!(found["figures"], 4, "{found}");
        assert!(found["marks"].as_u64().expect("a number") > 60, "{found}");
        // The one that measures; and nothing that is fetched or was text.
        assert_eq!(
            (&found["scripts"], &found["foreign"]),
            (&1.into(), &0.into()),
            "{found}"
        );
    }
    let picture = dir.path().join("report.png");
    let shot = format!("--screenshot={}", picture.display());
    browse(
        &chromium,
        dir.path(),
        &page,
        &["--window-size=1200,1600", &shot],
    );
    let picture = std::fs::read(picture).expect("a picture");
    // An empty page of this size takes a few thousand bytes.
    assert!(
        picture.starts_with(b"\x89PNG") && picture.len() > 50_000,
        "{} bytes",
        picture.len()
    );
}
