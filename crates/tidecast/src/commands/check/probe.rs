//! Tries the endpoints of a configuration without leaving a trace.

use crate::commands::target::{is_store, open_embedded};
use crate::config::{
    Environment, PollKeys, RedisKeys, RegistryConfig, ServerConfig, SourceConfig, StoreConfig, StreamKeys,
};
use crate::exit::NetworkError;
use crate::runtime::clock::SystemClock;
use crate::runtime::host::open_registry;
use crate::runtime::listen;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tidecast_connect::files::CsvSource;
use tidecast_connect::http::MetricsPoll;
use tidecast_connect::redis::RedisStreamSource;
use tidecast_core::ports::{RecordSource, Source, StoreError};

/// Longer than the retries of a healthy but slow object store; whoever checks is waiting.
const PATIENCE: Duration = Duration::from_secs(30);

/// Whether the store opens; or, if there is none yet, whether its directory can be written or made.
pub(super) fn store(store: &StoreConfig) -> anyhow::Result<String> {
    let StoreConfig::Embedded(directory) = store;
    if is_store(directory) {
        drop(open_embedded(directory)?);
        return Ok("the store opens".to_owned());
    }
    let not_writable = |reason: String| StoreError::NotWritable { path: directory.display().to_string(), reason };
    // A directory that is not there yet will be made in the nearest one that is.
    let existing = directory
        .ancestors()
        .map(|ancestor| if ancestor.as_os_str().is_empty() { Path::new(".") } else { ancestor })
        .find(|ancestor| ancestor.exists());
    let existing = existing.ok_or_else(|| not_writable("no directory above it exists".to_owned()))?;
    let probe = existing.join(format!(".tidecast-check-{}", std::process::id()));
    std::fs::File::create_new(&probe).map_err(|error| not_writable(error.to_string()))?;
    std::fs::remove_file(&probe).map_err(|error| not_writable(error.to_string()))?;
    Ok(if directory.exists() { "the directory is writable" } else { "the directory can be made" }.to_owned())
}

/// Whether the registry lists its series; a directory that is not there yet will be made.
pub(super) async fn registry(registry: &RegistryConfig) -> anyhow::Result<String> {
    if let RegistryConfig::Directory(directory) = registry
        && !directory.exists()
    {
        return store(&StoreConfig::Embedded(directory.clone()));
    }
    let (config, asked) = (registry.clone(), registry.to_string());
    let listing = tokio::task::spawn_blocking(move || open_registry(Path::new("."), Some(&config))?.series());
    let series = tokio::time::timeout(PATIENCE, listing)
        .await
        .map_err(|_| NetworkError(format!("{asked} did not answer within {} s", PATIENCE.as_secs())))???;
    Ok(format!("models of {} series", series.len()))
}

/// Whether the source opens and its first rows parse.
pub(super) async fn source(source: &SourceConfig) -> anyhow::Result<String> {
    let (path, options) = match source {
        SourceConfig::Csv { path, options } => (path, options),
        SourceConfig::RedisStream { redis, .. } => return redis_stream(redis).await,
        SourceConfig::HttpPoll(keys) => return http_poll(keys).await,
        SourceConfig::Push { .. } => return Ok("others post to it".to_owned()),
    };
    let first = async {
        let mut source = CsvSource::open(path, options.clone(), None).await?;
        source.next_batch().await
    };
    let first = tokio::time::timeout(PATIENCE, first)
        .await
        .map_err(|_| NetworkError(format!("{path} did not answer within {} s", PATIENCE.as_secs())))??;
    Ok(match first {
        None => "it opens and holds no sample yet".to_owned(),
        Some(batch) => {
            let series: HashSet<_> = batch.samples.runs().map(|run| run.series.clone()).collect();
            format!("{} series in the first {} samples", series.len(), batch.samples.len())
        }
    })
}

/// Whether Redis answers and the stream can be read.
async fn redis_stream(keys: &RedisKeys) -> anyhow::Result<String> {
    let format = StreamKeys::default().format([])?;
    let mut source = RedisStreamSource::open("check", &keys.options()?, format, None, Arc::new(SystemClock))?;
    let delivery = tokio::time::timeout(PATIENCE, source.next_records())
        .await
        .map_err(|_| NetworkError(format!("Redis did not answer within {} s", PATIENCE.as_secs())))??;
    match source.health().trouble {
        Some(trouble) => Err(NetworkError(trouble).into()),
        None => {
            let refusals = delivery.rejections.iter().filter(|(reason, _)| reason.is_refusal());
            let refused: u64 = refusals.map(|(_, count)| count).sum();
            Ok(match (delivery.records.len() as u64 + refused, source.health().lag) {
                (0, _) => "it answers; the stream has no message to read".to_owned(),
                (read, None) => format!("{read} messages can be read at once"),
                (read, Some(lag)) => format!("{} messages can be read", read + lag),
            })
        }
    }
}

/// Whether the service answers with its figures.
async fn http_poll(keys: &PollKeys) -> anyhow::Result<String> {
    let mut source = MetricsPoll::new(keys.options("check"), Arc::new(SystemClock))?;
    let mut health = source.health();
    tokio::select! {
        batch = source.next_batch() => {
            batch?;
            Ok("it answers with its figures".to_owned())
        }
        Ok(health) = health.wait_for(|health| health.trouble.is_some()) => {
            Err(NetworkError(health.trouble.clone().unwrap_or_default()).into())
        }
    }
}

/// Whether the token can be read and the port be had.
pub(super) async fn server(server: &ServerConfig, environment: &dyn Environment) -> anyhow::Result<String> {
    server.token(environment)?;
    listen::bind(server).await?;
    Ok("the port is free".to_owned())
}
