//! Runs what should never end.

use crate::runtime::live::{Live, SourceState};
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(10);
/// What ran for so long before it failed starts with short waits again.
const RAN_WELL: Duration = Duration::from_secs(60);

/// Runs something of a source again and again: after an error it starts from what is durable, since only that is certain.
pub(super) async fn keep_running<R>(source: &str, live: &Live, run: impl Fn() -> R)
where
    R: Future<Output = anyhow::Result<Infallible>>,
{
    let mut wait = FIRST;
    loop {
        let started = Instant::now();
        let error = match run().await {
            Ok(never) => match never {},
            Err(error) => error,
        };
        tracing::error!(source, "{error:#}; trying again");
        live.update_status(|status| {
            if let Some(source) = status.sources.iter_mut().find(|shown| shown.name == source) {
                source.state = SourceState::Failed;
                source.error = Some(format!("{error:#}"));
            }
        });
        if started.elapsed() > RAN_WELL {
            wait = FIRST;
        }
        sleep(wait).await;
        wait = (wait * 2).min(LONGEST);
    }
}
