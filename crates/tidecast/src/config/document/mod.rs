//! The YAML document as a tree that remembers where everything stands.
//!
//! Typed parsing alone stops at the first error and forgets positions as soon as a value is built; errors found later
//! (a selector that does not parse, an address open to the world) could then not name their line. Here the text
//! becomes a tree of located nodes first; substitution, typed decoding and semantic checks all work on that tree.

mod decode;
mod error;
mod node;
mod reader;
mod section;
mod substitution;

pub(super) use node::{Content, Entry, Location, Node};
pub(super) use reader::read;
pub(super) use section::Section;
pub(super) use substitution::substitute;
