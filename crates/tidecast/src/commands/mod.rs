//! The command line: one file per verb, the same flags and exit codes everywhere.

pub mod format;
pub mod instant;
pub mod table;

mod analytics;
mod autoscale;
mod backtest;
mod check;
mod completions;
mod csv_options;
mod demo;
mod forecast;
mod ingest;
mod job_flags;
mod known_flags;
mod models;
mod page;
mod progress;
mod query;
mod run;
mod serve;
mod simulate;
mod target;
mod top;
mod train;

use crate::exit;
use clap::{Parser, Subcommand};
use std::io::IsTerminal;
use std::process::ExitCode;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Forecasting control loop for Kubernetes: time series in, forecasts with intervals out, one binary.
#[derive(Debug, Parser)]
#[command(name = "tidecast", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

const EXAMPLES: &str = "Examples:
  tidecast demo                                        ten real meters, live, on http://127.0.0.1:8080
  tidecast ingest meters.csv --store embedded:data     load a CSV into a store
  tidecast query 'power{device_id=~\"meter_.*\"}' --store embedded:data --from -7d --format csv
  tidecast backtest --input meters.csv --horizon 1d    how good would the forecasts have been?
  tidecast autoscale replay --input requests.csv       what would have scaling by forecast cost?
  tidecast run -f tidecast.yaml                        everything a configuration file asks for

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 input data, 4 store, 5 network or port.";

#[derive(Debug, Subcommand)]
enum Verb {
    Demo(demo::Args),
    Run(run::Args),
    Check(check::Args),
    Ingest(ingest::Args),
    Query(query::Args),
    Train(train::Args),
    Forecast(forecast::Args),
    Backtest(backtest::Args),
    Models(models::Args),
    Serve(serve::Args),
    Simulate(simulate::Args),
    Top(top::Args),
    Analytics(analytics::Args),
    Autoscale(autoscale::Args),
    Completions(completions::Args),
}

/// Runs the command line of this process to its end.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help and version are printed to standard output and are no error; wrong usage exits with 2.
        Err(error) => error.exit(),
    };
    start_logging(matches!(cli.verb, Verb::Run(_) | Verb::Serve(_)));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report(&anyhow::Error::new(error).context("the asynchronous runtime cannot start")),
    };
    let result = runtime.block_on(dispatch(cli.verb));
    // A detached computation (a model in training) must not delay the end.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error),
    }
}

async fn dispatch(verb: Verb) -> anyhow::Result<()> {
    match verb {
        Verb::Demo(args) => demo::run(args).await,
        Verb::Run(args) => run::run(args).await,
        Verb::Check(args) => check::run(args).await,
        Verb::Ingest(args) => ingest::run(args).await,
        Verb::Query(args) => query::run(args).await,
        Verb::Train(args) => train::run(args).await,
        Verb::Forecast(args) => forecast::run(args).await,
        Verb::Backtest(args) => backtest::run(args).await,
        Verb::Models(args) => models::run(args).await,
        Verb::Serve(args) => serve::run(args).await,
        Verb::Simulate(args) => simulate::run(args).await,
        Verb::Top(args) => top::run(args).await,
        Verb::Analytics(args) => analytics::run(&args),
        Verb::Autoscale(args) => autoscale::run(args).await,
        Verb::Completions(args) => completions::run(&args),
    }
}

/// Logs go to standard error: results on standard output stay clean. `RUST_LOG` overrides.
fn start_logging(long_running: bool) {
    let default = if long_running { LevelFilter::INFO } else { LevelFilter::WARN };
    let wanted = std::env::var("RUST_LOG").ok().and_then(|wanted| wanted.parse().ok());
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    let filter = wanted.unwrap_or_else(|| Targets::new().with_default(default));
    tracing_subscriber::registry().with(lines).with(filter).init();
}

fn report(error: &anyhow::Error) -> ExitCode {
    let broken_pipe = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    };
    if error.chain().any(broken_pipe) {
        // Whoever read our output (`| head`) has seen enough.
        return ExitCode::SUCCESS;
    }
    eprintln!("error: {error:#}");
    exit::code(error)
}
