//! Turns panics of redb into errors.
//!
//! redb trusts the structure of its pages: on a damaged file an index out of bounds or an assertion may end in a panic
//! rather than an error. Nobody can do anything about such a panic but restore the file, which is what
//! [`StoreError::Corrupt`](tidecast_core::ports::StoreError::Corrupt) says. What was in use when it happened must not
//! be used again.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// This thread is inside [`shield`].
    static SHIELDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs something that a damaged file may bring to panic; `None` if it did. Nothing is printed.
pub(crate) fn shield<T>(run: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !SHIELDED.get() {
                others(info);
            }
        }));
    });
    let outer = SHIELDED.replace(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(run));
    SHIELDED.set(outer);
    outcome.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_are_none() {
        assert_eq!(shield(|| 1), Some(1));
        assert_eq!(shield(|| shield(|| panic!("inner"))), Some(None::<()>));
        assert!(!SHIELDED.get());
    }
}
