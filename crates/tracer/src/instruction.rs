//! Whether an instruction does the same when it is run elsewhere.
//!
//! A breakpoint that is written into code hides an instruction. Threads run a copy of it at another
//! address, so that no other thread ever finds the breakpoint missing; that is right only for
//! instructions that neither read nor use their own address.

/// Longest instruction of any machine that is traced, in bytes.
pub const LONGEST: usize = 15;

/// Whether the instruction at the start of x86-64 code can be run elsewhere. Only such forms as
/// functions begin with are known; of all others the answer is no. (Intel SDM, volume 2, chapter 2
/// and appendix A.)
pub fn moves_x86_64(code: &[u8]) -> bool {
    // endbr64
    if code.starts_with(&[0xf3, 0x0f, 0x1e, 0xfa]) {
        return true;
    }
    // A prefix that chooses among instructions of two bytes; before others it is not known here.
    let (chosen, code) = match code {
        [0x66 | 0xf2 | 0xf3, rest @ ..] => (true, rest),
        code => (false, code),
    };
    // One REX prefix at most; nothing else may come before the opcode.
    let code = match code {
        [0x40..=0x4f, rest @ ..] => rest,
        code => code,
    };
    match *code {
        // Moves, arithmetic and comparisons of vector registers; nop, cmov, imul, movzx and movsx.
        [
            0x0f,
            0x10..=0x17
            | 0x1f
            | 0x28..=0x2f
            | 0x40..=0x5f
            | 0x6e
            | 0x6f
            | 0x7e
            | 0x7f
            | 0xaf
            | 0xb6
            | 0xb7
            | 0xbe
            | 0xbf
            | 0xd6
            | 0xef,
            modrm,
            ..,
        ] => modrm & 0xc7 != 0x05,
        _ if chosen => false,
        // push and pop of a register, nop, widening, mov of a number to a register, push of one,
        // and those with a number for the first register.
        [
            0x50..=0x5f
            | 0x68
            | 0x6a
            | 0x90
            | 0x98
            | 0x99
            | 0xa8
            | 0xa9
            | 0xb0..=0xbf
            | 0x04
            | 0x05
            | 0x0c
            | 0x0d
            | 0x24
            | 0x25
            | 0x2c
            | 0x2d
            | 0x34
            | 0x35
            | 0x3c
            | 0x3d,
            ..,
        ] => true,
        // add, or, and, sub, xor, cmp, test, mov, lea, shifts, and moves of numbers, by registers
        // and memory.
        [
            0x00..=0x03
            | 0x08..=0x0b
            | 0x20..=0x23
            | 0x28..=0x2b
            | 0x30..=0x33
            | 0x38..=0x3b
            | 0x63
            | 0x69
            | 0x6b
            | 0x80
            | 0x81
            | 0x83..=0x85
            | 0x88..=0x8b
            | 0x8d
            | 0xc0
            | 0xc1
            | 0xc6
            | 0xc7
            | 0xd0..=0xd3
            | 0xf6
            | 0xf7,
            modrm,
            ..,
        ] => modrm & 0xc7 != 0x05,
        _ => false,
    }
}

/// Whether an AArch64 instruction can be run elsewhere: all but those of the branch group, and those
/// that form or load by an address relative to their own. (Arm ARM, C4.1.)
pub fn moves_aarch64(code: &[u8]) -> bool {
    let Some(word) = code.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)) else {
        return false;
    };
    let branches_or_system = (word >> 26) & 0x7 == 0b101;
    let address = word & 0x1f00_0000 == 0x1000_0000;
    let literal_load = word & 0x3b00_0000 == 0x1800_0000;
    // bti and paciasp are of the system group and harmless: `hint`.
    let hint = word & 0xffff_f01f == 0xd503_201f;
    hint || !(branches_or_system || address || literal_load)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_functions_begin_with_on_x86_64() {
        let moves: &[&[u8]] = &[
            &[0x55],
            &[0x41, 0x57],
            &[0xf3, 0x0f, 0x1e, 0xfa],
            &[0x48, 0x83, 0xec, 0x68],
            &[0x48, 0x81, 0xec, 0, 1, 0, 0],
            &[0x48, 0x89, 0x7c, 0x24, 8],
            &[0x31, 0xc0],
            &[0x0f, 0xb6, 0x07],
            &[0x66, 0x41, 0x0f, 0x6f, 0x07],
            &[0x48, 0x63, 0xc6],
        ];
        let stays: &[&[u8]] = &[
            &[],
            &[0x48],
            &[0x48, 0x8b],
            &[0x48, 0x8b, 0x05, 1, 0, 0, 0],
            &[0x80, 0x3d, 0, 0, 0, 0, 0],
            &[0xe8, 0, 0, 0, 0],
            &[0xe9, 0, 0, 0, 0],
            &[0xff, 0x25, 0, 0, 0, 0],
            &[0xc3],
            &[0x0f, 0x05],
            &[0x0f, 0x84, 0, 0, 0, 0],
            &[0x0f, 0xb6, 0x05, 0, 0, 0, 0],
            &[0xff, 0xe0],
            &[0x66, 0x55],
        ];
        assert!(moves.iter().all(|code| moves_x86_64(code)));
        for code in stays {
            assert!(!moves_x86_64(code), "{code:x?}");
        }
    }

    #[test]
    fn what_functions_begin_with_on_aarch64() {
        let word = |word: u32| word.to_le_bytes();
        // stp x29, x30, [sp, #-16]!; sub sp, sp, #32; paciasp; bti c
        for code in [0xa9bf_7bfd, 0xd100_83ff, 0xd503_233f, 0xd503_245f] {
            assert!(moves_aarch64(&word(code)), "{code:x}");
        }
        // b; bl; cbz x0; adr x0; adrp x0; ldr x0, literal; ret
        for code in [
            0x1400_0001,
            0x9400_0001,
            0xb400_0020,
            0x1000_0000,
            0x9000_0000,
            0x5800_0040,
            0xd65f_03c0,
        ] {
            assert!(!moves_aarch64(&word(code)), "{code:x}");
        }
    }
}
