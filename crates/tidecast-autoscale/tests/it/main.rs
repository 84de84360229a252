//! Integration tests of autoscaling: decisions against those of Kubernetes' own code.
#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a step that fails fails the test")]

mod capacity;
mod extremes;
mod policies;
mod replays;
mod vectors;
