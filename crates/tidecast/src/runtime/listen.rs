//! Listening: the port, the rule about addresses beyond loopback, and the signals that end the process.

use crate::config::ServerConfig;
use crate::exit::{NetworkError, UsageError};
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Opens the port.
///
/// # Errors
/// When the address reaches beyond loopback without a token, or the port cannot be had.
pub async fn bind(server: &ServerConfig) -> anyhow::Result<TcpListener> {
    let address = server.listen;
    if !address.ip().is_loopback() && server.token_file.is_none() && !server.insecure {
        let message = format!(
            "{address} can be reached from other machines, and nothing protects it; give --token-file FILE, or --insecure to let anyone in"
        );
        return Err(UsageError(message).into());
    }
    TcpListener::bind(address).await.map_err(|error| explain(address, &error).into())
}

fn explain(address: SocketAddr, error: &std::io::Error) -> NetworkError {
    let advice = match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            "it is in use; stop the program that has it, or choose another port with --listen"
        }
        std::io::ErrorKind::PermissionDenied => "this user may not use it; choose a port above 1023 with --listen",
        std::io::ErrorKind::AddrNotAvailable => "this machine does not have that address; choose another with --listen",
        _ => "choose another address with --listen",
    };
    NetworkError(format!("cannot listen on {address}: {advice} ({error})"))
}

/// Turns true when the process is asked to end: Ctrl-C, or SIGTERM from Kubernetes.
pub fn shutdown_signal() -> anyhow::Result<watch::Receiver<bool>> {
    let (sender, receiver) = watch::channel(false);
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    let mut interrupt = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        let _nobody_left = sender.send(true);
        // A second signal does not wait for anyone.
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        std::process::exit(130);
    });
    Ok(receiver)
}

/// Waits until the process is asked to end.
pub async fn ended(mut shutdown: watch::Receiver<bool>) {
    // An error means that the sender is gone, which happens only at the very end.
    drop(shutdown.wait_for(|ended| *ended).await);
}
