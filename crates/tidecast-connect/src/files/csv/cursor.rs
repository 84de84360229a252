//! Where in a file a source stands, as text that a store keeps with the samples.

use super::super::input::Identity;
use super::options::CsvOptions;
use serde::{Deserialize, Serialize};

/// Valid for one content of the file read with one set of options; otherwise the file is read from its start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    pub(super) identity: Identity,
    pub(super) options: CsvOptions,
    pub(super) place: Place,
}

/// How far the file has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Place {
    /// To the end.
    End,
    /// Up to a line that is still to be read.
    Line {
        /// Bytes of text before it.
        offset: u64,
        /// Lines before it.
        lines: u64,
    },
}

impl Cursor {
    /// As a store keeps it.
    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The place in `text`, if it was written for this content and these options.
    pub(super) fn place_in(text: &str, identity: &Identity, options: &CsvOptions) -> Option<Place> {
        let cursor: Self = serde_json::from_str(text).ok()?;
        (cursor.identity == *identity && cursor.options == *options).then_some(cursor.place)
    }
}
