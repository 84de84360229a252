//! Measures as Spark SQL aggregates, each a double, NULL where it is undefined.

use super::literal::{number, quoted};
use tidecast_core::record::{FieldKind, Schema};
use tidecast_core::window::{Expression, WindowSpec};

/// A quantile's rank is wrong by at most one in so many records.
const RANK_ACCURACY: u32 = 10_000;
/// The standard error of counts of different values, as that of Tidecast's own counts beyond 512.
const DISTINCT_ERROR: f64 = 0.016;

/// Over which records a measure is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Those of one key.
    Key,
    /// Those of all keys.
    All,
}

/// The aggregate of a measure. `fields` are those that the windows need.
pub(super) fn sql(expression: &Expression, spec: &WindowSpec, fields: &Schema, scope: Scope) -> String {
    let seconds = number(spec.size_ms as f64 / 1e3);
    // Over no numbers a sum is 0.
    let sum = |field: &str| format!("coalesce(sum({}), 0D)", quoted(field));
    match expression {
        Expression::Count => "count(*)".to_owned(),
        Expression::Rate => format!("count(*) / {seconds}"),
        Expression::Sum(field) => sum(field),
        Expression::RateOf(field) => format!("{} / {seconds}", sum(field)),
        Expression::Mean(field) => format!("avg({})", quoted(field)),
        Expression::Min(field) => format!("min({})", quoted(field)),
        Expression::Max(field) => format!("max({})", quoted(field)),
        Expression::Last(field) => {
            format!("max_by({0}, __time_ms) FILTER (WHERE {0} IS NOT NULL)", quoted(field))
        }
        Expression::Ratio { numerator, denominator } => {
            format!("{} / nullif({}, 0D)", sum(numerator), sum(denominator))
        }
        Expression::Distinct(field) if spec.by.contains(field) => match scope {
            Scope::Key => format!("max(IF({} <> '', 1D, 0D))", quoted(field)),
            // There are no more of them than keys, so that they are counted exactly.
            Scope::All => format!("size(collect_set(nullif({}, '')))", quoted(field)),
        },
        Expression::Distinct(field) => {
            let is_text = fields.position(field).is_some_and(|place| fields.fields()[place].kind == FieldKind::Text);
            let present = if is_text { format!("nullif({}, '')", quoted(field)) } else { quoted(field) };
            format!("approx_count_distinct({present}, {DISTINCT_ERROR:?}D)")
        }
        Expression::Quantile { field, level } => {
            format!("percentile_approx({}, {}, {RANK_ACCURACY})", quoted(field), number(*level))
        }
    }
}
