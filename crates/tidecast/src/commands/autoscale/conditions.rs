//! The conditions under which recorded demand is replayed, as flags that mean the same for every verb.

use crate::config::{ConfigError, PolicyConfig, ProcessEnvironment, Share};
use std::path::PathBuf;
use tidecast_autoscale::simulation::ReplaySettings;
use tidecast_core::duration::DurationMs;

/// Under which conditions.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Conditions")]
pub(super) struct ConditionFlags {
    /// Demand that one replica serves, in the unit of the demand [default: a fortieth of the peak]
    #[arg(long, value_name = "DEMAND", value_parser = capacity)]
    capacity: Option<f64>,

    /// Let the policy measure what a replica serves from CPU, instead of knowing it
    #[arg(long)]
    measure_capacity: bool,

    /// Time from a pod's creation until it serves, the median
    #[arg(long, value_name = "DURATION", default_value = "180s", value_parser = duration)]
    startup: DurationMs,

    /// Age of a metric when it is read
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    lag: DurationMs,

    /// Your own policy, a YAML file: limits, target, budget, calendar and behavior; flags go before its keys
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,

    /// Share of time that demand may exceed what ready replicas serve, as 0.08% or 0.0008 [default: 0.08%]
    #[arg(long, value_name = "SHARE", value_parser = budget)]
    budget: Option<Share>,

    /// Utilisation that an HPA which nobody tuned aims at, for example 70% or 0.7 [default: 70%]
    #[arg(long, value_name = "SHARE", value_parser = target)]
    target: Option<Share>,

    /// Fewest replicas [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    min_replicas: Option<i32>,

    /// Most replicas [default: twice what the peak needs]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    max_replicas: Option<i32>,

    /// Seed of the start-up times of pods
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

impl ConditionFlags {
    /// The settings of a replay, but for its name: flags, then the policy, then what is usual.
    ///
    /// # Errors
    /// If the policy cannot be read or is wrong.
    pub(super) fn settings(&self) -> Result<ReplaySettings, ConfigError> {
        let policy = match &self.policy {
            Some(path) => PolicyConfig::load(path, &ProcessEnvironment)?,
            None => PolicyConfig::default(),
        };
        let usual = ReplaySettings::default();
        Ok(ReplaySettings {
            capacity: self.capacity,
            measured_capacity: self.measure_capacity,
            startup_seconds: self.startup.0 as f64 / 1_000.0,
            lag_seconds: self.lag.0 as f64 / 1_000.0,
            target: self.target.map(|share| share.0).or(policy.target).unwrap_or(usual.target),
            violation_budget: self
                .budget
                .map(|share| share.0)
                .or(policy.violation_budget)
                .unwrap_or(usual.violation_budget),
            min_replicas: self.min_replicas.or(policy.min_replicas).unwrap_or(usual.min_replicas),
            max_replicas: self.max_replicas.or(policy.max_replicas),
            calendar: policy.calendar,
            behavior: policy.behavior,
            seed: self.seed,
            ..usual
        })
    }
}

fn budget(text: &str) -> Result<Share, String> {
    let share: Share = text.parse()?;
    if share.0 > 0.0 && share.0 < 1.0 {
        return Ok(share);
    }
    let percent = if text.ends_with('%') { "" } else { "; is a % sign missing?" };
    Err(format!("a budget lies between 0 and 1 (100%), for example 0.08% of the time{percent}"))
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
    fn flags_are_held_to_what_makes_sense() {
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
