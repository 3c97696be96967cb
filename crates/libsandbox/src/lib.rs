//! The system's own compiler of profiles, `libsandbox`, loaded where there is one.
//!
//! Nothing is linked: the library is opened by its path when it is asked for, so that the same
//! program runs where there is none, and another library with the same functions can stand in.
//!
//! The functions and the two structures are private to macOS; they are declared here as WebKit
//! declares them for itself (`Source/WTF/wtf/spi/darwin/SandboxSPI.h`).
#![allow(
    unsafe_code,
    reason = "calls into a library; each block says why it is sound"
)]

mod library;

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use library::Loaded;

/// Where macOS has it. Since macOS 11 there is no such file, and yet it can be opened.
pub const DEFAULT_PATH: &str = "/usr/lib/libsandbox.1.dylib";

/// Most bytes of a compiled profile that are taken for sound; the largest that is known, the
/// platform profile of macOS 14.4.1, has less than a twentieth of that.
const MOST: usize = 1 << 24;

/// Why something was not compiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LibraryError {
    /// It cannot be opened.
    #[error("cannot load {path}: {reason}; name another with --library", path = path.display())]
    Missing {
        /// The library.
        path: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// It lacks a function.
    #[error(
        "{path} has no {symbol}, so it is no libsandbox that is known here; name another with \
         --library",
        path = path.display()
    )]
    NoSymbol {
        /// The library.
        path: PathBuf,
        /// The function.
        symbol: &'static str,
    },
    /// The compiler refused the profile, in its own words.
    #[error("{0}")]
    Refused(String),
    /// It takes no parameters, or not these.
    #[error("the compiler does not take the parameter {0}")]
    Parameter(String),
    /// A text has a NUL byte in it.
    #[error("a NUL byte is in {0}, which the compiler cannot be given; remove it")]
    Nul(&'static str),
    /// What it gave back is no profile.
    #[error("the compiler gave back {0} bytes, which is no profile")]
    Unsound(usize),
}

/// `sandbox_params_t` points to something of the library's own.
#[repr(C)]
struct Params {
    _opaque: [u8; 0],
}

/// What `sandbox_profile_t` points to.
#[repr(C)]
struct CompiledProfile {
    /// Name of a profile that is in the kernel already; then there are no bytes.
    builtin: *mut c_char,
    data: *const u8,
    size: usize,
}

type CreateParams = unsafe extern "C" fn() -> *mut Params;
type SetParam = unsafe extern "C" fn(*mut Params, *const c_char, *const c_char) -> c_int;
type FreeParams = unsafe extern "C" fn(*mut Params);
type Compile =
    unsafe extern "C" fn(*const c_char, *mut Params, *mut *mut c_char) -> *mut CompiledProfile;
type FreeProfile = unsafe extern "C" fn(*mut CompiledProfile);

/// What is to be compiled.
#[derive(Clone, Copy, Debug)]
pub enum Source<'s> {
    /// A file, which may import others beside it.
    File(&'s Path),
    /// A text.
    Text(&'s str),
}

/// A loaded `libsandbox`.
pub struct Library {
    create_params: CreateParams,
    set_param: SetParam,
    free_params: FreeParams,
    compile_file: Compile,
    compile_string: Compile,
    free_profile: FreeProfile,
    /// Last, as it is unloaded when dropped.
    _loaded: Loaded,
}

impl Library {
    /// Loads a library, which runs what it does when it is loaded.
    ///
    /// # Errors
    /// If it cannot be opened, or lacks one of the functions.
    pub fn open(path: &Path) -> Result<Self, LibraryError> {
        let loaded = Loaded::open(path)?;
        // SAFETY: each function has the type that the header cited above gives to its name.
        unsafe {
            Ok(Self {
                create_params: loaded.function(c"sandbox_create_params")?,
                set_param: loaded.function(c"sandbox_set_param")?,
                free_params: loaded.function(c"sandbox_free_params")?,
                compile_file: loaded.function(c"sandbox_compile_file")?,
                compile_string: loaded.function(c"sandbox_compile_string")?,
                free_profile: loaded.function(c"sandbox_free_profile")?,
                _loaded: loaded,
            })
        }
    }

    /// Compiles a profile under parameters.
    ///
    /// # Errors
    /// What the compiler says against it.
    pub fn compile(
        &self,
        source: Source<'_>,
        params: &BTreeMap<String, String>,
    ) -> Result<Vec<u8>, LibraryError> {
        let (compile, text) = match source {
            Source::File(path) => (self.compile_file, CString::new(path.as_os_str().as_bytes())),
            Source::Text(text) => (self.compile_string, CString::new(text)),
        };
        let text = text.map_err(|_| LibraryError::Nul("the profile"))?;
        let list = ParamList::new(self, params)?;
        let mut error = std::ptr::null_mut();
        // SAFETY: the text ends with a NUL byte, the parameters are the library's own, and the
        // error is written, if at all, as a pointer to a text.
        let profile = unsafe { compile(text.as_ptr(), list.raw, &raw mut error) };
        if profile.is_null() {
            return Err(LibraryError::Refused(message(error)));
        }
        // SAFETY: a profile that is not null is one until it is freed, and its bytes with it.
        unsafe {
            let CompiledProfile { data, size, .. } = *profile;
            let bytes = match data.is_null() || size > MOST {
                true => Err(LibraryError::Unsound(size)),
                false => Ok(std::slice::from_raw_parts(data, size).to_vec()),
            };
            (self.free_profile)(profile);
            bytes
        }
    }
}

/// Parameters as the library keeps them.
struct ParamList<'l> {
    library: &'l Library,
    raw: *mut Params,
    /// The library may keep pointers to them and not the texts.
    texts: Vec<CString>,
}

impl<'l> ParamList<'l> {
    fn new(library: &'l Library, params: &BTreeMap<String, String>) -> Result<Self, LibraryError> {
        // SAFETY: it takes nothing.
        let raw = unsafe { (library.create_params)() };
        let mut list = Self {
            library,
            raw,
            texts: Vec::new(),
        };
        if raw.is_null() {
            return Err(LibraryError::Parameter("list".to_owned()));
        }
        for (key, value) in params {
            let text = |text: &String| {
                CString::new(text.as_str()).map_err(|_| LibraryError::Nul("a parameter"))
            };
            let (name, value) = (text(key)?, text(value)?);
            // SAFETY: the list is the library's own, and both texts end with a NUL byte and outlive it.
            if unsafe { (library.set_param)(raw, name.as_ptr(), value.as_ptr()) } != 0 {
                return Err(LibraryError::Parameter(key.clone()));
            }
            list.texts.extend([name, value]);
        }
        Ok(list)
    }
}

impl Drop for ParamList<'_> {
    fn drop(&mut self) {
        if !self.raw.is_null() {
            // SAFETY: the library made it, and nothing uses it any more.
            unsafe { (self.library.free_params)(self.raw) };
        }
    }
}

/// The compiler's own words; they stay allocated, as the header does not say how to free them.
fn message(error: *mut c_char) -> String {
    if error.is_null() {
        return "the compiler gave no reason".to_owned();
    }
    // SAFETY: what the compiler gives as an error is a text with a NUL byte at its end.
    let text = unsafe { CStr::from_ptr(error) };
    text.to_string_lossy().trim().to_owned()
}
