//! `tidecast check`: is a configuration right, and with `--connect`, is everything there that it names?

mod probe;

use super::format::{Format, csv_cell, print};
use super::table::Table;
use crate::config::{
    AnalyticsKeys, Config, Environment, ForecastConfig, ProcessEnvironment, ServerConfig, SourceConfig, shown,
};
use std::path::{Path, PathBuf};
use tidecast_forecast::{models, select};

const EXAMPLES: &str = "Examples:
  tidecast check -f tidecast.yaml
  tidecast check -f tidecast.yaml --connect
  tidecast check -f tidecast.yaml --format json";

/// Find the mistakes of a configuration without running it
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Configuration file
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,

    /// Also try every file, directory and address that it names
    #[arg(long)]
    connect: bool,

    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let (config, parts) = check(&args.file, args.connect, &ProcessEnvironment).await?;
    print(&match args.format {
        Format::Table => table(&args.file, &parts, args.connect),
        Format::Json => format!("{:#}\n", serde_json::json!({ "configuration": config, "parts": rows(&parts) })),
        Format::Csv => csv(&parts),
    })?;
    let tried = parts.len();
    let mut failures = parts.into_iter().filter_map(|part| part.tried?.err());
    let Some(first) = failures.next() else { return Ok(()) };
    let failed = 1 + failures.count();
    Err(first.context(format!("{failed} of {tried} parts cannot run")))
}

/// One part of what would run.
struct Part {
    kind: &'static str,
    /// Its name in the configuration; empty where there is only one.
    name: String,
    does: String,
    /// What trying its endpoint gave; `None` when it was not tried, or has none.
    tried: Option<anyhow::Result<String>>,
}

/// Parses a configuration, lists what would run and, if asked to `connect`, tries the endpoints.
///
/// # Errors
/// When the configuration cannot be read or is wrong. What cannot be reached is in its part.
async fn check(path: &Path, connect: bool, environment: &dyn Environment) -> anyhow::Result<(Config, Vec<Part>)> {
    let config = Config::load(path, environment, &model_names())?;
    let mut parts = vec![Part {
        kind: "store",
        name: String::new(),
        does: store(&config),
        tried: connect.then(|| probe::store(&config.store)),
    }];
    if let Some(registry) = &config.registry {
        let tried = if connect { Some(probe::registry(registry).await) } else { None };
        parts.push(Part { kind: "registry", name: String::new(), does: format!("models in {registry}"), tried });
    }
    for (name, source) in &config.sources {
        let tried = if connect { Some(probe::source(source).await) } else { None };
        parts.push(Part { kind: "source", name: name.clone(), does: self::source(source), tried });
    }
    for (name, analytics) in &config.analytics {
        let AnalyticsKeys { input, window, by, measures, .. } = &analytics.keys;
        let by = if by.is_empty() { String::new() } else { format!(" by {}", by.join(" and ")) };
        let does = format!("{} measures of {input} in windows of {window}{by}", measures.0.len());
        parts.push(Part { kind: "analytics", name: name.clone(), does, tried: None });
    }
    for (name, forecast) in &config.forecasts {
        parts.push(Part { kind: "forecast", name: name.clone(), does: self::forecast(forecast), tried: None });
    }
    let tried = if connect { Some(probe::server(&config.server, environment).await) } else { None };
    parts.push(Part { kind: "server", name: String::new(), does: server(&config.server), tried });
    Ok((config, parts))
}

/// What `forecasts.*.model` may say.
pub(crate) fn model_names() -> Vec<&'static str> {
    let names = models::catalogue().iter().map(|model| model.name());
    std::iter::once(select::AUTO).chain(names).collect()
}

fn store(config: &Config) -> String {
    match config.retention {
        Some(retention) => format!("{}, samples kept {retention}", config.store),
        None => format!("{}, samples kept forever", config.store),
    }
}

fn source(source: &SourceConfig) -> String {
    let (path, options) = match source {
        SourceConfig::Csv { path, options } => (path, options),
        SourceConfig::HttpPoll(keys) => {
            return format!("http_poll {} every {}, as {}_*", shown(&keys.url), keys.every, keys.prefix);
        }
        SourceConfig::Push { .. } => return "push: POST /api/v1/sources/NAME/records".to_owned(),
        SourceConfig::RedisStream { redis, .. } => {
            let group = redis.group.as_ref().map_or_else(String::new, |group| format!(", shared by the group {group}"));
            return format!("redis_stream {} from {}{group}", redis.stream, redis.start);
        }
    };
    let series = options.series.as_ref().map_or_else(String::new, |series| format!(" as {series}"));
    let columns = options.columns.map_or_else(String::new, |columns| format!(", first {columns} columns"));
    format!("csv {path}{series}{columns}")
}

fn forecast(forecast: &ForecastConfig) -> String {
    let ForecastConfig { series, horizon, every, model, quantiles, refit, season, holidays, covariates } = forecast;
    let quantiles = quantiles.iter().map(f64::to_string).collect::<Vec<_>>().join(" ");
    let season = season.map_or_else(String::new, |season| format!(", season {season}"));
    let holidays = holidays.map_or_else(String::new, |country| format!(", holidays of {country}"));
    let covariates: String = covariates.iter().map(|covariate| format!(", with {covariate}")).collect();
    format!(
        "{series}: {horizon} ahead every {every}, model {model}, quantiles {quantiles}, refit every {refit}{season}{holidays}{covariates}"
    )
}

fn server(server: &ServerConfig) -> String {
    let visitors = if server.token_file.is_some() {
        "whoever has the token"
    } else if server.listen.ip().is_loopback() {
        "this machine only"
    } else {
        "anyone who reaches it"
    };
    format!("http://{}/ for {visitors}", server.listen)
}

impl Part {
    /// What trying its endpoint gave, in words.
    fn result(&self) -> String {
        match &self.tried {
            None => "-".to_owned(),
            Some(Ok(found)) => format!("ok: {found}"),
            Some(Err(error)) => format!("failed: {error:#}"),
        }
    }
}

fn table(path: &Path, parts: &[Part], connect: bool) -> String {
    let mut table = Table::new(if connect { &["part", "name", "does", "tried"] } else { &["part", "name", "does"] });
    for part in parts {
        let mut cells = vec![part.kind.to_owned(), part.name.clone(), part.does.clone()];
        if connect {
            cells.push(part.result());
        }
        table.row(cells);
    }
    format!("{}: no mistakes\n{table}", path.display())
}

fn csv(parts: &[Part]) -> String {
    let row = |part: &Part| {
        let cells = [part.kind, &part.name, &part.does, &part.result()].map(csv_cell);
        cells.join(",") + "\n"
    };
    std::iter::once("part,name,does,tried\n".to_owned()).chain(parts.iter().map(row)).collect()
}

fn rows(parts: &[Part]) -> Vec<serde_json::Value> {
    let row = |part: &Part| {
        let (reached, detail) = match &part.tried {
            None => (None, None),
            Some(Ok(found)) => (Some(true), Some(found.clone())),
            Some(Err(error)) => (Some(false), Some(format!("{error:#}"))),
        };
        serde_json::json!({"part": part.kind, "name": part.name, "does": part.does, "ok": reached, "detail": detail})
    };
    parts.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes `text` into a directory of its own and checks it with connections tried.
    async fn try_out(text: &str) -> (tempfile::TempDir, Vec<(&'static str, bool)>) {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("meters.csv"), "time;a;b\n2024-01-01 00:00;1;2\n2024-01-01 01:00;3;\n")
            .unwrap();
        let text = text.replace("DIR", &directory.path().display().to_string());
        let file = directory.path().join("tidecast.yaml");
        std::fs::write(&file, text).unwrap();
        let (_, parts) = check(&file, true, &ProcessEnvironment).await.unwrap();
        let results = parts.iter().filter_map(|part| Some((part.kind, part.tried.as_ref()?.is_ok()))).collect();
        (directory, results)
    }

    #[tokio::test]
    async fn everything_is_there() {
        let text = "store: embedded:DIR/new/store\nsources: {m: {preset: smart-meters, path: DIR/meters.csv}}\nserver: {listen: 127.0.0.1:0}\n";
        let (directory, results) = try_out(text).await;
        assert_eq!(results, [("store", true), ("source", true), ("server", true)]);
        let mut left: Vec<_> =
            std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["meters.csv", "tidecast.yaml"], "checking leaves nothing behind");
    }

    #[tokio::test]
    async fn nothing_is_there() {
        let occupied = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = occupied.local_addr().unwrap();
        let text = format!(
            "store: embedded:DIR/meters.csv\nsources: {{m: {{type: csv, path: DIR/absent.csv}}}}\nserver: {{listen: '{address}'}}\n"
        );
        let (_directory, results) = try_out(&text).await;
        assert_eq!(results, [("store", false), ("source", false), ("server", false)]);
    }

    #[tokio::test]
    async fn a_token_that_is_not_there() {
        let (_directory, results) = try_out("server: {listen: 127.0.0.1:0, token_file: DIR/absent}\n").await;
        assert_eq!(results.last(), Some(&("server", false)));
    }

    #[test]
    fn says_what_would_run() {
        let text = "sources: {m: {preset: smart-meters, path: a.csv}}\nforecasts: {next_day: {series: power, horizon: 1d}}\nretention: 2y\n";
        let config = Config::parse("f", text, &ProcessEnvironment, &["auto"]).unwrap();
        assert_eq!(store(&config), "embedded:./data, samples kept 2y");
        assert_eq!(source(&config.sources["m"]), "csv a.csv as power{device_id=\"$column\"}, first 10 columns");
        assert_eq!(
            forecast(&config.forecasts["next_day"]),
            "power: 1d ahead every 1m, model auto, quantiles 0.1 0.5 0.9, refit every 1d"
        );
        assert_eq!(server(&config.server), "http://127.0.0.1:8080/ for this machine only");
        // A query may hold a key.
        let text = "sources: {a: {type: http_poll, url: 'http://h:8000/metrics?key=hunter2'}}";
        let config = Config::parse("f", text, &ProcessEnvironment, &[]).unwrap();
        assert_eq!(source(&config.sources["a"]), "http_poll http://h:8000/metrics every 5s, as network_*");
        assert!(!serde_json::to_string(&config).unwrap().contains("hunter2"));
    }
}
