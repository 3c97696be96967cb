// found: nothing
#![no_std]

#[repr(C)]
pub struct Edge {
    from: u16,
    to: u16,
    weight: u16,
    more: u16,
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn find(edges: *const Edge, from: u16, mut at: u32) -> u32 {
    loop {
        let edge = edges.wrapping_add(at as usize);
        unsafe {
            if (*edge).from == from {
                return (*edge).weight as u32;
            }
            at = (*edge).to as u32;
        }
    }
}
