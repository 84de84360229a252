//! Splitting what is to be stored so that every request stays under the server's body limit.

use super::wire::{SampleRun, Samples};
use tidecast_core::forecast::Forecast;
use tidecast_core::ports::Position;
use tidecast_core::series::SampleBatch;

/// What one request may weigh, bytes: far enough below the limit that the estimates below need not be exact, small
/// enough that neither side holds much at once.
pub(super) const PART_BYTES: usize = 8 << 20;

/// A timestamp (20 digits at most) and a value (24 characters at most) with their commas.
const SAMPLE_BYTES: usize = 46;

/// The names of the fields, brackets and quotes of one run or forecast.
const FRAME_BYTES: usize = 128;

/// The parts of a batch, in order, each of about `part_bytes` at most. The position goes with the last one, since it
/// says that everything before it is durable.
pub(super) fn of_samples(batch: &SampleBatch, position: Option<Position>, part_bytes: usize) -> Vec<Samples> {
    let mut parts = Vec::new();
    let mut runs = Vec::new();
    let mut bytes = 0;
    for run in batch.runs() {
        // Quotes inside the text of a series are escaped: twice its length bounds it.
        let run_bytes = FRAME_BYTES + 2 * run.series.to_string().len();
        let mut done = 0;
        while done < run.values.len() {
            let room = part_bytes.saturating_sub(bytes + run_bytes) / SAMPLE_BYTES;
            if room == 0 && !runs.is_empty() {
                parts.push(Samples { runs: std::mem::take(&mut runs), position: None });
                bytes = 0;
                continue;
            }
            let end = run.values.len().min(done + room.max(1));
            runs.push(SampleRun {
                series: run.series.clone(),
                timestamps_ms: run.timestamps_ms[done..end].to_vec(),
                values: run.values[done..end].to_vec(),
            });
            bytes += run_bytes + (end - done) * SAMPLE_BYTES;
            done = end;
        }
    }
    if !runs.is_empty() || position.is_some() {
        parts.push(Samples { runs, position });
    }
    parts
}

/// The parts of a list of forecasts, in order, each of about `part_bytes` at most.
pub(super) fn of_forecasts(forecasts: Vec<Forecast>, part_bytes: usize) -> Vec<Vec<Forecast>> {
    let mut parts: Vec<Vec<Forecast>> = Vec::new();
    let mut bytes = usize::MAX;
    for forecast in forecasts {
        let numbers = forecast.levels.len() + forecast.quantiles.iter().map(Vec::len).sum::<usize>();
        let note = forecast.note.as_ref().map_or(0, String::len);
        let forecast_bytes = FRAME_BYTES + 2 * (forecast.series.to_string().len() + note) + numbers * SAMPLE_BYTES;
        if bytes.saturating_add(forecast_bytes) > part_bytes {
            parts.push(Vec::new());
            bytes = 0;
        }
        bytes += forecast_bytes;
        if let Some(part) = parts.last_mut() {
            part.push(forecast);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tidecast_core::forecast::ModelVersion;
    use tidecast_core::series::SeriesKey;

    proptest! {
        #[test]
        fn parts_hold_every_sample_and_fit(lengths in prop::collection::vec(0_usize..40, 0..20), part_bytes in 300_usize..3_000) {
            let series: SeriesKey = r#"power{device_id="meter_1"}"#.parse().unwrap();
            let other: SeriesKey = "load".parse().unwrap();
            let mut batch = SampleBatch::new();
            for (index, &length) in lengths.iter().enumerate() {
                let timestamps: Vec<i64> = (0..length).map(|i| i64::MIN + i as i64).collect();
                let values = vec![-1.234_567_890_123_456_7e-300; length];
                batch.push_run(if index % 2 == 0 { &series } else { &other }, &timestamps, &values);
            }
            let position = Position { source: "meters".into(), cursor: "7".into() };
            let parts = of_samples(&batch, Some(position), part_bytes);
            let mut joined = SampleBatch::new();
            for (index, part) in parts.iter().enumerate() {
                prop_assert_eq!(part.position.is_some(), index + 1 == parts.len());
                let text = serde_json::to_string(&Samples { position: None, ..part.clone() }).unwrap();
                prop_assert!(text.len() <= part_bytes + FRAME_BYTES, "{} of {}", text.len(), part_bytes);
                for run in &part.runs {
                    joined.push_run(&run.series, &run.timestamps_ms, &run.values);
                }
            }
            prop_assert_eq!(joined, batch);
        }
    }

    #[test]
    fn forecasts_are_split_too() {
        let forecast = Forecast {
            series: "power".parse().unwrap(),
            origin_ms: 0,
            step_ms: 1,
            model: ModelVersion { model: "ridge".into(), version: 1 },
            levels: vec![0.5],
            quantiles: vec![vec![1.0; 10]],
            note: None,
        };
        let parts = of_forecasts(vec![forecast; 7], 2_000);
        assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1]);
        assert!(of_forecasts(Vec::new(), 2_000).is_empty());
    }
}
