// found: nothing
#![no_std]

#[unsafe(no_mangle)]
pub unsafe extern "C" fn tokens(text: *const u8, length: usize, out: *mut u32) -> u32 {
    let mut at = 0_usize;
    let mut depth = 0_u32;
    while at < length {
        let byte = |offset: usize| unsafe { text.wrapping_add(at.wrapping_add(offset)).read() };
        match byte(0) {
            b'(' => {
                depth = depth.wrapping_add(1);
                at += 1;
            }
            b')' => {
                depth = depth.wrapping_sub(1);
                at += 1;
            }
            b'\\' => {
                unsafe { out.write_volatile(u32::from(byte(1))) };
                at += 2;
            }
            b'%' => {
                unsafe { out.write_volatile(u32::from(byte(1)) * 16 + u32::from(byte(2))) };
                at += 3;
            }
            b' ' | b'\n' => at += 1,
            _ => return depth,
        }
    }
    depth
}
