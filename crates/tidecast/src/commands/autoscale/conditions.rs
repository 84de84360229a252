//! The conditions under which recorded demand is replayed, as flags that mean the same for every verb.

use std::str::FromStr;
use tidecast_autoscale::simulation::ReplaySettings;
use tidecast_core::duration::DurationMs;

/// Under which conditions.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Conditions")]
pub(super) struct ConditionFlags {
    /// Demand that one replica serves, in the unit of the demand [default: a fortieth of the peak]
    #[arg(long, value_name = "DEMAND", value_parser = capacity)]
    capacity: Option<f64>,

    /// Time from a pod's creation until it serves, the median
    #[arg(long, value_name = "DURATION", default_value = "180s", value_parser = duration)]
    startup: DurationMs,

    /// Age of a metric when it is read
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    lag: DurationMs,

    /// Share of time that demand may exceed what ready replicas serve, for example 0.125% or 0.00125
    #[arg(long, value_name = "SHARE", default_value = "0.125%", value_parser = budget)]
    budget: Share,

    /// Utilisation that an HPA which nobody tuned aims at, for example 70% or 0.7
    #[arg(long, value_name = "SHARE", default_value = "70%", value_parser = target)]
    target: Share,

    /// Fewest replicas
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(i32).range(0..))]
    min_replicas: i32,

    /// Most replicas [default: twice what the peak needs]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    max_replicas: Option<i32>,

    /// Seed of the start-up times of pods
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

impl ConditionFlags {
    /// The settings of a replay of what is called `name`.
    pub(super) fn settings(&self, name: &str) -> ReplaySettings {
        ReplaySettings {
            name: name.to_owned(),
            capacity: self.capacity,
            startup_seconds: self.startup.0 as f64 / 1_000.0,
            lag_seconds: self.lag.0 as f64 / 1_000.0,
            target: self.target.0,
            violation_budget: self.budget.0,
            min_replicas: self.min_replicas,
            max_replicas: self.max_replicas,
            seed: self.seed,
        }
    }
}

/// A share of a whole: `0.7` or `70%`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Share(f64);

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a share; write it as 70% or 0.7");
        let (number, unit) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
        let number: f64 = number.trim().parse().map_err(|_| wrong())?;
        if number.is_finite() { Ok(Self(number / unit)) } else { Err(wrong()) }
    }
}

fn budget(text: &str) -> Result<Share, String> {
    let share: Share = text.parse()?;
    if share.0 > 0.0 && share.0 < 1.0 {
        return Ok(share);
    }
    let percent = if text.ends_with('%') { "" } else { "; is a % sign missing?" };
    Err(format!("a budget lies between 0 and 1 (100%), for example 0.125% of the time{percent}"))
}

fn target(text: &str) -> Result<Share, String> {
    let share: Share = text.parse()?;
    if share.0 > 0.0 && share.0 <= 1.0 {
        return Ok(share);
    }
    Err("a target utilisation lies above 0, up to 1 (100%), for example 70% or 0.7".to_owned())
}

fn capacity(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|capacity| *capacity > 0.0 && f64::is_finite(*capacity)).ok_or_else(|| {
        "a capacity is above 0: the demand that one replica serves, in the unit of the demand, for example 125"
            .to_owned()
    })
}

fn duration(text: &str) -> Result<DurationMs, String> {
    // Nothing is a duration too, where something takes no time.
    if text == "0" || text == "0s" {
        return Ok(DurationMs(0));
    }
    text.parse::<DurationMs>().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_with_and_without_a_sign() {
        for (text, expected) in [("70%", 0.7), ("0.7", 0.7), ("0.125%", 0.001_25), ("1 %", 0.01)] {
            assert!(text.parse::<Share>().is_ok_and(|share| (share.0 - expected).abs() < 1e-12), "{text}");
        }
        for text in ["", "%", "much", "NaN", "inf%"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
        for text in ["0", "1", "1.5", "-0.1", "100%", "150%"] {
            assert!(budget(text).is_err(), "{text}");
        }
        assert!(budget("2").unwrap_err().contains("% sign"));
        assert!(target("70").is_err() && target("100%").is_ok());
        assert!(capacity("0").is_err() && capacity("-1").is_err() && capacity("nan").is_err());
        assert_eq!(duration("0s"), Ok(DurationMs(0)));
        assert_eq!(duration("3m"), Ok(DurationMs(180_000)));
    }
}
