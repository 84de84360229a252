//! Server-sent events: what happens, as it happens, with a bound on what a slow client can cost.

use super::context::Context;
use super::error::ApiError;
use crate::runtime::live::{Event, ForecastNotice, Live};
use axum::extract::State;
use axum::http::header::{HeaderName, HeaderValue};
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tidecast_connect::http::wire::ErrorBody;
use tidecast_connect::http::wire::SeriesSample;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, broadcast, watch};
use tokio::time::{Instant, sleep_until};

const HEARTBEAT: Duration = Duration::from_secs(15);

/// At most about four a second: progress changes far more often than a person can read it.
const STATUS_INTERVAL: Duration = Duration::from_millis(250);

/// Tells a proxy not to hold events back.
const UNBUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// What happens from now on, as server-sent events.
///
/// `status` (a Status; at connect and on change), `samples` (`now_ms`, `samples`), `forecasts` (`forecasts`: series,
/// origin_ms and model of each), `champion` (a ChampionChange), `window` (a WindowNotice), and `resync` (`{}`: events were lost because the
/// client was too slow; fetch everything again).
#[utoipa::path(get, path = "/v1/events", tag = "status",
    responses(
        (status = 200, body = str, content_type = "text/event-stream", description = "Open until one side ends it"),
        (status = "default", body = ErrorBody),
    ))]
pub(super) async fn events(State(context): State<Arc<Context>>) -> Result<Response, ApiError> {
    let permit = context.stream_permit()?;
    let live = context.state.live.clone();
    let subscriber = Subscriber {
        events: live.subscribe(),
        closing: context.closing.subscribe(),
        live,
        status_due: Some(Instant::now()),
        status_sent: Instant::now(),
        _permit: permit,
    };
    let events =
        stream::unfold(
            subscriber,
            |mut subscriber| async move { subscriber.next().await.map(|event| (event, subscriber)) },
        );
    Ok(([UNBUFFERED], Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT))).into_response())
}

/// One open stream.
struct Subscriber {
    live: Live,
    events: broadcast::Receiver<Event>,
    closing: watch::Receiver<bool>,
    /// When the status is to be sent next, if it changed.
    status_due: Option<Instant>,
    /// When it was sent last.
    status_sent: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Subscriber {
    /// The next event; `None` when the server closes.
    async fn next(&mut self) -> Option<Result<sse::Event, axum::Error>> {
        loop {
            let now = Instant::now();
            let due = self.status_due;
            if due.is_some_and(|due| due <= now) {
                self.status_due = None;
                self.status_sent = now;
                return Some(event("status", &self.live.status()));
            }
            tokio::select! {
                biased;
                _closed = self.closing.wait_for(|closing| *closing) => return None,
                () = sleep_until(due.unwrap_or(now)), if due.is_some() => {}
                received = self.events.recv() => match received {
                    Ok(Event::Status(_)) => {
                        // The newest is read when it is due, whichever change made it due.
                        self.status_due.get_or_insert(self.status_sent + STATUS_INTERVAL);
                    }
                    Ok(Event::Samples { now_ms, samples }) => return Some(event("samples", &Samples { now_ms, samples })),
                    Ok(Event::Forecasts(forecasts)) => return Some(event("forecasts", &Forecasts { forecasts })),
                    Ok(Event::Champion(change)) => return Some(event("champion", &change)),
                    Ok(Event::Window(notice)) => return Some(event("window", &notice)),
                    Err(RecvError::Lagged(_)) => {
                        self.status_due.get_or_insert_with(Instant::now);
                        return Some(event("resync", &Resync {}));
                    }
                    Err(RecvError::Closed) => return None,
                }
            }
        }
    }
}

fn event(name: &'static str, data: &impl Serialize) -> Result<sse::Event, axum::Error> {
    sse::Event::default().event(name).json_data(data)
}

#[derive(Serialize)]
struct Samples {
    now_ms: i64,
    samples: Vec<SeriesSample>,
}

#[derive(Serialize)]
struct Forecasts {
    forecasts: Vec<ForecastNotice>,
}

#[derive(Serialize)]
struct Resync {}
