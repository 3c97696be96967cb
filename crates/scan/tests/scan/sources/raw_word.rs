// found: nothing
#![no_std]

#[repr(C)]
pub struct Item {
    flags: u32,
    value: u16,
    options: u16,
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn visit(item: *const Item, out: *mut u32) -> u32 {
    let (flags, value, options) = unsafe { ((*item).flags, (*item).value, (*item).options) };
    unsafe { out.write(value as u32) };
    if flags & 0x4000 != 0 {
        return (flags & 0x3fff).wrapping_add(value as u32);
    }
    if options & 0x4000 != 0 { 1 } else { value as u32 & 0xffff }
}
