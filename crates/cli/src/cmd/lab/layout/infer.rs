//! `lapbelt lab layout infer`: hypotheses about a corpus, best first.

use std::path::PathBuf;

use lapbelt_analysis::finding::{Evidence, Finding, Tier};
use lapbelt_blob::infer::{Found, Hypothesis, STEPS, infer};
use serde_json::{Map, Value, json};

use crate::corpus::{self, Member};
use crate::exit::{CommandError, Exit};
use crate::output::{Output, counted};
use crate::replace::write_out;
use crate::{evidence, layout_file};

/// A margin, in scores, below which the first hypothesis is not well ahead of the second.
const NARROW: f64 = 0.01;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Compiled profiles of one format, or folders of them; in NAME.hex written as hexadecimal
    /// digits.
    #[arg(required = true)]
    corpus: Vec<PathBuf>,
    /// Write the best layout to a file, for `lapbelt decode --layout`.
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// Try at most about so many things; what was best so far is the answer then, and says so.
    #[arg(long, value_name = "N", default_value_t = STEPS)]
    steps: u64,
}

pub(crate) fn run(args: &Args, output: &Output) -> Result<Exit, CommandError> {
    let members = corpus::members(&args.corpus)?;
    let blobs: Vec<&[u8]> = members
        .iter()
        .map(|member| member.bytes.as_slice())
        .collect();
    let search = infer(&blobs, args.steps);
    let found = &search.hypotheses;
    let Some(best) = found.first() else {
        return Err(CommandError::Other(nothing(&search, members.len())));
    };
    if let Some(path) = &args.export {
        let layout = layout_file::to_json(&best.layout, &best.cuts[0]);
        write_out(path, format!("{layout:#}\n").as_bytes())?;
    }
    let inputs = members.iter();
    let inputs = inputs.map(|member| evidence::input(&member.name, &member.bytes));
    let evidence = evidence::evidence(None, inputs.collect())?;
    let finding = finding(found, &evidence);
    let remarks = remarks(&search, members.len());
    output.answer_either(
        || {
            let hypotheses: Vec<Value> = found.iter().map(|own| to_json(own, &members)).collect();
            json!({"files": members.len(), "steps": search.steps,
                   "is_complete": search.is_complete, "remarks": remarks,
                   "hypotheses": hypotheses, "findings": [finding]})
        },
        || text(&search, &members, &remarks),
    );
    Ok(Exit::Yes)
}

/// Why there is no answer, and what to do.
fn nothing(search: &Found, files: usize) -> String {
    let fits = format!("no layout fits all of the {files} files");
    match search.is_complete {
        true => format!(
            "{fits}: all must be whole profiles of one format, with an op table in front of an array \
             of records of one size; leave out what is not, or try fewer files"
        ),
        false => format!(
            "{fits} of what was tried in {} steps; give more with --steps",
            search.steps
        ),
    }
}

/// What a reader should know before believing the best.
fn remarks(search: &Found, files: usize) -> Vec<String> {
    let mut remarks = Vec::new();
    if files == 1 {
        remarks.push(
            "one file shows little: what is the same in all files of the format cannot be told from \
             what is not; more files, of profiles that differ in one thing, would tell more"
                .to_string(),
        );
    }
    if !search.is_complete {
        remarks.push(format!(
            "the search ended at its limit, after {} steps: this is the best so far; give more with \
             --steps",
            search.steps
        ));
    }
    if let [first, second, ..] = search.hypotheses.as_slice()
        && first.score - second.score < NARROW
    {
        remarks.push(format!(
            "the second is only {:.4} behind the first: the files do not tell them apart well",
            first.score - second.score
        ));
    }
    remarks
}

/// That the best hypothesis is the layout, with the scores of all.
fn finding(found: &[Hypothesis], evidence: &Evidence) -> Finding {
    let best = &found[0];
    let layout = layout_file::to_json(&best.layout, &best.cuts[0]);
    let score = |own: &Hypothesis| {
        let terms = own.terms.iter();
        let terms = terms.map(|term| (term.name.to_string(), json!(term.weight * term.value)));
        json!({"score": own.score, "terms": terms.collect::<Map<_, _>>()})
    };
    let scores: Vec<Value> = found.iter().map(score).collect();
    let claim = format!(
        "Of {} hypotheses about the layout, the one with nodes of {} bytes at {} in the first file \
         scores best, with {:.4}",
        found.len(),
        best.layout.frame.stride,
        best.cuts[0].nodes,
        best.score
    );
    let data = json!({"layout": layout, "scores": scores});
    evidence.finding(Tier::Hypothesis, claim, data)
}

/// Numbers of `layout` that differ between files are those of the first; `files` has all.
fn to_json(own: &Hypothesis, members: &[Member]) -> Value {
    let terms: Map<String, Value> = own
        .terms
        .iter()
        .map(|term| {
            let value = json!({"weight": term.weight, "value": term.value,
                               "evidence": term.evidence});
            (term.name.to_string(), value)
        })
        .collect();
    let files = members.iter().zip(&own.cuts).map(|(member, cut)| {
        json!({"file": member.name, "op_table_offset": cut.op_table, "op_count": cut.op_count,
               "node_offset": cut.nodes, "node_count": cut.node_count,
               "literal_base": layout_file::literal_base(&own.layout, cut)})
    });
    json!({"score": own.score, "terms": terms,
           "layout": layout_file::to_json(&own.layout, &own.cuts[0]),
           "files": files.collect::<Vec<_>>()})
}

fn text(search: &Found, members: &[Member], remarks: &[String]) -> String {
    let found = &search.hypotheses;
    let mut text = format!(
        "{}, {} hypotheses, {} steps\n",
        counted(members.len(), "file"),
        found.len(),
        search.steps
    );
    for remark in remarks {
        text += &format!("note: {remark}\n");
    }
    let best = found[0].score;
    for (rank, own) in found.iter().enumerate() {
        let behind = match rank {
            0 => String::new(),
            _ => format!(", {:.4} behind the first", best - own.score),
        };
        text += &format!("\n{}. score {:.4}{behind}\n", rank + 1, own.score);
        text += &layout_file::describe(&own.layout, &own.cuts[0]);
        for term in own
            .terms
            .iter()
            .filter(|term| rank == 0 || term.value < 1.0)
        {
            text += &format!(
                "   {:<10} {:.3} x {:.2}  {}\n",
                term.name, term.value, term.weight, term.evidence
            );
        }
    }
    text
}
