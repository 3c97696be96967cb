// found: array
#![no_std]

#[repr(C)]
pub struct Node {
    tag: u8,
    filter: u8,
    argument: u16,
    matched: u16,
    unmatched: u16,
    more: [u8; 4],
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn walk(nodes: *const Node, mut at: u32, wanted: u32) -> u32 {
    loop {
        let node = nodes.wrapping_add(at as usize);
        unsafe {
            if (*node).tag == 1 {
                return (*node).filter as u32;
            }
            at = if (*node).argument as u32 == wanted {
                (*node).matched as u32
            } else {
                (*node).unmatched as u32
            };
        }
    }
}
