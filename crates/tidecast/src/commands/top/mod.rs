//! `tidecast top`: what a running server does, live in a terminal or printed once.

mod app;
mod panel;
mod screen;
mod terminal;

use super::format::{Format, csv_cell, print};
use super::instant;
use super::target::client_token;
use crate::exit::UsageError;
use crate::runtime::live::Status;
use app::App;
use panel::{Panel, Time, panels};
use std::fmt::Write;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;
use tidecast_connect::http::RemoteStore;
use tidecast_core::duration::DurationMs;

/// Times as they are printed.
const WHOLE: Time = |ms, _now_ms| instant::format(ms);

/// Asking more often would show nothing new.
const FASTEST_MS: i64 = 100;

const EXAMPLES: &str =
    "Keys: q, Esc or Ctrl-C end; Tab and arrows choose a panel and a row; p pauses; + and - change the interval.

Examples:
  tidecast top
  tidecast top --server http://127.0.0.1:8000 --interval 5s
  tidecast top --once --format json | jq .analytics";

/// Watch sources, analytics and forecasts of a running server
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Running tidecast to watch (its token in TIDECAST_TOKEN or --token-file)
    #[arg(
        long,
        value_name = "URL",
        env = "TIDECAST_SERVER",
        hide_env_values = true,
        default_value = "http://127.0.0.1:8080"
    )]
    server: String,

    /// File with the server's bearer token
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,

    /// How often the server is asked
    #[arg(long, value_name = "DURATION", default_value = "1s")]
    interval: DurationMs,

    /// Print what there is now and end, as it does when standard output is no terminal
    #[arg(long)]
    once: bool,

    /// Output format of --once [default: table]
    #[arg(long, value_enum)]
    format: Option<Format>,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    if args.interval.0 < FASTEST_MS {
        return Err(UsageError(format!("--interval must be {} or longer", DurationMs(FASTEST_MS))).into());
    }
    let server = RemoteStore::new(&args.server, client_token(args.token_file.as_ref())?.as_ref())?;
    if args.once || args.format.is_some() || !std::io::stdout().is_terminal() {
        let status: Status = server.status().await?;
        return Ok(print(&printed(&status, args.format.unwrap_or_default())?)?);
    }
    let interval = Duration::from_millis(args.interval.0.unsigned_abs());
    terminal::watch(server, App::new(args.server, interval)).await
}

fn printed(status: &Status, format: Format) -> serde_json::Result<String> {
    let mut text = String::new();
    match format {
        Format::Json => text = serde_json::to_string(status)? + "\n",
        Format::Csv => {
            text += "panel,name,figure,value\n";
            for Panel { title, header, rows, .. } in panels(status, WHOLE) {
                for row in &rows {
                    for (figure, cell) in header.iter().zip(row).skip(1) {
                        let _infallible = writeln!(text, "{title},{},{figure},{}", csv_cell(&row[0]), csv_cell(cell));
                    }
                }
            }
        }
        Format::Table => {
            let _infallible = writeln!(text, "{}", app::summary(status));
            for panel in panels(status, WHOLE).iter().filter(|panel| !panel.rows.is_empty()) {
                let _infallible = write!(text, "\n{}\n{}", panel.title, panel.table());
            }
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
