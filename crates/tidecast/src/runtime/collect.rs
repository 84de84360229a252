//! Reads a whole source into memory, one column pair per series: for backtests and for the demo's recording.

use std::collections::BTreeMap;
use tidecast_core::ports::Source;
use tidecast_core::series::{Points, SeriesKey};

/// All samples of a source by series, ascending in time; of several samples at one time the last one read stays.
///
/// # Errors
/// Those of the source.
pub async fn collect(source: &mut dyn Source) -> anyhow::Result<BTreeMap<SeriesKey, Points>> {
    let mut columns: BTreeMap<SeriesKey, Points> = BTreeMap::new();
    while let Some(batch) = source.next_batch().await? {
        for run in batch.samples.runs() {
            if !columns.contains_key(run.series) {
                columns.insert(run.series.clone(), Points::default());
            }
            if let Some(points) = columns.get_mut(run.series) {
                points.timestamps_ms.extend_from_slice(run.timestamps_ms);
                points.values.extend_from_slice(run.values);
            }
        }
    }
    for points in columns.values_mut() {
        if !points.timestamps_ms.is_sorted_by(|before, after| before < after) {
            *points = sorted(points);
        }
    }
    Ok(columns)
}

fn sorted(points: &Points) -> Points {
    // Inserting in the order read lets the last sample of a time win.
    let samples: BTreeMap<i64, f64> = points.timestamps_ms.iter().copied().zip(points.values.iter().copied()).collect();
    let (timestamps_ms, values) = samples.into_iter().unzip();
    Points { timestamps_ms, values }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_a_time_wins() {
        let points = Points { timestamps_ms: vec![3, 1, 3], values: vec![1.0, 2.0, 4.0] };
        assert_eq!(sorted(&points), Points { timestamps_ms: vec![1, 3], values: vec![2.0, 4.0] });
    }
}
