// found: split
#![no_std]

/// What the record at an index says, by the upper bits of its word.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn resolve(words: *const u16, index: usize, table: *const u32) -> u32 {
    let word = unsafe { words.wrapping_add(index).read() };
    if word >> 14 == 2 {
        unsafe { table.wrapping_add((word & 0x3fff) as usize).read() }
    } else {
        1
    }
}
