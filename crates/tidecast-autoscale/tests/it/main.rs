//! Integration tests of autoscaling: decisions against those of Kubernetes' own code.
#![expect(clippy::unwrap_used, reason = "a step that fails fails the test")]

mod extremes;
mod replays;
mod vectors;
