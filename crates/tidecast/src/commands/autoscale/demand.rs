//! Where the demand comes from: a file, or a query to Prometheus.

use super::lines;
use crate::commands::instant;
use crate::commands::progress;
use crate::config::{Environment, ProcessEnvironment};
use crate::exit::{InputError, UsageError};
use crate::runtime::clock::SystemClock;
use std::path::{Path, PathBuf};
use tidecast_autoscale::trace::{Trace, TraceError, read_csv};
use tidecast_connect::http::Token;
use tidecast_connect::prometheus::{Prometheus, PrometheusAddress, PrometheusCredentials, PrometheusOptions};
use tidecast_core::duration::DurationMs;
use tidecast_core::ports::Clock;

/// The secrets of a Prometheus that does not let everybody in.
const TOKEN: &str = "TIDECAST_PROMETHEUS_TOKEN";
const PASSWORD: &str = "TIDECAST_PROMETHEUS_PASSWORD";

/// Whose demand.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Demand")]
pub(super) struct DemandFlags {
    /// CSV file with two columns, the time and the demand; plain or gzip
    #[arg(long, value_name = "FILE", required_unless_present = "from", conflicts_with = "from")]
    input: Option<PathBuf>,

    /// Prometheus to ask, prometheus://HOST:9090 (prometheus+https:// for TLS)
    #[arg(long, value_name = "URL", requires = "query")]
    from: Option<String>,

    /// What to ask it, one series: 'sum(rate(http_requests_total[1m]))'
    #[arg(long, value_name = "PROMQL", requires = "from", conflicts_with = "input")]
    query: Option<String>,

    /// How many days of it
    #[arg(long, value_name = "N", default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=730))]
    days: u16,

    /// Distance between its values
    #[arg(long, value_name = "DURATION", default_value = "60s")]
    step: DurationMs,

    /// Where these days end: a time, or a duration before now such as -1d
    #[arg(long, value_name = "TIME", default_value = "now", allow_hyphen_values = true)]
    until: String,

    /// File with its bearer token, which may also be in TIDECAST_PROMETHEUS_TOKEN
    #[arg(long, value_name = "FILE", requires = "from", conflicts_with = "user")]
    token_file: Option<PathBuf>,

    /// Its user, with the password in TIDECAST_PROMETHEUS_PASSWORD or --password-file
    #[arg(long, value_name = "NAME", requires = "from")]
    user: Option<String>,

    /// File with the password of --user
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,
}

impl DemandFlags {
    /// What the demand is called, and the demand.
    pub(super) async fn read(&self) -> anyhow::Result<(String, Trace)> {
        match (&self.input, &self.from, &self.query) {
            (Some(path), _, _) => {
                let file = path.clone();
                let trace = tokio::task::spawn_blocking(move || read_file(&file)).await??;
                let name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
                Ok((name.into_owned(), trace))
            }
            (None, Some(server), Some(query)) => Ok((query.clone(), self.ask(server, query).await?)),
            _ => Err(UsageError("give --input FILE, or --from URL with --query".to_owned()).into()),
        }
    }

    async fn ask(&self, server: &str, query: &str) -> anyhow::Result<Trace> {
        let until_ms = instant::parse(&self.until, SystemClock.now_ms()).map_err(UsageError)?;
        let credentials = self.credentials()?;
        let options = PrometheusOptions { credentials, ..PrometheusOptions::new(PrometheusAddress::parse(server)?) };
        let from_ms = until_ms - i64::from(self.days) * DurationMs::DAY.0;
        let spinner = progress::spinner("asking Prometheus");
        let answer = Prometheus::new(options)?.query_range(query, from_ms, until_ms, self.step).await;
        spinner.finish_and_clear();
        let answer = answer?;
        let step_ms = answer.series.step_ms;
        let times = (0..).map(|step| answer.series.start_ms + step * step_ms);
        let times: Vec<i64> = times.take(answer.series.values.len()).collect();
        let mut trace = Trace::from_samples(&times, &answer.series.values)?;
        trace.notes.extend(answer.warnings.into_iter().map(|warning| format!("Prometheus remarks: {warning}")));
        Ok(trace)
    }

    fn credentials(&self) -> anyhow::Result<Option<PrometheusCredentials>> {
        if let Some(user) = &self.user {
            let password = secret("--password-file", self.password_file.as_deref(), PASSWORD)?;
            let missing =
                || UsageError(format!("--user {user} needs a password: set {PASSWORD}, or give --password-file"));
            return Ok(Some(PrometheusCredentials::basic(user, &password.ok_or_else(missing)?)?));
        }
        let Some(token) = secret("--token-file", self.token_file.as_deref(), TOKEN)? else { return Ok(None) };
        let token = Token::new(&token).map_err(|error| UsageError(format!("the token for Prometheus: {error}")))?;
        Ok(Some(PrometheusCredentials::token(token)))
    }
}

/// What a file holds, or else an environment variable.
fn secret(flag: &str, file: Option<&Path>, variable: &str) -> Result<Option<String>, UsageError> {
    let Some(path) = file else { return Ok(ProcessEnvironment.variable(variable)) };
    let text = ProcessEnvironment.file(path);
    text.map(Some).map_err(|error| UsageError(format!("{flag} {} cannot be read: {error}", path.display())))
}

/// The demand in a file.
///
/// # Errors
/// If it cannot be read: with how it should look.
pub(in crate::commands) fn read_file(path: &Path) -> Result<Trace, InputError> {
    let shown = path.display();
    let reader = lines::open(path).map_err(|error| InputError(format!("{shown} cannot be read: {error}")))?;
    read_csv(reader).map_err(|error| {
        let kind = match &error {
            TraceError::Columns { .. } | TraceError::Malformed { .. } => {
                "\nA trace looks like this:\n  ts,requests\n  1628640000,39.7\n  1628640060,41.2"
            }
            _ => "",
        };
        InputError(format!("{shown}: {error}{kind}"))
    })
}
