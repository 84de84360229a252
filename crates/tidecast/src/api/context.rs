//! What every handler shares: the state given by the runtime, and the bounds on what runs at once.

use super::ApiState;
use super::error::ApiError;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit, watch};

/// Event streams at once: a person has a few tabs, a wall has a few screens.
const STREAMS_MAX: usize = 64;

/// Request bodies in memory at once, each of up to 32 MiB and about twice that parsed.
const BODIES_MAX: usize = 4;

/// Verifications at once: each reads up to some hundred forecasts, or a few hundred of each of many series.
const VERIFICATIONS_MAX: usize = 2;

/// How long a request waits for its turn before the sender is asked to come back.
pub(super) const TURN: Duration = Duration::from_secs(10);

/// The state of a router.
pub(super) struct Context {
    /// From the runtime.
    pub(super) state: ApiState,
    /// Turns true when the server is about to stop.
    pub(super) closing: watch::Sender<bool>,
    streams: Arc<Semaphore>,
    bodies: Arc<Semaphore>,
    verifications: Semaphore,
}

impl Context {
    pub(super) fn new(state: ApiState) -> Arc<Self> {
        Arc::new(Self {
            state,
            closing: watch::Sender::new(false),
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
            bodies: Arc::new(Semaphore::new(BODIES_MAX)),
            verifications: Semaphore::new(VERIFICATIONS_MAX),
        })
    }

    /// The right to one event stream, held as long as it is open.
    pub(super) fn stream_permit(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        Arc::clone(&self.streams).try_acquire_owned().map_err(|_| {
            ApiError::unavailable(format!("{STREAMS_MAX} event streams are open, which is the limit; close one"))
        })
    }

    /// The right to hold stored forecasts against what came, waiting a little for it.
    pub(super) async fn verification_permit(&self) -> Result<SemaphorePermit<'_>, ApiError> {
        match tokio::time::timeout(TURN, self.verifications.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(ApiError::unavailable("too many verifications at once; ask again in a moment".to_owned())),
        }
    }

    /// The right to hold one request body, waiting a little for it.
    pub(super) async fn body_permit(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        match tokio::time::timeout(TURN, Arc::clone(&self.bodies).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(ApiError::unavailable("too many writes at once; send it again in a moment".to_owned())),
        }
    }
}
