//! Policy files: what they mean, and what is said of those that are wrong.

use super::PolicyConfig;
use crate::config::ProcessEnvironment;
use std::path::Path;
use tidecast_autoscale::hpa::behavior::{Change, Policy, SelectPolicy};
use tidecast_autoscale::hpa::{BehaviorSpec, RulesSpec};
use tidecast_autoscale::policy::CalendarEntry;

/// A behavior as `kubectl get hpa -o yaml` prints it.
const COMPLETE: &str = r#"
min_replicas: 2
max_replicas: 80
target: 70%
violation_budget: 0.00125
calendar:
- start: "0 8 * * 1-5"
  end: "0 18 * * 1-5"
  time_zone: Europe/Berlin
  min_replicas: 12
behavior:
  scaleDown:
    policies:
    - periodSeconds: 60
      type: Percent
      value: 10
    selectPolicy: Min
    stabilizationWindowSeconds: 600
    tolerance: 50m
  scaleUp:
    selectPolicy: Disabled
    tolerance: 0.2
"#;

#[test]
fn every_key_is_read() {
    let policy = PolicyConfig::parse("policy.yaml", COMPLETE).unwrap();
    let entry = CalendarEntry {
        start: "0 8 * * 1-5".to_owned(),
        end: "0 18 * * 1-5".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        min_replicas: 12,
    };
    let down = RulesSpec {
        stabilization_window_seconds: Some(600),
        select_policy: Some(SelectPolicy::Min),
        policies: Some(vec![Policy { change: Change::Percent(10), period_seconds: 60 }]),
        tolerance: Some(50.0 * 1e-3),
    };
    let up =
        RulesSpec { select_policy: Some(SelectPolicy::Disabled), tolerance: Some(2.0 * 0.1), ..RulesSpec::default() };
    let expected = PolicyConfig {
        min_replicas: Some(2),
        max_replicas: Some(80),
        target: Some(0.7),
        violation_budget: Some(0.001_25),
        calendar: vec![entry],
        behavior: Some(BehaviorSpec { scale_up: Some(up), scale_down: Some(down) }),
    };
    assert_eq!(policy, expected);
    // An empty behavior is not the same as none: its defaults are others.
    let behavior = |text| PolicyConfig::parse("policy.yaml", text).unwrap().behavior;
    assert_eq!(behavior("behavior: {}"), Some(BehaviorSpec::default()));
    assert_eq!(behavior("behavior:"), None);
    // The most is not known yet.
    assert_eq!(PolicyConfig::parse("policy.yaml", "min_replicas: 50").unwrap().min_replicas, Some(50));
}

#[test]
fn mistakes_are_placed() {
    let calendar = "calendar: [{start: 0 8 * * *, end: 0 9 * * *, time_zone: UTC, min_replicas: 1}";
    let cases: [(&str, &[&str]); 17] = [
        ("", &["1:1: the file is empty; write at least `target:`"]),
        ("- 1", &["1:1: expected keys such as `target:`, found a list"]),
        ("target: 70%\nthreshold: 85%", &["2:1: threshold: unknown key; accepted: min_replicas, max_replicas, target"]),
        ("target: most", &["1:9: target: `most` is not a share; write it as 70% or 0.7"]),
        ("target: 70", &["1:9: target is 70; give a share above 0, up to 1, for example 0.7"]),
        ("violation_budget: 100%", &["1:19: violation_budget is 1; give a share between 0 and 1"]),
        ("min_replicas: many", &["1:15: min_replicas: expected a whole number, found `many`"]),
        (
            "max_replicas: 3\nmin_replicas: 5",
            &["2:15: min_replicas is 5 and max_replicas 3; the least must not exceed"],
        ),
        ("max_replicas: 0", &["1:15: max_replicas is 0; give 1 or more"]),
        ("calendar: [{start: 0 8 * * *}]", &["1:12: calendar[0].end: missing; add `end: …`"]),
        (
            &format!("{calendar}, {{start: 0 8 * * *, end: 0 25 * * *, time_zone: UTC, min_replicas: 1}}]"),
            &["1:105: the schedule \"0 25 * * *\" of a calendar entry cannot be read"],
        ),
        (
            &format!("{calendar}, {{start: 0 8 * * *, end: 0 9 * * *, time_zone: Mars, min_replicas: 1}}]"),
            &["1:127: the time zone \"Mars\" is not known"],
        ),
        ("behavior: {scaleUp: {window: 1}}", &["1:22: behavior.scaleUp.window: unknown key; accepted: stabil"]),
        ("behavior: {scaleUp: {selectPolicy: Mean}}", &["`Mean` is not accepted; accepted: Max, Min, Disabled"]),
        ("behavior:\n  scaleUp:\n    tolerance: much", &["3:16: behavior.scaleUp.tolerance: `much` is no quantity"]),
        (
            "behavior:\n  scaleDown:\n    policies:\n    - {type: Pods, value: 1, periodSeconds: 1801}",
            &["4:45: behavior.scaleDown.policies[0].periodSeconds is 1801; give 1 to 1800"],
        ),
        (
            "target: 0\nmax_replicas: -1\nbehavior: {scaleDown: {stabilizationWindowSeconds: 4000}}",
            &[
                "1:9: target is 0",
                "2:15: max_replicas is -1",
                "3:52: behavior.scaleDown.stabilizationWindowSeconds is 4000",
            ],
        ),
    ];
    for (text, expected) in cases {
        let error = PolicyConfig::parse("policy.yaml", text).unwrap_err().to_string();
        let lines: Vec<&str> = error.lines().collect();
        assert_eq!(lines.len(), expected.len(), "{text}: {error}");
        for (line, expected) in lines.iter().zip(expected) {
            assert!(line.starts_with("policy.yaml:") && line.contains(expected), "{line} should contain {expected}");
        }
    }
    let error = PolicyConfig::load(Path::new("/absent.yaml"), &ProcessEnvironment).unwrap_err().to_string();
    assert!(error.starts_with("/absent.yaml: the policy cannot be read: "), "{error}");
    assert!(error.contains("check the path after --policy"), "{error}");
}
