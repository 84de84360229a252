//! Feeds held-back data into the store at a chosen speed, as if they arrived now.

use super::clock::ReplayClock;
use super::ingest::announce;
use super::live::Live;
use super::recording::Recording;
use std::time::Duration;
use tidecast_connect::http::wire::SeriesSample;
use tidecast_core::duration::DurationMs;
use tidecast_core::ports::{Position, SeriesStore};
use tidecast_core::series::TimeRange;
use tokio::sync::mpsc;

/// The name under which the replay's position is kept in the store.
pub const SOURCE: &str = "replay";

/// Fresh data reach the screen at most this often; a faster replay takes more data a step.
const SHORTEST_STEP: Duration = Duration::from_millis(100);

/// A recording on its way into a store.
pub struct Replay<'a> {
    /// What is replayed.
    pub recording: &'a Recording,
    /// Where it goes.
    pub store: &'a dyn SeriesStore,
    /// The clock that follows it.
    pub clock: &'a ReplayClock,
    /// Who is told.
    pub live: &'a Live,
    /// Data time per second of wall time.
    pub speed: DurationMs,
}

impl Replay<'_> {
    /// Where an earlier replay into this store ended, ms since the Unix epoch.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn position(store: &dyn SeriesStore) -> anyhow::Result<Option<i64>> {
        Ok(store.cursor(SOURCE).await?.and_then(|cursor| cursor.parse().ok()))
    }

    /// Stores what lies before the held-back part, in steps so that progress can be shown (samples stored so far).
    ///
    /// # Errors
    /// Those of the store.
    pub async fn load_history(&self, mut on_progress: impl FnMut(u64)) -> anyhow::Result<()> {
        const STEPS: i64 = 32;
        let (first_ms, end_ms) = (self.recording.first_ms(), self.recording.held_back_from_ms);
        let width_ms = (end_ms.saturating_sub(first_ms) / STEPS).max(1);
        let mut from_ms = first_ms;
        let mut stored = 0;
        while from_ms < end_ms {
            let to_ms = from_ms.saturating_add(width_ms).min(end_ms);
            stored += self.advance(TimeRange::new(from_ms, to_ms)).await?.len() as u64;
            on_progress(stored);
            from_ms = to_ms;
        }
        Ok(())
    }

    /// Replays everything after `position_ms` to the end. `tick` receives one message after every step; a receiver that
    /// is still busy with the last one is not hurried.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn run(&self, mut position_ms: i64, tick: &mpsc::Sender<()>) -> anyhow::Result<()> {
        while let Some(next_ms) = self.recording.next_ms(position_ms) {
            let speed = self.speed.0.max(1) as f64;
            let gap = Duration::from_secs_f64((next_ms - position_ms) as f64 / speed);
            let pause = gap.clamp(SHORTEST_STEP, Duration::from_secs(3_600));
            tokio::time::sleep(pause).await;
            let reached_ms = position_ms.saturating_add((pause.as_secs_f64() * speed) as i64);
            let to_ms = if gap < SHORTEST_STEP { reached_ms.max(next_ms) } else { next_ms };
            let samples = self.advance(TimeRange::new(position_ms + 1, to_ms + 1)).await?;
            position_ms = to_ms.min(self.recording.last_ms);
            self.clock.set(position_ms);
            announce(self.live, samples);
            let _busy_with_the_last = tick.try_send(());
        }
        Ok(())
    }

    /// Stores the samples of a range together with the position behind them.
    async fn advance(&self, range: TimeRange) -> anyhow::Result<Vec<SeriesSample>> {
        let batch = self.recording.batch(range);
        let samples = batch.runs().flat_map(|run| {
            let columns = run.timestamps_ms.iter().zip(run.values);
            columns.map(|(&timestamp_ms, &value)| SeriesSample { series: run.series.clone(), timestamp_ms, value })
        });
        let samples = samples.collect();
        let cursor = (range.to_ms - 1).to_string();
        self.store.append(batch, Some(Position { source: SOURCE.to_owned(), cursor })).await?;
        Ok(samples)
    }
}
