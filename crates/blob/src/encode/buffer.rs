//! The one place where bytes of a compiled profile are written.

/// One write, as a debugger at [`Buffer::write`] sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// Offset in the profile.
    pub cursor: usize,
    /// What was written there.
    pub bytes: Vec<u8>,
}

/// A profile while it is made, with the log of its writes if one is kept.
#[derive(Debug, Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    log: Option<Vec<Write>>,
}

impl Buffer {
    /// An empty buffer that keeps a log.
    pub(super) fn logged() -> Self {
        Self {
            bytes: Vec::new(),
            log: Some(Vec::new()),
        }
    }

    /// Writes bytes at an offset; what lies between the end and the offset becomes zero.
    ///
    /// Every byte of a compiled profile goes through here, and the call is never inlined, so that
    /// a debugger can watch it: the arguments are the buffer, the offset, the source and its
    /// length, in this order.
    #[inline(never)]
    pub fn write(&mut self, cursor: usize, bytes: &[u8]) {
        let end = cursor + bytes.len();
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes[cursor..end].copy_from_slice(bytes);
        if let Some(log) = &mut self.log {
            log.push(Write {
                cursor,
                bytes: bytes.to_vec(),
            });
        }
    }

    /// Ends the writing, and gives back the room that was not needed.
    ///
    /// As with [`Self::write`], a debugger can watch the call: the one argument is the buffer.
    #[inline(never)]
    pub fn make_immutable(&mut self) {
        self.bytes.shrink_to_fit();
    }

    /// The bytes and the log, which is empty if none was kept.
    pub(super) fn finish(self) -> (Vec<u8>, Vec<Write>) {
        (self.bytes, self.log.unwrap_or_default())
    }
}
