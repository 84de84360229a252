//! Reading: ranges, the newest samples, what series there are.
//!
//! A reader takes a view (its series' part of the head, and the list of segments) under one short lock and works on
//! that; segments are immutable and files stay readable while a view holds them.

use crate::chunk::Columns;
use crate::engine::{Engine, Live, Segments};
use crate::head;
use crate::merge::clusters;
use crate::segment::{ChunkEntry, Segment};
use crate::sync;
use tidecast_core::ports::{SeriesSummary, StoreError};
use tidecast_core::series::{Bucket, Downsampler, Points, Sample, Selector, SeriesKey, TimeRange};

/// Samples of one series from one place. Pieces later in a list win over earlier ones.
enum Piece<'a> {
    Chunk(&'a Segment, &'a ChunkEntry),
    Head(Vec<Sample>),
}

/// Where a range goes.
enum Output {
    Samples(Points),
    Buckets(Downsampler),
}

impl Engine {
    /// Samples of one series, or one point per bucket.
    pub(crate) fn range(
        &self,
        series: &SeriesKey,
        range: TimeRange,
        bucket: Option<Bucket>,
    ) -> Result<Points, StoreError> {
        let mut output = bucket
            .map_or_else(|| Output::Samples(Points::default()), |bucket| Output::Buckets(Downsampler::new(bucket)));
        // A binding of its own, here and below, so that the catalogue is not locked while files are read.
        let known = sync::read(&self.catalogue).id(series);
        if let Some(id) = known {
            self.read_range(id, range, &mut output)?;
        }
        Ok(output.finish())
    }

    fn read_range(&self, series: u32, range: TimeRange, output: &mut Output) -> Result<(), StoreError> {
        let (range, heads, segments) = {
            let live = sync::read(&self.live);
            let range = live.retained(range);
            (range, live.heads(series, range), Segments::clone(&live.segments))
        };
        if range.is_empty() {
            return Ok(());
        }
        let mut pieces: Vec<(usize, Piece<'_>)> = Vec::new();
        for (priority, segment) in segments.iter().enumerate() {
            if range.overlaps(segment.record.first_ms, segment.record.last_ms) {
                let entries = segment.entries_of(series).iter();
                let inside = entries.filter(|entry| range.overlaps(entry.first_ms, entry.last_ms));
                pieces.extend(inside.map(|entry| (priority, Piece::Chunk(segment, entry))));
            }
        }
        pieces.extend(heads.into_iter().map(Piece::Head).zip(segments.len()..).map(|(p, n)| (n, p)));
        pieces.sort_by_key(|(priority, piece)| (piece.span_ms().0, *priority));
        let mut columns = Columns::default();
        for cluster in clusters(&pieces, |(_, piece)| piece.span_ms()) {
            columns.clear();
            if let [(_, piece)] = cluster {
                piece.read(self, &mut columns)?;
            } else {
                let mut by_priority: Vec<&(usize, Piece<'_>)> = cluster.iter().collect();
                by_priority.sort_by_key(|(priority, _)| *priority);
                for (_, piece) in by_priority {
                    piece.read(self, &mut columns)?;
                }
                let mut samples = std::mem::take(&mut columns).into_samples();
                head::order(&mut samples);
                columns.extend_samples(&samples);
            }
            output.extend(&columns, range);
        }
        Ok(())
    }

    /// The newest sample of every series that matches and has one, sorted by series.
    pub(crate) fn latest(&self, selector: &Selector) -> Result<Vec<(SeriesKey, Sample)>, StoreError> {
        let mut found = Vec::new();
        let matching = sync::read(&self.catalogue).select(selector);
        for (key, id) in matching {
            if let Some(sample) = self.latest_of(id)? {
                found.push((key, sample));
            }
        }
        Ok(found)
    }

    fn latest_of(&self, series: u32) -> Result<Option<Sample>, StoreError> {
        let (retain_from_ms, recent, segments) = {
            let live = sync::read(&self.live);
            let newest = live.buffers(series).filter_map(head::SeriesBuffer::newest);
            // `max_by_key` keeps the last of equals, which is the active head's.
            (live.retain_from_ms, newest.max_by_key(|sample| sample.timestamp_ms), Segments::clone(&live.segments))
        };
        let last_chunks = segments.iter().filter_map(|segment| Some((segment, segment.entries_of(series).last()?)));
        let stored = last_chunks.max_by_key(|(_, entry)| entry.last_ms);
        let newest = match (recent, stored) {
            (Some(recent), Some((_, entry))) if recent.timestamp_ms >= entry.last_ms => Some(recent),
            (recent, None) => recent,
            (_, Some((segment, entry))) => {
                let mut columns = Columns::default();
                segment.read(&self.place, entry, &mut columns)?;
                columns.values.last().map(|&value| Sample { timestamp_ms: entry.last_ms, value })
            }
        };
        Ok(newest.filter(|sample| sample.timestamp_ms >= retain_from_ms))
    }

    /// The series that match and have samples, sorted.
    pub(crate) fn summaries(&self, selector: &Selector) -> Result<Vec<SeriesSummary>, StoreError> {
        let mut found = Vec::new();
        let matching = sync::read(&self.catalogue).select(selector);
        for (key, id) in matching {
            found.extend(self.summary(key, id)?);
        }
        Ok(found)
    }

    fn summary(&self, key: SeriesKey, series: u32) -> Result<Option<SeriesSummary>, StoreError> {
        let (retained, segments, mut parts) = {
            let live = sync::read(&self.live);
            let retained = live.retained(TimeRange::ALL);
            let parts: Vec<_> = live.buffers(series).filter_map(|buffer| part_of_head(buffer, retained)).collect();
            (retained, Segments::clone(&live.segments), parts)
        };
        for segment in segments.iter() {
            for entry in segment.entries_of(series).iter().filter(|entry| entry.last_ms >= retained.from_ms) {
                if entry.first_ms >= retained.from_ms {
                    parts.push((entry.first_ms, entry.last_ms, u64::from(entry.count)));
                } else {
                    // The horizon cuts through this chunk; at most one in each segment.
                    let mut columns = Columns::default();
                    segment.read(&self.place, entry, &mut columns)?;
                    let hidden = columns.timestamps_ms.partition_point(|&time_ms| time_ms < retained.from_ms);
                    let first_ms = columns.timestamps_ms.get(hidden).copied().unwrap_or(entry.last_ms);
                    parts.push((first_ms, entry.last_ms, (columns.len() - hidden) as u64));
                }
            }
        }
        let whole = parts.into_iter().reduce(|one, two| (one.0.min(two.0), one.1.max(two.1), one.2 + two.2));
        Ok(whole.map(|(first_ms, last_ms, samples)| SeriesSummary { series: key, first_ms, last_ms, samples }))
    }
}

/// First and last time and count of what retention leaves of a buffer.
fn part_of_head(buffer: &head::SeriesBuffer, retained: TimeRange) -> Option<(i64, i64, u64)> {
    let (first_ms, last_ms) = buffer.bounds_ms()?;
    if first_ms >= retained.from_ms {
        return Some((first_ms, last_ms, buffer.count() as u64));
    }
    let samples = buffer.range(retained);
    Some((samples.first()?.timestamp_ms, last_ms, samples.len() as u64))
}

impl Live {
    /// A series' recent samples, the older head first.
    fn buffers(&self, series: u32) -> impl Iterator<Item = &head::SeriesBuffer> {
        let frozen = self.frozen.as_deref().and_then(|head| head.buffer(series));
        frozen.into_iter().chain(self.active.buffer(series))
    }

    fn heads(&self, series: u32, range: TimeRange) -> Vec<Vec<Sample>> {
        let parts = self.buffers(series).map(|buffer| buffer.range(range));
        parts.filter(|samples| !samples.is_empty()).collect()
    }
}

impl Piece<'_> {
    fn span_ms(&self) -> (i64, i64) {
        match self {
            Self::Chunk(_, entry) => (entry.first_ms, entry.last_ms),
            Self::Head(samples) => {
                let time = |sample: Option<&Sample>| sample.map_or(0, |sample| sample.timestamp_ms);
                (time(samples.first()), time(samples.last()))
            }
        }
    }

    fn read(&self, engine: &Engine, columns: &mut Columns) -> Result<(), StoreError> {
        match self {
            Self::Chunk(segment, entry) => segment.read(&engine.place, entry, columns),
            Self::Head(samples) => {
                columns.extend_samples(samples);
                Ok(())
            }
        }
    }
}

impl Output {
    /// Takes ascending samples, those outside of the range left out.
    fn extend(&mut self, columns: &Columns, range: TimeRange) {
        let from = columns.timestamps_ms.partition_point(|&time_ms| time_ms < range.from_ms);
        let to = columns.timestamps_ms.partition_point(|&time_ms| time_ms < range.to_ms).max(from);
        let (timestamps_ms, values) = (&columns.timestamps_ms[from..to], &columns.values[from..to]);
        match self {
            Self::Samples(points) => {
                points.timestamps_ms.extend_from_slice(timestamps_ms);
                points.values.extend_from_slice(values);
            }
            Self::Buckets(downsampler) => downsampler.extend(timestamps_ms, values),
        }
    }

    fn finish(self) -> Points {
        match self {
            Self::Samples(points) => points,
            Self::Buckets(downsampler) => downsampler.finish(),
        }
    }
}
