//! A window that is final.

use super::Key;
use std::sync::Arc;

/// The results of a window: over all keys, and for each key that had a record in it.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosedWindow {
    /// When it begins, ms since the Unix epoch.
    pub start_ms: i64,
    /// When it ends; the first moment that is not in it.
    pub end_ms: i64,
    /// Whether late records have changed it since it was closed: it takes the place of what came before.
    pub correction: bool,
    /// The names of the measures.
    pub measures: Arc<[String]>,
    /// The fields by which it is grouped.
    pub by: Arc<[String]>,
    /// The value of each measure over all keys; NaN where it is undefined, as 0 / 0.
    pub totals: Vec<f64>,
    /// The keys that had records, in the order in which they first came; none where `by` is empty.
    pub keys: Vec<Key>,
    /// The values of all measures of the first key, then of the second, and so on; NaN where undefined.
    pub values: Vec<f64>,
    /// For each key, the time of its newest record in the window.
    pub last_seen_ms: Vec<i64>,
}

impl ClosedWindow {
    /// Each key with its values, one for each measure.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = (&Key, &[f64])> {
        self.keys.iter().zip(self.values.chunks_exact(self.measures.len().max(1)))
    }

    /// The place of a measure.
    #[must_use]
    pub fn measure(&self, name: &str) -> Option<usize> {
        self.measures.iter().position(|measure| measure == name)
    }

    /// The value of a measure over all keys; NaN where there is no such measure.
    #[must_use]
    pub fn total(&self, name: &str) -> f64 {
        self.measure(name).map_or(f64::NAN, |measure| self.totals[measure])
    }

    /// The keys with the `count` largest values of a measure, largest first; those that came first where values are equal.
    /// Undefined values are left out; nothing where there is no such measure.
    #[must_use]
    pub fn top(&self, measure: &str, count: usize) -> Vec<(&Key, f64)> {
        let Some(measure) = self.measure(measure) else { return Vec::new() };
        let mut top: Vec<(usize, f64)> = self.rows().map(|(_, values)| values[measure]).enumerate().collect();
        top.retain(|(_, value)| !value.is_nan());
        let order = |a: &(usize, f64), b: &(usize, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if count < top.len() {
            top.select_nth_unstable_by(count, order);
            top.truncate(count);
        }
        top.sort_unstable_by(order);
        top.into_iter().map(|(row, value)| (&self.keys[row], value)).collect()
    }
}
