//! Requests to a server: address, token, deadlines, retries, and errors that say what to do.

use super::token::Token;
use super::wire::{ErrorBody, ErrorCode};
use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, SERVER};
use reqwest::{Method, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::error::Error;
use std::time::Duration;
use tidecast_core::ports::StoreError;

const CONNECT_DEADLINE: Duration = Duration::from_secs(5);

/// Covers a full body over a slow line and its commit.
const REQUEST_DEADLINE: Duration = Duration::from_secs(60);

/// The first try and its repetitions. Every request may be repeated, since writing twice stores once.
const TRIES: u32 = 5;

/// The first wait between two tries is up to this long, every further one up to twice the one before.
const BACKOFF_FIRST: Duration = Duration::from_millis(200);

/// No answer of a healthy server is larger.
const ANSWER_BYTES_MAX: usize = 512 << 20;

/// A connection pool to one server.
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    authorization: Option<HeaderValue>,
}

/// The body of a request.
#[derive(Clone)]
struct Payload {
    content_type: &'static str,
    bytes: Bytes,
}

/// How a request ended without its answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nothing, or nothing whole, came back.
    Transport(reqwest::Error),
    /// The server answered with an error.
    Refused { status: StatusCode, code: Option<ErrorCode>, message: String },
    /// The answer is not one of this API.
    Unreadable { reason: String, server: String },
}

impl Client {
    pub(super) fn new(url: &str, token: Option<&Token>) -> Result<Self, StoreError> {
        let wrong = |reason: &str| StoreError::Unavailable {
            what: "reading the address of the server".to_owned(),
            reason: format!("{reason}; write it as in http://127.0.0.1:8080"),
        };
        let base = check_address(url).map_err(|reason| wrong(&reason))?;
        if base.query().is_some() {
            return Err(wrong("it has a query after ?, of which there is none"));
        }
        let authorization = token.map(|token| HeaderValue::try_from(format!("Bearer {}", token.reveal())));
        let mut authorization = authorization.transpose().map_err(|_| wrong("the token does not fit into a header"))?;
        if let Some(value) = &mut authorization {
            value.set_sensitive(true);
        }
        let http = connection_pool(REQUEST_DEADLINE).map_err(|error| wrong(&root_cause(&error)))?;
        Ok(Self { http, base, authorization })
    }

    /// `GET /api/v1/{path}`.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, String)]) -> Result<T, Failure> {
        self.request(Method::GET, &self.url(path, query), None).await
    }

    /// `POST /api/v1/{path}`.
    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Failure> {
        let body = serde_json::to_vec(body)
            .map_err(|error| Failure::Unreadable { reason: error.to_string(), server: String::new() })?;
        let body = Payload { content_type: "application/json", bytes: body.into() };
        self.request(Method::POST, &self.url(path, &[]), Some(body)).await
    }

    /// `POST /api/v1/{path}` with JSON lines, tried once: the caller knows whether sending them again is right.
    pub(super) async fn post_lines<T: DeserializeOwned>(&self, path: &str, bytes: Bytes) -> Result<T, Failure> {
        let body = Payload { content_type: "application/x-ndjson", bytes };
        self.request_once(Method::POST, self.url(path, &[]), Some(body)).await
    }

    fn url(&self, path: &str, query: &[(&str, String)]) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/api/v1/{path}", self.base.path().trim_end_matches('/')));
        url.set_query(None);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    async fn request<T: DeserializeOwned>(
        &self,
        method: Method,
        url: &Url,
        body: Option<Payload>,
    ) -> Result<T, Failure> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.request_once(method.clone(), url.clone(), body.clone()).await {
                Err(failure) if tries < TRIES && failure.may_pass() => tokio::time::sleep(backoff(tries)).await,
                outcome => return outcome,
            }
        }
    }

    async fn request_once<T: DeserializeOwned>(
        &self,
        method: Method,
        url: Url,
        body: Option<Payload>,
    ) -> Result<T, Failure> {
        let mut request = self.http.request(method, url);
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        if let Some(Payload { content_type, bytes }) = body {
            request = request.header(CONTENT_TYPE, content_type).body(bytes);
        }
        let mut response = request.send().await.map_err(Failure::Transport)?;
        let status = response.status();
        let server = response.headers().get(SERVER).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(Failure::Transport)? {
            if answer.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(Failure::Unreadable { reason: "it does not end".to_owned(), server });
            }
            answer.extend_from_slice(&chunk);
        }
        if status.is_success() {
            let unreadable = |error: serde_json::Error| Failure::Unreadable { reason: error.to_string(), server };
            return serde_json::from_slice(&answer).map_err(unreadable);
        }
        Err(match serde_json::from_slice::<ErrorBody>(&answer) {
            Ok(body) => Failure::Refused { status, code: Some(body.error.code), message: body.error.message },
            // Its own errors have a body: this is another server, or a proxy in front of it.
            Err(_) if matches!(status, StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE) => {
                Failure::Refused { status, code: None, message: format!("it answers {status}") }
            }
            Err(_) => Failure::Unreadable { reason: format!("it answers {status}"), server },
        })
    }

    /// The failure as the store's error.
    pub(super) fn store_error(&self, failure: Failure) -> StoreError {
        let what = format!("the request to {}", self.base);
        let reason = match failure {
            Failure::Transport(error) if error.is_timeout() => {
                format!(
                    "no answer within {} s; is the server overloaded, or the address wrong?",
                    REQUEST_DEADLINE.as_secs()
                )
            }
            Failure::Transport(error) if error.is_connect() => {
                format!("{}; is `tidecast run` or `tidecast demo` running there?", root_cause(&error))
            }
            Failure::Transport(error) => format!("{}; try again", root_cause(&error)),
            Failure::Refused { status: StatusCode::UNAUTHORIZED, .. } => {
                let refused = if self.authorization.is_some() { "refuses the token" } else { "wants a token" };
                format!("the server {refused}; set TIDECAST_TOKEN or --token-file")
            }
            Failure::Refused { status: StatusCode::INSUFFICIENT_STORAGE, .. } => {
                return StoreError::DiskFull { path: self.base.to_string() };
            }
            Failure::Refused { code: Some(ErrorCode::BadRequest | ErrorCode::PayloadTooLarge), message, .. } => {
                return StoreError::Refused { reason: message };
            }
            Failure::Refused { message, .. } => message,
            Failure::Unreadable { reason, server } => format!(
                "the answer is not understood ({reason}) and came from {}, while this is tidecast/{}; \
                 check the address, or use the same version on both sides",
                if server.is_empty() { "a server without a name" } else { &server },
                env!("CARGO_PKG_VERSION")
            ),
        };
        StoreError::Unavailable { what, reason }
    }
}

impl Failure {
    /// Whether the same request may succeed a little later.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Transport(error) => !error.is_timeout() || error.is_connect(),
            Self::Refused { status, .. } => {
                matches!(*status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::BAD_GATEWAY)
            }
            Self::Unreadable { .. } => false,
        }
    }
}

/// Connections to servers over HTTP or HTTPS, for requests of up to `deadline`.
pub(crate) fn connection_pool(deadline: Duration) -> reqwest::Result<reqwest::Client> {
    // Fails only when another provider is already there, which serves as well.
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(CONNECT_DEADLINE)
        .timeout(deadline)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("tidecast/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// The address of a server. The error does not show it, since it may hold what is refused.
pub(crate) fn check_address(url: &str) -> Result<Url, String> {
    // An address without a scheme parses as one with a strange scheme: the same advice helps.
    let url = Url::parse(url).map_err(|error| format!("the address is none ({error})"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err("the address starts with neither http:// nor https://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the address holds a user or a password, which would reach logs; leave them out".to_owned());
    }
    Ok(url)
}

/// Full jitter: clients that lost the same server do not come back all at once.
pub(crate) fn backoff(tries: u32) -> Duration {
    BACKOFF_FIRST.saturating_mul(1 << (tries - 1).min(16)).mul_f64(fastrand::f64())
}

/// What lies at the bottom of a chain of errors: `connection refused` instead of `error sending request`.
pub(crate) fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
