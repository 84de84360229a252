//! Which crate may depend on which: `core <- {store, forecast, connect, promql, autoscale <- kube} <- tidecast <-
//! {bench, xtask}`.
//!
//! The siblings stay ignorant of each other, so that each can be read, tested and replaced alone; only the `tidecast`
//! crate wires them, and only it and the tools know about command lines, HTTP servers and errors without a type.

use crate::workspace::Crate;

const CORE: &str = "tidecast-core";

/// Crates whose manifests may name [`APPLICATION_ONLY`].
const APPLICATIONS: [&str; 3] = ["tidecast", "tidecast-bench", "xtask"];

/// Dependencies that belong at the outermost edge.
const APPLICATION_ONLY: [&str; 3] = ["anyhow", "axum", "clap"];

const SIBLINGS: [&str; 6] = [
    "tidecast-autoscale",
    "tidecast-connect",
    "tidecast-forecast",
    "tidecast-kube",
    "tidecast-promql",
    "tidecast-store",
];

/// Every dependency that the design does not allow.
pub(super) fn check(crates: &[Crate]) -> Vec<String> {
    let mut breaches = Vec::new();
    for one in crates {
        let Some(allowed) = allowed(&one.name) else {
            breaches.push(format!("{}: crate {} has no place in the design; give it one here", one.folder, one.name));
            continue;
        };
        for dependency in &one.dependencies {
            let ours = crates.iter().any(|other| other.name == *dependency);
            if ours && !allowed.contains(&dependency.as_str()) {
                breaches.push(format!("{}: {} must not depend on {dependency}", one.folder, one.name));
            }
            let application = APPLICATIONS.contains(&one.name.as_str());
            if APPLICATION_ONLY.contains(&dependency.as_str()) && !application {
                breaches.push(format!("{}: {dependency} is for {} only", one.folder, APPLICATIONS.join(", ")));
            }
        }
    }
    breaches
}

/// The crates of ours on which `name` may depend; `None` for a crate the design does not know.
fn allowed(name: &str) -> Option<Vec<&'static str>> {
    let below_tidecast = || [&[CORE][..], &SIBLINGS].concat();
    match name {
        CORE => Some(Vec::new()),
        "tidecast-kube" => Some(vec![CORE, "tidecast-autoscale"]),
        name if SIBLINGS.contains(&name) => Some(vec![CORE]),
        "tidecast" => Some(below_tidecast()),
        "tidecast-bench" | "xtask" => Some([&below_tidecast()[..], &["tidecast"]].concat()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn krate(name: &str, dependencies: &[&str]) -> Crate {
        let dependencies = dependencies.iter().map(|name| (*name).to_owned()).collect();
        Crate { name: name.to_owned(), folder: format!("crates/{name}"), dependencies }
    }

    #[test]
    fn only_the_designed_edges_pass() {
        let check = |name: &str, dependencies: &[&str], expected: &[&str]| {
            let mut crates: Vec<Crate> =
                SIBLINGS.iter().chain(&[CORE, "tidecast"]).map(|name| krate(name, &[])).collect();
            crates.retain(|other| other.name != name);
            crates.push(krate(name, dependencies));
            assert_eq!(check(&crates), expected);
        };
        check("tidecast-core", &["serde"], &[]);
        check("tidecast-store", &["tidecast-core", "redb"], &[]);
        check("tidecast-kube", &["tidecast-core", "tidecast-autoscale"], &[]);
        check("tidecast", &["tidecast-core", "tidecast-store", "tidecast-kube", "clap", "axum", "anyhow"], &[]);
        check("tidecast-bench", &["tidecast", "tidecast-store", "clap"], &[]);
        check(
            "tidecast-core",
            &["tidecast-store"],
            &["crates/tidecast-core: tidecast-core must not depend on tidecast-store"],
        );
        check(
            "tidecast-store",
            &["tidecast-forecast", "tidecast"],
            &[
                "crates/tidecast-store: tidecast-store must not depend on tidecast-forecast",
                "crates/tidecast-store: tidecast-store must not depend on tidecast",
            ],
        );
        check(
            "tidecast-connect",
            &["anyhow"],
            &["crates/tidecast-connect: anyhow is for tidecast, tidecast-bench, xtask only"],
        );
        check(
            "tidecast-types",
            &[],
            &["crates/tidecast-types: crate tidecast-types has no place in the design; give it one here"],
        );
    }
}
