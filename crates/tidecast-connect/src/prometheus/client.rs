//! Requests to a server: in parts, one after the other, repeated for as long as that may help.

use super::address::PrometheusAddress;
use super::answer::{Answer, Series, labels, shortened};
use super::credentials::PrometheusCredentials;
use super::error::PrometheusError;
use super::grid::Grid;
use crate::http::{backoff, connection_pool, root_cause};
use reqwest::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};
use std::collections::BTreeMap;
use std::time::Duration;
use tidecast_core::duration::DurationMs;
use tidecast_core::series::RegularSeries;
use tokio::time::{Instant, sleep, timeout_at};

/// The first try and its repetitions.
const TRIES: u32 = 5;

/// A part of one series has less than a megabyte.
const ANSWER_BYTES_MAX: usize = 16 << 20;

/// Nobody waits longer for one answer.
const TIMEOUT_MAX: Duration = Duration::from_secs(3_600);

/// How many series an error lists, and how many remarks of the server are kept.
const SERIES_SHOWN_MAX: usize = 3;
const REMARKS_MAX: usize = 10;

/// Which server is asked.
#[derive(Clone, Debug)]
pub struct PrometheusOptions {
    /// Where it is.
    pub address: PrometheusAddress,
    /// How to be let in, where it does not let everybody in.
    pub credentials: Option<PrometheusCredentials>,
    /// How long to wait for the answer to one request, its repetitions included.
    pub timeout: Duration,
}

/// A server that is asked for series.
pub struct Prometheus {
    http: reqwest::Client,
    url: Url,
    /// The address as messages show it.
    server: String,
    credentials: Option<PrometheusCredentials>,
    timeout: Duration,
}

/// The values of a query.
#[derive(Clone, Debug, PartialEq)]
pub struct RangeSeries {
    /// The labels of the series, the name of the metric as `__name__`; a sum has none.
    pub labels: BTreeMap<String, String>,
    /// From the first value to the last, at multiples of the step; NaN where there is none, or no finite one.
    pub series: RegularSeries,
    /// What the server remarked, for the operator.
    pub warnings: Vec<String>,
}

/// Why a request was not answered.
enum Failure {
    /// The next one would end in the same way.
    Final(PrometheusError),
    /// A later one may not; the server may say when.
    Passing(PrometheusError, Option<Duration>),
}

/// What the parts gave so far.
struct Collected {
    grid: Grid,
    labels: Option<BTreeMap<String, String>>,
    values: Vec<f64>,
    warnings: Vec<String>,
}

impl PrometheusOptions {
    /// Longer than the two minutes that Prometheus itself allows a query.
    pub const TIMEOUT: Duration = Duration::from_secs(150);

    /// A server that lets everybody in, with the usual patience.
    #[must_use]
    pub fn new(address: PrometheusAddress) -> Self {
        Self { address, credentials: None, timeout: Self::TIMEOUT }
    }
}

impl Prometheus {
    /// A client. Nothing is sent yet.
    ///
    /// # Errors
    /// When this machine cannot make connections (its certificates cannot be read).
    pub fn new(options: PrometheusOptions) -> Result<Self, PrometheusError> {
        let PrometheusOptions { address, credentials, timeout } = options;
        let server = address.to_string();
        let timeout = timeout.clamp(Duration::from_millis(1), TIMEOUT_MAX);
        let http = connection_pool(timeout)
            .map_err(|error| PrometheusError::Unreachable { server: server.clone(), reason: root_cause(&error) })?;
        Ok(Self { http, url: address.query_range(), server, credentials, timeout })
    }

    /// The values of `query`, which gives one series, at the multiples of `step` in `from_ms..=to_ms` (ms since the Unix
    /// epoch). What has no value or none that is finite is missing: gaps stay gaps.
    ///
    /// # Errors
    /// When there is no value, more than one series, the server does not answer or not with a series. Requests that may
    /// succeed a little later have been repeated before.
    pub async fn query_range(
        &self,
        query: &str,
        from_ms: i64,
        to_ms: i64,
        step: DurationMs,
    ) -> Result<RangeSeries, PrometheusError> {
        let grid = Grid::between(from_ms, to_ms, step)?;
        let values = vec![f64::NAN; grid.count];
        let mut collected = Collected { grid, labels: None, values, warnings: Vec::new() };
        for part in grid.parts() {
            let answer = self.ask(&self.form(query, part)).await?;
            collected.take(answer, &self.server)?;
        }
        let nothing = PrometheusError::Nothing { server: self.server.clone(), from_ms, to_ms };
        collected.finish().ok_or(nothing)
    }

    /// The body of a request.
    fn form(&self, query: &str, part: Grid) -> String {
        let seconds = |ms: i64| format!("{}.{:03}", ms / 1_000, ms % 1_000);
        let mut form = self.url.clone();
        form.query_pairs_mut()
            .append_pair("query", query)
            .append_pair("start", &seconds(part.first_ms))
            .append_pair("end", &seconds(part.last_ms()))
            .append_pair("step", &seconds(part.step_ms))
            .append_pair("timeout", &format!("{}s", self.timeout.as_secs().max(1)));
        form.query().unwrap_or_default().to_owned()
    }

    /// The answer to a request and its repetitions.
    async fn ask(&self, form: &str) -> Result<Answer, PrometheusError> {
        let deadline = Instant::now() + self.timeout;
        let mut tries = 0;
        loop {
            tries += 1;
            let outcome = timeout_at(deadline, self.ask_once(form.to_owned())).await;
            let (error, pause) = match outcome.unwrap_or_else(|_| Err(Failure::Final(self.slow()))) {
                Ok(answer) => return Ok(answer),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Passing(error, pause)) => (error, pause.unwrap_or_else(|| backoff(tries))),
            };
            if tries == TRIES || Instant::now() + pause >= deadline {
                return Err(error);
            }
            sleep(pause).await;
        }
    }

    async fn ask_once(&self, form: String) -> Result<Answer, Failure> {
        let request = self.http.post(self.url.clone());
        let request =
            request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").header(ACCEPT, "application/json");
        let request = self.credentials.iter().fold(request, |request, credentials| credentials.authorize(request));
        let response = request.body(form).send().await.map_err(|error| self.broken(&error))?;
        let status = response.status();
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Err(Failure::Final(PrometheusError::Unauthorized {
                server: self.server.clone(),
                status: status.as_u16(),
                with_credentials: self.credentials.is_some(),
            }));
        }
        let pause = pause(&response);
        let body = self.read(response).await?;
        let answer = serde_json::from_slice::<Answer>(&body);
        if let Some((kind, message)) = answer.as_ref().ok().and_then(Answer::refusal) {
            // A query that took too long once takes as long again.
            let is_passing = may_pass(status) && kind != "timeout";
            let error = PrometheusError::Refused { server: self.server.clone(), kind, message };
            return Err(if is_passing { Failure::Passing(error, pause) } else { Failure::Final(error) });
        }
        if !status.is_success() {
            let error = PrometheusError::Status { server: self.server.clone(), status: status.as_u16() };
            return Err(if may_pass(status) { Failure::Passing(error, pause) } else { Failure::Final(error) });
        }
        answer.map_err(|error| {
            let unreadable = |reason| PrometheusError::Unreadable { server: self.server.clone(), reason };
            if body.trim_ascii_start().starts_with(b"<") {
                let reason = "it is a web page; is there a login in between, or does the path not lead to Prometheus?";
                return Failure::Final(unreadable(reason.to_owned()));
            }
            if error.is_eof() {
                return Failure::Passing(
                    unreadable("it ends too early; try again, and check proxies in between".to_owned()),
                    None,
                );
            }
            let reason = format!("{}; is this the address of a Prometheus?", shortened(&error.to_string()));
            Failure::Final(unreadable(reason))
        })
    }

    async fn read(&self, mut response: Response) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(&error))? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                let (server, bytes_max) = (self.server.clone(), ANSWER_BYTES_MAX);
                return Err(Failure::Final(PrometheusError::TooLarge { server, bytes_max }));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// Nothing, or nothing whole, came back.
    fn broken(&self, error: &reqwest::Error) -> Failure {
        if error.is_timeout() && !error.is_connect() {
            return Failure::Final(self.slow());
        }
        Failure::Passing(PrometheusError::Unreachable { server: self.server.clone(), reason: root_cause(error) }, None)
    }

    fn slow(&self) -> PrometheusError {
        PrometheusError::Slow { server: self.server.clone(), seconds: self.timeout.as_secs() }
    }
}

/// Whether a request that is answered so may succeed a little later.
fn may_pass(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

/// How long the server asks to wait.
fn pause(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse::<u32>().ok()?;
    Some(Duration::from_secs(u64::from(seconds)))
}

impl Collected {
    /// Takes the answer to one part.
    fn take(&mut self, answer: Answer, server: &str) -> Result<(), PrometheusError> {
        let unreadable = |reason: &str| PrometheusError::Unreadable {
            server: server.to_owned(),
            reason: format!("{reason}; is this the address of a Prometheus?"),
        };
        for remark in answer.remarks() {
            if self.warnings.len() < REMARKS_MAX && !self.warnings.contains(&remark) {
                self.warnings.push(remark);
            }
        }
        let data = answer.data.filter(|_| answer.status == "success").ok_or_else(|| unreadable("it has no result"))?;
        let [series] = &data.result[..] else {
            return match data.result.as_slice() {
                [] => Ok(()),
                several => Err(several_series(several.len(), several.iter().map(|series| &series.metric))),
            };
        };
        let Series { metric, values, histograms } = series;
        if values.is_empty() && histograms.is_some() {
            return Err(PrometheusError::Histograms);
        }
        match &self.labels {
            Some(before) if before != metric => return Err(several_series(2, [before, metric].into_iter())),
            _ => self.labels = Some(metric.clone()),
        }
        for (time_s, value) in values {
            let value: f64 = value.parse().map_err(|_| unreadable("a value is not a number"))?;
            let time_ms = (time_s * 1e3).round() as i64;
            if let Some(index) = self.grid.index(time_ms).filter(|_| value.is_finite()) {
                self.values[index] = value;
            }
        }
        Ok(())
    }

    /// From the first value to the last; `None` without any.
    fn finish(self) -> Option<RangeSeries> {
        let Self { grid, labels, mut values, warnings } = self;
        let first = values.iter().position(|value| !value.is_nan())?;
        let last = values.iter().rposition(|value| !value.is_nan())?;
        values.truncate(last + 1);
        values.drain(..first);
        let series = RegularSeries { start_ms: grid.time_ms(first), step_ms: grid.step_ms, values };
        Some(RangeSeries { labels: labels.unwrap_or_default(), series, warnings })
    }
}

fn several_series<'a>(count: usize, metrics: impl Iterator<Item = &'a BTreeMap<String, String>>) -> PrometheusError {
    PrometheusError::SeveralSeries { count, first: metrics.take(SERIES_SHOWN_MAX).map(labels).collect() }
}
