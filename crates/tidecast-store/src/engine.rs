//! The engine: everything that the threads of an open store share.
//!
//! Lock order, outermost first: `flushing` or `maintaining`, `journal`, then `catalogue`, `positions` or `live`.
//! What readers see changes in one step, under `live`, after the journal has committed.

use crate::catalogue::Catalogue;
use crate::error::Place;
use crate::forecasts::{self, Forecasts};
use crate::head::Head;
use crate::journal::database::UNFINISHED;
use crate::journal::{self, Journal};
use crate::segment::{self, Segment, SegmentRecord};
use crate::storage::Storage;
use crate::sync;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use tidecast_core::ports::StoreError;
use tidecast_core::series::TimeRange;

const DATABASES: [&str; 2] = [journal::FILE, forecasts::FILE];

#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) place: Place,
    pub(crate) journal: Mutex<Journal>,
    pub(crate) catalogue: RwLock<Catalogue>,
    pub(crate) live: RwLock<Live>,
    /// Source to cursor, as in the journal.
    pub(crate) positions: RwLock<HashMap<String, String>>,
    pub(crate) forecasts: Forecasts,
    /// Held while the frozen head becomes segments.
    pub(crate) flushing: Mutex<()>,
    /// Held while segments are merged or dropped.
    pub(crate) maintaining: Mutex<()>,
    next_segment: AtomicU64,
}

/// What readers see.
#[derive(Debug)]
pub(crate) struct Live {
    /// Takes new samples.
    pub(crate) active: Head,
    /// Full, and becoming segments.
    pub(crate) frozen: Option<Arc<Head>>,
    pub(crate) segments: Segments,
    /// Older samples are hidden.
    pub(crate) retain_from_ms: i64,
}

/// All live segments by ascending generation: of equal timestamps the sample of the last one wins.
pub(crate) type Segments = Arc<Vec<Arc<Segment>>>;

impl Engine {
    /// Opens what the storage holds: segments, then the journal's rows into the head.
    pub(crate) fn open(storage: Arc<dyn Storage>, place: Place) -> Result<Self, StoreError> {
        let names = storage.names().map_err(|error| place.io("the directory", &error))?;
        let journal_exists = names.iter().any(|name| name == journal::FILE);
        if !journal_exists && names.iter().any(|name| segment::is_file_name(name)) {
            // No segment is written before the journal is durable. A new journal would list none of them.
            return Err(place.corrupt(journal::FILE, "the file is missing, but there are segments"));
        }
        let (mut journal, recovered) = Journal::open(Arc::clone(&storage), place.clone(), journal_exists)?;
        remove_unlisted(storage.as_ref(), &names, &recovered.segments);
        let forecasts_exist = names.iter().any(|name| name == forecasts::FILE);
        let forecasts = Forecasts::open(Arc::clone(&storage), place.clone(), forecasts_exist)?;
        let next_segment = recovered.segments.iter().map(|record| record.id + 1).max().unwrap_or(0);
        let segments = recovered.segments.into_iter();
        let segments = segments.map(|record| Segment::open(storage.as_ref(), &place, record).map(Arc::new));
        let mut active = Head::default();
        journal.replay(|sequence, series, timestamps_ms, values| {
            active.push(series, timestamps_ms, values);
            active.complete_row(sequence);
        })?;
        let live = Live {
            active,
            frozen: None,
            segments: sorted(segments.collect::<Result<_, _>>()?),
            retain_from_ms: recovered.retain_from_ms,
        };
        Ok(Self {
            storage,
            place,
            journal: Mutex::new(journal),
            catalogue: RwLock::new(Catalogue::restore(recovered.series)),
            live: RwLock::new(live),
            positions: RwLock::new(recovered.positions),
            forecasts,
            flushing: Mutex::new(()),
            maintaining: Mutex::new(()),
            next_segment: AtomicU64::new(next_segment),
        })
    }

    /// Shows what a commit that failed for its writers may have left on disk: what is durable must be visible. If they try
    /// again the same samples are written twice, which changes nothing.
    pub(crate) fn settle(&self, journal: &mut Journal) -> Result<(), StoreError> {
        if !journal.has_stray() {
            return Ok(());
        }
        *sync::write(&self.positions) = journal.positions()?;
        let mut live = sync::write(&self.live);
        journal.replay(|sequence, series, timestamps_ms, values| {
            live.active.push(series, timestamps_ms, values);
            live.active.complete_row(sequence);
        })
    }

    /// A number that no segment has had.
    pub(crate) fn next_segment(&self) -> u64 {
        self.next_segment.fetch_add(1, Ordering::Relaxed)
    }

    /// Removes files that the journal does not list any more. What cannot be removed now is removed on opening.
    pub(crate) fn remove_files(&self, ids: impl IntoIterator<Item = u64>) {
        for id in ids {
            if let Err(error) = self.storage.remove(&SegmentRecord::file_name(id)) {
                tracing::warn!(store = self.place.path(), segment = id, %error, "an obsolete segment stays for now");
            }
        }
    }
}

impl Live {
    /// The part of a range that retention does not hide.
    pub(crate) fn retained(&self, range: TimeRange) -> TimeRange {
        TimeRange::new(range.from_ms.max(self.retain_from_ms), range.to_ms)
    }

    /// Takes segments out and others in.
    pub(crate) fn replace_segments(&mut self, remove: &[u64], add: impl IntoIterator<Item = Arc<Segment>>) {
        let kept = self.segments.iter().filter(|segment| !remove.contains(&segment.record.id)).cloned();
        self.segments = sorted(kept.chain(add).collect());
    }
}

fn sorted(mut segments: Vec<Arc<Segment>>) -> Segments {
    segments.sort_by_key(|segment| (segment.record.generation, segment.record.id));
    Arc::new(segments)
}

/// Removes segments that were written but never committed, or committed away but not removed, and what a power cut
/// left of a database that was being created.
fn remove_unlisted(storage: &dyn Storage, names: &[String], listed: &[SegmentRecord]) {
    let listed: HashSet<String> = listed.iter().map(|record| SegmentRecord::file_name(record.id)).collect();
    let unlisted = |name: &str| segment::is_file_name(name) && !listed.contains(name);
    let unfinished = |name: &str| name.strip_suffix(UNFINISHED).is_some_and(|name| DATABASES.contains(&name));
    for name in names.iter().filter(|name| unlisted(name) || unfinished(name)) {
        // Harmless where it is: the next opening tries again.
        if let Err(error) = storage.remove(name) {
            tracing::warn!(name, %error, "an obsolete file cannot be removed");
        }
    }
}
