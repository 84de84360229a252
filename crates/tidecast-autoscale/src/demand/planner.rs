//! From demand minute by minute to the replicas that should be there: forecasters, their margins, and the choice.

use super::DAY;
use super::centers::{CENTERS, Ceilings, Centers, Forecasts, PRESENT, SCALES, Spreads};
use super::features::{Features, features};
use super::history::{History, from_log};
use super::margins::{Margins, Weight};
use std::collections::VecDeque;

/// The furthest a plan looks ahead, minutes.
pub(crate) const HORIZON_MAX: usize = 30;

/// A forecast holds for this many minutes at least: pods that come and go with every minute serve nobody. It is the
/// HPA's own stabilisation of scaling down.
const HOLD: usize = 5;

/// Minutes in a row that may be missing while learning goes on, with demand taken to have stayed as it was.
const BRIDGED: usize = 2;

/// How often the choice is looked at again, minutes.
const CHOICE_EVERY: usize = 30;

/// A challenger must be cheaper than what is followed by this share: the best of many on the same past is partly luck.
const HYSTERESIS: f64 = 0.05;

/// How long what was promised and what came of it count, minutes.
const ACCOUNT: f64 = 6.0 * 1_440.0;

/// What both are taken to have been before anything was seen, in budgets: about what one surprise costs, which lasts until
/// new replicas are ready.
const PRIOR: f64 = 1.0;

/// How far what came of promises corrects new ones: less than in proportion, because violations are few.
const CORRECTION: f64 = 0.7;

/// Bounds of the share that is planned with, in budgets.
const PLANNED: (f64, f64) = (0.3, 2.0);

/// How many forecasters are followed together: the mean of several errs less than the best of the past, whose margin is
/// partly luck.
const TEAM: usize = 6;

/// A member may cost this much more than the cheapest.
const MEMBER_COST: f64 = 1.2;

/// Forecasts the demand that capacity must be there for, one minute of demand after the other.
///
/// Demand is in replicas: what one replica serves is 1.
#[derive(Clone, Debug)]
pub struct DemandPlanner {
    budget: f64,
    horizon: usize,
    history: History,
    centers: Centers,
    /// By forecaster, then by measure of spread.
    margins: Vec<Margins>,
    weight: Weight,
    /// What was foreseen in the last minutes, newest last.
    foreseen: VecDeque<Foreseen>,
    /// Minutes that are missing since the last one that was seen.
    missing: usize,
    /// Minutes until demand is whole again within a horizon.
    gap: usize,
    scored: usize,
    /// The share of time that was planned to be violated.
    promised: f64,
    /// The share that was.
    violated: f64,
    /// What is followed, the cheapest first.
    team: Vec<Choice>,
}

/// What all forecasters said at one minute.
#[derive(Clone, Debug)]
struct Foreseen {
    features: Features,
    /// As they were made.
    made: Forecasts,
    /// As they are held.
    held: Forecasts,
    spreads: [Spreads; CENTERS],
}

impl Foreseen {
    /// Present demand, below which nobody goes.
    fn present(&self) -> f64 {
        self.made[PRESENT]
    }
}

/// What is followed.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Choice {
    center: usize,
    scale: usize,
    margin: f64,
}

/// What to have capacity for now, so that it is there when new replicas could be ready.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// Demand to be ready for, in replicas.
    pub demand: f64,
    /// The quantile of past needs that the margin covers.
    pub quantile: f64,
    /// Where it comes from.
    pub source: Source,
}

/// Where a plan comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A forecast: it has been cheaper than reacting, within the same budget. What it looks at, for people.
    Forecast(&'static str),
    /// Present demand with a margin: no forecast has been cheaper.
    Reactive,
}

impl DemandPlanner {
    /// For a workload whose demand may exceed capacity for a share of time of `budget`, and which needs `horizon` minutes
    /// from now until a replica that it asks for is ready and its effect is seen.
    #[must_use]
    pub fn new(budget: f64, horizon: usize) -> Self {
        Self {
            budget,
            horizon: horizon.clamp(1, HORIZON_MAX),
            history: History::default(),
            centers: Centers::new(),
            margins: vec![Margins::new(); CENTERS * SCALES],
            weight: Weight::first(),
            foreseen: VecDeque::new(),
            missing: 0,
            gap: 0,
            scored: 0,
            promised: 0.0,
            violated: 0.0,
            team: Vec::new(),
        }
    }

    /// Looks ahead further, or less far, from now on.
    pub fn look_ahead(&mut self, horizon: usize) {
        self.horizon = horizon.clamp(1, HORIZON_MAX);
    }

    /// Takes for which share of the minute that is observed next demand exceeded what replicas that were ready could serve.
    /// Plans are corrected by what comes of them.
    pub fn account(&mut self, violated: f64) {
        if !self.team.is_empty() {
            self.promised += (self.share() - self.promised) / ACCOUNT;
            self.violated += (violated - self.violated) / ACCOUNT;
        }
    }

    /// Takes the demand of the next minute, its greatest, in replicas. `None`, or no number, where it is missing: time goes
    /// on, and nothing is learned from it.
    pub fn observe(&mut self, demand: Option<f64>) {
        match demand.filter(|demand| demand.is_finite() && *demand >= 0.0) {
            Some(demand) => {
                self.history.push(demand);
                self.missing = 0;
                if self.gap == 0 {
                    self.score(demand);
                    self.learn();
                }
                self.gap = self.gap.saturating_sub(1);
            }
            None => {
                let as_before = self.history.last();
                self.history.push(from_log(as_before));
                self.missing += 1;
                if self.missing > BRIDGED {
                    self.gap = self.horizon;
                }
            }
        }
        self.foresee();
        if self.history.seen().is_multiple_of(CHOICE_EVERY) || self.team.is_empty() {
            self.choose();
        }
    }

    /// What to have capacity for; `None` until enough was seen to say what a margin is worth.
    #[must_use]
    pub fn plan(&self) -> Option<Plan> {
        let (first, newest) = (self.team.first()?, self.foreseen.back()?);
        let of = |member: &Choice| {
            newest.held[member.center] + member.margin * f64::from(newest.spreads[member.center][member.scale])
        };
        let reactive = self.team.iter().all(|member| Centers::is_reactive(member.center));
        Some(Plan {
            demand: self.team.iter().map(of).sum::<f64>() / self.team.len() as f64,
            quantile: 1.0 - self.share(),
            source: if reactive { Source::Reactive } else { Source::Forecast(Centers::describe(first.center)) },
        })
    }

    /// Holds the newest minute's demand against everything that was foreseen before it.
    fn score(&mut self, demand: f64) {
        let from = self.foreseen.len().saturating_sub(self.horizon);
        if self.foreseen.len() == from {
            return;
        }
        // One replica fewer than are needed: any capacity above it is rounded up to enough.
        let need = demand.ceil() - 1.0;
        for center in 0..CENTERS {
            let decisions = self.foreseen.range(from..).filter(|foreseen| !foreseen.held[center].is_nan());
            let mut needed = [f64::NEG_INFINITY; SCALES];
            let mut is_known = false;
            for foreseen in decisions {
                is_known = true;
                // Where present demand alone asked for enough, no forecast was needed.
                if foreseen.present() > need {
                    continue;
                }
                let short = need - foreseen.held[center];
                for (needed, spread) in needed.iter_mut().zip(&foreseen.spreads[center]) {
                    *needed = needed.max(short / f64::from(*spread));
                }
            }
            if is_known {
                for (scale, needed) in needed.iter().enumerate() {
                    self.margins[center * SCALES + scale].add(*needed, self.weight);
                }
            }
        }
        self.scored += 1;
        let (weight, heavy) = self.weight.next();
        self.weight = weight;
        if heavy {
            self.margins.iter_mut().for_each(Margins::scale_down);
        }
    }

    /// Lets all forecasters learn from the minute whose horizon has just ended.
    fn learn(&mut self) {
        let Some(ended) = self.foreseen.len().checked_sub(self.horizon) else { return };
        let minute = self.history.seen() - 1 - self.horizon;
        let peak = self.history.max(self.horizon - 1, self.horizon);
        let foreseen = &self.foreseen[ended];
        self.centers.learn(minute, &foreseen.features, &foreseen.made, peak);
    }

    fn foresee(&mut self) {
        let features = features(&self.history, self.horizon);
        let ceilings = Ceilings::of(&self.history, &features);
        let made = self.centers.forecast(&self.history, &features, &ceilings, self.horizon);
        let mut held = made;
        let from = self.foreseen.len().saturating_sub(HOLD - 1);
        for before in self.foreseen.range(from..) {
            for (held, before) in held.iter_mut().zip(&before.made) {
                if *before > *held {
                    *held = *before;
                }
            }
        }
        let minute = self.history.seen() - 1;
        let mut spreads = [[0.0; SCALES]; CENTERS];
        for (center, forecast) in held.iter().enumerate().filter(|(_, forecast)| !forecast.is_nan()) {
            spreads[center] = self.centers.spreads(minute, center, *forecast, &ceilings);
            for (scale, spread) in spreads[center].iter().enumerate() {
                self.margins[center * SCALES + scale].price(*forecast as f32, *spread);
            }
        }
        while self.foreseen.len() > self.horizon.max(HOLD) {
            self.foreseen.pop_front();
        }
        self.foreseen.push_back(Foreseen { features, made, held, spreads });
    }

    /// The share of minutes that may be violated, as it is planned with: more than the budget where less has been violated
    /// than was promised, less where more was.
    fn share(&self) -> f64 {
        let (least, most) = PLANNED;
        let prior = PRIOR * self.budget;
        let kept = (self.promised + prior) / (self.violated + prior);
        (self.budget * kept.powf(CORRECTION).clamp(least, most)).min(1.0)
    }

    /// Follows the forecasters that have been cheapest, each with the margin that keeps the budget.
    fn choose(&mut self) {
        // A share of one in n minutes cannot be told from fewer than n of them.
        if (self.scored as f64) < (1.0 / self.budget).min(DAY as f64) {
            return;
        }
        let share = self.share();
        let Some(newest) = self.foreseen.back() else { return };
        let mut priced = Vec::with_capacity(CENTERS);
        for center in (0..CENTERS).filter(|center| !newest.held[*center].is_nan()) {
            let best = (0..SCALES).filter_map(|scale| {
                let margins = &self.margins[center * SCALES + scale];
                let margin = margins.margin(share)?;
                let followed = self.team.first().is_some_and(|choice| (choice.center, choice.scale) == (center, scale));
                let cost = margins.cost(margin) * if followed { 1.0 - HYSTERESIS } else { 1.0 };
                Some((cost, Choice { center, scale, margin }))
            });
            priced.extend(best.min_by(|(one, _), (other, _)| one.total_cmp(other)));
        }
        priced.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        let limit = priced.first().map_or(0.0, |(cost, _)| cost * MEMBER_COST);
        let members = priced.into_iter().take_while(|(cost, _)| *cost <= limit).take(TEAM);
        self.team = members.map(|(_, choice)| choice).collect();
    }
}
