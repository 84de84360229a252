//! The part of an error message that says what would have been right.

/// `; accepted: a, b, c; did you mean `b`?`, the question only where one of them is close to what was written.
pub(super) fn accepted(written: &str, names: &[&str]) -> String {
    let question = nearest(written, names).map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
    format!("; accepted: {}{question}", names.join(", "))
}

/// The name closest to what was written: at most a third of its letters differ (one in short names), or it is the
/// same but for case and `-` instead of `_`.
pub(super) fn nearest<'a>(written: &str, names: &[&'a str]) -> Option<&'a str> {
    // A longer text is no misspelt name, and the comparison takes time with the square of the length.
    const LONGEST: usize = 64;
    if written.len() > LONGEST {
        return None;
    }
    let written = written.to_lowercase().replace('-', "_");
    let distances =
        names.iter().map(|name| (strsim::osa_distance(&written, &name.to_lowercase().replace('-', "_")), *name));
    let (distance, name) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= (name.chars().count() / 3).max(1) && distance < name.chars().count()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_only_what_is_close() {
        let names = ["series", "horizon", "every", "on_error"];
        let cases = [
            ("horizn", Some("horizon")),
            ("hroizon", Some("horizon")),
            ("Every", Some("every")),
            ("on-error", Some("on_error")),
            ("season", None),
            ("", None),
        ];
        for (written, expected) in cases {
            assert_eq!(nearest(written, &names), expected, "{written}");
        }
        assert_eq!(accepted("x", &["a"]), "; accepted: a");
    }
}
