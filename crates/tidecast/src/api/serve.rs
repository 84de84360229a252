//! The server around the routes: checks that depend on the address, and an end in bounded time.

use super::context::Context;
use super::{ApiState, auth, routes};
use axum::middleware::from_fn;
use axum::serve::ListenerExt;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long requests under way may take once the server is to stop.
const GRACE: Duration = Duration::from_secs(5);

/// Serves until `shutdown` completes. Then no connection is accepted any more, event streams are closed, requests
/// under way are finished, and what is not done within 5 seconds is given up.
///
/// On loopback without a token only requests for this machine by name or address are answered, so that no web page
/// can reach the API under a name of its own.
///
/// # Errors
/// When the listener's address cannot be read.
pub async fn serve(
    listener: TcpListener,
    state: ApiState,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let local_only = state.token.is_none() && listener.local_addr()?.ip().is_loopback();
    let context = Context::new(state);
    let mut router = routes(&context);
    if local_only {
        router = router.layer(from_fn(auth::refuse_foreign_hosts));
    }
    let listener = listener.tap_io(|stream| {
        // Events are small and must not wait for more; where this fails they only come a little later.
        let _unsupported = stream.set_nodelay(true);
    });
    let closer = Arc::clone(&context);
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        shutdown.await;
        closer.closing.send_replace(true);
    });
    let mut closing = context.closing.subscribe();
    let out_of_time = async {
        drop(closing.wait_for(|closing| *closing).await);
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        result = server.into_future() => result,
        () = out_of_time => Ok(()),
    }
}
