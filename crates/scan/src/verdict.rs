//! What is said of each hypothesis, and its evidence as instructions.

use crate::decode;
use crate::eval::{Kind, Use};
use crate::findings::Seen;
use crate::image::Image;
use crate::report::{
    Answer, Dispatch, Field, Machine, Mask, Part, Reader, Records, Report, Site, Split, Verdict,
    Walk,
};
use crate::split::Word;
use crate::{machine, record};

/// Most places that are named where there may be thousands.
const MOST_NAMED: usize = 100;

/// The report of what was seen.
pub(crate) fn report(image: &Image<'_>, seen: Seen) -> Report {
    let sites = Sites { image };
    let split = split_answer(&seen);
    let array = array_answer(&seen);
    let machine = machine_answer(&seen);
    let masks = seen.masks.iter().map(|(mask, (count, at))| Mask {
        mask: *mask,
        count: *count,
        example: sites.site(*at),
    });
    let readers = seen.readers.iter().map(|(function, read)| Reader {
        function: sites.site(*function),
        read: read.map(|read| sites.site(read)),
    });
    Report {
        architecture: image.architecture,
        functions: seen.functions,
        instructions: seen.instructions,
        reads: seen.reads,
        unresolved: seen.unresolved,
        unresolved_sites: sites.some(&seen.unresolved_at),
        cut_off: sites.some(&seen.cut_off),
        readers: readers.collect(),
        masks: masks.collect(),
        splits: seen.splits.iter().map(|word| sites.split(word)).collect(),
        records: seen.records.iter().map(|one| sites.records(one)).collect(),
        machines: seen.machines.iter().map(|one| sites.machine(one)).collect(),
        split,
        array,
        machine,
    }
}

/// What was examined, as part of a sentence.
fn examined(seen: &Seen) -> String {
    let mut text = format!(
        "in {} functions of {} instructions",
        seen.functions, seen.instructions
    );
    if !seen.cut_off.is_empty() {
        text += &format!(", {} of them followed in part only", seen.cut_off.len());
    }
    if seen.unresolved > 0 {
        text += &format!(
            "; where {} computed calls or jumps lead is not known",
            seen.unresolved
        );
    }
    text
}

/// Why what was not found may yet be there.
fn open(seen: &Seen) -> Option<String> {
    // All functions were gone through, whoever calls them, unless some were asked for.
    if seen.is_partial && seen.unresolved > 0 {
        return Some(format!(
            "{} computed calls or jumps lead where cannot be told, and only what the given starts \
             reach was examined",
            seen.unresolved
        ));
    }
    if seen.is_partial && !seen.cut_off.is_empty() {
        return Some(format!(
            "the code of {} functions could not be followed to its end",
            seen.cut_off.len()
        ));
    }
    None
}

fn split_answer(seen: &Seen) -> Answer {
    let found = Verdict::Found;
    if !seen.splits.is_empty() {
        let why = format!(
            "{} words of 16 bits are taken apart into a lower and a higher part",
            seen.splits.len()
        );
        return Answer {
            verdict: found,
            why,
        };
    }
    let guesses = (!seen.guesses.is_empty()).then(|| {
        format!(
            "{} numbers that functions return which could not be told are taken apart; whether they \
             read them as words of 16 bits is not known",
            seen.guesses.len()
        )
    });
    let vectors = (!seen.vectors.is_empty()).then(|| {
        format!(
            "{} functions shift 16-bit lanes of vectors, which are not followed",
            seen.vectors.len()
        )
    });
    let why = || {
        format!(
            "{} reads of 16 bits and {} masks on parts of them were examined {}",
            seen.reads,
            seen.masks.len(),
            examined(seen)
        )
    };
    answer(guesses.or(vectors).or_else(|| open(seen)), why)
}

fn array_answer(seen: &Seen) -> Answer {
    if !seen.records.is_empty() {
        return Answer {
            verdict: Verdict::Found,
            why: format!(
                "{} places read a byte and two or more words of 16 bits of records of one length",
                seen.records.len()
            ),
        };
    }
    answer(open(seen), || {
        format!(
            "{} reads of 16 bits were examined {}",
            seen.reads,
            examined(seen)
        )
    })
}

fn machine_answer(seen: &Seen) -> Answer {
    if !seen.machines.is_empty() {
        return Answer {
            verdict: Verdict::Found,
            why: format!(
                "{} loops read a byte, choose by it, and move on by amounts that differ",
                seen.machines.len()
            ),
        };
    }
    let dispatches = (!seen.machines_unresolved.is_empty()).then(|| {
        format!(
            "{} jumps or calls are chosen by a byte that is read, and their targets could not be told",
            seen.machines_unresolved.len()
        )
    });
    let doubtful = seen.machines_doubtful.first().map(|at| {
        format!(
            "{} loops choose by characters of text, but read numbers too, one at {at:#x}",
            seen.machines_doubtful.len()
        )
    });
    answer(doubtful.or(dispatches).or_else(|| open(seen)), || {
        let texts = match seen.texts {
            0 => String::new(),
            texts => format!(", {texts} of which choose by characters of text alone,"),
        };
        format!("loops{texts} were examined {}", examined(seen))
    })
}

fn answer(open: Option<String>, why: impl FnOnce() -> String) -> Answer {
    match open {
        Some(why) => Answer {
            verdict: Verdict::Undecided,
            why,
        },
        None => Answer {
            verdict: Verdict::NotFound,
            why: why(),
        },
    }
}

struct Sites<'a, 'i> {
    image: &'a Image<'i>,
}

impl Sites<'_, '_> {
    fn site(&self, address: u64) -> Site {
        let image = self.image;
        let text = image
            .code_at(address)
            .and_then(|code| decode::text(image.processor, code, address));
        let function = match image.name(address) {
            Some((name, 0)) => name.to_owned(),
            Some((name, inside)) => format!("{name}+{inside:#x}"),
            None => format!("{address:#x}"),
        };
        Site {
            address,
            offset: image.offset(address).unwrap_or_default(),
            function,
            text: text.unwrap_or_else(|| "no instruction".to_owned()),
        }
    }

    fn some(&self, addresses: &[u64]) -> Vec<Site> {
        let mut addresses = addresses.to_vec();
        addresses.sort_unstable();
        addresses.dedup();
        let first = addresses.iter().take(MOST_NAMED);
        first.map(|address| self.site(*address)).collect()
    }

    fn split(&self, word: &Word) -> Split {
        let (low, high) = word.split.unwrap_or_default();
        Split {
            reads: self.some(&word.reads),
            low,
            high,
            parts: word.parts.iter().map(|part| self.part(part)).collect(),
        }
    }

    fn part(&self, part: &Use) -> Part {
        Part {
            mask: part.mask as u16,
            how: match part.kind {
                Kind::Test => "tested",
                Kind::Used => "used",
                Kind::Returned => "returned",
                Kind::Stored(_) => "stored",
                Kind::Passed(_) => "passed",
                Kind::Threshold(_) => "compared",
            },
            site: self.site(part.at),
        }
    }

    fn records(&self, records: &record::Records) -> Records {
        let fields = records.fields.iter().map(|field| Field {
            offset: field.offset,
            size: field.size,
            site: self.site(field.at),
        });
        Records {
            stride: records.stride,
            walk: match records.walk {
                record::Walk::Index => Walk::Index,
                record::Walk::Pointer => Walk::Pointer,
            },
            fields: fields.collect(),
        }
    }

    fn machine(&self, machine: &machine::Machine) -> Machine {
        Machine {
            opcode: self.site(machine.opcode_at),
            dispatch: match machine.dispatch {
                machine::Dispatch::JumpTable => Dispatch::JumpTable,
                machine::Dispatch::CallTable => Dispatch::CallTable,
                machine::Dispatch::Compares(count) => Dispatch::Compares(count),
            },
            chosen: self.some(&machine.chosen_at),
            steps: machine.steps.clone(),
            moves_by_data: machine.moves_by_data,
            operands: self.some(&machine.operands_at),
        }
    }
}
