//! The rule itself: facts to replicas, with the reason.

use super::Policy;
use std::fmt;

/// What is known when a decision is made. Demand is in replicas: what one replica serves is 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Facts {
    /// Replicas there are.
    pub replicas: i32,
    /// Present demand; `None` where the metric is missing or stale, or what one replica serves is not known.
    pub present: Option<f64>,
    /// Replicas to step up to where what one serves is not known and those that are ready are saturated.
    pub saturated: Option<i32>,
    /// What the HPA would have at the policy's target.
    pub reactive: i32,
    /// What the forecast says.
    pub forecast: Forecast,
    /// Replicas that the calendar asks for.
    pub calendar: Option<i32>,
    /// The greatest utilisation that is predicted, where the policy has a threshold.
    pub utilisation: Option<f64>,
}

/// What the forecast says, and whether it may act.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Forecast {
    /// There is none yet.
    Unavailable,
    /// Reacting has been cheaper on the recent past: demand with the margin that reacting needs.
    Losing {
        /// Demand to be ready for.
        demand: f64,
        /// The quantile of past needs.
        quantile: f64,
    },
    /// It has been cheaper than reacting.
    Acting {
        /// Demand to be ready for.
        demand: f64,
        /// The quantile of past needs.
        quantile: f64,
        /// What it looks at.
        looks_at: &'static str,
    },
}

/// The rule that was binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Nothing is known about demand in replicas: nothing is taken away.
    Missing,
    /// It is more than ready replicas serve, by an amount that is not known.
    Saturated,
    /// Present demand.
    Reactive,
    /// Expected demand.
    Forecast,
    /// The calendar.
    Calendar,
    /// A predicted utilisation above the threshold.
    Threshold,
    /// The fewest replicas.
    Minimum,
    /// The most replicas.
    Maximum,
    /// Stabilisation: fewer were asked for, but more a short while ago, or the other way round.
    Stabilization,
    /// The rate at which replicas may be added or taken away.
    Rate,
}

impl Rule {
    /// A short name, for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Saturated => "saturated",
            Self::Reactive => "reactive",
            Self::Forecast => "forecast",
            Self::Calendar => "calendar",
            Self::Threshold => "threshold",
            Self::Minimum => "minimum",
            Self::Maximum => "maximum",
            Self::Stabilization => "stabilization",
            Self::Rate => "rate",
        }
    }
}

/// How many replicas, and why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision {
    /// How many there should be now.
    pub replicas: i32,
    /// What reacting to present demand asks for; as many as there are where demand is not known.
    pub reactive: i32,
    /// What the forecast asks for, where it may act.
    pub predicted: Option<i32>,
    /// The quantile of past needs that it covers.
    pub quantile: Option<f64>,
    /// The rule that was binding.
    pub rule: Rule,
    /// Why, for people.
    pub reason: Reason,
}

/// Why a decision is what it is; displays as a sentence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reason {
    pub(super) rule: Rule,
    pub(super) facts: Facts,
    /// What was asked for before limits and rates.
    pub(super) wanted: i32,
    /// What is left of it.
    pub(super) decided: i32,
}

/// Decides: the most that present demand, the forecast, the calendar and the threshold ask for, within the limits.
#[must_use]
pub fn decide(policy: &Policy, facts: &Facts) -> Decision {
    let Some(present) = facts.present else {
        return missing(policy, facts);
    };
    let (reactive, predicted, quantile) = match facts.forecast {
        Forecast::Unavailable => (facts.reactive, None, None),
        Forecast::Losing { demand, quantile } if policy.violation_budget.is_some() => {
            (whole(demand.max(present)), None, Some(quantile))
        }
        Forecast::Losing { quantile, .. } => (facts.reactive, None, Some(quantile)),
        Forecast::Acting { demand, quantile, .. } => {
            let reactive = if policy.violation_budget.is_some() { whole(present) } else { facts.reactive };
            (reactive, Some(whole(demand)), Some(quantile))
        }
    };
    let (mut wanted, mut rule) = (reactive, Rule::Reactive);
    let step_up = policy.threshold.zip(facts.utilisation).filter(|(threshold, predicted)| predicted > threshold);
    let step_up = step_up.map(|_| facts.replicas.saturating_add(1));
    for (asked, asking) in [(predicted, Rule::Forecast), (facts.calendar, Rule::Calendar), (step_up, Rule::Threshold)] {
        if let Some(asked) = asked.filter(|asked| *asked > wanted) {
            (wanted, rule) = (asked, asking);
        }
    }
    limited(policy, facts, wanted, rule, (reactive, predicted, quantile))
}

/// Without evidence replicas are added where the calendar says so, or where all are saturated, and never taken away.
fn missing(policy: &Policy, facts: &Facts) -> Decision {
    let (mut wanted, mut rule) = (facts.replicas, Rule::Missing);
    for (asked, asking) in [(facts.calendar, Rule::Calendar), (facts.saturated, Rule::Saturated)] {
        if let Some(asked) = asked.filter(|asked| *asked > wanted) {
            (wanted, rule) = (asked, asking);
        }
    }
    limited(policy, facts, wanted, rule, (facts.replicas, None, None))
}

fn limited(
    policy: &Policy,
    facts: &Facts,
    wanted: i32,
    rule: Rule,
    (reactive, predicted, quantile): (i32, Option<i32>, Option<f64>),
) -> Decision {
    let (replicas, rule) = if wanted < policy.min_replicas {
        (policy.min_replicas, Rule::Minimum)
    } else if wanted > policy.max_replicas {
        (policy.max_replicas, Rule::Maximum)
    } else {
        (wanted, rule)
    };
    let reason = Reason { rule, facts: *facts, wanted, decided: replicas };
    Decision { replicas, reactive, predicted, quantile, rule, reason }
}

/// Replicas that serve a demand.
fn whole(demand: f64) -> i32 {
    // Truncated at the ends by the conversion. Demand that is an integer but for rounding needs no further replica.
    (demand - 1e-9).ceil().max(0.0) as i32
}

/// What is said where present demand is not known.
const UNKNOWN: &str = "How many replicas demand fills is not known";

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Facts { replicas, present, forecast, calendar, utilisation, .. } = self.facts;
        let Self { wanted, decided, .. } = *self;
        match self.rule {
            Rule::Missing => return write!(out, "{UNKNOWN}: {replicas} stay, none is taken away."),
            Rule::Saturated => {
                return write!(
                    out,
                    "What one replica serves is not known yet, and those that are ready are saturated: {wanted} are asked for, up from {replicas}."
                );
            }
            Rule::Calendar => return write!(out, "The calendar asks for {} replicas now.", calendar.unwrap_or(wanted)),
            Rule::Threshold => {
                let percent = 100.0 * utilisation.unwrap_or_default();
                return write!(
                    out,
                    "A utilisation of {percent:.0} % is predicted, above the threshold: one replica more."
                );
            }
            _ => {}
        }
        match present {
            Some(present) => {
                write!(out, "Present demand fills {present:.1} replicas")?;
                forecast.explain(out, wanted)
            }
            None => out.write_str(UNKNOWN),
        }?;
        match self.rule {
            Rule::Minimum => write!(out, "; the minimum is more"),
            Rule::Maximum => write!(out, "; {wanted} would be needed, which is above the maximum"),
            Rule::Stabilization if decided < wanted => {
                write!(out, "; {wanted} are wanted, but fewer would have done within the last minutes")
            }
            Rule::Stabilization => write!(out, "; {wanted} would do, but more were needed within the last minutes"),
            Rule::Rate => write!(out, "; {wanted} are wanted, as fast as the rate of scaling allows"),
            _ => Ok(()),
        }?;
        out.write_str(".")
    }
}

impl Forecast {
    /// What it has to do with the decision.
    fn explain(&self, out: &mut fmt::Formatter<'_>, wanted: i32) -> fmt::Result {
        match self {
            Self::Unavailable => {
                write!(out, "; there is no forecast yet, so the target utilisation decides: {wanted}")
            }
            Self::Losing { demand, quantile } => write!(
                out,
                "; no forecast has been cheaper lately than reacting, whose margin to {demand:.1} has covered {:.2} % of the past",
                100.0 * quantile
            ),
            Self::Acting { demand, quantile, looks_at } => write!(
                out,
                "; {demand:.1} are to be ready for before new ones could be, which has covered {:.2} % of the past (from {looks_at})",
                100.0 * quantile
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FACTS: Facts = Facts {
        replicas: 5,
        present: Some(3.2),
        saturated: None,
        reactive: 5,
        forecast: Forecast::Unavailable,
        calendar: None,
        utilisation: None,
    };

    fn acting(demand: f64) -> Forecast {
        Forecast::Acting { demand, quantile: 0.999, looks_at: "the last hour" }
    }

    #[test]
    fn the_most_that_is_asked_for_decides() {
        let adding = Policy { max_replicas: 20, ..Policy::default() };
        let budget = Policy { violation_budget: Some(0.001), ..adding.clone() };
        let threshold = Policy { threshold: Some(0.85), ..adding.clone() };
        let losing = Forecast::Losing { demand: 4.4, quantile: 0.999 };
        let cases = [
            (&adding, FACTS, 5, Rule::Reactive),
            (&adding, Facts { forecast: acting(7.1), ..FACTS }, 8, Rule::Forecast),
            (&adding, Facts { forecast: acting(2.0), ..FACTS }, 5, Rule::Reactive),
            (&adding, Facts { forecast: losing, ..FACTS }, 5, Rule::Reactive),
            (&budget, FACTS, 5, Rule::Reactive),
            (&budget, Facts { forecast: acting(3.5), ..FACTS }, 4, Rule::Reactive),
            (&budget, Facts { forecast: acting(4.5), ..FACTS }, 5, Rule::Forecast),
            (&budget, Facts { forecast: acting(1.0), ..FACTS }, 4, Rule::Reactive),
            (&budget, Facts { forecast: losing, ..FACTS }, 5, Rule::Reactive),
            (&budget, Facts { forecast: acting(100.0), ..FACTS }, 20, Rule::Maximum),
            (&adding, Facts { calendar: Some(9), ..FACTS }, 9, Rule::Calendar),
            (&adding, Facts { calendar: Some(9), forecast: acting(11.0), ..FACTS }, 11, Rule::Forecast),
            (&threshold, Facts { utilisation: Some(0.86), ..FACTS }, 6, Rule::Threshold),
            (&threshold, Facts { utilisation: Some(0.85), ..FACTS }, 5, Rule::Reactive),
            (&adding, Facts { present: Some(0.0), reactive: 0, ..FACTS }, 1, Rule::Minimum),
            (&adding, Facts { present: None, reactive: 1, ..FACTS }, 5, Rule::Missing),
            (&adding, Facts { present: None, calendar: Some(7), ..FACTS }, 7, Rule::Calendar),
            (&adding, Facts { present: None, saturated: Some(8), ..FACTS }, 8, Rule::Saturated),
            (&adding, Facts { present: None, saturated: Some(8), calendar: Some(9), ..FACTS }, 9, Rule::Calendar),
            (&adding, Facts { present: None, saturated: Some(4), ..FACTS }, 5, Rule::Missing),
            (&adding, Facts { present: None, saturated: Some(99), ..FACTS }, 20, Rule::Maximum),
            (&adding, Facts { present: None, replicas: 50, ..FACTS }, 20, Rule::Maximum),
        ];
        for (policy, facts, replicas, rule) in cases {
            let decision = decide(policy, &facts);
            assert_eq!((decision.replicas, decision.rule), (replicas, rule), "{facts:?}: {}", decision.reason);
        }
    }

    #[test]
    fn reasons_are_sentences() {
        let policy = Policy { violation_budget: Some(0.001), ..Policy::default() };
        let reason = decide(&policy, &Facts { forecast: acting(7.1), ..FACTS }).reason.to_string();
        let expected = "Present demand fills 3.2 replicas; 7.1 are to be ready for before new ones could be, \
                        which has covered 99.90 % of the past (from the last hour).";
        assert_eq!(reason, expected);
        let unknown = Facts { present: None, forecast: acting(7.1), ..FACTS };
        let reason = |facts| decide(&policy, &facts).reason.to_string();
        assert_eq!(reason(unknown), "How many replicas demand fills is not known: 5 stay, none is taken away.");
        let expected = "How many replicas demand fills is not known; 12 would be needed, which is above the maximum.";
        assert_eq!(reason(Facts { saturated: Some(12), ..unknown }), expected);
    }

    fn any_forecast() -> impl Strategy<Value = Forecast> {
        let demand = prop_oneof![any::<f64>(), 0.0..100.0_f64];
        prop_oneof![
            Just(Forecast::Unavailable),
            demand.clone().prop_map(|demand| Forecast::Losing { demand, quantile: 0.99 }),
            demand.prop_map(acting),
        ]
    }

    proptest! {
        #[test]
        fn limits_hold_and_missing_data_takes_nothing_away(
            replicas in 0..200_i32,
            present in proptest::option::of(prop_oneof![any::<f64>(), 0.0..100.0_f64]),
            saturated in proptest::option::of(any::<i32>()),
            reactive in any::<i32>(),
            forecast in any_forecast(),
            calendar in proptest::option::of(any::<i32>()),
            utilisation in proptest::option::of(any::<f64>()),
            min in 0..50_i32,
            more in 0..50_i32,
            budget in proptest::option::of(0.0001..0.5_f64),
        ) {
            let policy = Policy {
                min_replicas: min,
                max_replicas: (min + more).max(1),
                violation_budget: budget,
                threshold: Some(0.85),
                ..Policy::default()
            };
            let facts = Facts { replicas, present, saturated, reactive, forecast, calendar, utilisation };
            let decision = decide(&policy, &facts);
            prop_assert!((policy.min_replicas..=policy.max_replicas).contains(&decision.replicas));
            prop_assert!(decision.replicas > 0 || min == 0);
            if present.is_none() {
                prop_assert!(decision.replicas >= replicas.min(policy.max_replicas));
            }
            prop_assert!(!decision.reason.to_string().is_empty());
        }
    }
}
