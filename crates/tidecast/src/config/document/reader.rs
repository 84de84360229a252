//! YAML text to located nodes.
//!
//! Built from parser events with a stack of its own, so that no input can exhaust the thread's. Anchors, aliases and
//! tags are refused: they make a value appear where no line shows it.

use super::node::{Content, Entry, Location, Node};
use crate::config::problem::Problem;
use granit_parser::{Event, Marker, Parser, ScalarStyle};

/// The configuration is five levels deep; anything far deeper is a mistake.
const DEEPEST: usize = 32;
/// Keys of one group; each is compared with those before it.
const MOST_KEYS: usize = 10_000;

/// Reads the one document of `text`. Duplicate keys go to `problems` and the first value stays; `None` for a file
/// without content.
///
/// # Errors
/// When the text is not the YAML of one document.
pub(in crate::config) fn read(text: &str, problems: &mut Vec<Problem>) -> Result<Option<Node>, Problem> {
    let mut builder = Builder { open: Vec::new(), root: None, problems };
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| syntax(text, error.marker(), &error.info()))?;
        let location = location(&span.start);
        match event {
            Event::DocumentStart(..) => {
                documents += 1;
                if documents > 1 {
                    return Err(Problem::new(
                        location,
                        "",
                        "a second document starts here; keep one document in a file",
                    ));
                }
            }
            Event::Scalar(value, style, anchor, tag) => {
                builder.refuse_indirection(location, anchor, tag.is_some())?;
                let plain = style == ScalarStyle::Plain;
                builder.value(Node {
                    location,
                    content: Content::Scalar { text: value.into_owned(), plain },
                    substituted: false,
                })?;
            }
            Event::SequenceStart(_, anchor, tag) => {
                builder.refuse_indirection(location, anchor, tag.is_some())?;
                builder.open(location, Content::Sequence(Vec::new()))?;
            }
            Event::MappingStart(_, anchor, tag) => {
                builder.refuse_indirection(location, anchor, tag.is_some())?;
                builder.open(location, Content::Mapping(Vec::new()))?;
            }
            Event::SequenceEnd | Event::MappingEnd => builder.close()?,
            Event::Alias(_) | Event::UnresolvedAlias(_) => builder.refuse_indirection(location, 1, false)?,
            _ => {}
        }
    }
    Ok(builder.root)
}

fn location(marker: &Marker) -> Location {
    Location { line: marker.line(), column: marker.col() + 1 }
}

fn syntax(text: &str, marker: &Marker, info: &str) -> Problem {
    let line = text.lines().nth(marker.line().saturating_sub(1)).unwrap_or_default();
    let hint = if line.contains("${") {
        "; put text with `${…}` into quotes where it stands inside { } or [ ]"
    } else if line.contains('\t') {
        "; indent with spaces, not tabs"
    } else {
        ""
    };
    Problem::new(location(marker), "", format!("not valid YAML: {info}{hint}"))
}

/// A collection that has started and not ended.
struct Open {
    node: Node,
    /// The key whose value comes next, in a mapping.
    key: Option<(String, Location)>,
    /// The path of the collection, for messages.
    path: String,
}

struct Builder<'a> {
    open: Vec<Open>,
    root: Option<Node>,
    problems: &'a mut Vec<Problem>,
}

impl Builder<'_> {
    /// The path of the value that comes next.
    fn path(&self) -> String {
        let Some(open) = self.open.last() else { return String::new() };
        match &open.key {
            Some((key, _)) => join(&open.path, key),
            None => open.path.clone(),
        }
    }

    fn refuse_indirection(&self, location: Location, anchor: usize, tagged: bool) -> Result<(), Problem> {
        let what = match (anchor, tagged) {
            (0, false) => return Ok(()),
            (0, true) => "tags (`!name`) are not supported; remove the tag, or put the text into quotes",
            _ => {
                "anchors and aliases (`&name`, `*name`) are not supported; repeat the value, or put the text into quotes"
            }
        };
        Err(Problem::new(location, self.path(), what))
    }

    fn open(&mut self, location: Location, content: Content) -> Result<(), Problem> {
        let path = self.path();
        if self.open.len() >= DEEPEST {
            return Err(Problem::new(location, path, format!("nested more than {DEEPEST} levels deep")));
        }
        if self.is_key_next() {
            return Err(Problem::new(location, path, "a key must be plain text, not a list or a group"));
        }
        self.open.push(Open { node: Node { location, content, substituted: false }, key: None, path });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Problem> {
        match self.open.pop() {
            Some(open) => self.value(open.node),
            None => Ok(()),
        }
    }

    fn is_key_next(&self) -> bool {
        self.open.last().is_some_and(|open| open.key.is_none() && matches!(open.node.content, Content::Mapping(_)))
    }

    /// Puts a complete node where it belongs.
    fn value(&mut self, value: Node) -> Result<(), Problem> {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(value);
            return Ok(());
        };
        match &mut open.node.content {
            Content::Sequence(nodes) => nodes.push(value),
            Content::Mapping(entries) => match open.key.take() {
                None => {
                    let Content::Scalar { text, .. } = value.content else {
                        return Err(Problem::new(value.location, open.path.clone(), "a key must be plain text"));
                    };
                    open.key = Some((text, value.location));
                }
                Some((key, location)) => match entries.iter().find(|entry| entry.key == key) {
                    Some(first) => self.problems.push(Problem::new(
                        location,
                        join(&open.path, &key),
                        format!("given twice, first in line {}; keep one of them", first.location.line),
                    )),
                    None if entries.len() >= MOST_KEYS => {
                        let message = format!("more than {MOST_KEYS} keys in one group; split the configuration");
                        return Err(Problem::new(location, open.path.clone(), message));
                    }
                    None => entries.push(Entry { key, location, value }),
                },
            },
            Content::Scalar { .. } => {}
        }
        Ok(())
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
