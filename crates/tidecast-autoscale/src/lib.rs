//! Predictive autoscaling as pure functions: what the Kubernetes HPA would decide, what a forecast would, and what either
//! would have cost on recorded traffic.

pub mod demand;
pub mod hpa;
pub mod policy;
pub mod simulation;
pub mod trace;
