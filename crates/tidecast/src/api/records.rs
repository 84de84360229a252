//! Records from other processes, into the push sources of this one.

use super::context::{Context, TURN};
use super::error::ApiError;
use super::extract::{LinesBody, SourceName};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;
use tidecast_connect::http::wire::{ErrorBody, ErrorCode, RECORDS_BYTES_MAX, RecordsAccepted};
use tidecast_connect::http::{PushError, PushSender};
use tokio::time::timeout;

/// Brings records to a source of type `push`: JSON lines, one JSON object, or an array of objects, up to 4 MiB, not compressed. The
/// type is `application/x-ndjson` or `application/json`; that of curl, `text/plain`, `application/octet-stream` and none will do.
///
/// They are durable when the answer comes. While the source does not keep up the answer is 503 with `Retry-After`. A message
/// that is refused does not keep the others out.
#[utoipa::path(post, path = "/v1/sources/{name}/records", tag = "ingest", params(SourceName),
    request_body(content = String, content_type = "application/x-ndjson",
        example = "{\"antenna_id\": \"a\", \"timestamp\": 1700000000, \"packets\": 300, \"loss\": 4, \"latency\": 20.5}"),
    responses((status = 200, body = RecordsAccepted), (status = "default", body = ErrorBody)))]
pub(super) async fn records(
    State(context): State<Arc<Context>>,
    SourceName { name }: SourceName,
    body: LinesBody<RECORDS_BYTES_MAX>,
) -> Result<Json<RecordsAccepted>, ApiError> {
    let sender = context.state.push_sources.get(&name).ok_or_else(|| unknown(&context, &name))?;
    let busy = || ApiError::unavailable(format!("the source {name} does not keep up; send it again in a moment"));
    timeout(TURN, bring(&sender, body)).await.map_err(|_late| busy())?.map(Json).map_err(ending)
}

/// Holds the right to a body until the records are in the queue, which is bounded itself.
async fn bring(sender: &PushSender, body: LinesBody<RECORDS_BYTES_MAX>) -> Result<RecordsAccepted, PushError> {
    let LinesBody { bytes, permit } = body;
    let batch = sender.decode_json(&bytes);
    drop(bytes);
    let submitted = sender.submit(batch).await?;
    drop(permit);
    submitted.durable().await
}

fn unknown(context: &Context, name: &str) -> ApiError {
    let names = context.state.push_sources.names();
    let known = match names.is_empty() {
        true => "none of this server takes records".to_owned(),
        false => format!("those that take records: {}", names.join(", ")),
    };
    let message = format!("there is no source `{name}` of type push; {known}");
    ApiError::new(StatusCode::NOT_FOUND, ErrorCode::NotFound, message)
}

fn ending(error: PushError) -> ApiError {
    ApiError::unavailable(error.to_string())
}
