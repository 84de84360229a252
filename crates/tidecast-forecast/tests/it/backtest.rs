//! The backtest gives nothing from the future away, and would notice if it did.

use crate::{daily, hourly, train};
use std::sync::Arc;
use tidecast_core::ports::Forecaster;
use tidecast_core::series::RegularSeries;
use tidecast_forecast::backtest::{self, BacktestPlan, PlanError};
use tidecast_forecast::training::Trained;

const PLAN: BacktestPlan = BacktestPlan { horizon: 24, stride: 24, origins: 10, season: 168, refit_every: None };

/// Forecasts the true future wherever it was given it, and 0 where not.
struct Cheat {
    given: Vec<f64>,
    seen: usize,
}

impl Forecaster for Cheat {
    fn model(&self) -> &'static str {
        "cheat"
    }

    fn update(&mut self, values: &[f64]) {
        let known = self.given.len();
        self.given.extend(values.iter().skip(known.saturating_sub(self.seen)));
        self.seen += values.len();
    }

    fn foresee(&mut self, _: Arc<[RegularSeries]>) -> bool {
        false
    }

    fn predict(&self, horizon: usize, levels: &[f64]) -> Vec<Vec<f64>> {
        let row = (self.seen..self.seen + horizon).map(|index| self.given.get(index).copied().unwrap_or(0.0));
        vec![row.collect(); levels.len()]
    }

    fn save(&self) -> Vec<u8> {
        Vec::new()
    }
}

fn mase_of_cheat(series: &RegularSeries, refit_every: Option<usize>, planted: bool) -> f64 {
    let plan = BacktestPlan { refit_every, ..PLAN };
    let result = backtest::run(std::slice::from_ref(series), &plan, &|known| {
        let given = if planted { series.values.clone() } else { known[0].values.clone() };
        let forecaster = Box::new(Cheat { given, seen: known[0].len() });
        vec![Ok(Trained { forecaster, note: None, score: None })]
    });
    result.unwrap().mase.unwrap()
}

#[test]
fn a_cheat_gains_nothing_unless_the_leak_is_planted() {
    let series = hourly(daily(1_000, 1));
    for refit_every in [None, Some(3)] {
        assert_eq!(mase_of_cheat(&series, refit_every, true), 0.0);
        assert!(mase_of_cheat(&series, refit_every, false) > 10.0);
    }
}

#[test]
fn what_comes_later_changes_no_earlier_forecast() {
    let values = daily(1_500, 2);
    let cut = 1_500 - 24 - 5 * 24;
    let mut other = values.clone();
    other[cut..].fill(1_000.0);
    let forecasts = |values: Vec<f64>| {
        let result = backtest::run(&[hourly(values)], &PLAN, &|known| train("ridge", known)).unwrap();
        result.series.into_iter().next().unwrap().unwrap().forecasts
    };
    let (first, second) = (forecasts(values), forecasts(other));
    for (a, b) in first.iter().zip(&second) {
        assert_eq!(a == b, a.origin <= cut, "origin {} of {cut}", a.origin);
    }
}

#[test]
fn impossible_plans_are_refused() {
    let panel = [hourly(daily(300, 3))];
    let refuse = |plan: BacktestPlan| backtest::run(&panel, &plan, &|known| train("ridge", known)).unwrap_err();
    assert_eq!(refuse(BacktestPlan { stride: 0, ..PLAN }), PlanError::Zero("stride"));
    assert!(matches!(refuse(PLAN), PlanError::TooShort { length: 300, needed: 408, .. }));
}
