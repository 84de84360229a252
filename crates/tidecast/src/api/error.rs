//! Everything that is no success, in one JSON shape: `{"error": {"code", "message"}}`.

use axum::Json;
use axum::extract::OriginalUri;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tidecast_connect::http::wire::{ErrorBody, ErrorCode, ErrorDetail};
use tidecast_core::ports::StoreError;

/// Whoever is asked to come back has waited here for some seconds already.
const RETRY_AFTER: header::HeaderValue = header::HeaderValue::from_static("1");

/// An answer that says what is wrong, and what to do.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    code: ErrorCode,
    message: String,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, code: ErrorCode, message: String) -> Self {
        Self { status, code, message }
    }

    /// The request is wrong as it stands.
    pub(super) fn bad_request(message: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorCode::BadRequest, message)
    }

    /// Trying again later may help.
    pub(super) fn unavailable(message: String) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Unavailable, message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = ErrorBody { error: ErrorDetail { code: self.code, message: self.message } };
        let mut response = (self.status, Json(body)).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let (status, code) = match &error {
            StoreError::Refused { .. } => (StatusCode::BAD_REQUEST, ErrorCode::BadRequest),
            StoreError::DiskFull { .. } => (StatusCode::INSUFFICIENT_STORAGE, ErrorCode::Unavailable),
            StoreError::Locked { .. } | StoreError::NotWritable { .. } | StoreError::Unavailable { .. } => {
                (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Unavailable)
            }
            StoreError::NewerVersion { .. } | StoreError::Corrupt { .. } => {
                (StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Internal)
            }
        };
        if status.is_server_error() {
            tracing::error!(error = %error, "the store failed a request");
        }
        Self::new(status, code, error.to_string())
    }
}

/// The answer for paths without a route.
pub(super) async fn not_found(OriginalUri(uri): OriginalUri) -> ApiError {
    let message = format!("there is nothing at {}; see /api/openapi.json for what there is", uri.path());
    ApiError::new(StatusCode::NOT_FOUND, ErrorCode::NotFound, message)
}

/// The answer for routes that know other methods.
pub(super) async fn method_not_allowed(OriginalUri(uri): OriginalUri) -> ApiError {
    let message = format!("{} does not take this method; see /api/openapi.json", uri.path());
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, ErrorCode::BadRequest, message)
}
