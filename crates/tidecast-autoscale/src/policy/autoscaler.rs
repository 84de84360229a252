//! One workload over time: readings of demand become facts, facts a decision, and the decision is held to limits and rates.

use super::capacity::{Known, Stretch};
use super::decision::Reason;
use super::readiness::Readiness;
use super::{Calendar, Capacity, Decision, Facts, Forecast, LeadTime, Policy, PolicyError, Rule, decide};
use crate::demand::{DemandPlanner, Source};
use crate::hpa::behavior::{AbleToScale, Limiting};
use crate::hpa::{Branch, ControllerSettings, ReplicaCalculator, Scaler, ScalerSettings, Tolerances};
use std::collections::VecDeque;

const MINUTE_MS: i64 = 60_000;

/// The budget that margins are measured for where the policy declares none.
const USUAL_BUDGET: f64 = 0.001;

/// A reading older than this tells nothing about present demand.
pub(crate) const STALE_MS: i64 = 5 * MINUTE_MS;

/// Of a hole in the readings that is longer, whole weeks are left out: the time of the week stays right.
const HOLE_MINUTES_MAX: i64 = 7 * 1_440;

/// Minutes that are kept for the forecast until the capacity is known, the newest: a week.
const WAITING_MAX: usize = 7 * 1_440;

/// The usual age of a reading, milliseconds, until there is one.
const USUAL_AGE_MS: i64 = 30_000;

/// What a forecast may cost beyond the target, where the policy has no budget: as a share of what the target costs.
const EXTRA: f64 = 0.03;

/// How much of it can be saved up: what accrues in a day of decisions every 15 s.
const SAVED_SYNCS: f64 = 4.0 * 1_440.0;

/// How long replicas for present demand stay where a plan decides: readings flicker.
const HOLD_SECONDS: f64 = 60.0;

/// For how many decisions the allowance has to last at once: as long as a forecast holds.
const HELD_SYNCS: u32 = 20;

/// Readings are in thousandths of thousandths of a replica, so that whole numbers are precise enough.
const MICRO: f64 = 1e6;

/// What is seen of a workload at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading<'a> {
    /// The moment, milliseconds since the epoch. Never earlier than the last.
    pub now_ms: i64,
    /// Replicas there are, ready or not.
    pub replicas: i32,
    /// How many of them serve.
    pub ready: i32,
    /// Total demand, and the end of the time over which it was measured; `None` where it cannot be read.
    pub demand: Option<(f64, i64)>,
    /// Mean CPU usage of the ready replicas, as a share of their request, over the stretch of time that demand was measured
    /// over. Nothing but a capacity that is to be measured needs it.
    pub usage: Option<f64>,
    /// Predicted utilisations, for a policy with a threshold.
    pub utilisation: &'a [f64],
}

/// The autoscaling of one workload.
#[derive(Clone, Debug)]
pub struct Autoscaler {
    policy: Policy,
    capacity: Known,
    readiness: Readiness,
    calendar: Calendar,
    /// `None` where no forecast is asked for.
    planner: Option<DemandPlanner>,
    lead_time: LeadTime,
    /// Minutes that the planner has not been told of, as the capacity is not known; NaN where they are missing.
    waiting: VecDeque<f32>,
    /// The minute that readings fall into, and the greatest of them.
    open: Option<(i64, f64)>,
    /// The last minute that the planner was told of.
    closed: Option<i64>,
    /// The newest reading, and its time.
    newest: Option<(f64, i64)>,
    /// In how many readings of the open minute demand exceeded what ready replicas serve, and how many there were.
    violated: (u32, u32),
    /// The HPA at the target, as if it alone had decided: its limits, and its replicas.
    reactive: (Scaler, i32),
    /// Limits and rates of what is decided here.
    scaler: Scaler,
    calculator: ReplicaCalculator,
    /// Replicas that the forecast may still add, summed over decisions.
    allowance: f64,
    /// How many it may add at once, and for how many more decisions that stands.
    grant: (f64, u32),
}

impl Autoscaler {
    /// For a workload of which one replica serves `capacity`, where that is given, and typically takes `startup_seconds` to
    /// start.
    ///
    /// # Errors
    /// Whatever is wrong with the policy, or the capacity.
    pub fn new(policy: Policy, capacity: Capacity, startup_seconds: f64) -> Result<Self, PolicyError> {
        policy.check()?;
        let controller = ControllerSettings::default();
        let settings = ScalerSettings {
            min_replicas: Some(policy.min_replicas),
            max_replicas: policy.max_replicas,
            behavior: policy.behavior.clone(),
            downscale_stabilization_seconds: controller.downscale_stabilization_seconds,
        };
        let lead_time = LeadTime::new(startup_seconds);
        Ok(Self {
            capacity: Known::new(capacity)?,
            readiness: Readiness::default(),
            calendar: Calendar::new(&policy.calendar)?,
            planner: Some(DemandPlanner::new(
                policy.violation_budget.unwrap_or(USUAL_BUDGET),
                minutes_ahead(USUAL_AGE_MS, &lead_time),
            )),
            lead_time,
            waiting: VecDeque::new(),
            open: None,
            closed: None,
            newest: None,
            violated: (0, 0),
            reactive: (Scaler::new(&settings), 0),
            scaler: Scaler::new(&ScalerSettings {
                // Both what the HPA would have and a plan hold for minutes by themselves, unless the behavior says how long.
                downscale_stabilization_seconds: if policy.violation_budget.is_some() { HOLD_SECONDS } else { 0.0 },
                ..settings
            }),
            calculator: ReplicaCalculator::new(
                &controller,
                Tolerances::of(controller.tolerance, policy.behavior.as_ref()),
            ),
            allowance: 0.0,
            grant: (0.0, 0),
            policy,
        })
    }

    /// The same without a forecast of its own: what it does is to react, and what predicted utilisations and the calendar
    /// ask for.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn reacting(policy: Policy, capacity: Capacity, startup_seconds: f64) -> Result<Self, PolicyError> {
        Ok(Self { planner: None, ..Self::new(policy, capacity, startup_seconds)? })
    }

    /// Takes the time that a replica took from its creation until it was ready.
    pub fn measure_startup(&mut self, seconds: f64) {
        self.lead_time.measure(seconds);
    }

    /// Takes the next minute of the past, its greatest demand; from outside, only before the first reading. `None` where it is
    /// missing.
    pub fn remember(&mut self, demand: Option<f64>) {
        let Some(planner) = &mut self.planner else { return };
        match self.capacity.value() {
            Some(capacity) => planner.observe(demand.map(|demand| demand / capacity)),
            None => {
                if self.waiting.len() == WAITING_MAX {
                    self.waiting.pop_front();
                }
                self.waiting.push_back(demand.map_or(f32::NAN, |demand| demand as f32));
            }
        }
    }

    /// What one replica serves, in the unit of the demand; `None` while it is not measured.
    #[must_use]
    pub fn capacity(&self) -> Option<f64> {
        self.capacity.value()
    }

    /// The demand that capacity is planned for, in the unit of the demand; `None` while there is no plan.
    #[must_use]
    pub fn planned_demand(&self) -> Option<f64> {
        let (plan, capacity) = (self.planner.as_ref()?.plan()?, self.capacity.value()?);
        Some(plan.demand * capacity)
    }

    /// One decision.
    pub fn step(&mut self, reading: &Reading<'_>) -> Decision {
        // What is no demand, or not of the past, is as good as none.
        let is_sound = |(demand, until_ms): &(f64, i64)| {
            demand.is_finite() && *demand >= 0.0 && (0..=reading.now_ms).contains(until_ms)
        };
        let reading = &Reading { demand: reading.demand.filter(is_sound), ..*reading };
        self.observe(reading);
        let present = self.newest.filter(|(_, until_ms)| reading.now_ms - until_ms <= STALE_MS);
        let present = present.map(|(demand, _)| demand).filter(|_| reading.demand.is_some());
        let (present, saturated) = match (present, self.capacity.value()) {
            (Some(demand), Some(capacity)) => (Some(demand / capacity), None),
            (Some(_), None) => (None, self.stretch(reading).and_then(|stretch| stretch.step_up(self.policy.target))),
            (None, _) => (None, None),
        };
        let seconds = reading.now_ms as f64 / 1_000.0;
        let reactive = self.react(seconds, reading.replicas, present);
        let facts = Facts {
            replicas: reading.replicas,
            present,
            saturated,
            reactive,
            forecast: self.forecast(reactive),
            calendar: self.calendar.min_replicas(reading.now_ms),
            utilisation: reading.utilisation.iter().copied().reduce(f64::max),
        };
        let decision = self.hold(seconds, reading.replicas, decide(&self.policy, &facts));
        // What others ask for is not charged to the forecast.
        let others = decision.reactive.max(facts.calendar.unwrap_or(0)).max(self.policy.min_replicas);
        let added = decision.predicted.map_or(0, |predicted| predicted.min(decision.replicas) - others);
        self.allowance -= f64::from(added.max(0));
        decision
    }

    /// Gathers readings into minutes. A reading counts for the minute in which it ends.
    fn observe(&mut self, reading: &Reading<'_>) {
        self.readiness.record(reading.now_ms, reading.ready);
        let Some((demand, until_ms)) = reading.demand else { return };
        if self.newest.is_some_and(|(_, newest)| until_ms <= newest) {
            return;
        }
        self.measure(reading);
        self.newest = Some((demand, until_ms));
        let minute = (until_ms - 1).div_euclid(MINUTE_MS);
        let age_ms = reading.now_ms - until_ms;
        match self.open {
            Some((open, greatest)) if open == minute => self.open = Some((minute, greatest.max(demand))),
            Some((open, greatest)) => {
                self.close(age_ms, open, greatest);
                self.open = Some((minute, demand));
            }
            None => self.open = Some((minute, demand)),
        }
        if let Some(closed) = self.closed {
            let hole = minute - closed - 1;
            let told = if hole > HOLE_MINUTES_MAX { HOLE_MINUTES_MAX + hole % HOLE_MINUTES_MAX } else { hole };
            (0..told).for_each(|_| self.remember(None));
            self.closed = Some(minute - 1);
        }
        if let (Some(ready), Some(capacity)) = (self.readiness.at(until_ms), self.capacity.value()) {
            let (violated, of) = &mut self.violated;
            *violated += u32::from(demand > f64::from(ready) * capacity * (1.0 + 1e-9));
            *of += 1;
        }
        // No other reading ends in this minute.
        if until_ms.rem_euclid(MINUTE_MS) == 0
            && let Some((minute, greatest)) = self.open.take()
        {
            self.close(age_ms, minute, greatest);
        }
    }

    fn close(&mut self, age_ms: i64, minute: i64, greatest: f64) {
        self.closed = Some(minute);
        let ahead = minutes_ahead(age_ms, &self.lead_time);
        let (violated, of) = std::mem::take(&mut self.violated);
        if let Some(planner) = &mut self.planner {
            planner.look_ahead(ahead);
            // Without a budget the forecast only adds: what is violated is the target's doing.
            if of > 0 && self.policy.violation_budget.is_some() {
                planner.account(f64::from(violated) / f64::from(of));
            }
        }
        self.remember(Some(greatest));
    }

    /// Learns what a replica serves. Once that is known, the planner is told of all that waited for it.
    fn measure(&mut self, reading: &Reading<'_>) {
        if let Some(stretch) = self.stretch(reading) {
            self.capacity.learn(&stretch);
        }
        if self.capacity.value().is_some() {
            std::mem::take(&mut self.waiting).into_iter().for_each(|demand| self.remember(Some(f64::from(demand))));
        }
    }

    /// The time over which demand was measured: replicas are those that were ready then, not those of now.
    fn stretch(&self, reading: &Reading<'_>) -> Option<Stretch> {
        let (demand, until_ms) = reading.demand?;
        let ready = self.readiness.at(until_ms)?;
        Some(Stretch { until_ms, demand, ready, usage: reading.usage.unwrap_or(f64::NAN) })
    }

    /// What the HPA would have at the target.
    fn react(&mut self, seconds: f64, replicas: i32, present: Option<f64>) -> i32 {
        let (scaler, current) = &mut self.reactive;
        // Without a capacity it has nothing to go by, and goes along.
        if *current == 0 || self.capacity.value().is_none() {
            *current = replicas;
        }
        let step = match present {
            Some(present) => {
                let proposal = self.calculator.external_per_pod_replicas(
                    &[(present * MICRO) as i64],
                    *current,
                    (self.policy.target * MICRO) as i64,
                );
                match proposal {
                    Ok(proposal) => scaler.reconcile(seconds, *current, proposal.replicas),
                    Err(_) => scaler.reconcile_without_proposal(seconds, *current),
                }
            }
            None => scaler.reconcile_without_proposal(seconds, *current),
        };
        *current = step.replicas;
        step.replicas
    }

    /// What the forecast says. Where the policy has no budget, it adds no more than its allowance, which has to last for as
    /// long as it holds.
    fn forecast(&mut self, reactive: i32) -> Forecast {
        let reactive = f64::from(reactive);
        self.allowance = (self.allowance + EXTRA * reactive).min(EXTRA * reactive * SAVED_SYNCS);
        // A grant stands for a while: replicas that come and go with the allowance serve nobody.
        self.grant = match self.grant {
            (granted, left @ 1..) => (granted, left - 1),
            (_, 0) => ((self.allowance / f64::from(HELD_SYNCS)).floor().max(0.0), HELD_SYNCS - 1),
        };
        let Some(plan) = self.planner.as_ref().and_then(DemandPlanner::plan) else { return Forecast::Unavailable };
        let (demand, quantile) = (plan.demand, plan.quantile);
        match plan.source {
            Source::Reactive => Forecast::Losing { demand, quantile },
            Source::Forecast(looks_at) => {
                let most = match self.policy.violation_budget {
                    Some(_) => f64::INFINITY,
                    None => reactive + self.grant.0,
                };
                Forecast::Acting { demand: demand.min(most), quantile, looks_at }
            }
        }
    }

    /// Holds a decision to stabilisation and rates.
    fn hold(&mut self, seconds: f64, replicas: i32, mut decision: Decision) -> Decision {
        // The HPA leaves a workload without replicas alone; a policy whose minimum is above zero brings it back.
        if replicas == 0 && decision.replicas > 0 {
            return decision;
        }
        let step = if decision.rule == Rule::Missing {
            self.scaler.reconcile_without_proposal(seconds, replicas)
        } else {
            self.scaler.reconcile(seconds, replicas, decision.replicas)
        };
        if step.replicas != decision.replicas {
            decision.replicas = step.replicas;
            decision.rule = match step.branch {
                Branch::Metrics(held) if held.able_to_scale != AbleToScale::ReadyForNewScale => Rule::Stabilization,
                Branch::Metrics(held) if matches!(held.limiting, Limiting::ScaleUpLimit | Limiting::ScaleDownLimit) => {
                    Rule::Rate
                }
                Branch::AboveMax => Rule::Maximum,
                Branch::BelowMin => Rule::Minimum,
                _ => decision.rule,
            };
            decision.reason = Reason { rule: decision.rule, decided: step.replicas, ..decision.reason };
        }
        decision
    }
}

/// For how long after the end of a minute its plan has to do, in minutes: the metric's age, a minute until the next plan, and
/// the start.
pub(crate) fn minutes_ahead(age_ms: i64, lead_time: &LeadTime) -> usize {
    ((age_ms as f64 / 1_000.0 + 60.0 + lead_time.seconds()) / 60.0).ceil() as usize
}
