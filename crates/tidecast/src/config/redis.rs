//! The keys of a Redis stream.

use super::document::Section;
use super::problem::Problem;
use super::stream::StreamKeys;
use serde::{Deserialize, Serialize, Serializer};
use std::path::PathBuf;
use std::time::Duration;
use tidecast_connect::redis::{
    ClientFiles, DeadLetters, GroupOptions, Password, RedisAddress, RedisError, RedisStreamOptions, StreamStart,
    TlsFiles,
};
use tidecast_core::duration::DurationMs;

/// Dead letters kept.
const DEAD_LETTERS: u64 = 10_000;
/// Workers wait while more partial results than this wait for the merger.
const PARTIALS_WAITING_MAX: u64 = 1_000;

/// Which stream, and how it is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisKeys {
    /// Where Redis is: `redis://host:6379`, `rediss://` for TLS, `redis-cluster://` or `redis+sentinel://` with several hosts.
    #[serde(serialize_with = "without_credentials")]
    pub url: String,
    /// The stream.
    pub stream: String,
    /// The password, in place of one in the URL; best as `${file:/path}`.
    #[serde(skip_serializing)]
    pub password: Option<String>,
    /// Certificates of the authorities to trust for TLS, as a PEM file.
    pub ca_file: Option<PathBuf>,
    /// Our own certificate for TLS, as a PEM file.
    pub client_certificate_file: Option<PathBuf>,
    /// Its key.
    pub client_key_file: Option<PathBuf>,
    /// Where to begin: `0`, `$`, an id, or `group:NAME`.
    #[serde(default = "default_start")]
    pub start: String,
    /// The stream for refused messages; they are only counted where absent.
    pub dead_letter: Option<String>,
    /// The consumer group, where several processes share the stream.
    pub group: Option<String>,
    /// This process in the group; the name of the machine and process where absent.
    pub consumer: Option<String>,
    /// Messages that another worker has held for so long are taken over.
    #[serde(default = "default_claim_after")]
    pub claim_after: DurationMs,
}

fn default_start() -> String {
    "0".to_owned()
}

fn default_claim_after() -> DurationMs {
    DurationMs(30_000)
}

/// What a printed configuration shows of an address: not who we are.
pub(super) fn without_credentials<S: Serializer>(url: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&shown(url))
}

/// An address without user, password and query.
pub(crate) fn shown(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let hosts = rest.rsplit_once('@').map_or(rest, |(_, hosts)| hosts);
    let hosts = hosts.split(['?', '#']).next().unwrap_or_default();
    format!("{scheme}://{hosts}")
}

impl RedisKeys {
    /// What a single reader needs.
    ///
    /// # Errors
    /// When the address, a TLS file or the start cannot be used.
    pub fn options(&self) -> Result<RedisStreamOptions, RedisError> {
        let files = self.tls_files();
        let dead_letters = self.dead_letter.clone().map(|stream| DeadLetters { stream, keep: DEAD_LETTERS });
        Ok(RedisStreamOptions {
            address: if files == TlsFiles::default() {
                self.address()?
            } else {
                self.address()?.with_tls_files(&files)?
            },
            stream: self.stream.clone(),
            start: self.start.parse()?,
            dead_letters,
        })
    }

    /// What workers and merger of an analysis need.
    ///
    /// # Errors
    /// When the address, a TLS file or the start cannot be used.
    pub fn group_options(&self, analytics: &str) -> Result<GroupOptions, RedisError> {
        let RedisStreamOptions { address, stream, start, .. } = self.options()?;
        let group = self.group.as_deref().unwrap_or_default();
        Ok(GroupOptions {
            address,
            stream,
            group: format!("{group}:{analytics}"),
            analytics: analytics.to_owned(),
            start,
            claim_after: Duration::from_millis(u64::try_from(self.claim_after.0).unwrap_or_default()),
            partials_waiting_max: PARTIALS_WAITING_MAX,
        })
    }

    /// What this process is called in the group.
    #[must_use]
    pub fn consumer_name(&self) -> String {
        let machine = || std::fs::read_to_string("/etc/hostname").unwrap_or_default().trim().to_owned();
        self.consumer.clone().unwrap_or_else(|| format!("{}-{}", machine(), std::process::id()))
    }

    fn address(&self) -> Result<RedisAddress, RedisError> {
        let address = RedisAddress::parse(&self.url)?;
        Ok(match &self.password {
            Some(password) => address.with_password(Password::new(password)),
            None => address,
        })
    }

    fn tls_files(&self) -> TlsFiles {
        let client = self.client_certificate_file.clone().zip(self.client_key_file.clone());
        TlsFiles {
            authority: self.ca_file.clone(),
            client: client.map(|(certificate, key)| ClientFiles { certificate, key }),
        }
    }

    /// Files are not looked at: they may be those of the machine that will run it.
    pub(super) fn check(&self, section: &Section, stream: &StreamKeys, problems: &mut Vec<Problem>) {
        if let Err(error) = self.address() {
            problems.push(section.problem("url", error.to_string()));
        }
        if let Err(error) = self.start.parse::<StreamStart>() {
            problems.push(section.problem("start", error.to_string()));
        }
        if self.claim_after.0 < 1_000 {
            let message = "messages would be taken from workers that are still at them; write at least 1s";
            problems.push(section.problem("claim_after", message));
        }
        if self.client_certificate_file.is_some() != self.client_key_file.is_some() {
            let message =
                "a certificate and its key belong together; write both client_certificate_file and client_key_file";
            problems.push(section.problem("client_certificate_file", message));
        }
        if self.dead_letter.as_ref() == Some(&self.stream) {
            let message = "refused messages would come back into the stream they are read from, again and again; name another stream";
            problems.push(section.problem("dead_letter", message));
        }
        if self.group.is_some() && self.dead_letter.is_some() {
            let message = "workers of a group only count what they refuse; leave `dead_letter` or `group` out";
            problems.push(section.problem("dead_letter", message));
        }
        if self.group.is_some() && !stream.series.is_empty() {
            let message =
                "workers of a group keep no records, only what analytics make of them; leave `series` or `group` out";
            problems.push(section.problem("group", message));
        }
    }
}
