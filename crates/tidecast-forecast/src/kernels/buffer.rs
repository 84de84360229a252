//! Memory for rows of numbers.

use std::ops::{Deref, DerefMut};

const LINE: usize = 16;

/// A line of the cache.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Line([f32; LINE]);

/// Numbers that begin where a line of the cache does. Otherwise every access to a register of 16 would touch two.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buffer {
    lines: Vec<Line>,
    length: usize,
}

impl Buffer {
    /// As many zeros.
    pub(crate) fn zeros(length: usize) -> Self {
        Self { lines: vec![Line([0.0; LINE]); length.div_ceil(LINE)], length }
    }

    /// Changes the number of numbers; new ones are zero or what they were when they were last there.
    pub(crate) fn resize(&mut self, length: usize) {
        self.lines.resize(length.div_ceil(LINE), Line([0.0; LINE]));
        self.length = length;
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        #[expect(unsafe_code, reason = "a line is an array and no more")]
        // SAFETY: the lines are whole arrays one after the other, together at least `length` numbers.
        unsafe {
            std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.length)
        }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        #[expect(unsafe_code, reason = "a line is an array and no more")]
        // SAFETY: the lines are whole arrays one after the other, together at least `length` numbers.
        unsafe {
            std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.length)
        }
    }
}
