//! `${VAR}` and `${file:/path}` in values.
//!
//! Substitution happens in the parsed tree, so that whatever a variable contains (`: `, quotes, newlines) stays one
//! value and can neither change the structure of the document nor move its lines.

use super::node::{Content, Node};
use crate::config::environment::Environment;
use crate::config::problem::Problem;
use std::path::Path;

/// Replaces every `${VAR}` and `${file:/path}` below `node`; `$${` becomes `${`, any other `$` stays. Failures go to
/// `problems` with the key under `path`, and the text stays as it was.
pub(in crate::config) fn substitute(
    node: &mut Node,
    path: &str,
    environment: &dyn Environment,
    problems: &mut Vec<Problem>,
) {
    match &mut node.content {
        Content::Scalar { text, .. } if text.contains("${") => {
            match expand(text, environment) {
                Ok(Expansion { text: expanded, substituted }) => {
                    *text = expanded;
                    node.substituted = substituted;
                }
                Err(message) => problems.push(Problem::new(node.location, path, message)),
            };
        }
        Content::Scalar { .. } => {}
        Content::Sequence(nodes) => {
            for (index, node) in nodes.iter_mut().enumerate() {
                substitute(node, &format!("{path}[{index}]"), environment, problems);
            }
        }
        Content::Mapping(entries) => {
            for entry in entries {
                let path = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
                substitute(&mut entry.value, &path, environment, problems);
            }
        }
    }
}

struct Expansion {
    text: String,
    substituted: bool,
}

fn expand(text: &str, environment: &dyn Environment) -> Result<Expansion, String> {
    let mut expansion = Expansion { text: String::with_capacity(text.len()), substituted: false };
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            expansion.text.push_str(&rest[..at]);
            expansion.text.push('{');
            rest = &rest[at + 2..];
            continue;
        }
        expansion.text.push_str(&rest[..at]);
        let inside = &rest[at + 2..];
        let end =
            inside.find('}').ok_or("`${` without `}`; write ${NAME} or ${file:/path}, or $${ for a literal `${`")?;
        expansion.text.push_str(&lookup(&inside[..end], environment)?);
        expansion.substituted = true;
        rest = &inside[end + 1..];
    }
    expansion.text.push_str(rest);
    Ok(expansion)
}

fn lookup(reference: &str, environment: &dyn Environment) -> Result<String, String> {
    if let Some(path) = reference.strip_prefix("file:") {
        let text = environment.file(Path::new(path)).map_err(|error| {
            format!("the file {path} of `${{{reference}}}` cannot be read: {error}; check its path and permissions")
        })?;
        // Editors and `kubectl create secret` leave a newline at the end that nobody means.
        let text = text.strip_suffix('\n').unwrap_or(&text);
        return Ok(text.strip_suffix('\r').unwrap_or(text).to_owned());
    }
    let is_name = reference.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && reference.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_name {
        return Err(format!(
            "`${{{reference}}}` names no variable; write ${{NAME}} or ${{file:/path}}, or $${{ for a literal `${{`"
        ));
    }
    environment
        .variable(reference)
        .ok_or_else(|| format!("the environment variable `{reference}` is not set; set it, or write the value here"))
}

#[cfg(test)]
mod tests {
    use super::super::node::Location;
    use super::*;
    use crate::config::fixtures::FixedEnvironment;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, &str>) {
        let environment = FixedEnvironment::new(&[("A", "x: y\n- z"), ("B", "${A}")], &[("/s", "token\r\n")]);
        let actual = expand(text, &environment).map(|expansion| expansion.text);
        match expected {
            Ok(expected) => assert_eq!(actual.as_deref(), Ok(expected), "{text}"),
            Err(part) => assert!(actual.as_ref().is_err_and(|message| message.contains(part)), "{text}: {actual:?}"),
        }
    }

    #[test]
    fn expands() {
        check("none", Ok("none"));
        check("power{device_id=\"$column\"}", Ok("power{device_id=\"$column\"}"));
        check("a${A}b", Ok("ax: y\n- zb"));
        check("${B}", Ok("${A}"));
        check("$${A}${file:/s}", Ok("${A}token"));
        check("$$ ${A", Err("without `}`"));
        check("${}", Err("names no variable"));
        check("${é}", Err("names no variable"));
        check("${C}", Err("`C` is not set"));
        check("${file:/t}", Err("/t of"));
    }

    #[test]
    fn marks_what_was_substituted() {
        let environment = FixedEnvironment::new(&[("A", "1")], &[]);
        for (text, substituted) in [("$${A}", false), ("${A}", true)] {
            let content = Content::Scalar { text: text.to_owned(), plain: true };
            let mut node = Node { location: Location::default(), content, substituted: false };
            substitute(&mut node, "key", &environment, &mut Vec::new());
            assert_eq!(node.substituted, substituted, "{text}");
        }
    }
}
