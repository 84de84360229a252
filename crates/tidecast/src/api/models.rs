//! The registry over HTTP: every version with its names, promotions and rollbacks, garbage collection.

use super::context::Context;
use super::error::ApiError;
use super::extract::{Body, Query};
use super::series::Selection;
use crate::runtime::stewardship::{self, Steward, VersionName};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use tidecast_connect::http::wire::{ErrorBody, ErrorCode, ModelVersionSchema};
use tidecast_core::forecast::ModelVersion;
use tidecast_core::ports::ArtifactError;
use tidecast_core::series::{Selector, SeriesKey, TimeRange};
use tidecast_forecast::registry::{
    Collected, Metadata, Promotion, RegistryError, SeriesRecord, Succeeded, VERSIONS_KEPT,
};
use tidecast_forecast::score::Score;
use utoipa::ToSchema;

/// The versions of every series.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Registered {
    /// Sorted by series.
    pub(crate) series: Vec<RegisteredSeries>,
}

/// The versions of one series.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct RegisteredSeries {
    /// The series.
    #[schema(value_type = String)]
    pub(crate) series: SeriesKey,
    /// Who speaks.
    #[schema(value_type = Option<ModelVersionSchema>)]
    pub(crate) champion: Option<ModelVersion>,
    /// The newest version that competes with it.
    #[schema(value_type = Option<ModelVersionSchema>)]
    pub(crate) challenger: Option<ModelVersion>,
    /// Who spoke before: where a rollback leads.
    #[schema(value_type = Option<ModelVersionSchema>)]
    pub(crate) previous: Option<ModelVersion>,
    /// Every version kept, by model and version.
    pub(crate) versions: Vec<RegisteredVersion>,
    /// How the champions followed each other, oldest first.
    #[schema(value_type = Vec<PromotionSchema>)]
    pub(crate) promotions: Vec<Promotion>,
}

/// One version as kept.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct RegisteredVersion {
    /// The model's name.
    pub(crate) model: String,
    /// Its version, from 1.
    pub(crate) version: u32,
    /// `champion`, `challenger` or `previous`, if it is one.
    pub(crate) alias: Option<String>,
    /// When it was fitted, ms since the Unix epoch.
    pub(crate) fitted_at_ms: i64,
    /// First and last value it was fitted on, ms since the Unix epoch.
    #[schema(value_type = TimeRangeSchema)]
    pub(crate) data: TimeRange,
    /// Distance between values, ms.
    pub(crate) step_ms: i64,
    /// What the fit was asked for.
    pub(crate) settings: FitSettingsBody,
    /// Accuracy on held-back days.
    #[schema(value_type = Option<ScoreSchema>)]
    pub(crate) score: Option<Score>,
    /// Why a simpler model than the one asked for answers, if so.
    pub(crate) note: Option<String>,
    /// Version of the program that fitted it.
    pub(crate) code_version: String,
    /// Size of the fitted parameters, bytes.
    pub(crate) artifact_bytes: u64,
}

/// What a fit was asked for.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct FitSettingsBody {
    /// Steps ahead.
    horizon: usize,
    /// The season asked for, in steps.
    season: Option<usize>,
    /// Settings that tuning found better than their defaults.
    tuned: BTreeMap<String, f64>,
}

/// First and last instant.
#[derive(ToSchema)]
#[schema(as = TimeRange)]
#[expect(dead_code, reason = "the shape of a type of the domain crate, which knows nothing of OpenAPI")]
struct TimeRangeSchema {
    /// The first, ms since the Unix epoch.
    from_ms: i64,
    /// The last, ms since the Unix epoch.
    to_ms: i64,
}

/// Accuracy over one stretch of time.
#[derive(ToSchema)]
#[schema(as = Score)]
#[expect(dead_code, reason = "the shape of a type of the forecasting crate, which knows nothing of OpenAPI")]
struct ScoreSchema {
    /// Mean absolute scaled error.
    mase: f64,
    /// The same of a seasonal naive forecast over the same stretch.
    mase_seasonal_naive: f64,
    /// Share of actual values inside the 80 % interval.
    coverage: Option<f64>,
    /// Pinball loss in units of the scale of MASE.
    pinball: Option<f64>,
    /// Forecasts measured.
    origins: usize,
    /// First value forecast, ms since the Unix epoch.
    from_ms: i64,
    /// Last value forecast, ms since the Unix epoch.
    to_ms: i64,
}

/// One change of the champion.
#[derive(ToSchema)]
#[schema(as = Promotion)]
#[expect(dead_code, reason = "the shape of a type of the forecasting crate, which knows nothing of OpenAPI")]
struct PromotionSchema {
    /// The model's name.
    model: String,
    /// Its version.
    version: u32,
    /// When, time of the data, ms since the Unix epoch.
    at_ms: i64,
    /// Why, in plain words.
    reason: String,
    /// Whether it was a return to an earlier champion; absent if not.
    is_rollback: Option<bool>,
}

/// Who is to speak for a series.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PromotionOrder {
    /// The series.
    #[schema(value_type = String)]
    pub(crate) series: SeriesKey,
    /// Model and version as in `ridge/3`, or `challenger`.
    pub(crate) version: String,
    /// Why, for the record.
    pub(crate) reason: Option<String>,
}

/// Whose champion is to be taken back.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RollbackOrder {
    /// The series.
    #[schema(value_type = String)]
    pub(crate) series: SeriesKey,
    /// Which champion, as in `ridge/3`, so that an order sent twice is not obeyed twice; whichever speaks if absent.
    pub(crate) from: Option<String>,
    /// Why, for the record.
    pub(crate) reason: Option<String>,
}

/// A change of the champion.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct ChampionChanged {
    /// The series.
    #[schema(value_type = String)]
    pub(crate) series: SeriesKey,
    /// Who spoke before.
    #[schema(value_type = Option<ModelVersionSchema>)]
    pub(crate) from: Option<ModelVersion>,
    /// Who speaks now.
    #[schema(value_type = ModelVersionSchema)]
    pub(crate) to: ModelVersion,
}

/// What is to be removed.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CollectionOrder {
    /// Which series, as in Prometheus; all if absent.
    #[schema(value_type = Option<String>)]
    pub(crate) selector: Option<Selector>,
    /// Newest versions of each model to keep besides those with a name (5 if absent).
    pub(crate) keep: Option<usize>,
    /// Only say what would go.
    #[serde(default)]
    pub(crate) dry_run: bool,
}

/// What was removed, or would be.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct CollectionOutcome {
    /// Versions.
    pub(crate) removed: Vec<RemovedVersion>,
    /// Remains of writes that never ended.
    pub(crate) leftovers: usize,
    /// Whether it is still there.
    pub(crate) dry_run: bool,
}

/// A version that was removed.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct RemovedVersion {
    /// The series.
    #[schema(value_type = String)]
    pub(crate) series: SeriesKey,
    /// The model's name.
    pub(crate) model: String,
    /// Its version.
    pub(crate) version: u32,
    /// Size of the fitted parameters, bytes.
    pub(crate) artifact_bytes: u64,
}

/// Every version kept of the series that match, with its names and history.
#[utoipa::path(get, path = "/v1/models/versions", tag = "forecasts", params(Selection),
    responses((status = 200, body = Registered), (status = "default", body = ErrorBody)))]
pub(super) async fn versions(
    State(context): State<Arc<Context>>,
    Query(query): Query<Selection>,
) -> Result<Json<Registered>, ApiError> {
    let steward = steward(&context);
    let records = steward.with(move |registry, _| stewardship::records(registry, &query.selector)).await?;
    Ok(Json(Registered { series: records.into_iter().map(Into::into).collect() }))
}

/// Makes a version the champion of its series; running forecasts take it up at once.
#[utoipa::path(post, path = "/v1/models/promote", tag = "forecasts", request_body = PromotionOrder,
    responses((status = 200, body = ChampionChanged), (status = "default", body = ErrorBody)))]
pub(super) async fn promote(
    State(context): State<Arc<Context>>,
    Body { value: PromotionOrder { series, version, reason }, permit }: Body<PromotionOrder>,
) -> Result<Json<ChampionChanged>, ApiError> {
    drop(permit);
    let name: VersionName = version.parse().map_err(ApiError::bad_request)?;
    if let (VersionName::Version(version), Some(board)) = (&name, context.state.live.board(&series)) {
        let (asked, of) = (version.clone(), series.clone());
        let step_ms =
            steward(&context).with(move |registry, _| registry.metadata(&of, &asked)).await?.description.step_ms;
        if step_ms != board.step_ms {
            return Err(ApiError::bad_request(format!(
                "{version} was fitted to values every {step_ms} ms, and the series has one every {} ms now; promote a \
                 newer version",
                board.step_ms
            )));
        }
    }
    changed(&context, series, move |registry, series, now_ms| {
        stewardship::promote(registry, series, &name, now_ms, reason.as_deref())
    })
    .await
}

/// Makes the champion before this one speak again; running forecasts take it up at once.
#[utoipa::path(post, path = "/v1/models/rollback", tag = "forecasts", request_body = RollbackOrder,
    responses((status = 200, body = ChampionChanged), (status = "default", body = ErrorBody)))]
pub(super) async fn rollback(
    State(context): State<Arc<Context>>,
    Body { value: RollbackOrder { series, from, reason }, permit }: Body<RollbackOrder>,
) -> Result<Json<ChampionChanged>, ApiError> {
    drop(permit);
    let from: Option<ModelVersion> = from.map(|from| from.parse()).transpose().map_err(ApiError::bad_request)?;
    changed(&context, series, move |registry, series, now_ms| {
        stewardship::roll_back(registry, series, from.as_ref(), now_ms, reason.as_deref())
    })
    .await
}

/// Removes versions that nobody needs: champion, challenger, the champion before and the newest of each model stay.
#[utoipa::path(post, path = "/v1/models/gc", tag = "forecasts", request_body = CollectionOrder,
    responses((status = 200, body = CollectionOutcome), (status = "default", body = ErrorBody)))]
pub(super) async fn collect(
    State(context): State<Arc<Context>>,
    Body { value: CollectionOrder { selector, keep, dry_run }, permit }: Body<CollectionOrder>,
) -> Result<Json<CollectionOutcome>, ApiError> {
    drop(permit);
    let (selector, keep) = (selector.unwrap_or_else(Selector::all), keep.unwrap_or(VERSIONS_KEPT));
    if keep == 0 {
        return Err(ApiError::bad_request("`keep` is at least 1".to_owned()));
    }
    let work = move |registry: &_, _| stewardship::collect(registry, &selector, keep, !dry_run);
    Ok(Json(CollectionOutcome::new(steward(&context).with(work).await?, dry_run)))
}

async fn changed(
    context: &Context,
    series: SeriesKey,
    change: impl FnOnce(&tidecast_forecast::registry::Registry, &SeriesKey, i64) -> Result<Succeeded, RegistryError>
    + Send
    + 'static,
) -> Result<Json<ChampionChanged>, ApiError> {
    let of = series.clone();
    let Succeeded { from, to } = steward(context).with(move |registry, now_ms| change(registry, &of, now_ms)).await?;
    context.state.live.promoted(&series);
    Ok(Json(ChampionChanged { series, from, to }))
}

fn steward(context: &Context) -> Steward {
    Steward { registry: Arc::clone(&context.state.registry), live: context.state.live.clone() }
}

impl From<SeriesRecord> for RegisteredSeries {
    fn from(record: SeriesRecord) -> Self {
        let SeriesRecord { series, versions, aliases, promotions } = record;
        let alias = |version: &ModelVersion| {
            let names =
                [("champion", &aliases.champion), ("challenger", &aliases.challenger), ("previous", &aliases.previous)];
            names.into_iter().find(|(_, named)| named.as_ref() == Some(version)).map(|(name, _)| name.to_owned())
        };
        let versions = versions.into_iter().map(|metadata| RegisteredVersion::new(alias(&metadata.version), metadata));
        Self {
            series,
            versions: versions.collect(),
            champion: aliases.champion.clone(),
            challenger: aliases.challenger.clone(),
            previous: aliases.previous.clone(),
            promotions,
        }
    }
}

impl RegisteredVersion {
    fn new(alias: Option<String>, metadata: Metadata) -> Self {
        let Metadata { version, description, code_version, artifact_bytes, .. } = metadata;
        let settings = description.settings;
        Self {
            model: version.model,
            version: version.version,
            alias,
            fitted_at_ms: description.fitted_at_ms,
            data: description.data,
            step_ms: description.step_ms,
            settings: FitSettingsBody {
                horizon: settings.horizon,
                season: settings.season,
                tuned: settings.tuned.iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            },
            score: description.score,
            note: description.note,
            code_version,
            artifact_bytes,
        }
    }
}

impl CollectionOutcome {
    pub(crate) fn new(Collected { removed, leftovers }: Collected, dry_run: bool) -> Self {
        let removed = removed.into_iter().map(|Metadata { series, version, artifact_bytes, .. }| RemovedVersion {
            series,
            model: version.model,
            version: version.version,
            artifact_bytes,
        });
        Self { removed: removed.collect(), leftovers, dry_run }
    }
}

impl From<RegistryError> for ApiError {
    fn from(error: RegistryError) -> Self {
        let (status, code) = match &error {
            RegistryError::Unknown { .. } | RegistryError::NoFormer { .. } => {
                (StatusCode::NOT_FOUND, ErrorCode::NotFound)
            }
            RegistryError::Moved { .. } => (StatusCode::CONFLICT, ErrorCode::BadRequest),
            RegistryError::Storage(ArtifactError::Unavailable { .. }) | RegistryError::Contested { .. } => {
                (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Unavailable)
            }
            RegistryError::Storage(_) | RegistryError::Damaged { .. } | RegistryError::Artifact { .. } => {
                (StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Internal)
            }
        };
        if status.is_server_error() {
            tracing::error!(%error, "the registry failed a request");
        }
        Self::new(status, code, error.to_string())
    }
}
