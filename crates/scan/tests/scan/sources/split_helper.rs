// found: split
#![no_std]

#[repr(C)]
pub struct Reader {
    at: *const u8,
    left: usize,
}

#[inline(never)]
unsafe fn read16(reader: *mut Reader, out: *mut u16) -> bool {
    unsafe {
        if (*reader).left < 2 {
            return false;
        }
        let at = (*reader).at;
        *out = (at.read() as u16) | (at.wrapping_add(1).read() as u16) << 8;
        (*reader).at = at.wrapping_add(2);
        (*reader).left -= 2;
        true
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn evaluate(reader: *mut Reader, table: *const u32) -> u32 {
    let mut sum = 0_u32;
    let mut word = 0_u16;
    while unsafe { read16(reader, &mut word) } {
        if word & 0x8000 != 0 {
            sum = sum.wrapping_add(unsafe { table.wrapping_add((word & 0x7fff) as usize).read() });
        } else {
            sum ^= word as u32;
        }
    }
    sum
}
