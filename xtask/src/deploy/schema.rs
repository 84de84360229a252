//! Every field against the Kubernetes types.
//!
//! The types ignore fields that they do not know. So an object is read and written again: what is then lost or changed
//! was misspelt or in the wrong place.

use super::objects::{Object, Objects};
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, PersistentVolumeClaim, Service, ServiceAccount};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(super) fn check(objects: &Objects) -> Vec<String> {
    let found = |object: &Object| {
        let wrong = check_object(object);
        wrong.into_iter().map(|wrong| format!("{}: {wrong}", object.shown())).collect::<Vec<_>>()
    };
    objects.all().iter().flat_map(found).collect()
}

fn check_object(object: &Object) -> Vec<String> {
    let value = object.value();
    let version = object.string("/apiVersion").unwrap_or_default();
    match (version, object.kind()) {
        ("v1", "ConfigMap") => check_as::<ConfigMap>(value),
        ("v1", "Namespace") => check_as::<Namespace>(value),
        ("v1", "PersistentVolumeClaim") => check_as::<PersistentVolumeClaim>(value),
        ("v1", "Service") => check_as::<Service>(value),
        ("v1", "ServiceAccount") => check_as::<ServiceAccount>(value),
        ("apps/v1", "Deployment") => check_as::<Deployment>(value),
        ("apps/v1", "StatefulSet") => check_as::<StatefulSet>(value),
        ("batch/v1", "CronJob") => check_as::<CronJob>(value),
        ("batch/v1", "Job") => check_as::<Job>(value),
        (version, kind) => vec![format!("no type is known here for {version} {kind}; add it to xtask")],
    }
}

fn check_as<T: DeserializeOwned + Serialize>(value: &Value) -> Vec<String> {
    let again = serde_json::from_value::<T>(value.clone()).and_then(serde_json::to_value);
    match again {
        Ok(again) => lost(value, &again, ""),
        Err(error) => vec![error.to_string()],
    }
}

/// Paths of the fields of `before` that `after` does not have, or has with another value.
fn lost(before: &Value, after: &Value, path: &str) -> Vec<String> {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => before
            .iter()
            .flat_map(|(key, before)| {
                let path = format!("{path}.{key}");
                match after.get(key) {
                    Some(after) => lost(before, after, &path),
                    None => vec![format!("Kubernetes has no field {path}")],
                }
            })
            .collect(),
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            let pairs = before.iter().zip(after).enumerate();
            pairs.flat_map(|(index, (before, after))| lost(before, after, &format!("{path}[{index}]"))).collect()
        }
        (before, after) if before == after => Vec::new(),
        (before, after) => vec![format!("Kubernetes reads {before} at {path} as {after}")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_and_misplaced_fields_are_found() {
        let check = |yaml: &str, expected: &[&str]| {
            let found = check(&Objects::parse(yaml).unwrap());
            let fits =
                found.len() == expected.len() && found.iter().zip(expected).all(|(have, want)| have.contains(want));
            assert!(fits, "{yaml}: {found:?} should contain {expected:?}");
        };
        let job = |spec: &str| format!("{{apiVersion: batch/v1, kind: Job, metadata: {{name: a}}, spec: {spec}}}");
        let pod = |container: &str| job(&format!("{{template: {{spec: {{containers: [{container}]}}}}}}"));
        check(&pod("{name: a, image: b, resources: {limits: {cpu: '1'}}}"), &[]);
        check(
            &pod("{name: a, imagePullPolicies: Never}"),
            &["no field .spec.template.spec.containers[0].imagePullPolicies"],
        );
        check(&job("{template: {}, replicas: 1}"), &["Job/a: Kubernetes has no field .spec.replicas"]);
        check(&job("{template: {}, backoffLimit: six}"), &["invalid type"]);
        check("{apiVersion: apps/v1, kind: Job, metadata: {name: a}}", &["no type is known here for apps/v1 Job"]);
    }
}
