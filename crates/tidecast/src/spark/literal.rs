//! Names and numbers as Spark SQL and Python write them.

use serde_json::Value;

/// A field's name in SQL.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A number in SQL, always a double.
pub(super) fn number(value: f64) -> String {
    if value.is_sign_negative() { format!("(-{:?}D)", value.abs()) } else { format!("{value:?}D") }
}

/// A text in Python. JSON's notation is one of Python's.
pub(super) fn text(text: &str) -> String {
    Value::from(text).to_string()
}

/// A truth value in Python.
pub(super) fn truth(holds: bool) -> &'static str {
    if holds { "True" } else { "False" }
}
