//! A library of the host, opened by its path.

use std::ffi::{CStr, CString, c_void};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;

use crate::LibraryError;

/// An open library; closed when dropped.
pub(crate) struct Loaded {
    path: PathBuf,
    handle: NonNull<c_void>,
}

impl Loaded {
    pub(crate) fn open(path: &Path) -> Result<Self, LibraryError> {
        // The loader looks for a name without a slash in its own folders.
        let is_here = path.parent() == Some(Path::new("")) && path.is_file();
        let named = if is_here {
            Path::new(".").join(path)
        } else {
            path.to_path_buf()
        };
        let name = CString::new(named.into_os_string().into_vec())
            .map_err(|_| LibraryError::Nul("the name of the library"))?;
        // SAFETY: the name ends with a NUL byte. What the library does when it is loaded is what
        // whoever named it asked for.
        let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        match NonNull::new(handle) {
            Some(handle) => Ok(Self {
                path: path.to_path_buf(),
                handle,
            }),
            None => Err(LibraryError::Missing {
                path: path.to_path_buf(),
                reason: last_error(),
            }),
        }
    }

    /// The function of a name.
    ///
    /// # Safety
    /// `F` is the type of a pointer to a function with the arguments and result that the function
    /// of that name has. It must not be called once this is dropped.
    pub(crate) unsafe fn function<F: Copy>(&self, name: &'static CStr) -> Result<F, LibraryError> {
        const { assert!(size_of::<F>() == size_of::<*mut c_void>()) };
        // SAFETY: the handle is open and the name ends with a NUL byte.
        let at = unsafe { libc::dlsym(self.handle.as_ptr(), name.as_ptr()) };
        if at.is_null() {
            return Err(LibraryError::NoSymbol {
                path: self.path.clone(),
                symbol: name.to_str().unwrap_or_default(),
            });
        }
        // SAFETY: both are pointers of one size, and the caller vouches for the type.
        Ok(unsafe { std::mem::transmute_copy(&at) })
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        // SAFETY: it is open, and nothing of it is used any more.
        unsafe { libc::dlclose(self.handle.as_ptr()) };
    }
}

/// What the loader said last.
fn last_error() -> String {
    // SAFETY: it takes nothing, and what it gives is a text until the next call of the loader.
    let error = unsafe { libc::dlerror() };
    match error.is_null() {
        true => "the loader gave no reason".to_owned(),
        // SAFETY: as above.
        false => unsafe { CStr::from_ptr(error) }
            .to_string_lossy()
            .into_owned(),
    }
}
