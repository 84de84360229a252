//! `forecasts`: what is forecast, how far and how often.

use super::accepted::accepted;
use super::document::Section;
use super::problem::Problem;
use serde::{Deserialize, Serialize};
use tidecast_core::duration::DurationMs;
use tidecast_core::series::Selector;
use tidecast_forecast::holidays::Country;

/// One forecast of the series that a selector matches.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForecastConfig {
    /// Which series.
    pub series: Selector,
    /// How far ahead.
    pub horizon: DurationMs,
    /// How often a new forecast is made.
    #[serde(default = "default_every")]
    pub every: DurationMs,
    /// The model, or `auto` for the best one per series.
    #[serde(default = "default_model")]
    pub model: String,
    /// Quantile levels, ascending, each in (0, 1).
    #[serde(default = "default_quantiles")]
    pub quantiles: Vec<f64>,
    /// How often models are fitted anew.
    #[serde(default = "default_refit")]
    pub refit: DurationMs,
    /// The length of the season; found from the data where absent.
    pub season: Option<DurationMs>,
    /// The country whose public holidays the series keep, such as `GB`.
    pub holidays: Option<Country>,
    /// Series that help to forecast those, one a selector, such as a forecast temperature.
    #[serde(default)]
    pub covariates: Vec<Selector>,
}

fn default_every() -> DurationMs {
    DurationMs::MINUTE
}

fn default_model() -> String {
    "auto".to_owned()
}

fn default_quantiles() -> Vec<f64> {
    vec![0.1, 0.5, 0.9]
}

fn default_refit() -> DurationMs {
    DurationMs::DAY
}

pub(super) fn parse(section: &Section, models: &[&str], problems: &mut Vec<Problem>) -> Option<ForecastConfig> {
    section.require(&["series", "horizon"], problems);
    let forecast: ForecastConfig = section.decode(&[], problems)?;
    let before = problems.len();
    let durations = [("horizon", forecast.horizon), ("every", forecast.every), ("refit", forecast.refit)];
    for (key, duration) in durations.into_iter().chain(forecast.season.map(|season| ("season", season))) {
        if duration.0 <= 0 {
            problems.push(not_positive(section, key));
        }
    }
    if problems.len() == before {
        problems.extend(check_order(section, &forecast));
    }
    problems.extend(check_quantiles(&forecast.quantiles).map(|message| section.problem("quantiles", message)));
    if !models.contains(&forecast.model.as_str()) {
        let node = section.value("model").filter(|node| node.substituted);
        let written = if node.is_some() { "" } else { forecast.model.as_str() };
        let message = format!("{} is no model{}", section.shown("model"), accepted(written, models));
        problems.push(section.problem("model", message));
    }
    Some(forecast)
}

/// A positive duration directly under `section`, if written.
pub(super) fn positive_duration(section: &Section, key: &str, problems: &mut Vec<Problem>) -> Option<DurationMs> {
    let node = section.value(key).filter(|node| !node.is_null())?;
    let duration = node.text().and_then(|text| text.parse::<DurationMs>().ok());
    match duration {
        Some(duration) if duration.0 > 0 => return Some(duration),
        Some(_) => problems.push(not_positive(section, key)),
        None => {
            let shown = node.shown();
            let message = format!("expected a duration such as 15m, 1h30m, 1d or 2y, found {shown}");
            problems.push(section.problem(key, message));
        }
    }
    None
}

fn not_positive(section: &Section, key: &str) -> Problem {
    section.problem(key, format!("{} is no length of time; write one above 0, such as 15m or 1d", section.shown(key)))
}

/// What must not be longer than what, so that there is always a forecast of the present from a fitted model.
fn check_order(section: &Section, forecast: &ForecastConfig) -> Option<Problem> {
    let ForecastConfig { horizon, every, refit, .. } = *forecast;
    if every > horizon {
        let message = format!(
            "a forecast every {every} would leave gaps, since it reaches only {horizon} ahead; write at most {horizon}"
        );
        return Some(section.problem("every", message));
    }
    (refit < every).then(|| {
        let message = format!(
            "models cannot be fitted more often than forecasts are made, every {every}; write at least {every}"
        );
        section.problem("refit", message)
    })
}

fn check_quantiles(quantiles: &[f64]) -> Option<String> {
    if quantiles.is_empty() {
        return Some("at least one is needed, such as [0.1, 0.5, 0.9]".to_owned());
    }
    if let Some(level) = quantiles.iter().find(|level| !(**level > 0.0 && **level < 1.0)) {
        return Some(format!("{level} is no quantile; write numbers above 0 and below 1, such as 0.9"));
    }
    let (before, after) =
        quantiles.windows(2).map(|pair| (pair[0], pair[1])).find(|(before, after)| before >= after)?;
    Some(format!("{after} does not come after {before}; write them ascending, each once"))
}
