//! What an operator sets for the whole controller, by flags of `kube-controller-manager`.

/// The flags of the controller that decisions depend on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ControllerSettings {
    /// `--horizontal-pod-autoscaler-tolerance`: how far the usage may be from its target, as a ratio.
    pub tolerance: f64,
    /// `--horizontal-pod-autoscaler-cpu-initialization-period`, in seconds.
    pub cpu_initialization_period_seconds: f64,
    /// `--horizontal-pod-autoscaler-initial-readiness-delay`, in seconds.
    pub initial_readiness_delay_seconds: f64,
    /// `--horizontal-pod-autoscaler-downscale-stabilization`, in seconds.
    pub downscale_stabilization_seconds: f64,
}

impl Default for ControllerSettings {
    /// Upstream's own defaults.
    fn default() -> Self {
        Self {
            tolerance: 0.1,
            cpu_initialization_period_seconds: 300.0,
            initial_readiness_delay_seconds: 30.0,
            downscale_stabilization_seconds: 300.0,
        }
    }
}
