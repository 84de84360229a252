//! Extractors whose refusals are JSON like every other error, and bodies that are bounded in size, time and number.

use super::context::Context;
use super::error::ApiError;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use std::sync::Arc;
use std::time::Duration;
use tidecast_connect::http::wire::{BODY_BYTES_MAX, ErrorCode};
use tidecast_core::series::Selector;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::IntoParams;

/// How long a body may take to arrive: a slow sender must not hold one of the few places for ever.
const BODY_DEADLINE: Duration = Duration::from_secs(60);

/// The query string.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let query = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        query.map(|query| Self(query.0)).map_err(|rejection| ApiError::bad_request(rejection.body_text()))
    }
}

/// A JSON body, and the right to hold it in memory.
pub(super) struct Body<T> {
    pub(super) value: T,
    /// Given back when the handler is done with the value.
    pub(super) permit: OwnedSemaphorePermit,
}

impl<T: DeserializeOwned> FromRequest<Arc<Context>> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, context: &Arc<Context>) -> Result<Self, ApiError> {
        check_encoding(request.headers())?;
        let permit = context.body_permit().await?;
        let body = tokio::time::timeout(BODY_DEADLINE, Json::<T>::from_request(request, context)).await;
        let Json(value) = body.map_err(|_late| too_slow())?.map_err(|rejection| refusal(&rejection))?;
        Ok(Self { value, permit })
    }
}

/// What may be called JSON or JSON lines: their own names, and those of clients that know no better, such as curl.
const JSON_LINES: [&str; 8] = [
    "application/json",
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
    "text/plain",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
];

/// A body of up to `BYTES_MAX` bytes that should be JSON or JSON lines, and the right to hold it in memory.
pub(super) struct LinesBody<const BYTES_MAX: usize> {
    pub(super) bytes: Bytes,
    /// Given back when the handler is done with the body.
    pub(super) permit: OwnedSemaphorePermit,
}

impl<const BYTES_MAX: usize> FromRequest<Arc<Context>> for LinesBody<BYTES_MAX> {
    type Rejection = ApiError;

    async fn from_request(mut request: Request, context: &Arc<Context>) -> Result<Self, ApiError> {
        check_encoding(request.headers())?;
        let media = media_type(request.headers());
        if media.as_ref().is_some_and(|media| !JSON_LINES.contains(&media.as_str())) {
            return Err(unsupported("send JSON or JSON lines, with the header Content-Type: application/x-ndjson"));
        }
        let permit = context.body_permit().await?;
        DefaultBodyLimit::max(BYTES_MAX).apply(&mut request);
        let body = tokio::time::timeout(BODY_DEADLINE, Bytes::from_request(request, context)).await;
        let bytes = body.map_err(|_late| too_slow())?.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => too_large(BYTES_MAX),
            _ => ApiError::bad_request(rejection.body_text()),
        })?;
        Ok(Self { bytes, permit })
    }
}

/// The name of a source in the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct SourceName {
    /// The name of the source, as in the configuration.
    pub(super) name: String,
}

impl<S: Send + Sync> FromRequestParts<S> for SourceName {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = axum::extract::Path::<Self>::from_request_parts(parts, state).await;
        path.map(|path| path.0).map_err(|rejection| ApiError::bad_request(rejection.body_text()))
    }
}

fn too_slow() -> ApiError {
    let message = format!("the body did not arrive within {} s; send less at once", BODY_DEADLINE.as_secs());
    ApiError::new(StatusCode::REQUEST_TIMEOUT, ErrorCode::BadRequest, message)
}

fn too_large(bytes_max: usize) -> ApiError {
    let message = format!("the body is larger than {} MiB; send it in parts", bytes_max >> 20);
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::PayloadTooLarge, message)
}

/// Nothing here is unpacked: a few compressed bytes could become any number.
fn check_encoding(headers: &HeaderMap) -> Result<(), ApiError> {
    match text(headers, CONTENT_ENCODING).as_deref() {
        None | Some("identity") => Ok(()),
        Some(_) => Err(unsupported("send the body as it is, without Content-Encoding")),
    }
}

/// The media type of a body without its parameters, if one is named.
fn media_type(headers: &HeaderMap) -> Option<String> {
    text(headers, CONTENT_TYPE)?.split(';').next().map(|media| media.trim().to_owned())
}

/// A header in lower case; what is no text is named like nothing else.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?").trim().to_ascii_lowercase())
}

fn unsupported(message: &str) -> ApiError {
    ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorCode::BadRequest, message.to_owned())
}

fn refusal(rejection: &JsonRejection) -> ApiError {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(BODY_BYTES_MAX),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => unsupported("send JSON, with the header Content-Type: application/json"),
        _ => ApiError::bad_request(rejection.body_text()),
    }
}

/// Reads a selector of a query string, where an empty one means every series.
pub(super) fn selector<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Selector, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() { Ok(Selector::all()) } else { text.parse().map_err(serde::de::Error::custom) }
}
