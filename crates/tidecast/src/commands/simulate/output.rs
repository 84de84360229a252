//! Where made-up messages go: standard output, a Redis stream, or a running Tidecast.

use super::super::format::print;
use super::super::target::client_token;
use crate::exit::{NetworkError, UsageError};
use anyhow::Context as _;
use std::path::PathBuf;
use std::time::Duration;
use tidecast_connect::http::wire::RecordsAccepted;
use tidecast_connect::http::{RecordSink, RecordSinkError};
use tidecast_connect::redis::{Message, RedisAddress, RedisError, RedisStreamSink};
use tidecast_connect::synthetic::AntennaMessage;

/// The first pause after a failure; every further one is up to twice as long as the one before.
const PAUSE_FIRST: Duration = Duration::from_millis(200);
/// The longest one.
const PAUSE_LONGEST: Duration = Duration::from_secs(5);

/// How the advice ends that comes with a refused or missing password, which waiting does not mend.
const LOCKED_OUT: &str = "user and password";

/// The flags that say where messages go.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputFlags {
    /// Where to: `-` for JSON lines on standard output, redis://HOST:6379 for a Redis stream, http://HOST:8000 for a running tidecast
    #[arg(long, value_name = "URL", env = "TIDECAST_TO", hide_env_values = true, default_value = "-")]
    to: String,

    /// Redis stream
    #[arg(long, value_name = "NAME", default_value = "antenna_stream")]
    stream: String,

    /// About how many messages the Redis stream keeps; 0 keeps all
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000)]
    maxlen: u64,

    /// Push source of the running tidecast
    #[arg(long, value_name = "NAME", default_value = "antennas")]
    source: String,

    /// File with the bearer token of that tidecast, which may also be in TIDECAST_TOKEN
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// Where messages go.
pub(super) enum Output {
    /// JSON lines on standard output.
    Lines,
    /// A push source of a running Tidecast.
    Http(RecordSink),
    /// A Redis stream, and what it has not taken yet.
    Redis { sink: Box<RedisStreamSink>, unsent: Vec<Message> },
}

/// Why messages were not taken.
enum Failure {
    /// Not now.
    Away(String),
    /// Never.
    Final(anyhow::Error),
}

impl OutputFlags {
    /// Opens what the flags name; nothing is sent yet.
    pub(super) fn open(&self) -> anyhow::Result<Output> {
        match self.to.split_once("://").map(|(scheme, _)| scheme) {
            _ if self.to == "-" => Ok(Output::Lines),
            Some("http" | "https") => {
                let token = client_token(self.token_file.as_ref())?;
                let sink = RecordSink::new(&self.to, &self.source, token.as_ref());
                sink.map(Output::Http).map_err(|error| UsageError(error.to_string()).into())
            }
            Some(_) => {
                let address = RedisAddress::parse(&self.to);
                let address =
                    address.map_err(|error| UsageError(format!("--to is no http:// address, and {error}")))?;
                let keep = (self.maxlen > 0).then_some(self.maxlen);
                let sink = Box::new(RedisStreamSink::new(address, &self.stream, keep));
                Ok(Output::Redis { sink, unsent: Vec::new() })
            }
            // Not shown: what is no address may still hold a password.
            None => {
                Err(UsageError("--to is no address; write -, redis://HOST:6379 or http://HOST:8000".to_owned()).into())
            }
        }
    }

    /// Whether messages are printed where a person may watch.
    pub(super) fn is_standard_output(&self) -> bool {
        self.to == "-"
    }
}

impl Output {
    /// Delivers messages, however long the other side is away; `tell` hears of it, once for each reason and once at its end.
    ///
    /// # Errors
    /// When trying again would not help.
    pub(super) async fn deliver(&mut self, messages: &[AntennaMessage<'_>], tell: impl Fn(&str)) -> anyhow::Result<()> {
        if let Self::Redis { unsent, .. } = self {
            unsent.extend(messages.iter().map(AntennaMessage::fields));
        }
        let mut pause = PAUSE_FIRST;
        let mut told = None;
        loop {
            match self.send(messages).await {
                Ok(()) => break,
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Away(reason)) => {
                    if told.as_ref() != Some(&reason) {
                        tell(&format!("{reason}; trying again"));
                        told = Some(reason);
                    }
                    // By chance, so that many simulators do not come back all at once.
                    tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
                    pause = (pause * 2).min(PAUSE_LONGEST);
                }
            }
        }
        if told.is_some() {
            tell("messages are taken again");
        }
        Ok(())
    }

    async fn send(&mut self, messages: &[AntennaMessage<'_>]) -> Result<(), Failure> {
        match self {
            Self::Lines => {
                let text = json_lines(messages)?;
                // A reader that has stopped to read must not hold up the end of the process.
                let printed = tokio::task::spawn_blocking(move || print(&text)).await;
                Ok(printed.context("printing failed").map_err(Failure::Final)??)
            }
            Self::Http(sink) => {
                let RecordsAccepted { refused, .. } = sink.send(json_lines(messages)?).await?;
                if !refused.is_empty() {
                    let reasons: Vec<String> =
                        refused.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
                    tracing::warn!("the server did not take all: {}", reasons.join(", "));
                }
                Ok(())
            }
            Self::Redis { sink, unsent } => Ok(sink.send(unsent).await?),
        }
    }
}

fn json_lines(messages: &[AntennaMessage<'_>]) -> Result<String, Failure> {
    let lines: Result<Vec<String>, _> = messages.iter().map(serde_json::to_string).collect();
    let lines = lines.map_err(|error| Failure::Final(error.into()))?;
    Ok(lines.into_iter().map(|line| line + "\n").collect())
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Final(error.into())
    }
}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        match error {
            RedisError::Unavailable { ref reason, .. } if reason.ends_with(LOCKED_OUT) => {
                Self::Final(NetworkError(error.to_string()).into())
            }
            RedisError::Unavailable { .. } => Self::Away(error.to_string()),
            RedisError::Address { .. } | RedisError::TlsFile { .. } | RedisError::Option { .. } => {
                Self::Final(UsageError(error.to_string()).into())
            }
        }
    }
}

impl From<RecordSinkError> for Failure {
    fn from(error: RecordSinkError) -> Self {
        match error {
            RecordSinkError::Away(reason) => Self::Away(reason),
            RecordSinkError::Refused(reason) => Self::Final(NetworkError(reason).into()),
        }
    }
}
