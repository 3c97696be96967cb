//! Bytes as instructions, through the disassembler of the architecture.

use iced_x86::{DecoderOptions, Formatter, InstructionInfoFactory, IntelFormatter};
use yaxpeax_arch::{Decoder as _, U8Reader};
use yaxpeax_arm::armv8::a64::InstDecoder;

use crate::arm;
use crate::code::{Lifted, Processor};
use crate::x86;

/// Reads instructions of one processor.
pub(crate) struct Decoder {
    processor: Processor,
    info: InstructionInfoFactory,
}

impl Decoder {
    pub(crate) fn new(processor: Processor) -> Self {
        Self {
            processor,
            info: InstructionInfoFactory::new(),
        }
    }

    /// The instruction at the start of some code; `None` if there is none.
    pub(crate) fn lift(&mut self, code: &[u8], address: u64) -> Option<Lifted> {
        match self.processor {
            Processor::Arm => arm::lift(u32::from_le_bytes(*code.first_chunk()?), address),
            Processor::X86 => {
                let code = code.get(..15).unwrap_or(code);
                let mut decoder =
                    iced_x86::Decoder::with_ip(64, code, address, DecoderOptions::NONE);
                let one = decoder.decode();
                (!one.is_invalid()).then(|| x86::lift(&one, &mut self.info))
            }
        }
    }
}

/// An instruction as an assembler writes it.
pub(crate) fn text(processor: Processor, code: &[u8], address: u64) -> Option<String> {
    match processor {
        Processor::Arm => {
            let code = code.get(..4)?;
            let one = InstDecoder::default()
                .decode(&mut U8Reader::new(code))
                .ok()?;
            Some(one.to_string())
        }
        Processor::X86 => {
            let code = code.get(..15).unwrap_or(code);
            let mut decoder = iced_x86::Decoder::with_ip(64, code, address, DecoderOptions::NONE);
            let one = decoder.decode();
            let mut out = String::new();
            IntelFormatter::new().format(&one, &mut out);
            (!one.is_invalid()).then_some(out)
        }
    }
}
