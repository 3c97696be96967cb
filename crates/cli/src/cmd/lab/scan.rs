//! `lapbelt lab scan`: what machine code does with the words it reads.

mod threads;

use std::fmt::Write as _;
use std::path::PathBuf;

use lapbelt_analysis::finding::{Evidence, Tier};
use lapbelt_scan::{Answer, Dispatch, Options, Report, Site, Verdict, Walk, scan_with};
use serde_json::{Value, json};

use crate::evidence;
use crate::exit::{CommandError, Exit};
use crate::output::Output;
use crate::profile;
use threads::Threads;

/// Most findings of a kind that are written for a person; `--json` has all.
const SHOWN: usize = 10;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A kernel extension, library, program or object file: Mach-O of arm64, arm64e or x86-64, thin
    /// or fat, or ELF of x86-64 or AArch64.
    binary: PathBuf,
    /// Scan what is reached from this function, given by name or as an address 0x…; may be given
    /// several times. Without it, scan all functions.
    #[arg(long, value_name = "SYMBOL|0xADDRESS")]
    from: Vec<String>,
    /// The slice of a fat file: arm64, arm64e or x86_64.
    #[arg(long, value_name = "ARCH")]
    arch: Option<String>,
}

pub(crate) fn run(args: &Args, output: &Output) -> Result<Exit, CommandError> {
    let bytes = profile::read_bytes(&args.binary)?;
    let name = profile::shown(&args.binary);
    let options = Options {
        architecture: args.arch.as_deref(),
        from: &args.from,
    };
    let threads = Threads::new(output);
    let report = scan_with(&bytes, &options, &threads);
    threads.bar.finish_and_clear();
    let report = report.map_err(|error| CommandError::Other(format!("{name}: {error}")))?;
    let evidence = evidence::evidence(None, vec![evidence::input(&name, &bytes)])?;
    output.answer_either(|| to_json(&report, &evidence), || to_text(&report));
    let answers = [&report.split, &report.array, &report.machine];
    let is_open = |answer: &&Answer| answer.verdict == Verdict::Undecided;
    Ok(match answers.iter().any(is_open) {
        true => Exit::Undecided,
        false => Exit::Yes,
    })
}

const SPLIT: &str = "hi/lo split of a u16";
const ARRAY: &str = "fixed-stride node array";
const MACHINE: &str = "bytecode VM";

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Found => "found",
        Verdict::NotFound => "not found",
        Verdict::Undecided => "undecided",
    }
}

fn how(dispatch: Dispatch) -> String {
    match dispatch {
        Dispatch::JumpTable => "a jump table".to_owned(),
        Dispatch::CallTable => "a table of functions".to_owned(),
        Dispatch::Compares(count) => format!("comparisons with {count} constants"),
    }
}

fn walk(walk: Walk) -> &'static str {
    match walk {
        Walk::Index => "index",
        Walk::Pointer => "pointer",
    }
}

fn site(site: &Site) -> Value {
    json!({"address": format!("{:#x}", site.address), "offset": site.offset,
           "function": site.function, "instruction": site.text})
}

fn sites(all: &[Site]) -> Value {
    all.iter().map(site).collect()
}

fn to_json(report: &Report, evidence: &Evidence) -> Value {
    let splits: Vec<Value> = report
        .splits
        .iter()
        .map(|one| {
            let parts = one.parts.iter().map(|part| {
                json!({"mask": format!("{:#06x}", part.mask), "use": part.how,
                       "site": site(&part.site)})
            });
            json!({"low": format!("{:#06x}", one.low), "high": format!("{:#06x}", one.high),
                   "reads": sites(&one.reads), "parts": parts.collect::<Vec<_>>()})
        })
        .collect();
    let records: Vec<Value> = report
        .records
        .iter()
        .map(|one| {
            let fields = one.fields.iter().map(|field| {
                json!({"offset": field.offset, "size": field.size, "site": site(&field.site)})
            });
            json!({"stride": one.stride, "walk": walk(one.walk),
                   "fields": fields.collect::<Vec<_>>()})
        })
        .collect();
    let machines: Vec<Value> = report
        .machines
        .iter()
        .map(|one| {
            json!({"opcode": site(&one.opcode), "dispatch": how(one.dispatch),
                   "dispatch_sites": sites(&one.chosen), "steps": one.steps,
                   "moves_by_data": one.moves_by_data, "operands": sites(&one.operands)})
        })
        .collect();
    let hypothesis = |id: &str, name: &str, answer: &Answer, evidence: Vec<Value>| {
        json!({"id": id, "name": name, "verdict": verdict(answer.verdict), "why": answer.why,
               "evidence": evidence})
    };
    let masks = report.masks.iter().map(|one| {
        json!({"mask": format!("{:#06x}", one.mask), "count": one.count,
               "example": site(&one.example)})
    });
    let readers = report.readers.iter().map(|one| {
        json!({"function": one.function.function, "address": format!("{:#x}", one.function.address),
               "read": one.read.as_ref().map(site)})
    });
    let answers = [
        (SPLIT, &report.split),
        (ARRAY, &report.array),
        (MACHINE, &report.machine),
    ];
    let findings = answers.iter().map(|(name, answer)| {
        // Instructions show what is there; that something is not there only fits what was seen.
        let tier = match answer.verdict {
            Verdict::Found => Tier::Derived,
            Verdict::NotFound | Verdict::Undecided => Tier::Hypothesis,
        };
        let verdict = verdict(answer.verdict);
        let claim = format!("{name}: {verdict}; {}", answer.why);
        evidence.finding(tier, claim, json!({"name": name, "verdict": verdict}))
    });
    let findings: Vec<_> = findings.collect();
    json!({
        "architecture": report.architecture,
        "functions": report.functions,
        "instructions": report.instructions,
        "u16_reads": report.reads,
        "unresolved": {"count": report.unresolved, "sites": sites(&report.unresolved_sites)},
        "cut_off": sites(&report.cut_off),
        "hypotheses": [
            hypothesis("u16-split", SPLIT, &report.split, splits),
            hypothesis("node-array", ARRAY, &report.array, records),
            hypothesis("bytecode-vm", MACHINE, &report.machine, machines),
        ],
        "u16_readers": readers.collect::<Vec<_>>(),
        "masks": masks.collect::<Vec<_>>(),
        "findings": findings,
    })
}

fn line(out: &mut String, label: &str, site: &Site) {
    let Site {
        address,
        function,
        text,
        ..
    } = site;
    let _ = writeln!(out, "    {label:<22} {address:#x}  {text:<34} {function}");
}

fn rest(out: &mut String, count: usize) {
    if count > SHOWN {
        let _ = writeln!(out, "  and {} more, which --json has", count - SHOWN);
    }
}

fn to_text(report: &Report) -> String {
    let mut out = format!(
        "{}: {} functions, {} instructions, {} reads of 16 bits\n",
        report.architecture, report.functions, report.instructions, report.reads
    );
    let head = |name: &str, answer: &Answer| {
        format!("\n{name}: {}\n  {}\n", verdict(answer.verdict), answer.why)
    };
    out += &head(SPLIT, &report.split);
    for one in report.splits.iter().take(SHOWN) {
        let _ = writeln!(
            out,
            "  {:#06x} and {:#06x} of what is read by",
            one.low, one.high
        );
        for read in &one.reads {
            line(&mut out, "", read);
        }
        for part in &one.parts {
            let label = format!("{:#06x} {}", part.mask, part.how);
            line(&mut out, &label, &part.site);
        }
    }
    rest(&mut out, report.splits.len());
    out += &head(ARRAY, &report.array);
    for one in report.records.iter().take(SHOWN) {
        let _ = writeln!(
            out,
            "  records of {} bytes, by {}",
            one.stride,
            walk(one.walk)
        );
        for field in &one.fields {
            let label = format!("u{} at {}", field.size * 8, field.offset);
            line(&mut out, &label, &field.site);
        }
    }
    rest(&mut out, report.records.len());
    out += &head(MACHINE, &report.machine);
    for one in report.machines.iter().take(SHOWN) {
        let steps: Vec<String> = one.steps.iter().map(i64::to_string).collect();
        let data = if one.moves_by_data {
            " and by data"
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "  by {}; the cursor moves by {}{data}",
            how(one.dispatch),
            steps.join(", ")
        );
        line(&mut out, "opcode", &one.opcode);
        for chosen in one.chosen.iter().take(SHOWN) {
            line(&mut out, "chosen", chosen);
        }
        for operand in one.operands.iter().take(SHOWN) {
            line(&mut out, "operand", operand);
        }
    }
    rest(&mut out, report.machines.len());
    if !report.readers.is_empty() {
        out += "\nfunctions that return a word of 16 bits they read\n";
        for reader in report.readers.iter().take(SHOWN) {
            let read = reader.read.as_ref().unwrap_or(&reader.function);
            line(&mut out, &reader.function.function, read);
        }
        rest(&mut out, report.readers.len());
    }
    if !report.masks.is_empty() {
        out += "\nbits taken out of words of 16 bits\n";
        for mask in &report.masks {
            let label = format!("{:#06x} {} times", mask.mask, mask.count);
            line(&mut out, &label, &mask.example);
        }
    }
    if report.unresolved > 0 {
        let _ = writeln!(
            out,
            "\n{} computed calls or jumps lead where could not be told",
            report.unresolved
        );
        for unresolved in report.unresolved_sites.iter().take(SHOWN) {
            line(&mut out, "", unresolved);
        }
    }
    out
}
