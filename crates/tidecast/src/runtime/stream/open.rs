//! From the configuration to what runs: one task for each stream, or for each worker and merger.

use super::analysis::Analysis;
use super::outlet::Outlet;
use super::retry::keep_running;
use super::{Merger, Pipeline, PushSources, Recorder, Worker};
use crate::config::{AnalyticsConfig, Config, RedisKeys, SourceConfig, StreamKeys, transforms};
use crate::runtime::live::Live;
use std::collections::BTreeMap;
use std::sync::Arc;
use tidecast_connect::http::push_source;
use tidecast_connect::records::RecordFormat;
use tidecast_connect::redis::{GroupOptions, RedisGroupReader, RedisPartialsReader, RedisStreamSource};
use tidecast_core::ports::{Clock, RecordSource, StateStore};

/// Which part of a configuration a process runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// Everything.
    #[default]
    All,
    /// A worker only, for sources that have a `group`: hands partial results to the merger, keeps and serves nothing.
    Analyze,
    /// Everything but workers.
    Serve,
}

/// What all streams of a process share. Cheap to clone.
#[derive(Clone)]
pub struct Streams {
    /// Where everything is kept.
    pub store: Arc<dyn StateStore>,
    /// Where it is shown.
    pub live: Live,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where the API finds the sources that take records.
    pub push_sources: PushSources,
}

/// One source of records and what reads it.
struct Stream {
    name: String,
    source: SourceConfig,
    keys: StreamKeys,
    analytics: BTreeMap<String, AnalyticsConfig>,
    format: RecordFormat,
}

impl Streams {
    /// Starts what the configuration says, in the background, for ever.
    ///
    /// # Errors
    /// When the configuration was not checked.
    pub fn start(&self, config: &Config, role: Role) -> anyhow::Result<()> {
        for stream in streams(config)? {
            let stream = Arc::new(stream);
            if stream.is_shared() {
                stream.analytics.keys().for_each(|analytics| self.spawn_merger(&stream, analytics));
            } else {
                self.spawn_pipeline(stream);
            }
        }
        if role == Role::All { start_workers(config, &self.live, &self.clock) } else { Ok(()) }
    }

    fn spawn_pipeline(&self, stream: Arc<Stream>) {
        let streams = self.clone();
        tokio::spawn(async move {
            let run = || async { streams.pipeline(&stream).await?.run().await };
            keep_running(&stream.name, &streams.live, run).await;
        });
    }

    fn spawn_merger(&self, stream: &Arc<Stream>, analytics: &str) {
        let (streams, stream, analytics) = (self.clone(), Arc::clone(stream), analytics.to_owned());
        tokio::spawn(async move {
            let run = || async { streams.merger(&stream, &analytics).await?.run().await };
            keep_running(&stream.name, &streams.live, run).await;
        });
    }

    async fn pipeline(&self, stream: &Stream) -> anyhow::Result<Pipeline> {
        let mut analyses = Vec::new();
        for (name, config) in &stream.analytics {
            analyses.push(Analysis::resume(name, config.clone(), &*self.store).await?);
        }
        // Behind the states: reading those settles what a failed commit has left.
        let cursor = self.store.cursor(&position_name(&stream.name)).await?;
        Ok(Pipeline {
            source: self.source(stream, cursor.as_deref())?,
            transforms: transforms(&stream.keys.transforms)?,
            recorder: Recorder::new(&stream.keys.series),
            analyses,
            outlet: self.outlet(stream),
        })
    }

    fn source(&self, stream: &Stream, cursor: Option<&str>) -> anyhow::Result<Box<dyn RecordSource>> {
        let (format, clock) = (stream.format.clone(), Arc::clone(&self.clock));
        if let SourceConfig::RedisStream { redis, .. } = &stream.source {
            let options = redis.options()?;
            let source = RedisStreamSource::open(&position_name(&stream.name), &options, format, cursor, clock)?;
            return Ok(Box::new(source));
        }
        let (sender, source) = push_source(format, clock);
        self.push_sources.put(&stream.name, sender);
        Ok(Box::new(source))
    }

    async fn merger(&self, stream: &Stream, analytics: &str) -> anyhow::Result<Merger> {
        let (redis, config) = stream.shared(analytics)?;
        let analysis = Analysis::resume(analytics, config.clone(), &*self.store).await?;
        let name = position_name(&format!("{}/{analytics}", stream.name));
        let cursor = self.store.cursor(&name).await?;
        let options: GroupOptions = redis.group_options(analytics)?;
        let reader = RedisPartialsReader::open(&name, options, cursor.as_deref())?;
        Ok(Merger { reader, analysis, outlet: self.outlet(stream) })
    }

    fn outlet(&self, stream: &Stream) -> Outlet {
        Outlet::new(&stream.name, Arc::clone(&self.store), self.live.clone())
    }
}

/// Starts a worker for each analysis of each stream that several processes share, in the background, for ever.
///
/// # Errors
/// When the configuration was not checked.
pub fn start_workers(config: &Config, live: &Live, clock: &Arc<dyn Clock>) -> anyhow::Result<()> {
    for stream in streams(config)?.into_iter().filter(Stream::is_shared).map(Arc::new) {
        for analytics in stream.analytics.keys() {
            let (stream, analytics) = (Arc::clone(&stream), analytics.clone());
            let (live, clock) = (live.clone(), Arc::clone(clock));
            tokio::spawn(async move {
                let run = || async { stream.worker(&analytics, &clock)?.run().await };
                keep_running(&stream.name, &live, run).await;
            });
        }
    }
    Ok(())
}

impl Stream {
    /// Whether several processes read it.
    fn is_shared(&self) -> bool {
        matches!(&self.source, SourceConfig::RedisStream { redis, .. } if redis.group.is_some())
    }

    fn worker(&self, analytics: &str, clock: &Arc<dyn Clock>) -> anyhow::Result<Worker> {
        let (redis, config) = self.shared(analytics)?;
        let (options, consumer) = (redis.group_options(analytics)?, redis.consumer_name());
        Ok(Worker {
            name: self.name.clone(),
            reader: RedisGroupReader::open(options, &consumer, self.format.clone(), Arc::clone(clock))?,
            transforms: [transforms(&self.keys.transforms)?, config.keys.transforms()?],
            plan: Arc::new(config.keys.spec().plan()?),
        })
    }

    fn shared(&self, analytics: &str) -> anyhow::Result<(&RedisKeys, &AnalyticsConfig)> {
        match (&self.source, self.analytics.get(analytics)) {
            (SourceConfig::RedisStream { redis, .. }, Some(config)) => Ok((redis, config)),
            _ => anyhow::bail!("{} is no stream that workers share", self.name),
        }
    }
}

fn streams(config: &Config) -> anyhow::Result<Vec<Stream>> {
    let mut streams = Vec::new();
    for (name, source) in &config.sources {
        let Some(keys) = source.stream() else { continue };
        let reads = |analytics: &&AnalyticsConfig| analytics.keys.input == *name;
        let analytics: BTreeMap<_, _> = config
            .analytics
            .iter()
            .filter(|(_, analytics)| reads(analytics))
            .map(|(name, analytics)| (name.clone(), analytics.clone()))
            .collect();
        let format = keys.format(analytics.values().map(|analytics| &analytics.keys))?;
        streams.push(Stream { name: name.clone(), source: source.clone(), keys: keys.clone(), analytics, format });
    }
    Ok(streams)
}

/// Under which name the store keeps how far a stream has been read.
fn position_name(source: &str) -> String {
    format!("stream/{source}")
}
