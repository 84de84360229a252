//! What every container of ours promises a cluster: bounded resources, probes where it serves, no privileges.

use super::objects::{Objects, Workload, list, text};
use serde_json::Value;

pub(super) fn check(objects: &Objects) -> Vec<String> {
    let mut breaches = Vec::new();
    for workload in objects.workloads() {
        for container in workload.containers() {
            let place = format!("{}: container `{}`", workload.object.shown(), text(container, "/name"));
            let mut wrong = check_resources(container);
            wrong.extend(check_security(&workload, container));
            if !workload.runs_to_completion && !list(container, "/ports").is_empty() {
                wrong.extend(check_probes(container));
            }
            breaches.extend(wrong.into_iter().map(|wrong| format!("{place}: {wrong}")));
        }
    }
    breaches
}

fn check_resources(container: &Value) -> Vec<String> {
    let needed = ["requests/cpu", "requests/memory", "limits/cpu", "limits/memory"];
    let missing = needed.iter().filter(|path| text(container, &format!("/resources/{path}")).is_empty());
    missing.map(|path| format!("no resources/{path}, as text")).collect()
}

fn check_probes(container: &Value) -> Vec<String> {
    let mut breaches = Vec::new();
    for probe in ["livenessProbe", "readinessProbe"] {
        let handler = container.get(probe);
        if handler.is_some_and(|handler| handler.get("exec").is_some()) {
            continue;
        }
        let Some(request) = handler.and_then(|handler| handler.get("httpGet")) else {
            breaches.push(format!("no {probe} by httpGet or exec"));
            continue;
        };
        let port = request.get("port");
        let there =
            list(container, "/ports").iter().any(|have| have.get("name") == port || have.get("containerPort") == port);
        if !there {
            breaches.push(format!("{probe} asks a port that the container does not name"));
        }
    }
    breaches
}

fn check_security(workload: &Workload<'_>, container: &Value) -> Vec<String> {
    let of_container = |pointer: &str| container.pointer(&format!("/securityContext/{pointer}"));
    let of_pod = |pointer: &str| workload.template.pointer(&format!("/spec/securityContext/{pointer}"));
    let either = |pointer: &str| of_container(pointer).or_else(|| of_pod(pointer));
    let promises = [
        (either("runAsNonRoot") == Some(&Value::Bool(true)), "runAsNonRoot: true"),
        (
            either("seccompProfile/type").and_then(Value::as_str) == Some("RuntimeDefault"),
            "seccompProfile: RuntimeDefault",
        ),
        (of_container("readOnlyRootFilesystem") == Some(&Value::Bool(true)), "readOnlyRootFilesystem: true"),
        (of_container("allowPrivilegeEscalation") == Some(&Value::Bool(false)), "allowPrivilegeEscalation: false"),
        (list(container, "/securityContext/capabilities/drop") == ["ALL"], "capabilities: drop: [ALL]"),
    ];
    promises.iter().filter(|(kept, _)| !kept).map(|(_, promise)| format!("no {promise}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "
kind: Deployment
metadata: {name: shop}
spec:
  template:
    spec:
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: web
          ports: [{name: http, containerPort: 8080}]
          livenessProbe: {httpGet: {path: /healthz, port: http}}
          readinessProbe: {httpGet: {path: /readyz, port: 8080}}
          resources: {requests: {cpu: 100m, memory: 1Mi}, limits: {cpu: '1', memory: 1Mi}}
          securityContext: {readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
";

    #[test]
    fn each_broken_promise_is_found() {
        let check = |written: &str, instead: &str, expected: &[&str]| {
            assert!(GOOD.contains(written), "{written}");
            let objects = Objects::parse(&GOOD.replacen(written, instead, 1)).unwrap();
            let kind = objects.all()[0].shown();
            let expected: Vec<String> =
                expected.iter().map(|wrong| format!("{kind}: container `web`: {wrong}")).collect();
            assert_eq!(check(&objects), expected, "{written} -> {instead}");
        };
        check("", "", &[]);
        check("runAsNonRoot: true, ", "", &["no runAsNonRoot: true"]);
        check("type: RuntimeDefault", "type: Unconfined", &["no seccompProfile: RuntimeDefault"]);
        check("readOnlyRootFilesystem: true, ", "", &["no readOnlyRootFilesystem: true"]);
        check("drop: [ALL]", "drop: [NET_RAW]", &["no capabilities: drop: [ALL]"]);
        check("limits: {cpu: '1', memory: 1Mi}", "limits: {memory: 1Mi}", &["no resources/limits/cpu, as text"]);
        check("livenessProbe", "startupProbe", &["no livenessProbe by httpGet or exec"]);
        check("port: 8080}}", "port: 80}}", &["readinessProbe asks a port that the container does not name"]);
        check(
            "livenessProbe: {httpGet: {path: /healthz, port: http}}",
            "livenessProbe: {exec: {command: [ping]}}",
            &[],
        );
        // What ends by itself is not probed, nor what serves nothing.
        check("kind: Deployment", "kind: Job", &[]);
        let without_ports = GOOD.replacen("ports: [{name: http, containerPort: 8080}]", "ports: []", 1);
        let silent = without_ports.replacen("livenessProbe", "startupProbe", 1);
        assert!(super::check(&Objects::parse(&silent).unwrap()).is_empty());
        let job = GOOD.replacen("Deployment", "Job", 1).replacen("livenessProbe", "startupProbe", 1);
        assert!(super::check(&Objects::parse(&job).unwrap()).is_empty());
    }
}
