//! What is known ahead, end to end: a heated office over Easter, whose temperature forecast is in the store, is forecast by
//! a server, and by the command on the same store.

use crate::process::{Server, get, run, succeed, wait_for};
use std::fmt::Write;
use std::fs;
use std::path::Path;

const HOUR_S: i64 = 3_600;
/// 2023-06-26, a Monday; the readings end with Easter Sunday, so that the next day is a public holiday.
const START_S: i64 = 1_687_737_600;
const KNOWN: usize = 280 * 24;
const HORIZON: usize = 24;
const SEED: u64 = 1;

struct Site {
    /// Past and future.
    temperatures: Vec<f64>,
    loads: Vec<f64>,
}

impl Site {
    /// The first day that is not known is far colder than the days before.
    fn new() -> Self {
        println!("seed {SEED}");
        let mut state = SEED;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / f64::from(1 << 24)
        };
        let country: tidecast_forecast::holidays::Country = "GB".parse().unwrap();
        let mut level = 8.0;
        let (mut temperatures, mut loads) = (Vec::new(), Vec::new());
        for hour in 0..KNOWN + HORIZON {
            if hour % 24 == 0 {
                level = if hour == KNOWN { level - 12.0 } else { level + 0.3 * (8.0 - level) + 8.0 * (random() - 0.5) };
            }
            let day = (hour as f64 * std::f64::consts::TAU / 24.0).sin();
            let is_holiday = country.is_holiday((START_S + HOUR_S * hour as i64) * 1_000);
            let at_work = hour / 24 % 7 < 5 && !is_holiday && (8..18).contains(&(hour % 24));
            let temperature = level + 3.0 * day;
            temperatures.push(temperature);
            let office = if at_work { 60.0 } else { 0.0 };
            loads.push(100.0 + office + 4.0 * (14.0 - temperature).max(0.0) + 2.0 * random());
        }
        Self { temperatures, loads }
    }

    /// Mean absolute error of a forecast of the first day that is not known.
    fn error(&self, forecast: &[f64]) -> f64 {
        mean(&forecast.iter().zip(&self.loads[KNOWN..]).map(|(said, came)| (said - came).abs()).collect::<Vec<_>>())
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// A file of hourly values, the first of which is at an hour since the start.
fn write(folder: &Path, name: &str, from: usize, values: &[f64]) {
    let mut text = format!("time;{name}\n");
    for (hour, value) in (from..).zip(values) {
        writeln!(text, "{};{value}", START_S + HOUR_S * hour as i64).unwrap();
    }
    fs::write(folder.join(format!("{name}.csv")), text).unwrap();
}

/// Starts a server over the readings, with what it knows ahead.
fn serve(folder: &Path, store: &str, series: &str, known: &str) -> Server {
    let text = format!(
        "store: embedded:{store}\nsources:\n  load: {{type: csv, path: load.csv, series: power}}\n  \
         weather: {{type: csv, path: temperature.csv, series: temperature}}\n\
         forecasts: {{next_day: {{series: '{series}', horizon: 1d, every: 1s, model: ridge{known}}}}}\n\
         server: {{listen: 127.0.0.1:0}}\n"
    );
    fs::write(folder.join("tidecast.yaml"), text).unwrap();
    Server::start(folder, &["run", "-f", "tidecast.yaml"])
}

fn median(forecast: &serde_json::Value) -> Option<Vec<f64>> {
    forecast["quantiles"][1].as_array()?.iter().map(serde_json::Value::as_f64).collect()
}

/// The newest forecast of a server.
fn forecast(server: &Server) -> Vec<f64> {
    let path = "/api/v1/forecasts?series=power&limit=1";
    wait_for("a forecast", || median(get(server, path)["forecasts"].as_array()?.last()?))
}

fn forecast_after(server: &Server, before: &[f64]) -> Vec<f64> {
    wait_for("another forecast", || Some(forecast(server)).filter(|now| now != before))
}

#[test]
fn a_forecast_follows_the_temperature_to_come_and_keeps_the_holiday() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let site = Site::new();
    let (past, future) = site.temperatures.split_at(KNOWN);
    write(folder, "load", 0, &site.loads[..KNOWN]);

    // The temperature is forecast for a quarter of the day at first: after that, the day before stands in for it.
    write(folder, "temperature", 0, &site.temperatures[..KNOWN + 6]);
    let server = serve(folder, "known", "{}", ", covariates: [temperature], holidays: GB");
    let short = forecast(&server);
    let forecast_series = get(&server, "/api/v1/models")["models"].as_array().unwrap().len();
    assert_eq!(forecast_series, 1, "a covariate is not forecast");
    let again: Vec<f64> = past[KNOWN - 18..].iter().map(|temperature| temperature + 0.01).collect();
    write(folder, "again", KNOWN + 6, &again);
    succeed(folder, &["ingest", "again.csv", "--series", "temperature", "--server", &server.url]);
    let stands_in = forecast_after(&server, &short);
    let apart = short.iter().zip(&stands_in).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(apart < 0.1, "{apart}");

    // The whole forecast arrives, with no new reading of the load; then one of a warmer day.
    write(folder, "cold", KNOWN, future);
    succeed(folder, &["ingest", "cold.csv", "--series", "temperature", "--server", &server.url]);
    let cold = forecast_after(&server, &stands_in);
    let warmer: Vec<f64> = future.iter().map(|temperature| temperature + 5.0).collect();
    write(folder, "warm", KNOWN, &warmer);
    succeed(folder, &["ingest", "warm.csv", "--series", "temperature", "--server", &server.url]);
    let warm = forecast_after(&server, &cold);
    let fell = mean(&cold) - mean(&warm);
    assert!((fell - 4.0 * 5.0).abs() < 4.0, "by {fell}");
    write(folder, "cold_after_all", KNOWN, future);
    succeed(folder, &["ingest", "cold_after_all.csv", "--series", "temperature", "--server", &server.url]);
    assert_eq!(forecast_after(&server, &warm), cold);
    assert_eq!(server.interrupt().code(), Some(0));

    write(folder, "temperature", 0, past);
    let server = serve(folder, "unknown", "power", "");
    let plain = forecast(&server);
    assert_eq!(server.interrupt().code(), Some(0));
    let (with, without) = (site.error(&cold), site.error(&plain));
    assert!(5.0 * with < without, "{with} instead of {without}");

    // On the same store the command knows the same, and a champion that was fitted to know it answers nothing else.
    let command = ["forecast", "power", "--store", "embedded:known", "--model", "ridge", "--format", "json"];
    let said = |more: &[&str]| {
        let text = succeed(folder, &[&command[..], more].concat());
        let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
        median(&answer["forecasts"][0]).unwrap()
    };
    let known = ["--covariate", "temperature", "--holidays", "GB"];
    assert_eq!(said(&known), cold);
    assert_eq!(said(&[]), plain);
    let fitted_anew = site.error(&said(&known));
    assert!(5.0 * fitted_anew < without, "{fitted_anew} instead of {without}");

    let absent = run(folder, &[&command[..], &["--covariate", "humidity"]].concat());
    assert!(String::from_utf8_lossy(&absent.stderr).contains("humidity"), "a covariate that is not there is named");
}
