//! Placeholder text, replaced by the first module.
