//! Objects in S3, read in ranges so that memory stays bounded and a broken connection costs one range.

use super::input::Identity;
use bytes::{Buf, Bytes};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{
    BackoffConfig, ClientOptions, Error, GetOptions, GetRange, ObjectStore, ObjectStoreExt, RetryConfig,
};
use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;
use tidecast_core::ports::SourceError;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// Bytes of one request.
const RANGE_BYTES: u64 = 4 << 20;
/// Ranges fetched ahead of the parser.
const RANGES_AHEAD: usize = 2;
/// How often one range is asked for; each attempt is itself retried by the client where the server asks for it.
const ATTEMPTS: u32 = 4;
/// Half of what is waited before the second attempt; each pause is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// How to reach S3: the usual `AWS_*` variables.
#[derive(Clone, Default)]
pub struct S3Access {
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: Option<String>,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: Option<String>,
    /// `AWS_SESSION_TOKEN`, for temporary credentials.
    pub session_token: Option<String>,
    /// `AWS_ENDPOINT_URL`, for stores other than Amazon's. TLS unless it begins with `http://`.
    pub endpoint_url: Option<String>,
    /// `AWS_REGION`, or `AWS_DEFAULT_REGION`; `us-east-1` if neither is given.
    pub region: Option<String>,
}

impl S3Access {
    /// Takes the `AWS_*` variables from `variable`, for example from the environment. Empty ones count as not given.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        // Secrets that come from files often end in a newline.
        let given = |name| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        Self {
            access_key_id: given("AWS_ACCESS_KEY_ID"),
            secret_access_key: given("AWS_SECRET_ACCESS_KEY"),
            session_token: given("AWS_SESSION_TOKEN"),
            endpoint_url: given("AWS_ENDPOINT_URL"),
            region: given("AWS_REGION").or_else(|| given("AWS_DEFAULT_REGION")),
        }
    }

    pub(crate) fn client(&self, bucket: &str, what: &str) -> Result<AmazonS3, SourceError> {
        let unavailable = |reason: String| SourceError::Unavailable { what: what.to_owned(), reason };
        let (Some(key), Some(secret)) = (&self.access_key_id, &self.secret_access_key) else {
            return Err(unavailable("no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".into()));
        };
        self.check().map_err(unavailable)?;
        // The HTTP client takes the TLS provider of the process and fails without one. Another may be installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_access_key_id(key)
            .with_secret_access_key(secret)
            .with_region(self.region.as_deref().unwrap_or("us-east-1"))
            .with_client_options(ClientOptions::new().with_connect_timeout(Duration::from_secs(5)))
            .with_retry(RetryConfig {
                backoff: BackoffConfig::default(),
                max_retries: 3,
                retry_timeout: Duration::from_secs(60),
            });
        if let Some(token) = &self.session_token {
            builder = builder.with_token(token);
        }
        if let Some(endpoint) = &self.endpoint_url {
            builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
        }
        builder.build().map_err(|error| {
            let reason =
                format!("no client for it ({}); check AWS_ENDPOINT_URL and the CA certificates", cause(&error));
            unavailable(reason)
        })
    }

    /// Refuses what the client would fail on later, and less clearly.
    fn check(&self) -> Result<(), String> {
        let variables = [
            ("AWS_ACCESS_KEY_ID", &self.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", &self.secret_access_key),
            ("AWS_SESSION_TOKEN", &self.session_token),
            ("AWS_ENDPOINT_URL", &self.endpoint_url),
            ("AWS_REGION", &self.region),
        ];
        let is_broken = |value: &String| !value.bytes().all(|byte| byte.is_ascii_graphic());
        if let Some((name, _)) = variables.iter().find(|(_, value)| value.as_ref().is_some_and(is_broken)) {
            return Err(format!("{name} holds a space, a line end or a letter beyond ASCII; check how it is set"));
        }
        let is_server = |url: &String| {
            let url = reqwest::Url::parse(url).ok();
            url.is_some_and(|url| {
                let is_open = url.username().is_empty() && url.password().is_none();
                matches!(url.scheme(), "http" | "https") && is_open
            })
        };
        if self.endpoint_url.as_ref().is_some_and(|url| !is_server(url)) {
            return Err("AWS_ENDPOINT_URL is no URL of a server; write it as in http://minio:9000".to_owned());
        }
        Ok(())
    }
}

impl fmt::Debug for S3Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Access")
            .field("endpoint_url", &self.endpoint_url)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

/// An object that exists.
#[derive(Clone, Debug)]
pub(super) struct S3Object {
    name: Arc<str>,
    client: Arc<AmazonS3>,
    path: Path,
    size: u64,
    etag: Option<String>,
    runtime: Handle,
}

impl S3Object {
    /// Finds an object, and what tells this content of it from another.
    pub(super) async fn find(bucket: &str, key: &str, access: &S3Access) -> Result<(Self, Identity), SourceError> {
        let name: Arc<str> = format!("s3://{bucket}/{key}").into();
        let client = Arc::new(access.client(bucket, &name)?);
        let path = Path::parse(key)
            .map_err(|error| SourceError::Unavailable { what: name.to_string(), reason: error.to_string() })?;
        let meta = client.head(&path).await.map_err(|error| refusal(&name, &error))?;
        let version = meta.e_tag.clone().unwrap_or_else(|| meta.last_modified.to_rfc3339());
        let identity = Identity { size: meta.size, version };
        let object = Self { name, client, path, size: meta.size, etag: meta.e_tag, runtime: Handle::current() };
        Ok((object, identity))
    }

    /// Its bytes from `offset` on, for a thread outside the runtime.
    pub(super) fn open_at(&self, offset: u64) -> impl Read + Send + use<> {
        let (sender, ranges) = mpsc::channel(RANGES_AHEAD);
        self.runtime.spawn(self.clone().download(offset, sender));
        RangeReader { ranges, current: Bytes::new() }
    }

    /// Sends range after range until the end, an error, or until nobody reads any more.
    async fn download(self, mut offset: u64, sender: mpsc::Sender<Result<Bytes, SourceError>>) {
        while offset < self.size {
            let range = offset..self.size.min(offset + RANGE_BYTES);
            offset = range.end;
            let bytes = self.fetch(range).await;
            let failed = bytes.is_err();
            if sender.send(bytes).await.is_err() || failed {
                return;
            }
        }
    }

    /// One range of the content that was found, and of no later one.
    async fn fetch(&self, range: std::ops::Range<u64>) -> Result<Bytes, SourceError> {
        let mut failure = SourceError::Unavailable {
            what: self.name.to_string(),
            reason: "the server sends fewer bytes than asked for; try again".to_owned(),
        };
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(FIRST_PAUSE * (1 << attempt)).await;
            }
            let options = GetOptions {
                range: Some(GetRange::Bounded(range.clone())),
                if_match: self.etag.clone(),
                ..GetOptions::default()
            };
            let fetched = async { self.client.get_opts(&self.path, options).await?.bytes().await }.await;
            match fetched {
                Ok(bytes) if bytes.len() as u64 == range.end - range.start => return Ok(bytes),
                Ok(_) => {}
                Err(error) => {
                    failure = refusal(&self.name, &error);
                    // Refusals stay refusals; only transport errors pass.
                    if !matches!(error, Error::Generic { .. }) {
                        break;
                    }
                }
            }
        }
        Err(failure)
    }
}

/// What the object store's error means to an operator. Its own text is used only where it cannot hold credentials:
/// answers to a wrong signature quote the request.
pub(crate) fn refusal(name: &str, error: &Error) -> SourceError {
    let what = name.to_owned();
    let reason = match error {
        Error::NotFound { .. } => return SourceError::NotFound { what },
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            "access is denied; check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what the bucket's policy allows"
                .into()
        }
        Error::Precondition { .. } => "it was replaced while it was read; read it again".into(),
        _ => {
            format!("the server cannot be reached or fails ({}); check AWS_ENDPOINT_URL and the network", cause(error))
        }
    };
    SourceError::Unavailable { what, reason }
}

/// The innermost cause of a transport error, which is what the operating system or TLS said.
fn cause(error: &Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let text = cause.to_string();
    text.lines().next().unwrap_or_default().chars().take(200).collect()
}

/// Lets a blocking thread read what a task downloads.
struct RangeReader {
    ranges: mpsc::Receiver<Result<Bytes, SourceError>>,
    current: Bytes,
}

impl Read for RangeReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.ranges.blocking_recv() {
                None => return Ok(0),
                Some(range) => self.current = range.map_err(io::Error::other)?,
            }
        }
        let count = buffer.len().min(self.current.len());
        self.current.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}
