//! Merging: fewer, larger segments, so that a read touches few files however the data came in.
//!
//! Within a window, four neighbours (in order of generation) of about the same size become one: every sample is
//! rewritten a logarithmic number of times. Chunks that overlap nothing and are large enough are copied as they are.
//! When a store has more files than its size warrants, the cheapest neighbours are merged into their common
//! parent window.

use crate::chunk::{Columns, LEAST_POINTS, MOST_POINTS};
use crate::engine::Engine;
use crate::head;
use crate::journal::Checkpoint;
use crate::segment::{ChunkEntry, Segment, SegmentRecord, SegmentWriter};
use crate::sync;
use crate::window::Window;
use std::collections::BTreeMap;
use std::sync::Arc;
use tidecast_core::ports::StoreError;

/// So many neighbours of about the same size are merged.
const FAN_IN: usize = 4;
/// A window with so many segments is merged whatever their sizes.
const MOST_PER_WINDOW: usize = 12;
/// So many files are fine in any store, and one more for each [`BYTES_PER_FILE`].
const FILES: usize = 64;
const BYTES_PER_FILE: u64 = 64 * 1024 * 1024;

/// How far to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// What keeps reads fast.
    Background,
    /// One segment per window.
    Full,
}

impl Engine {
    /// Merges until nothing is worth merging.
    pub(crate) fn maintain(&self, effort: Effort) -> Result<(), StoreError> {
        let _guard = sync::lock(&self.maintaining);
        // Every merge leaves fewer segments, so this ends.
        loop {
            let segments = Arc::clone(&sync::read(&self.live).segments);
            let records: Vec<&SegmentRecord> = segments.iter().map(|segment| &segment.record).collect();
            let Some((chosen, window)) = choose(&records, effort) else { return Ok(()) };
            let chosen: Vec<Arc<Segment>> = chosen.into_iter().map(|index| Arc::clone(&segments[index])).collect();
            self.merge(&chosen, window)?;
        }
    }

    /// Drops everything older than `retain_from_ms`: whole segments from the disk, the rest from sight.
    pub(crate) fn retain_from(&self, retain_from_ms: i64) -> Result<(), StoreError> {
        let _guard = sync::lock(&self.maintaining);
        let (segments, retain_from_ms) = {
            let live = sync::read(&self.live);
            (Arc::clone(&live.segments), live.retain_from_ms.max(retain_from_ms))
        };
        let expired = segments.iter().filter(|segment| segment.record.last_ms < retain_from_ms);
        let expired: Vec<u64> = expired.map(|segment| segment.record.id).collect();
        sync::lock(&self.journal).checkpoint(&Checkpoint {
            remove: expired.clone(),
            retain_from_ms: Some(retain_from_ms),
            ..Checkpoint::default()
        })?;
        let mut live = sync::write(&self.live);
        live.replace_segments(&expired, []);
        live.retain_from_ms = retain_from_ms;
        drop(live);
        self.remove_files(expired);
        self.forecasts.thin(i64::MIN, retain_from_ms)
    }

    /// Replaces segments, given by ascending generation, by one.
    fn merge(&self, segments: &[Arc<Segment>], window: Window) -> Result<(), StoreError> {
        let retain_from_ms = sync::read(&self.live).retain_from_ms;
        let id = self.next_segment();
        let generation = segments.iter().map(|segment| segment.record.generation).max().unwrap_or_default();
        let write = || {
            let mut writer = SegmentWriter::create(self.storage.as_ref(), &self.place, id)?;
            Merge { engine: self, segments, writer: &mut writer, pending: Columns::default(), series: 0 }
                .run(retain_from_ms)?;
            let merged = writer.finish(self.storage.as_ref(), id, generation, window)?;
            self.storage.sync_names().map_err(|error| self.place.io("the directory of segments", &error))?;
            Ok(merged)
        };
        let merged = write().inspect_err(|_: &StoreError| self.remove_files([id]))?;
        let replaced: Vec<u64> = segments.iter().map(|segment| segment.record.id).collect();
        sync::lock(&self.journal).checkpoint(&Checkpoint {
            add: merged.iter().map(|segment| segment.record.clone()).collect(),
            remove: replaced.clone(),
            ..Checkpoint::default()
        })?;
        sync::write(&self.live).replace_segments(&replaced, merged.map(Arc::new));
        self.remove_files(replaced);
        Ok(())
    }
}

/// One merge under way.
struct Merge<'a, 'w> {
    engine: &'a Engine,
    segments: &'a [Arc<Segment>],
    writer: &'a mut SegmentWriter<'w>,
    /// Decoded samples of `series` that are not written yet.
    pending: Columns,
    series: u32,
}

/// A chunk and which of the segments it is in.
type Located = (usize, ChunkEntry);

impl Merge<'_, '_> {
    fn run(&mut self, retain_from_ms: i64) -> Result<(), StoreError> {
        let mut rest: Vec<&[ChunkEntry]> = self.segments.iter().map(|segment| segment.entries()).collect();
        while let Some(series) = rest.iter().filter_map(|entries| entries.first()).map(|entry| entry.series).min() {
            let mut chunks: Vec<Located> = Vec::new();
            for (index, entries) in rest.iter_mut().enumerate() {
                let (of_series, others) = entries.split_at(entries.partition_point(|entry| entry.series == series));
                let retained = of_series.iter().filter(|entry| entry.last_ms >= retain_from_ms);
                chunks.extend(retained.map(|&entry| (index, entry)));
                *entries = others;
            }
            chunks.sort_by_key(|(index, entry)| (entry.first_ms, *index));
            self.series = series;
            for cluster in clusters(&chunks, |(_, entry)| (entry.first_ms, entry.last_ms)) {
                self.take(cluster)?;
            }
            self.write_pending(0)?;
        }
        Ok(())
    }

    /// Takes chunks of one series that overlap each other and nothing else.
    fn take(&mut self, cluster: &[Located]) -> Result<(), StoreError> {
        let place = &self.engine.place;
        match cluster {
            [(index, entry)] if entry.count as usize >= LEAST_POINTS => {
                if self.pending.len() < LEAST_POINTS && self.pending.len() > 0 {
                    self.segments[*index].read(place, entry, &mut self.pending)?;
                } else {
                    self.write_pending(0)?;
                    let encoded = self.segments[*index].read_encoded(place, entry)?;
                    return self.writer.push_encoded(*entry, &encoded.timestamps, &encoded.values);
                }
            }
            [(index, entry)] => self.segments[*index].read(place, entry, &mut self.pending)?,
            overlapping => {
                let resolved =
                    resolve(overlapping, |(index, entry), columns| self.segments[*index].read(place, entry, columns))?;
                self.pending.extend_samples(&resolved);
            }
        }
        // Keep enough behind that the last chunk of the series is not a small one.
        if self.pending.len() >= 4 * MOST_POINTS { self.write_pending(MOST_POINTS) } else { Ok(()) }
    }

    /// Writes all but the last `keep` pending samples.
    fn write_pending(&mut self, keep: usize) -> Result<(), StoreError> {
        let count = self.pending.len().saturating_sub(keep);
        self.writer.push(self.series, &self.pending.timestamps_ms[..count], &self.pending.values[..count])?;
        self.pending.timestamps_ms.drain(..count);
        self.pending.values.drain(..count);
        Ok(())
    }
}

/// Splits pieces sorted by their start into groups that overlap no other group.
pub(crate) fn clusters<T>(pieces: &[T], span_ms: impl Fn(&T) -> (i64, i64)) -> impl Iterator<Item = &[T]> {
    let mut rest = pieces;
    std::iter::from_fn(move || {
        let (_, mut last_ms) = span_ms(rest.first()?);
        let mut length = 1;
        while let Some((first, last)) = rest.get(length).map(&span_ms).filter(|(first_ms, _)| *first_ms <= last_ms) {
            debug_assert!(first <= last);
            last_ms = last_ms.max(last);
            length += 1;
        }
        let (cluster, others) = rest.split_at(length);
        rest = others;
        Some(cluster)
    })
}

/// Reads overlapping chunks, given with the segment they are in, and orders their samples: later generations win.
fn resolve(
    cluster: &[Located],
    read: impl Fn(&Located, &mut Columns) -> Result<(), StoreError>,
) -> Result<Vec<tidecast_core::series::Sample>, StoreError> {
    let mut by_generation: Vec<&Located> = cluster.iter().collect();
    by_generation.sort_by_key(|(index, _)| *index);
    let mut columns = Columns::default();
    for located in by_generation {
        read(located, &mut columns)?;
    }
    let mut samples = columns.into_samples();
    head::order(&mut samples);
    Ok(samples)
}

/// Which segments, given by ascending generation, to merge next, and the window of the result.
fn choose(records: &[&SegmentRecord], effort: Effort) -> Option<(Vec<usize>, Window)> {
    let mut windows: BTreeMap<Window, Vec<usize>> = BTreeMap::new();
    for (index, record) in records.iter().enumerate() {
        windows.entry(record.window).or_default().push(index);
    }
    let in_window = windows.values().find_map(|group| match effort {
        Effort::Full if group.len() > 1 => Some(close(records, group.clone())),
        Effort::Background if group.len() >= MOST_PER_WINDOW => Some(close(records, group.clone())),
        Effort::Background => similar_neighbours(records, group),
        Effort::Full => None,
    });
    let chosen = in_window.or_else(|| {
        let bytes: u64 = records.iter().map(|record| record.bytes).sum();
        let warranted = FILES + (bytes / BYTES_PER_FILE) as usize;
        if records.len() > warranted { cheapest_parent(records) } else { None }
    })?;
    let window = chosen.iter().map(|&index| records[index].window).reduce(|one, two| one.around(&two))?;
    Some((chosen, window))
}

/// [`FAN_IN`] or more neighbours of one window in the same power of four of bytes.
fn similar_neighbours(records: &[&SegmentRecord], group: &[usize]) -> Option<Vec<usize>> {
    let tier = |index: &usize| records[*index].bytes.max(1).ilog2() / 2;
    let run = group.chunk_by(|one, two| tier(one) == tier(two)).find(|run| run.len() >= FAN_IN)?;
    // Where something in between must come along the tiers do not count; the bound per window still does.
    let closed = close(records, run.to_vec());
    (closed.len() == run.len()).then_some(closed)
}

/// Everything inside the parent window whose segments have the fewest bytes together.
fn cheapest_parent(records: &[&SegmentRecord]) -> Option<Vec<usize>> {
    let mut windows: Vec<Window> = records.iter().map(|record| record.window).collect();
    windows.sort_unstable();
    let parents = windows.windows(2).map(|pair| pair[0].around(&pair[1]));
    let inside = |parent: Window| {
        let inside = records.iter().enumerate().filter(|(_, record)| parent.contains(&record.window));
        inside.map(|(index, _)| index).collect::<Vec<_>>()
    };
    let cost = |set: &Vec<usize>| set.iter().map(|&index| records[index].bytes).sum::<u64>();
    parents.map(inside).min_by_key(cost).map(|set| close(records, set))
}

/// Adds the segments that must come along: those between the chosen ones in generation and overlapping them in time.
/// Left out, they would lose against data older than theirs. (Segments of one flush share a generation and are
/// disjoint.)
fn close(records: &[&SegmentRecord], mut set: Vec<usize>) -> Vec<usize> {
    loop {
        let chosen = || set.iter().map(|&index| records[index]);
        let generation = |record: &SegmentRecord| record.generation;
        let (Some(lowest), Some(highest)) = (chosen().map(generation).min(), chosen().map(generation).max()) else {
            return set;
        };
        let first_ms = chosen().map(|record| record.first_ms).min().unwrap_or_default();
        let last_ms = chosen().map(|record| record.last_ms).max().unwrap_or_default();
        let missing = (0..records.len()).find(|index| {
            let record = records[*index];
            let between = lowest < record.generation && record.generation <= highest;
            between && record.overlaps(first_ms, last_ms) && !set.contains(index)
        });
        let Some(missing) = missing else {
            set.sort_unstable();
            return set;
        };
        set.push(missing);
    }
}
