//! Autoscaling at a glance: how our policy fares beside the HPA, minute by minute, and why it decided as it did.

use super::context::Context;
use super::error::ApiError;
use super::extract::Query;
use crate::runtime::clock::SystemClock;
use crate::runtime::rehearsal::{Excerpt, Playback, Stage, Standing};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tidecast_autoscale::simulation::report::{Change, Conditions, Report, TraceSummary};
use tidecast_connect::http::wire::{ErrorBody, ErrorCode};
use tidecast_core::duration::DurationMs;
use tidecast_core::ports::Clock as _;
use utoipa::{IntoParams, ToSchema};

const WINDOW_DEFAULT: DurationMs = DurationMs(6 * DurationMs::HOUR.0);
/// As a window: everything from the beginning.
const ALL: &str = "all";

/// How much of the past.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AutoscalingQuery {
    /// How much of the timeline to give, up to now: `1h`, `24h`, or `all` (6h if absent).
    window: Option<String>,
}

/// Autoscaling of a workload.
#[derive(Serialize, ToSchema)]
pub(super) struct Autoscaling {
    /// What is scaled.
    workload: String,
    /// The replay of recorded demand, and where it is.
    replay: Progress,
    /// What is replayed; `null` while it is being prepared, like everything below.
    trace: Option<TraceSummary>,
    /// Under which conditions.
    conditions: Option<Conditions>,
    /// How everyone fares now.
    contenders: Vec<Standing>,
    /// What happened up to now, at most 1,500 points.
    timeline: Option<Excerpt>,
    /// Changes that our policy made up to now, at most 100, newest first.
    decisions: Vec<Change>,
    /// How many changes our policy made up to now.
    decisions_total: usize,
    /// The scores over the whole trace, also of what is not shown yet.
    report: Option<Report>,
}

/// Where a replay is.
#[derive(Default, Serialize, ToSchema)]
struct Progress {
    /// What is going on.
    state: ReplayState,
    /// The time of the data, ms since the Unix epoch; `null` while the replay is being prepared, as the next three.
    now_ms: Option<i64>,
    /// First instant that is shown, ms since the Unix epoch.
    from_ms: Option<i64>,
    /// First instant behind the last one that is shown, ms since the Unix epoch.
    to_ms: Option<i64>,
    /// Time of the data per time of the wall clock.
    speed: Option<f64>,
    /// Share of the preparation that is done, 0 to 1.
    progress: f64,
}

/// What a replay is doing.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ReplayState {
    /// It is being computed.
    #[default]
    Preparing,
    /// It is shown as if it happened now.
    Replaying,
    /// It has come to the end of the data.
    Ended,
}

/// How a workload is scaled, by our policy and by the HPA: figures at this moment, the time before it, decisions with their
/// reasons, and the scores over the whole replay.
#[utoipa::path(get, path = "/v1/autoscaling", tag = "autoscaling", params(AutoscalingQuery),
    responses((status = 200, body = Autoscaling), (status = "default", body = ErrorBody)))]
pub(super) async fn autoscaling(
    State(context): State<Arc<Context>>,
    Query(query): Query<AutoscalingQuery>,
) -> Result<Json<Autoscaling>, ApiError> {
    let window = query.window.as_deref().map_or(Ok(Some(WINDOW_DEFAULT)), window)?;
    match context.state.rehearsal.stage() {
        None => {
            let message = "no autoscaling is shown here; `tidecast demo autoscale` replays a recorded workload";
            Err(ApiError::new(StatusCode::NOT_FOUND, ErrorCode::NotFound, message.to_owned()))
        }
        Some(Stage::Preparing { workload, progress }) => Ok(Json(preparing(workload, progress))),
        Some(Stage::Playing(playback)) => Ok(Json(playing(&playback, window))),
    }
}

fn window(text: &str) -> Result<Option<DurationMs>, ApiError> {
    if text == ALL {
        return Ok(None);
    }
    let window: DurationMs =
        text.parse().map_err(|error| ApiError::bad_request(format!("`window`: {error}, or all")))?;
    if window.0 <= 0 {
        return Err(ApiError::bad_request("`window` is at least 1ms".to_owned()));
    }
    Ok(Some(window))
}

fn preparing(workload: String, progress: f64) -> Autoscaling {
    Autoscaling {
        workload,
        replay: Progress { progress, ..Progress::default() },
        trace: None,
        conditions: None,
        contenders: Vec::new(),
        timeline: None,
        decisions: Vec::new(),
        decisions_total: 0,
        report: None,
    }
}

fn playing(playback: &Playback, window: Option<DurationMs>) -> Autoscaling {
    let scene = playback.at(SystemClock.now_ms(), window.map(|window| window.0));
    let report = &playback.replay.report;
    Autoscaling {
        workload: playback.workload.clone(),
        replay: Progress {
            state: if scene.has_ended { ReplayState::Ended } else { ReplayState::Replaying },
            now_ms: Some(scene.now_ms),
            from_ms: Some(playback.from_ms()),
            to_ms: Some(playback.to_ms()),
            speed: Some(playback.speed),
            progress: 1.0,
        },
        trace: Some(report.trace.clone()),
        conditions: Some(report.conditions.clone()),
        contenders: scene.contenders,
        timeline: Some(scene.timeline),
        decisions: scene.decisions,
        decisions_total: scene.decisions_total,
        report: Some(report.clone()),
    }
}
