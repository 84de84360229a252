//! The rendered objects, and how to look into them.

use anyhow::{Context as _, Result};
use serde::Deserialize as _;
use serde_json::Value;

/// Everything that one kustomization renders.
pub(super) struct Objects(Vec<Object>);

/// One object.
pub(super) struct Object(Value);

/// An object that brings pods, and whether they end by themselves.
pub(super) struct Workload<'a> {
    pub(super) object: &'a Object,
    /// The pods' labels and specification.
    pub(super) template: &'a Value,
    pub(super) runs_to_completion: bool,
}

impl Objects {
    pub(super) fn parse(yaml: &str) -> Result<Self> {
        let mut objects = Vec::new();
        for document in serde_yaml_ng::Deserializer::from_str(yaml) {
            objects.push(Object(Value::deserialize(document).context("the rendered YAML")?));
        }
        Ok(Self(objects))
    }

    pub(super) fn all(&self) -> &[Object] {
        &self.0
    }

    pub(super) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Object> {
        self.0.iter().filter(move |object| object.kind() == kind)
    }

    pub(super) fn named(&self, kind: &str, name: &str) -> Option<&Object> {
        self.0.iter().find(|object| object.kind() == kind && object.name() == name)
    }

    pub(super) fn workloads(&self) -> Vec<Workload<'_>> {
        self.0.iter().filter_map(Object::workload).collect()
    }
}

impl Object {
    pub(super) fn value(&self) -> &Value {
        &self.0
    }

    pub(super) fn kind(&self) -> &str {
        self.string("/kind").unwrap_or_default()
    }

    pub(super) fn name(&self) -> &str {
        self.string("/metadata/name").unwrap_or_default()
    }

    /// Kind and name, as kubectl writes them.
    pub(super) fn shown(&self) -> String {
        format!("{}/{}", self.kind(), self.name())
    }

    fn workload(&self) -> Option<Workload<'_>> {
        let (path, runs_to_completion) = match self.kind() {
            "StatefulSet" | "Deployment" | "DaemonSet" => ("/spec/template", false),
            "Job" => ("/spec/template", true),
            "CronJob" => ("/spec/jobTemplate/spec/template", true),
            _ => return None,
        };
        Some(Workload { object: self, template: self.0.pointer(path)?, runs_to_completion })
    }

    pub(super) fn string(&self, pointer: &str) -> Option<&str> {
        self.0.pointer(pointer)?.as_str()
    }
}

impl Workload<'_> {
    /// Its containers, those that run first included.
    pub(super) fn containers(&self) -> impl Iterator<Item = &Value> {
        ["/spec/initContainers", "/spec/containers"].into_iter().flat_map(|pointer| list(self.template, pointer))
    }
}

/// The elements of the list at `pointer`; none where there is no list.
pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The text at `pointer`; empty where there is none.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
