//! The hook: code for x86-64 by the System V ABI, with its data, which runs wherever it is put.
//!
//! It uses no library but for five functions of the C library, once: `dlsym`, `dlopen` and `dlerror`
//! to find the routine itself, `unsetenv` and `setenv` to take back what was said to the loader, so
//! that programs that this one starts are left alone. Bytes are read by a system call: where the program passes an
//! address that cannot be read, it fails as it does unwatched, or does not.
#![allow(unsafe_code, reason = "the code of the hook is between two symbols")]

use std::arch::global_asm;

use super::shared::{
    CAPACITY, DROPPED, HEAD, HITS, IMMUTABLE, IMMUTABLE_BUF, OWNER, REAL, SLOT, SLOT_BUF,
    SLOT_BYTES, SLOT_CURSOR, SLOT_LEN, SLOT_OFFSET, SLOT_PROCESS, SLOT_SIZE, SLOTS, TAIL,
    TRUNCATED,
};
use crate::record::{CAPTURE, CHUNK};

global_asm!(
    r#"
    .pushsection .rodata.lapbelt_hook, "a", @progbits
    .p2align 12
    .globl lapbelt_hook_start
    .hidden lapbelt_hook_start
lapbelt_hook_start:
    .quad .Lhook_write - lapbelt_hook_start
    .quad .Lhook_immutable - lapbelt_hook_start
    .quad .Lhook_init - lapbelt_hook_start
    .quad .Lhook_data - lapbelt_hook_start

    // All that a call can carry, but for vector registers, which nothing here uses. The arguments
    // lie in their order at the top of the stack.
    .macro lapbelt_save
    push rax
    push r10
    push r11
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
    push r9
    push r8
    push rcx
    push rdx
    push rsi
    push rdi
    .endm
    .macro lapbelt_restore
    pop rdi
    pop rsi
    pop rdx
    pop rcx
    pop r8
    pop r9
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    pop r11
    pop r10
    pop rax
    .endm
    // A string of the data, by the place that is written there.
    .macro lapbelt_string register, place
    lea \register, [rip + .Lhook_data]
    add \register, [rip + \place]
    .endm

.Lhook_write:
    endbr64
    lapbelt_save
    cmp qword ptr [rip + .Lhook_real], 0
    jne 20f
    call .Lhook_init
20: mov rbx, [rip + .Lhook_ring]
    test rbx, rbx
    jz 9f
    mov eax, 39
    syscall
    mov r8, rax
    // A child of this process has the hook too, and says who it is: one with memory of its own,
    // for the page with the name is empty there.
    mov r9, rax
    mov rdx, [rip + .Lhook_page]
    test rdx, rdx
    jz 20f
    xor eax, eax
    lock cmpxchg [rdx], r8
    cmovne r9, rax
20: lock inc qword ptr [rbx + {hits}]
    mov rax, [rip + .Lhook_len]
    mov r12, [rsp + rax*8]
    mov rax, [rip + .Lhook_src]
    mov r13, [rsp + rax*8]
    mov r14, r12
    mov eax, {capture}
    cmp r14, rax
    cmova r14, rax
    lea r15, [r14 + {chunk} - 1]
    shr r15, {chunk_shift}
    jnz 20f
    inc r15
    // r12 length of the call, r13 where to read, r14 how much is left, r15 slots for it.
20: mov rax, [rbx + {head}]
2:  lea rdx, [rax + r15]
    sub rdx, [rbx + {tail}]
    cmp rdx, [rbx + {capacity}]
    ja 8f
    lea rcx, [rax + r15]
    lock cmpxchg [rbx + {head}], rcx
    jne 2b
    // On the stack: two vectors of a read, the slot's number, its place, the first number, the
    // process, whose memory it uses.
    sub rsp, 80
    mov [rsp + 56], r8
    mov [rsp + 64], r9
    mov [rsp + 32], rax
    mov [rsp + 48], rax
    xor ebp, ebp
3:  mov rax, [rsp + 32]
    mov rdx, [rbx + {capacity}]
    dec rdx
    and rdx, rax
    imul rdx, rdx, {slot}
    lea rdx, [rbx + rdx + {slots}]
    mov [rsp + 40], rdx
    cmp rax, [rsp + 48]
    je 4f
    test r14, r14
    jz 6f
4:  mov rax, [rip + .Lhook_buf]
    mov rax, [rsp + rax*8 + 80]
    mov [rdx + {slot_buf}], rax
    mov rax, [rip + .Lhook_cursor]
    mov rax, [rsp + rax*8 + 80]
    mov [rdx + {slot_cursor}], rax
    mov [rdx + {slot_len}], r12
    mov [rdx + {slot_offset}], rbp
    mov rax, [rsp + 64]
    mov [rdx + {slot_process}], rax
    mov ecx, {chunk}
    cmp r14, rcx
    cmovb rcx, r14
    xor eax, eax
    test rcx, rcx
    jz 5f
    lea rdi, [rdx + {slot_bytes}]
    mov [rsp], rdi
    mov [rsp + 8], rcx
    mov [rsp + 16], r13
    mov [rsp + 24], rcx
    mov rdi, [rsp + 56]
    mov rsi, rsp
    mov edx, 1
    lea r10, [rsp + 16]
    mov r8d, 1
    xor r9d, r9d
    mov eax, 310
    syscall
    mov rdx, [rsp + 40]
    mov rcx, [rsp + 8]
    xor r8d, r8d
    test rax, rax
    cmovs rax, r8
    // What cannot be read whole ends here.
    cmp rax, rcx
    cmovne r14, rcx
    sub r14, rcx
    add r13, rax
    add rbp, rax
    test rax, rax
    jnz 5f
    mov rcx, [rsp + 32]
    cmp rcx, [rsp + 48]
    jne 6f
5:  mov [rdx + {slot_size}], rax
    jmp 7f
    // Nothing came of this slot.
6:  mov qword ptr [rdx + {slot_size}], -1
7:  mov rax, [rsp + 32]
    inc rax
    mov [rsp + 32], rax
    mov [rdx], rax
    dec r15
    jnz 3b
    add rsp, 80
    cmp rbp, r12
    jae 9f
    lock inc qword ptr [rbx + {truncated}]
    jmp 9f
8:  lock add [rbx + {dropped}], r15
9:  lapbelt_restore
    jmp [rip + .Lhook_real]

.Lhook_immutable:
    endbr64
    lapbelt_save
    cmp qword ptr [rip + .Lhook_real_immutable], 0
    jne 20f
    call .Lhook_init
20: mov rbx, [rip + .Lhook_ring]
    test rbx, rbx
    jz 9f
    mov rax, [rip + .Lhook_done]
    mov rax, [rsp + rax*8]
    mov [rbx + {immutable_buf}], rax
    lock inc qword ptr [rbx + {immutable}]
9:  lapbelt_restore
    jmp [rip + .Lhook_real_immutable]

    // Run by the loader; or by a call that does not know where to go on to, with vectors as
    // arguments: the first, if that comes before the loader, and one of a library that came late.
.Lhook_init:
    endbr64
    push rbx
    push rbp
    push r12
    sub rsp, 128
    movups [rsp], xmm0
    movups [rsp + 16], xmm1
    movups [rsp + 32], xmm2
    movups [rsp + 48], xmm3
    movups [rsp + 64], xmm4
    movups [rsp + 80], xmm5
    movups [rsp + 96], xmm6
    movups [rsp + 112], xmm7
    cmp qword ptr [rip + .Lhook_begun], 0
    jne 6f
    mov qword ptr [rip + .Lhook_begun], 1
    // openat(AT_FDCWD, path, O_RDWR | O_CLOEXEC)
    mov eax, 257
    mov edi, -100
    lapbelt_string rsi, .Lhook_path
    mov edx, 0x80002
    xor r10d, r10d
    syscall
    test eax, eax
    js 2f
    mov ebx, eax
    // mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
    mov eax, 9
    xor edi, edi
    mov rsi, [rip + .Lhook_size]
    mov edx, 3
    mov r10d, 1
    mov r8d, ebx
    xor r9d, r9d
    syscall
    mov rbp, rax
    mov eax, 3
    mov edi, ebx
    syscall
    cmp rbp, -4096
    ja 2f
    // The ring is for the process that comes first.
    mov eax, 39
    syscall
    mov rcx, rax
    xor eax, eax
    lock cmpxchg [rbp + {owner}], rcx
    je 20f
    cmp rax, rcx
    jne 2f
20: mov [rip + .Lhook_ring], rbp
    mov rbx, rcx
    // mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    mov eax, 9
    xor edi, edi
    mov esi, 4096
    mov edx, 3
    mov r10d, 0x22
    mov r8, -1
    xor r9d, r9d
    syscall
    cmp rax, -4096
    ja 2f
    mov rbp, rax
    // madvise(page, 4096, MADV_WIPEONFORK): as a child of fork gets it, but not one of vfork.
    mov rdi, rax
    mov eax, 28
    mov esi, 4096
    mov edx, 18
    syscall
    test rax, rax
    jnz 2f
    mov [rbp], rbx
    mov [rip + .Lhook_page], rbp
2:  lapbelt_string rdi, .Lhook_variable
    cmp qword ptr [rip + .Lhook_before], 0
    je 5f
    lapbelt_string rsi, .Lhook_before
    mov edx, 1
    call [rip + .Lhook_setenv]
    jmp 6f
5:  call [rip + .Lhook_unsetenv]
6:  cmp qword ptr [rip + .Lhook_immutable_name], 0
    je 3f
    lapbelt_string r12, .Lhook_immutable_name
    call .Lhook_find
    mov [rip + .Lhook_real_immutable], rax
3:  lapbelt_string r12, .Lhook_write_name
    call .Lhook_find
    mov [rip + .Lhook_real], rax
    mov rbx, [rip + .Lhook_ring]
    test rbx, rbx
    jz 4f
    mov [rbx + {real}], rax
    // An error that was ours is none of the program's.
4:  call [rip + .Lhook_dlerror]
    movups xmm0, [rsp]
    movups xmm1, [rsp + 16]
    movups xmm2, [rsp + 32]
    movups xmm3, [rsp + 48]
    movups xmm4, [rsp + 64]
    movups xmm5, [rsp + 80]
    movups xmm6, [rsp + 96]
    movups xmm7, [rsp + 112]
    add rsp, 128
    pop r12
    pop rbp
    pop rbx
    ret

    // Where the routine is whose name is at r12: behind this hook; or in the image, if the program
    // has loaded that by now for itself alone. It then stays loaded, for the place is remembered.
.Lhook_find:
    sub rsp, 8
    mov rdi, -1
    mov rsi, r12
    call [rip + .Lhook_dlsym]
    test rax, rax
    jnz 9f
    lapbelt_string rdi, .Lhook_image
    // RTLD_LAZY | RTLD_NOLOAD
    mov esi, 5
    call [rip + .Lhook_dlopen]
    test rax, rax
    jz 9f
    mov rdi, rax
    mov rsi, r12
    call [rip + .Lhook_dlsym]
9:  add rsp, 8
    ret

    .p2align 12
    // In the order of `library::Data`.
.Lhook_data:
.Lhook_dlsym: .quad 0
.Lhook_unsetenv: .quad 0
.Lhook_setenv: .quad 0
.Lhook_dlopen: .quad 0
.Lhook_dlerror: .quad 0
.Lhook_size: .quad 0
.Lhook_buf: .quad 0
.Lhook_cursor: .quad 0
.Lhook_src: .quad 0
.Lhook_len: .quad 0
.Lhook_done: .quad 0
.Lhook_path: .quad 0
.Lhook_variable: .quad 0
.Lhook_before: .quad 0
.Lhook_write_name: .quad 0
.Lhook_immutable_name: .quad 0
.Lhook_image: .quad 0
.Lhook_begun: .quad 0
.Lhook_ring: .quad 0
.Lhook_page: .quad 0
.Lhook_real: .quad 0
.Lhook_real_immutable: .quad 0
    .globl lapbelt_hook_end
    .hidden lapbelt_hook_end
lapbelt_hook_end:
    .popsection
    "#,
    hits = const HITS,
    capture = const CAPTURE,
    chunk = const CHUNK,
    chunk_shift = const CHUNK.trailing_zeros(),
    head = const HEAD,
    tail = const TAIL,
    capacity = const CAPACITY,
    slot = const SLOT,
    slots = const SLOTS,
    slot_buf = const SLOT_BUF,
    slot_cursor = const SLOT_CURSOR,
    slot_len = const SLOT_LEN,
    slot_offset = const SLOT_OFFSET,
    slot_process = const SLOT_PROCESS,
    slot_size = const SLOT_SIZE,
    slot_bytes = const SLOT_BYTES,
    truncated = const TRUNCATED,
    dropped = const DROPPED,
    immutable = const IMMUTABLE,
    immutable_buf = const IMMUTABLE_BUF,
    owner = const OWNER,
    real = const REAL,
);

const _: () = assert!(CHUNK.is_power_of_two(), "a shift counts chunks");

unsafe extern "C" {
    safe static lapbelt_hook_start: u8;
    safe static lapbelt_hook_end: u8;
}

/// The code and data, which begin with the places of what follows, a word each.
pub(super) fn code() -> &'static [u8] {
    let (start, end) = (&raw const lapbelt_hook_start, &raw const lapbelt_hook_end);
    let size = end as usize - start as usize;
    // SAFETY: all between the two symbols is one part of this program's constant data.
    unsafe { std::slice::from_raw_parts(start, size) }
}
