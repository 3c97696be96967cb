// found: machine
#![no_std]

#[unsafe(no_mangle)]
pub unsafe extern "C" fn run(code: *const u8, length: usize, mut value: u32) -> u32 {
    let mut at = 0_usize;
    while at < length {
        let byte = |offset: usize| unsafe { code.wrapping_add(at.wrapping_add(offset)).read() } as u32;
        match byte(0) {
            0 => return value,
            1 => {
                value = value.wrapping_add(byte(1));
                at += 2;
            }
            2 => {
                value ^= byte(1) | byte(2) << 8 | byte(3) << 16;
                at += 4;
            }
            3 => {
                value = !value;
                at += 1;
            }
            4 => at += byte(1) as usize + 3,
            5 => {
                value = value.wrapping_mul(byte(2));
                at += 3;
            }
            _ => return 1,
        }
    }
    0
}
