//! Progress bars on standard error: shown to people, silent when piped.

use crate::runtime::live::{Event, Live};
use indicatif::{ProgressBar, ProgressStyle};
use tidecast_core::ports::Progress;
use tokio::sync::broadcast::error::RecvError;

/// A bar over a known amount of work, such as samples or models.
pub(crate) fn bar(what: &'static str, total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total);
    bar.set_style(style("{msg:<10} {bar:30} {pos}/{len}  {elapsed}"));
    bar.set_message(what);
    bar
}

/// Something that takes a while and cannot say how long.
pub(crate) fn spinner(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    bar.set_style(style("{spinner} {msg}  {elapsed}"));
    bar.set_message(what);
    bar.enable_steady_tick(std::time::Duration::from_millis(100));
    bar
}

/// A count of what has no end, such as messages.
pub(crate) fn counter(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::no_length();
    bar.set_style(style("{pos} {msg}  {elapsed}"));
    bar.set_message(what);
    bar
}

/// A bar that follows the progress in a live view.
pub(crate) fn follow(live: &Live, what: &'static str) -> ProgressBar {
    let bar = bar(what, 0);
    let (shown, mut events) = (bar.clone(), live.subscribe());
    tokio::spawn(async move {
        loop {
            match events.recv().await {
                Ok(Event::Status(status)) => {
                    if let Some(progress) = status.progress {
                        shown.set_length(progress.total.unwrap_or(progress.done));
                        shown.set_position(progress.done);
                    }
                }
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    });
    bar
}

/// A bar over the bytes of a source, or a counter where the size is not known.
pub(crate) fn source_bar() -> ProgressBar {
    let bar = ProgressBar::no_length();
    bar.set_style(style("ingest     {bar:30} {bytes}/{total_bytes}  {msg}  {elapsed}"));
    bar
}

/// Moves a [`source_bar`].
pub(crate) fn show_source(bar: &ProgressBar, progress: Progress) {
    if let Some(total) = progress.bytes_total {
        bar.set_length(total);
    }
    bar.set_position(progress.bytes_read);
    bar.set_message(format!("{} rows", progress.rows));
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸ ")
}
