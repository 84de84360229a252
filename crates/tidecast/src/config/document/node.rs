//! Nodes of a YAML document with their positions.

/// Characters of a value that a message quotes.
const LONGEST_SHOWN: usize = 100;

/// A place in a file; both count from 1, columns in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::config) struct Location {
    pub(in crate::config) line: usize,
    pub(in crate::config) column: usize,
}

/// A value.
#[derive(Clone, Debug)]
pub(in crate::config) struct Node {
    pub(in crate::config) location: Location,
    pub(in crate::config) content: Content,
    /// Whether text from the environment or a file went into it. Such text may be a secret: no error shows it.
    pub(in crate::config) substituted: bool,
}

/// What a value consists of.
#[derive(Clone, Debug)]
pub(in crate::config) enum Content {
    Scalar {
        text: String,
        /// Written without quotes, so that it may stand for a number, a truth value or nothing.
        plain: bool,
    },
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>),
}

/// A key and its value; keys of one mapping differ.
#[derive(Clone, Debug)]
pub(in crate::config) struct Entry {
    pub(in crate::config) key: String,
    pub(in crate::config) location: Location,
    pub(in crate::config) value: Node,
}

impl Node {
    /// A scalar that stands for nothing: `key:`, `key: ~`, `key: null`.
    pub(in crate::config) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null"))
    }

    /// The text of a scalar.
    pub(in crate::config) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { text, .. } => Some(text),
            Content::Sequence(_) | Content::Mapping(_) => None,
        }
    }

    /// Whether no message may quote it: it came from the environment or a file, or is an address that says who we are.
    pub(in crate::config) fn is_secret(&self) -> bool {
        let address = self.text().and_then(|text| text.split_once("://"));
        self.substituted || address.is_some_and(|(_, rest)| rest.contains('@'))
    }

    /// The node as an error message names it.
    pub(in crate::config) fn shown(&self) -> String {
        match &self.content {
            Content::Sequence(_) => "a list".to_owned(),
            Content::Mapping(_) => "a group of keys".to_owned(),
            Content::Scalar { .. } if self.substituted => "the substituted value".to_owned(),
            Content::Scalar { .. } if self.is_secret() => "the address with a user or password".to_owned(),
            Content::Scalar { .. } if self.is_null() => "nothing".to_owned(),
            Content::Scalar { text, .. } => match text.char_indices().nth(LONGEST_SHOWN) {
                Some((end, _)) => format!("`{}…`", &text[..end]),
                None => format!("`{text}`"),
            },
        }
    }
}
