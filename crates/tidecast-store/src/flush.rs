//! Flushing: the head becomes segments, one per window of time, and the journal lets go of the rows.
//!
//! Segment files are synchronised, then their names, then one journal commit lists them and drops the rows. A crash
//! before the commit leaves files that nobody lists; after it, rows that are gone from the journal
//! and safe in segments.

use crate::chunk::{Columns, LEAST_POINTS};
use crate::engine::Engine;
use crate::head::Head;
use crate::journal::Checkpoint;
use crate::segment::{Segment, SegmentWriter};
use crate::sync;
use crate::window::{self, Window};
use std::sync::Arc;
use tidecast_core::ports::StoreError;
use tidecast_core::series::TimeRange;

impl Engine {
    /// Everything appended so far becomes segments.
    pub(crate) fn flush(&self) -> Result<(), StoreError> {
        self.flush_frozen()?;
        self.freeze();
        self.flush_frozen()
    }

    /// Sets the active head aside and starts a new one. `false` if one is set aside already or there is nothing to.
    pub(crate) fn freeze(&self) -> bool {
        let mut live = sync::write(&self.live);
        let ready = live.frozen.is_none() && live.active.rows() > 0;
        if ready {
            live.frozen = Some(Arc::new(std::mem::take(&mut live.active)));
        }
        ready
    }

    /// Turns the head that was set aside, if any, into segments. Whoever calls second waits for the first.
    pub(crate) fn flush_frozen(&self) -> Result<(), StoreError> {
        let _guard = sync::lock(&self.flushing);
        let (frozen, retain_from_ms) = {
            let live = sync::read(&self.live);
            (live.frozen.clone(), live.retain_from_ms)
        };
        let Some(frozen) = frozen else { return Ok(()) };
        let segments = self.write_segments(&frozen, retain_from_ms)?;
        let checkpoint = Checkpoint {
            add: segments.iter().map(|segment| segment.record.clone()).collect(),
            covered: Some(frozen.sequence()),
            ..Checkpoint::default()
        };
        // If this fails the commit may still have happened: the files stay, and opening removes them if it has not.
        sync::lock(&self.journal).checkpoint(&checkpoint)?;
        let mut live = sync::write(&self.live);
        live.replace_segments(&[], segments.into_iter().map(Arc::new));
        live.frozen = None;
        Ok(())
    }

    fn write_segments(&self, head: &Head, retain_from_ms: i64) -> Result<Vec<Segment>, StoreError> {
        let mut segments = Vec::new();
        let written = self.write_windows(head, retain_from_ms, &mut segments);
        let written = written.and_then(|()| {
            self.storage.sync_names().map_err(|error| self.place.io("the directory of segments", &error))
        });
        if written.is_err() {
            self.remove_files(segments.iter().map(|segment| segment.record.id));
        }
        written.map(|()| segments)
    }

    fn write_windows(&self, head: &Head, retain_from_ms: i64, into: &mut Vec<Segment>) -> Result<(), StoreError> {
        let bounds = head.series().filter_map(|(_, buffer)| buffer.bounds_ms());
        let Some((first_ms, last_ms)) = bounds.reduce(|one, two| (one.0.min(two.0), one.1.max(two.1))) else {
            return Ok(());
        };
        let first_ms = first_ms.max(retain_from_ms);
        let densest = head.series().map(|(_, buffer)| buffer.count()).max().unwrap_or(0);
        let level = window::level_for(first_ms, last_ms, densest as u64, LEAST_POINTS as u64);
        let mut next_ms = first_ms;
        // At most nine rounds: that is what the level was chosen for.
        while next_ms <= last_ms {
            let window = Window::holding(next_ms, level);
            let range = TimeRange::new(next_ms, window.last_ms().saturating_add(1));
            into.extend(self.write_window(head, window, range)?);
            next_ms = range.to_ms;
        }
        Ok(())
    }

    fn write_window(&self, head: &Head, window: Window, range: TimeRange) -> Result<Option<Segment>, StoreError> {
        let id = self.next_segment();
        let write = || {
            let mut writer = SegmentWriter::create(self.storage.as_ref(), &self.place, id)?;
            let mut columns = Columns::default();
            for (series, buffer) in head.series() {
                columns.clear();
                columns.extend_samples(&buffer.range(range));
                writer.push(series, &columns.timestamps_ms, &columns.values)?;
            }
            writer.finish(self.storage.as_ref(), id, head.sequence(), window)
        };
        write().inspect_err(|_| self.remove_files([id]))
    }
}
