//! `tidecast autoscale replay --policy` and `explain --policy`: what the file says holds, flags go before it, and its mistakes
//! are placed.

use crate::process::succeed;
use crate::replay::{REPLAY, csv, folder, json, plain, refused};
use serde_json::Value;
use std::fs;

/// The recording is of 7 October 2021, from midnight on, and its second half is scored.
const POLICY: &str = r#"
min_replicas: 3
max_replicas: 60
target: 60%
violation_budget: 0.002
calendar:
  - {start: "0 15 * * *", end: "0 16 * * *", time_zone: UTC, min_replicas: 50}
behavior:
  scaleDown: {selectPolicy: Disabled}
"#;

#[test]
fn a_policy_holds_and_flags_go_before_it() {
    let folder = folder(&csv(1_440, plain));
    fs::write(folder.path().join("policy.yaml"), POLICY).unwrap();
    let conditions = |more: &[&str]| json(folder.path(), more)["conditions"].clone();
    let keys = ["min_replicas", "max_replicas", "target", "violation_budget"];
    let check = |found: Value, expected: [f64; 4]| {
        let found = keys.map(|key| found[key].as_f64().unwrap());
        assert!(found.iter().zip(expected).all(|(one, other)| (one - other).abs() < 1e-9), "{found:?} {expected:?}");
    };
    let policy = ["--policy", "policy.yaml", "--capacity", "10"];
    check(conditions(&policy), [3.0, 60.0, 0.6, 0.002]);
    let flags = ["--min-replicas", "1", "--max-replicas", "55", "--target", "80%", "--budget", "1%"];
    check(conditions(&[&policy[..], &flags].concat()), [1.0, 55.0, 0.8, 0.01]);
    check(conditions(&["--capacity", "10", "--max-replicas", "50"]), [1.0, 50.0, 0.7, 0.000_8]);
    // Keys that are left out are as without a file.
    fs::write(folder.path().join("short.yaml"), "target: 0.5").unwrap();
    check(conditions(&["--capacity", "10", "--policy", "short.yaml"]), [1.0, 44.0, 0.5, 0.000_8]);
}

#[test]
fn what_is_in_force_is_told_in_every_format() {
    let folder = folder(&csv(1_440, plain));
    fs::write(folder.path().join("policy.yaml"), POLICY).unwrap();
    let line = "in force: a calendar of 1 entry for Tidecast alone, a behavior for every contender but the oracle";
    let policy = ["--policy", "policy.yaml", "--capacity", "10"];
    let report = json(folder.path(), &[&policy[..], &["--report", "replay.html"]].concat());
    assert!(report["notes"].as_array().unwrap().contains(&Value::from(line)), "{}", report["notes"]);
    let page = || fs::read_to_string(folder.path().join("replay.html")).unwrap();
    assert_eq!(page().matches(line).count(), 1);
    assert_eq!(succeed(folder.path(), &[&REPLAY[..], &policy].concat()).matches(line).count(), 1);

    let plain = json(folder.path(), &["--capacity", "10", "--report", "replay.html"]);
    assert!(!plain.to_string().contains("in force: ") && !page().contains("in force: "));

    let explain = ["autoscale", "explain", "--input", "trace.csv"];
    let arguments = [&explain[..], &policy, &["--format", "json", "--last", "1000"]].concat();
    let document: Value = serde_json::from_str(&succeed(folder.path(), &arguments)).unwrap();
    assert!(document["notes"].as_array().unwrap().contains(&Value::from(line)));
    let decisions = document["decisions"].as_array().unwrap();
    assert!(decisions.iter().any(|one| one["rule"] == "calendar" && one["to"] == 50), "{decisions:?}");
    assert!(decisions.iter().all(|one| one["to"].as_i64() > one["from"].as_i64()), "nothing is taken away");
}

#[test]
fn a_policy_that_is_wrong_says_where_and_what_to_write() {
    let folder = folder(&csv(720, plain));
    let cases = [
        ("targets: 70%", "policy.yaml:1:1: targets: unknown key; accepted: min_replicas, max_replicas, target,"),
        (
            "calendar:\n  - start: 0 25 * * *\n    end: 0 9 * * *\n    time_zone: UTC\n    min_replicas: 3",
            "policy.yaml:2:12: the schedule \"0 25 * * *\" of a calendar entry cannot be read",
        ),
        (
            "behavior:\n  scaleDown:\n    stabilizationWindowSeconds: 4000",
            "policy.yaml:3:33: behavior.scaleDown.stabilizationWindowSeconds is 4000; give 0 to 3600",
        ),
        ("min_replicas: 5\nmax_replicas: 3", "policy.yaml:1:15: min_replicas is 5 and max_replicas 3"),
        ("target: [70%", "policy.yaml:"),
    ];
    for verb in ["replay", "explain"] {
        let arguments = ["autoscale", verb, "--input", "trace.csv", "--policy", "policy.yaml"];
        let (error, code) = refused(folder.path(), &arguments);
        assert!(error.contains("policy.yaml: the policy cannot be read: ") && code == Some(2), "{error}");
        for (text, expected) in cases {
            fs::write(folder.path().join("policy.yaml"), text).unwrap();
            let (error, code) = refused(folder.path(), &arguments);
            assert!(error.contains(expected), "{error} should contain {expected}");
            assert_eq!(code, Some(2), "{error}");
        }
        // Fine by itself, but not with the flag.
        fs::write(folder.path().join("policy.yaml"), "min_replicas: 5").unwrap();
        let (error, code) = refused(folder.path(), &[&arguments[..], &["--max-replicas", "3"]].concat());
        assert!(error.contains("min_replicas is 5 and max_replicas 3") && code == Some(2), "{error}");
        fs::remove_file(folder.path().join("policy.yaml")).unwrap();
    }
}
