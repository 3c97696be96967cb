//! What was found, with the instructions that show it.

/// An instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Its address, as the file maps it; in an ELF object file, as its sections were laid out here.
    pub address: u64,
    /// Its offset in the file that was given.
    pub offset: u64,
    /// The function it is in and how far, as `name+0x10`.
    pub function: String,
    /// It, as an assembler writes it.
    pub text: String,
}

/// Whether something is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is, as the evidence shows.
    Found,
    /// It is not, in all that was examined.
    NotFound,
    /// Something that may hold it could not be examined.
    Undecided,
}

/// A verdict and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What is said.
    pub verdict: Verdict,
    /// One sentence: what was found, what was examined, or what could not be.
    pub why: String,
}

/// A function that returns a word of 16 bits that it read.
#[derive(Clone, Debug)]
pub struct Reader {
    /// Its start.
    pub function: Site,
    /// The instruction that reads.
    pub read: Option<Site>,
}

/// Bits that are taken out of words of 16 bits.
#[derive(Clone, Debug)]
pub struct Mask {
    /// The bits.
    pub mask: u16,
    /// How many instructions take them.
    pub count: usize,
    /// One that does.
    pub example: Site,
}

/// A part of a word, and what is done with it.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its bits.
    pub mask: u16,
    /// `tested`, `used`, `stored`, `passed`, `returned`, or `compared` for a comparison of the whole word with a
    /// power of two.
    pub how: &'static str,
    /// The instruction that takes them out, or asks of them.
    pub site: Site,
}

/// A word of 16 bits that is taken apart.
#[derive(Clone, Debug)]
pub struct Split {
    /// Instructions that read it.
    pub reads: Vec<Site>,
    /// Bits of the lower part.
    pub low: u16,
    /// Bits of the higher part.
    pub high: u16,
    /// Everything that is done with parts of it.
    pub parts: Vec<Part>,
}

/// How one of several records is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    /// By an index times the length.
    Index,
    /// By a pointer that moves by the length.
    Pointer,
}

/// A field of a record.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its offset from the first field that is read, in bytes.
    pub offset: i64,
    /// Its size in bytes.
    pub size: u8,
    /// An instruction that reads it.
    pub site: Site,
}

/// Records of one length: a byte and two or more words of 16 bits.
#[derive(Clone, Debug)]
pub struct Records {
    /// Their length in bytes.
    pub stride: i64,
    /// How one is reached.
    pub walk: Walk,
    /// What is read of one.
    pub fields: Vec<Field>,
}

/// How an interpreter chooses what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dispatch {
    /// A jump through a table.
    JumpTable,
    /// A call through a table.
    CallTable,
    /// Comparisons with so many constants.
    Compares(usize),
}

/// A loop that interprets byte code.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The instruction that reads the opcode.
    pub opcode: Site,
    /// How it is looked at.
    pub dispatch: Dispatch,
    /// Instructions that do.
    pub chosen: Vec<Site>,
    /// Constants by which the cursor moves, in bytes or elements.
    pub steps: Vec<i64>,
    /// Whether it also moves by numbers that are read.
    pub moves_by_data: bool,
    /// Instructions that read operands.
    pub operands: Vec<Site>,
}

/// What a scan found.
#[derive(Clone, Debug)]
pub struct Report {
    /// `arm64`, `arm64e` or `x86_64`.
    pub architecture: &'static str,
    /// Functions that were gone through.
    pub functions: usize,
    /// Their instructions.
    pub instructions: usize,
    /// Instructions that read a word of 16 bits.
    pub reads: usize,
    /// Calls and jumps whose targets could not be told.
    pub unresolved: usize,
    /// The first of them.
    pub unresolved_sites: Vec<Site>,
    /// Places where code could not be followed: no instructions, or too many.
    pub cut_off: Vec<Site>,
    /// Functions that return a word that they read.
    pub readers: Vec<Reader>,
    /// Bits that are taken out of words, by mask.
    pub masks: Vec<Mask>,
    /// Words that are taken apart.
    pub splits: Vec<Split>,
    /// Records that are walked.
    pub records: Vec<Records>,
    /// Interpreters.
    pub machines: Vec<Machine>,
    /// Whether there is a hi/lo split of a word of 16 bits.
    pub split: Answer,
    /// Whether there is an array of records of one length: a byte and two or more words.
    pub array: Answer,
    /// Whether byte code is interpreted.
    pub machine: Answer,
}
