//! References between objects: what one names, another must be.
//!
//! The API server accepts a Service that selects nothing or a volume without its ConfigMap; the cluster then waits in
//! silence. Secrets are the exception: users create them, so that none is ever committed.

use super::objects::{Object, Objects, Workload, list, text};
use serde_json::Value;

pub(super) fn check(objects: &Objects) -> Vec<String> {
    let workloads = objects.workloads();
    let mut breaches = Vec::new();
    for object in objects.all() {
        breaches.extend(check_namespace(objects, object));
        match object.kind() {
            "Secret" => breaches.push(format!("{}: refer to Secrets, never render them", object.shown())),
            "Service" => breaches.extend(check_service(object, &workloads)),
            _ => {}
        }
    }
    for workload in &workloads {
        let mut missing: Vec<String> = check_selector(workload).into_iter().collect();
        missing.extend(check_governing_service(objects, workload));
        missing.extend(check_named_objects(objects, workload));
        missing.extend(check_volumes(workload));
        breaches.extend(missing.into_iter().map(|breach| format!("{}: {breach}", workload.object.shown())));
    }
    breaches
}

/// Whatever lives in a namespace lives in the one that is rendered with it.
fn check_namespace(objects: &Objects, object: &Object) -> Option<String> {
    const CLUSTER_WIDE: [&str; 4] = ["Namespace", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"];
    let namespace = object.string("/metadata/namespace").unwrap_or_default();
    let fits = CLUSTER_WIDE.contains(&object.kind()) || objects.named("Namespace", namespace).is_some();
    (!fits).then(|| format!("{}: its namespace `{namespace}` is not rendered", object.shown()))
}

fn check_service(service: &Object, workloads: &[Workload<'_>]) -> Vec<String> {
    let selected: Vec<&Workload<'_>> = workloads
        .iter()
        .filter(|workload| selects(service.value().pointer("/spec/selector"), workload.template))
        .collect();
    if selected.is_empty() {
        return vec![format!("{}: selects no pods", service.shown())];
    }
    let reaches = |port: &&Value| {
        let target = port.get("targetPort").or_else(|| port.get("port"));
        selected.iter().any(|workload| workload.containers().any(|container| has_port(container, target)))
    };
    let lost = list(service.value(), "/spec/ports").iter().filter(|port| !reaches(port));
    lost.map(|port| format!("{}: no container has the port `{port}`", service.shown())).collect()
}

/// Whether a Service's or workload's selector matches the labels of a pod template. An empty one selects nothing.
fn selects(selector: Option<&Value>, template: &Value) -> bool {
    let labels = template.pointer("/metadata/labels");
    selector.and_then(Value::as_object).is_some_and(|selector| {
        !selector.is_empty()
            && selector.iter().all(|(key, value)| labels.and_then(|labels| labels.get(key)) == Some(value))
    })
}

fn has_port(container: &Value, wanted: Option<&Value>) -> bool {
    list(container, "/ports").iter().any(|port| {
        let by_name = port.get("name");
        let by_number = port.get("containerPort");
        wanted.is_some() && (by_name == wanted || by_number == wanted)
    })
}

fn check_selector(workload: &Workload<'_>) -> Option<String> {
    let selector = workload.object.value().pointer("/spec/selector/matchLabels");
    let fits = workload.runs_to_completion || selects(selector, workload.template);
    (!fits).then(|| "its selector does not match the labels of its own pods".to_owned())
}

fn check_governing_service(objects: &Objects, workload: &Workload<'_>) -> Option<String> {
    if workload.object.kind() != "StatefulSet" {
        return None;
    }
    let name = workload.object.string("/spec/serviceName").unwrap_or_default();
    let headless =
        objects.named("Service", name).is_some_and(|service| service.string("/spec/clusterIP") == Some("None"));
    (!headless).then(|| format!("serviceName `{name}` is no headless Service"))
}

/// ConfigMaps (and the keys asked of them) and the ServiceAccount.
fn check_named_objects(objects: &Objects, workload: &Workload<'_>) -> Vec<String> {
    let template = workload.template;
    let mut breaches = Vec::new();
    let account = text(template, "/spec/serviceAccountName");
    if objects.named("ServiceAccount", account).is_none() {
        breaches.push(format!("ServiceAccount `{account}` is not rendered"));
    }
    let mut wanted: Vec<(&str, Option<&str>)> = Vec::new();
    for volume in list(template, "/spec/volumes").iter().filter_map(|volume| volume.get("configMap")) {
        wanted.push((text(volume, "/name"), None));
        wanted.extend(list(volume, "/items").iter().map(|item| (text(volume, "/name"), Some(text(item, "/key")))));
    }
    for container in workload.containers() {
        let whole = list(container, "/envFrom").iter().filter_map(|from| from.pointer("/configMapRef/name")?.as_str());
        wanted.extend(whole.map(|name| (name, None)));
        let keys = list(container, "/env").iter().filter_map(|variable| variable.pointer("/valueFrom/configMapKeyRef"));
        wanted.extend(keys.map(|reference| (text(reference, "/name"), Some(text(reference, "/key")))));
    }
    for (name, key) in wanted {
        match (objects.named("ConfigMap", name), key) {
            (None, _) => breaches.push(format!("ConfigMap `{name}` is not rendered")),
            (Some(map), Some(key)) if map.value().pointer("/data").and_then(|data| data.get(key)).is_none() => {
                breaches.push(format!("ConfigMap `{name}` has no key `{key}`"));
            }
            _ => {}
        }
    }
    breaches
}

/// Every mount has its volume or claim, and every volume is mounted.
fn check_volumes(workload: &Workload<'_>) -> Vec<String> {
    let volumes = list(workload.template, "/spec/volumes").iter().map(|volume| text(volume, "/name"));
    let claims = list(workload.object.value(), "/spec/volumeClaimTemplates").iter();
    let there: Vec<&str> = volumes.chain(claims.map(|claim| text(claim, "/metadata/name"))).collect();
    let mounts = workload.containers().flat_map(|container| list(container, "/volumeMounts"));
    let mounted: Vec<&str> = mounts.map(|mount| text(mount, "/name")).collect();
    let without =
        mounted.iter().filter(|name| !there.contains(name)).map(|name| format!("no volume `{name}` to mount"));
    let unused =
        there.iter().filter(|name| !mounted.contains(name)).map(|name| format!("volume `{name}` is not mounted"));
    without.chain(unused).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Well connected; the cases below each break one place of it.
    const GOOD: &str = "
{kind: Namespace, metadata: {name: meters}}
---
{kind: ServiceAccount, metadata: {name: tidecast, namespace: meters}}
---
{kind: ConfigMap, metadata: {name: config, namespace: meters}, data: {a: b}}
---
kind: Service
metadata: {name: pods, namespace: meters}
spec: {clusterIP: None, selector: {app: tidecast}, ports: [{port: 8080, targetPort: http}]}
---
kind: StatefulSet
metadata: {name: tidecast, namespace: meters}
spec:
  serviceName: pods
  selector: {matchLabels: {app: tidecast}}
  template:
    metadata: {labels: {app: tidecast}}
    spec:
      serviceAccountName: tidecast
      containers:
        - name: tidecast
          ports: [{name: http, containerPort: 8080}]
          env: [{name: A, valueFrom: {configMapKeyRef: {name: config, key: a}}}]
          volumeMounts: [{name: data}, {name: files}]
      volumes: [{name: files, configMap: {name: config}}]
  volumeClaimTemplates: [{metadata: {name: data}}]
";

    #[test]
    fn each_broken_reference_is_found() {
        let check = |written: &str, instead: &str, expected: &[&str]| {
            assert!(GOOD.contains(written), "{written}");
            let objects = Objects::parse(&GOOD.replacen(written, instead, 1)).unwrap();
            assert_eq!(check(&objects), expected, "{written} -> {instead}");
        };
        check("", "", &[]);
        check("selector: {app: tidecast}, ports", "selector: {app: other}, ports", &["Service/pods: selects no pods"]);
        check("selector: {app: tidecast}, ports", "ports", &["Service/pods: selects no pods"]);
        check(
            "targetPort: http",
            "targetPort: grpc",
            &["Service/pods: no container has the port `{\"port\":8080,\"targetPort\":\"grpc\"}`"],
        );
        check("targetPort: http", "targetPort: 8080", &[]);
        check(
            "matchLabels: {app: tidecast}",
            "matchLabels: {app: other}",
            &["StatefulSet/tidecast: its selector does not match the labels of its own pods"],
        );
        check("clusterIP: None, ", "", &["StatefulSet/tidecast: serviceName `pods` is no headless Service"]);
        check(
            "serviceAccountName: tidecast",
            "serviceAccountName: other",
            &["StatefulSet/tidecast: ServiceAccount `other` is not rendered"],
        );
        check(
            "configMap: {name: config}",
            "configMap: {name: other}",
            &["StatefulSet/tidecast: ConfigMap `other` is not rendered"],
        );
        check("key: a", "key: b", &["StatefulSet/tidecast: ConfigMap `config` has no key `b`"]);
        check(
            "{name: data}, {name: files}",
            "{name: datum}, {name: files}",
            &["StatefulSet/tidecast: no volume `datum` to mount", "StatefulSet/tidecast: volume `data` is not mounted"],
        );
        check(
            "name: config, namespace: meters",
            "name: config, namespace: other",
            &["ConfigMap/config: its namespace `other` is not rendered"],
        );
        check(
            "kind: Service\n",
            "kind: Secret\n",
            &[
                "Secret/pods: refer to Secrets, never render them",
                "StatefulSet/tidecast: serviceName `pods` is no headless Service",
            ],
        );
    }
}
