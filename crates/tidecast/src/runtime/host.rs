//! The process that owns a store: it listens, serves the API over the store, and keeps the live view.

use super::listen;
use super::live::{Live, Mode};
use crate::api::{self, ApiState};
use crate::config::{Environment, ProcessEnvironment, RegistryConfig, ServerConfig};
use crate::runtime::clock::SystemClock;
use crate::runtime::rehearsal::Rehearsal;
use crate::runtime::stream::{PushSources, Streams};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tidecast_connect::files::S3Access;
use tidecast_connect::objects::ObjectArtifacts;
use tidecast_core::ports::{Clock, SeriesStore, StateStore};
use tidecast_core::series::Selector;
use tidecast_forecast::registry::{Registry, RegistryError};
use tidecast_store::{EmbeddedStore, Options};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How often series and samples are counted, where that takes no time.
const COUNTED_EVERY: Duration = Duration::from_secs(2);

/// A store that is open and served.
pub struct Host {
    /// The store.
    pub store: Arc<EmbeddedStore>,
    /// The models of the store.
    pub registry: Arc<Registry>,
    /// What the API shows.
    pub live: Live,
    /// Where the API finds the sources that take records.
    pub push_sources: PushSources,
    /// Where the API finds the replay of an autoscaler.
    pub rehearsal: Rehearsal,
    /// Where it listens.
    pub address: SocketAddr,
    /// Turns true when the process is asked to end.
    pub shutdown: watch::Receiver<bool>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Host {
    /// Listens, opens the store and serves it, in this order: a port in use is found before anything is written.
    ///
    /// # Errors
    /// When the port cannot be had or the store not be opened.
    pub async fn start(
        mode: Mode,
        directory: &Path,
        registry: Option<&RegistryConfig>,
        server: &ServerConfig,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let token = server.token(&ProcessEnvironment)?;
        let listener = listen::bind(server).await?;
        let address = listener.local_addr()?;
        let store = Arc::new(EmbeddedStore::open(directory, Options::default())?);
        store.announce(&format!("http://{address}"))?;
        let registry = Arc::new(open_registry(directory, registry)?);
        let live = Live::new(mode, clock, SystemClock.now_ms());
        let shutdown = listen::shutdown_signal()?;
        let (push_sources, rehearsal) = (PushSources::default(), Rehearsal::default());
        let state = ApiState {
            store: Arc::clone(&store) as Arc<dyn SeriesStore>,
            registry: Arc::clone(&registry),
            live: live.clone(),
            push_sources: push_sources.clone(),
            rehearsal: rehearsal.clone(),
            token,
        };
        tokio::spawn(keep_counted(Arc::clone(&store), live.clone()));
        let server = tokio::spawn(api::serve(listener, state, listen::ended(shutdown.clone())));
        Ok(Self { store, registry, live, push_sources, rehearsal, address, shutdown, server })
    }

    /// The store as the port that sources, forecasts and the API use.
    #[must_use]
    pub fn port(&self) -> Arc<dyn SeriesStore> {
        Arc::clone(&self.store) as Arc<dyn SeriesStore>
    }

    /// What the streams of the process need.
    #[must_use]
    pub fn streams(&self, clock: Arc<dyn Clock>) -> Streams {
        let (live, push_sources) = (self.live.clone(), self.push_sources.clone());
        Streams { store: Arc::clone(&self.store) as Arc<dyn StateStore>, live, clock, push_sources }
    }

    /// Waits for the end of the process: until then the API is served.
    ///
    /// # Errors
    /// When the server failed.
    pub async fn ended(self) -> anyhow::Result<()> {
        Ok(self.server.await??)
    }
}

/// Counts what is in the store, for the status.
///
/// # Errors
/// Those of the store.
pub async fn count(store: &dyn SeriesStore, live: &Live) -> anyhow::Result<()> {
    let summaries = store.series(&Selector::all()).await?;
    let (series, samples) = (summaries.len() as u64, summaries.iter().map(|summary| summary.samples).sum());
    let shown = live.status();
    if (shown.series, shown.samples) != (series, samples) {
        live.update_status(|status| (status.series, status.samples) = (series, samples));
    }
    Ok(())
}

/// Counts again and again what comes in meanwhile.
async fn keep_counted(store: Arc<EmbeddedStore>, live: Live) {
    loop {
        let started = Instant::now();
        if let Err(error) = count(&*store, &live).await {
            tracing::error!("series cannot be counted: {error:#}; trying again");
        }
        // Counting takes longer the more series there are: it must stay a hundredth of what is done here.
        tokio::time::sleep(COUNTED_EVERY.max(100 * started.elapsed())).await;
    }
}

/// The registry of the models of a store: where the configuration says, else beside the store.
///
/// # Errors
/// When its directory cannot be created, or the access to an object storage is not configured.
pub fn open_registry(store: &Path, registry: Option<&RegistryConfig>) -> Result<Registry, RegistryError> {
    match registry {
        None => Registry::open(&store.join("models")),
        Some(RegistryConfig::Directory(directory)) => Registry::open(directory),
        Some(RegistryConfig::Objects(location)) => {
            let access = S3Access::from_variables(|name| ProcessEnvironment.variable(name));
            Ok(Registry::over(Arc::new(ObjectArtifacts::open(location, &access)?)))
        }
    }
}
