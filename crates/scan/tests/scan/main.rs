//! The scanner on machine code made from known sources.

mod aarch64;
mod damaged;
mod macho;
mod support;
mod x86_64;
