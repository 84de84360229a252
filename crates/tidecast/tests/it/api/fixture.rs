//! A server on a port of its own, over a store in a folder of its own or over any other.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use std::sync::Arc;
use tempfile::TempDir;
use tidecast::api::{ApiState, serve};
use tidecast::runtime::live::{AnalyticsStatus, Live, Mode};
use tidecast::runtime::rehearsal::Rehearsal;
use tidecast::runtime::stream::PushSources;
use tidecast_connect::http::{PushSource, Token, push_source};
use tidecast_connect::records::RecordFormat;
use tidecast_core::forecast::{Forecast, ModelVersion};
use tidecast_core::ports::{Clock, SeriesStore};
use tidecast_core::record::{Field, FieldKind, Schema};
use tidecast_core::series::{SampleBatch, SeriesKey};
use tidecast_forecast::registry::Registry;
use tidecast_store::{EmbeddedStore, Options};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinHandle;

pub(super) const HOUR_MS: i64 = 3_600_000;

/// The time of the data in every test: 2024-01-01T00:30:00Z.
pub(super) const NOW_MS: i64 = 1_704_067_200_000 + HOUR_MS / 2;

struct FixedClock;

impl Clock for FixedClock {
    fn now_ms(&self) -> i64 {
        NOW_MS
    }
}

pub(super) struct Server {
    pub(super) url: String,
    pub(super) live: Live,
    pub(super) store: Arc<dyn SeriesStore>,
    pub(super) registry: Arc<Registry>,
    /// Where records for the source `antennas` arrive.
    pub(super) push_source: Mutex<PushSource>,
    /// The replay of an autoscaler.
    pub(super) rehearsal: Rehearsal,
    http: reqwest::Client,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
    _directories: (TempDir, Option<TempDir>),
}

impl Server {
    /// Over an embedded store, without a token.
    pub(super) async fn start() -> Self {
        Self::start_with(None).await
    }

    /// Over an embedded store, with a token.
    pub(super) async fn start_with(token: Option<&str>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(directory.path(), Options::default()).unwrap();
        Self::start_over(Arc::new(store), token, Some(directory)).await
    }

    pub(super) async fn start_over(
        store: Arc<dyn SeriesStore>,
        token: Option<&str>,
        directory: Option<TempDir>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let live = Live::new(Mode::Demo, Arc::new(FixedClock), NOW_MS);
        let network = AnalyticsStatus { name: "network".to_owned(), is_network: true, ..AnalyticsStatus::default() };
        live.update_status(|status| status.analytics.push(network));
        let token = token.map(|text| Token::new(text).unwrap());
        let models = tempfile::tempdir().unwrap();
        let registry = Arc::new(Registry::open(models.path()).unwrap());
        let (sender, push_source) = push_source(antennas(), Arc::new(FixedClock));
        let push_sources = PushSources::default();
        push_sources.put("antennas", sender);
        let rehearsal = Rehearsal::default();
        let state = ApiState {
            store: Arc::clone(&store),
            registry: Arc::clone(&registry),
            live: live.clone(),
            push_sources,
            rehearsal: rehearsal.clone(),
            token,
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(serve(listener, state, async move {
            let _dropped = stopped.await;
        }));
        let _installed_before = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let push_source = Mutex::new(push_source);
        Self { url, live, store, registry, push_source, rehearsal, http, stop, task, _directories: (models, directory) }
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    /// A `GET` that must succeed; the answer is JSON.
    #[track_caller]
    pub(super) fn get(&self, path: &str) -> impl Future<Output = Value> {
        let request = self.request(Method::GET, path);
        async move {
            let response = request.send().await.unwrap();
            let (url, status) = (response.url().to_string(), response.status());
            let text = response.text().await.unwrap();
            assert_eq!(status, StatusCode::OK, "{url}: {text}");
            serde_json::from_str(&text).unwrap()
        }
    }

    pub(super) fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
        self.request(Method::POST, path).header("content-type", "application/json").body(body)
    }

    /// Stops the server and waits until it has.
    pub(super) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap().unwrap();
    }

    /// Hourly samples up to the full hour before now: the value is the hour of the day.
    pub(super) async fn append_hours(&self, series: &str, hours: i64) {
        let series: SeriesKey = series.parse().unwrap();
        let mut batch = SampleBatch::new();
        let last_ms = NOW_MS - HOUR_MS / 2;
        for back in (0..hours).rev() {
            let timestamp_ms = last_ms - back * HOUR_MS;
            batch.push(&series, timestamp_ms, (timestamp_ms / HOUR_MS % 24) as f64);
        }
        self.store.append(batch, None).await.unwrap();
    }
}

/// What the messages of antennas look like.
fn antennas() -> RecordFormat {
    let field = |name: &str, kind| Field { name: name.to_owned(), kind, required: true };
    let fields = vec![field("antenna_id", FieldKind::Text), field("packets", FieldKind::Number)];
    let schema = Arc::new(Schema::new(fields).unwrap());
    RecordFormat { timestamp: "timestamp".to_owned(), schema, future_tolerance_ms: 60_000 }
}

/// A forecast of 48 hours with the rows 1, 2 and 3.
pub(super) fn forecast(series: &str, model: &str, origin_ms: i64) -> Forecast {
    Forecast {
        series: series.parse().unwrap(),
        origin_ms,
        step_ms: HOUR_MS,
        model: ModelVersion { model: model.to_owned(), version: 1 },
        levels: vec![0.1, 0.5, 0.9],
        quantiles: vec![vec![1.0; 48], vec![2.0; 48], vec![3.0; 48]],
        note: None,
    }
}
