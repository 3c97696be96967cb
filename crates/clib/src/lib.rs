//! The profile compiler as a shared library, with the functions by which programs call the one of
//! macOS, `libsandbox`: a program that expects that one can be tried where there is none.
//!
//! The functions and the two structures are private to macOS; they are declared here as WebKit
//! declares them for itself (`Source/WTF/wtf/spi/darwin/SandboxSPI.h`).
#![allow(
    unsafe_code,
    reason = "called from C; each block says what callers promise"
)]

mod compile;

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr;

use compile::Text;

/// What `sandbox_params_t` points to.
pub struct Params(BTreeMap<String, String>);

/// What `sandbox_profile_t` points to.
#[repr(C)]
pub struct CompiledProfile {
    /// Name of a profile that is in the kernel already: none ever is here.
    builtin: *mut c_char,
    data: *mut u8,
    size: usize,
}

/// A text of a caller.
///
/// # Safety
/// It is null or ends with a NUL byte, and stays as it is while this is used.
unsafe fn text<'t>(from: *const c_char) -> Option<&'t str> {
    if from.is_null() {
        return None;
    }
    // SAFETY: as the caller promises.
    unsafe { CStr::from_ptr(from) }.to_str().ok()
}

/// An empty list of parameters, to be freed by [`sandbox_free_params`].
#[unsafe(no_mangle)]
pub extern "C" fn sandbox_create_params() -> *mut Params {
    Box::into_raw(Box::new(Params(BTreeMap::new())))
}

/// Sets a parameter; 0 if it was, -1 if one of the three is null or no UTF-8.
///
/// # Safety
/// `params` is null or from [`sandbox_create_params`]; the texts are null or end with a NUL byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sandbox_set_param(
    params: *mut Params,
    key: *const c_char,
    value: *const c_char,
) -> c_int {
    // SAFETY: as the caller promises.
    let all = unsafe { (params.as_mut(), text(key), text(value)) };
    let (Some(params), Some(key), Some(value)) = all else {
        return -1;
    };
    params.0.insert(key.to_owned(), value.to_owned());
    0
}

/// Frees a list of parameters.
///
/// # Safety
/// It is null or from [`sandbox_create_params`], and nothing uses it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sandbox_free_params(params: *mut Params) {
    if !params.is_null() {
        // SAFETY: as the caller promises.
        drop(unsafe { Box::from_raw(params) });
    }
}

/// Compiles the profile of a file, which may import others beside it. Null if it cannot be; then
/// `error`, if it is not null, points to a text that says why, to be freed by `free`.
///
/// # Safety
/// `path` is null or ends with a NUL byte, `params` is null or from [`sandbox_create_params`], and
/// `error` is null or can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sandbox_compile_file(
    path: *const c_char,
    params: *mut Params,
    error: *mut *mut c_char,
) -> *mut CompiledProfile {
    // SAFETY: as the caller promises.
    unsafe { compiled(text(path).map(Text::File), params, error) }
}

/// Compiles a text, as [`sandbox_compile_file`] does a file.
///
/// # Safety
/// As there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sandbox_compile_string(
    string: *const c_char,
    params: *mut Params,
    error: *mut *mut c_char,
) -> *mut CompiledProfile {
    // SAFETY: as the caller promises.
    unsafe { compiled(text(string).map(Text::Inline), params, error) }
}

/// Frees a compiled profile with its bytes.
///
/// # Safety
/// It is null or from one of the two functions above, and nothing uses it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sandbox_free_profile(profile: *mut CompiledProfile) {
    if profile.is_null() {
        return;
    }
    // SAFETY: both were made by `compiled`, with these sizes, and given away.
    unsafe {
        let profile = Box::from_raw(profile);
        drop(Box::from_raw(ptr::slice_from_raw_parts_mut(
            profile.data,
            profile.size,
        )));
    }
}

/// Compiles, and hands over what came of it.
///
/// # Safety
/// As [`sandbox_compile_file`] says.
unsafe fn compiled(
    source: Option<Text<'_>>,
    params: *mut Params,
    error: *mut *mut c_char,
) -> *mut CompiledProfile {
    let none = BTreeMap::new();
    // SAFETY: as the caller promises.
    let params = unsafe { params.as_ref() }.map_or(&none, |own| &own.0);
    let why = match source.ok_or_else(|| "the profile is no UTF-8 text".to_owned()) {
        Ok(source) => match compile::compile(source, params) {
            Ok(bytes) => {
                let size = bytes.len();
                let data = Box::into_raw(bytes.into_boxed_slice()).cast();
                let builtin = ptr::null_mut();
                return Box::into_raw(Box::new(CompiledProfile {
                    builtin,
                    data,
                    size,
                }));
            }
            Err(why) => why,
        },
        Err(why) => why,
    };
    if !error.is_null() {
        let text = CString::new(why.replace('\0', "\u{fffd}")).unwrap_or_default();
        // SAFETY: the text ends with a NUL byte, and `error` can be written.
        unsafe { *error = libc::strdup(text.as_ptr()) };
    }
    ptr::null_mut()
}
