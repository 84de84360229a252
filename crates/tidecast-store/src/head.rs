//! The head: recent samples in memory, everything that no segment covers yet.
//!
//! What is here is also in the journal, from which it is rebuilt on opening.

use tidecast_core::series::{Sample, TimeRange};

const SAMPLE_BYTES: usize = size_of::<Sample>();

/// Recent samples of all series.
#[derive(Debug, Default)]
pub(crate) struct Head {
    /// By series id; series without recent samples are empty or beyond the end.
    buffers: Vec<SeriesBuffer>,
    bytes: usize,
    sequence: u64,
    rows: usize,
}

/// Recent samples of one series in order of arrival.
#[derive(Debug, Default)]
pub(crate) struct SeriesBuffer {
    samples: Vec<Sample>,
    /// Some sample came before or with the time of one that arrived earlier.
    disordered: bool,
}

impl Head {
    /// Adds samples of a series.
    pub(crate) fn push(&mut self, series: u32, timestamps_ms: &[i64], values: &[f64]) {
        let series = series as usize;
        if series >= self.buffers.len() {
            let before = self.buffers.capacity();
            self.buffers.resize_with(series + 1, SeriesBuffer::default);
            self.bytes += (self.buffers.capacity() - before) * size_of::<SeriesBuffer>();
        }
        let buffer = &mut self.buffers[series];
        let before = buffer.samples.capacity();
        buffer.push(timestamps_ms, values);
        self.bytes += (buffer.samples.capacity() - before) * SAMPLE_BYTES;
    }

    /// Everything of this journal row is here now.
    pub(crate) fn complete_row(&mut self, sequence: u64) {
        self.rows += usize::from(sequence != self.sequence);
        self.sequence = sequence;
    }

    /// The newest journal row whose samples are here.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// How many journal rows are here.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Memory held.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The samples of a series; `None` if there are none.
    pub(crate) fn buffer(&self, series: u32) -> Option<&SeriesBuffer> {
        self.buffers.get(series as usize).filter(|buffer| !buffer.samples.is_empty())
    }

    /// Every series that has samples, by ascending id.
    pub(crate) fn series(&self) -> impl Iterator<Item = (u32, &SeriesBuffer)> {
        let buffers = self.buffers.iter().enumerate().filter(|(_, buffer)| !buffer.samples.is_empty());
        buffers.map(|(series, buffer)| (series as u32, buffer))
    }
}

impl SeriesBuffer {
    fn push(&mut self, timestamps_ms: &[i64], values: &[f64]) {
        let mut newest = self.samples.last().map_or(i64::MIN, |sample| sample.timestamp_ms);
        let mut disordered = self.disordered;
        self.samples.extend(timestamps_ms.iter().zip(values).map(|(&timestamp_ms, &value)| {
            disordered |= timestamp_ms <= newest;
            newest = timestamp_ms;
            Sample { timestamp_ms, value }
        }));
        self.disordered = disordered;
    }

    /// How many samples, those written twice included.
    pub(crate) fn count(&self) -> usize {
        self.samples.len()
    }

    /// First and last time of its samples.
    pub(crate) fn bounds_ms(&self) -> Option<(i64, i64)> {
        if !self.disordered {
            return self
                .samples
                .first()
                .zip(self.samples.last())
                .map(|(first, last)| (first.timestamp_ms, last.timestamp_ms));
        }
        let times = self.samples.iter().map(|sample| sample.timestamp_ms);
        times.clone().min().zip(times.max())
    }

    /// The newest sample; of equal timestamps the last write.
    pub(crate) fn newest(&self) -> Option<Sample> {
        if self.disordered {
            self.samples.iter().copied().max_by_key(|sample| sample.timestamp_ms)
        } else {
            self.samples.last().copied()
        }
    }

    /// The samples inside a range in strictly ascending time.
    pub(crate) fn range(&self, range: TimeRange) -> Vec<Sample> {
        if !self.disordered {
            return within(&self.samples, range).to_vec();
        }
        let mut samples: Vec<Sample> =
            self.samples.iter().filter(|sample| range.contains(sample.timestamp_ms)).copied().collect();
        order(&mut samples);
        samples
    }
}

/// The part of ascending samples that lies inside a range.
pub(crate) fn within(samples: &[Sample], range: TimeRange) -> &[Sample] {
    let from = samples.partition_point(|sample| sample.timestamp_ms < range.from_ms);
    let to = samples.partition_point(|sample| sample.timestamp_ms < range.to_ms);
    &samples[from..to.max(from)]
}

/// Sorts by time and keeps the last of equal timestamps.
pub(crate) fn order(samples: &mut Vec<Sample>) {
    samples.sort_by_key(|sample| sample.timestamp_ms);
    // `dedup_by` hands over the later element first and removes it: move the later value into the one that stays.
    samples.dedup_by(|later, earlier| {
        let same = later.timestamp_ms == earlier.timestamp_ms;
        if same {
            earlier.value = later.value;
        }
        same
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_writes_win_and_order_is_restored() {
        let mut head = Head::default();
        head.push(2, &[10, 20, 20], &[1.0, 2.0, 3.0]);
        head.push(2, &[5, 10], &[4.0, 5.0]);
        let buffer = head.buffer(2).unwrap();
        let pairs = |samples: &[Sample]| samples.iter().map(|s| (s.timestamp_ms, s.value)).collect::<Vec<_>>();
        assert_eq!(buffer.bounds_ms(), Some((5, 20)));
        assert_eq!(buffer.newest().unwrap().value, 3.0);
        assert_eq!(pairs(&buffer.range(TimeRange::ALL)), [(5, 4.0), (10, 5.0), (20, 3.0)]);
        assert_eq!(pairs(&buffer.range(TimeRange::new(6, 20))), [(10, 5.0)]);
        assert!(head.buffer(1).is_none() && head.buffer(3).is_none());
    }
}
