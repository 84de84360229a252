//! Pulls a source dry into a store. The source is asked for the next batch only when the last one is durable, so a slow
//! store slows the source instead of filling memory.

use super::live::{Event, Live, SourceState};
use tidecast_connect::http::wire::SeriesSample;
use tidecast_core::ports::{Progress, SeriesStore, Source};

/// How many of a batch's newest samples subscribers are told; a console has no use for a bulk load sample by sample.
const SAMPLES_ANNOUNCED: usize = 1_000;

/// Moves everything from `source` into `store`; `on_progress` is called after every durable batch.
///
/// # Errors
/// Those of the source and of the store. Everything acknowledged before is kept, and the stored position lets the next
/// attempt go on behind it.
pub async fn pump(
    source: &mut dyn Source,
    store: &dyn SeriesStore,
    mut on_progress: impl FnMut(Progress),
) -> anyhow::Result<Progress> {
    while let Some(batch) = source.next_batch().await? {
        store.append(batch.samples, Some(batch.position)).await?;
        on_progress(source.progress());
    }
    on_progress(source.progress());
    Ok(source.progress())
}

/// Runs one configured source, if it could be opened, to its end and keeps its status in the live view. An error ends
/// this source, not the process: the others, and the console that shows the error, go on.
pub async fn run_source<S: Source>(name: &str, opened: anyhow::Result<S>, store: &dyn SeriesStore, live: &Live) {
    let report = |state: SourceState, progress: Progress, error: Option<String>| {
        live.update_status(|status| {
            if let Some(source) = status.sources.iter_mut().find(|source| source.name == name) {
                source.state = state;
                source.rows = progress.rows;
                source.rows_skipped = progress.rows_skipped;
                source.error = error;
            }
        });
    };
    let mut reached = Progress::default();
    let result = async {
        let mut source = opened?;
        pump(&mut source, store, |progress| {
            reached = progress;
            report(SourceState::Reading, progress, None);
        })
        .await
    };
    match result.await {
        Ok(progress) => {
            tracing::info!(
                source = name,
                rows = progress.rows,
                rows_skipped = progress.rows_skipped,
                "read to its end"
            );
            report(SourceState::Done, progress, None);
        }
        Err(error) => {
            tracing::error!(source = name, "{error:#}");
            report(SourceState::Failed, reached, Some(format!("{error:#}")));
        }
    }
}

/// Tells subscribers about samples that are durable.
pub fn announce(live: &Live, mut samples: Vec<SeriesSample>) {
    let surplus = samples.len().saturating_sub(SAMPLES_ANNOUNCED);
    samples.drain(..surplus);
    live.publish(Event::Samples { now_ms: live.now_ms(), samples });
}
