//! Batches: many samples of many series in columns, the unit that flows from sources into stores.

use super::SeriesKey;

/// Samples in columns, grouped into runs of one series each.
///
/// A wide CSV gives a few long runs, a scrape gives many runs of one sample; both cost 16 bytes a sample plus
/// one run per change of series. Samples may be unordered and repeat a timestamp: the last one wins.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SampleBatch {
    runs: Vec<(SeriesKey, usize)>,
    timestamps_ms: Vec<i64>,
    values: Vec<f64>,
}

/// Consecutive samples of one series inside a batch; both slices have the same length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run<'a> {
    /// The series.
    pub series: &'a SeriesKey,
    /// Milliseconds since the Unix epoch.
    pub timestamps_ms: &'a [i64],
    /// The values.
    pub values: &'a [f64],
}

impl SampleBatch {
    /// An empty batch.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty batch with room for `samples` samples.
    #[must_use]
    pub fn with_capacity(samples: usize) -> Self {
        Self { runs: Vec::new(), timestamps_ms: Vec::with_capacity(samples), values: Vec::with_capacity(samples) }
    }

    /// Appends one sample.
    pub fn push(&mut self, series: &SeriesKey, timestamp_ms: i64, value: f64) {
        self.timestamps_ms.push(timestamp_ms);
        self.values.push(value);
        self.extend_run(series);
    }

    /// Appends samples of one series; the shorter slice decides how many.
    pub fn push_run(&mut self, series: &SeriesKey, timestamps_ms: &[i64], values: &[f64]) {
        let count = timestamps_ms.len().min(values.len());
        if count == 0 {
            return;
        }
        self.timestamps_ms.extend_from_slice(&timestamps_ms[..count]);
        self.values.extend_from_slice(&values[..count]);
        self.extend_run(series);
    }

    /// Lets the run of `series` reach to the end of the columns.
    fn extend_run(&mut self, series: &SeriesKey) {
        let end = self.values.len();
        match self.runs.last_mut() {
            Some((last, last_end)) if last == series => *last_end = end,
            _ => self.runs.push((series.clone(), end)),
        }
    }

    /// The runs, in the order they were pushed.
    pub fn runs(&self) -> impl ExactSizeIterator<Item = Run<'_>> {
        let mut start = 0;
        self.runs.iter().map(move |(series, end)| {
            let span = start..*end;
            start = *end;
            Run { series, timestamps_ms: &self.timestamps_ms[span.clone()], values: &self.values[span] }
        })
    }

    /// Takes samples off the end until at most so many are left; in their order.
    #[must_use]
    pub fn split_off(&mut self, samples: usize) -> Self {
        let at = samples.min(self.len());
        let whole = self.runs.partition_point(|(_, end)| *end <= at);
        let mut rest = Self {
            runs: self.runs.split_off(whole),
            timestamps_ms: self.timestamps_ms.split_off(at),
            values: self.values.split_off(at),
        };
        rest.runs.iter_mut().for_each(|(_, end)| *end -= at);
        if let Some((cut, _)) = rest.runs.first().filter(|_| self.runs.last().map_or(0, |(_, end)| *end) < at) {
            self.runs.push((cut.clone(), at));
        }
        rest
    }

    /// How many samples it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether it holds no sample.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_can_be_cut_anywhere() {
        let series: Vec<SeriesKey> = ["a", "b", "c"].iter().map(|name| name.parse().unwrap()).collect();
        let samples: Vec<(usize, i64)> = vec![(0, 1), (0, 2), (1, 3), (2, 4), (2, 5), (2, 6)];
        let of = |samples: &[(usize, i64)]| {
            let mut batch = SampleBatch::new();
            samples.iter().for_each(|&(place, ms)| batch.push(&series[place], ms, ms as f64));
            batch
        };
        for at in 0..=samples.len() + 1 {
            let mut first = of(&samples);
            let rest = first.split_off(at);
            let at = at.min(samples.len());
            assert_eq!((first, rest), (of(&samples[..at]), of(&samples[at..])), "{at}");
        }
    }

    #[test]
    fn consecutive_samples_of_a_series_form_one_run() {
        let a: SeriesKey = "a".parse().unwrap();
        let b: SeriesKey = "b".parse().unwrap();
        let mut batch = SampleBatch::new();
        batch.push(&a, 1, 1.0);
        batch.push(&a, 2, 2.0);
        batch.push_run(&b, &[3, 4], &[3.0, 4.0]);
        batch.push_run(&a, &[], &[]);
        batch.push(&a, 5, 5.0);
        let runs: Vec<_> = batch.runs().map(|run| (run.series.name(), run.timestamps_ms.to_vec())).collect();
        assert_eq!(runs, [("a", vec![1, 2]), ("b", vec![3, 4]), ("a", vec![5])]);
        assert_eq!(batch.len(), 5);
    }
}
