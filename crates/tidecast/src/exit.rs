//! Exit codes, the same for every verb; `docs/exit-codes.md` explains them to users.

use crate::config::{ConfigError, TokenError};
use std::path::PathBuf;
use std::process::ExitCode;
use tidecast_autoscale::simulation::ReplayError;
use tidecast_autoscale::trace::TraceError;
use tidecast_connect::prometheus::PrometheusError;
use tidecast_core::ports::{ArtifactError, SourceError, StoreError};
use tidecast_forecast::models::UnknownModel;
use tidecast_forecast::registry::RegistryError;

/// Something failed while running.
const FAILURE: u8 = 1;
/// The command line or the configuration is wrong.
const USAGE: u8 = 2;
/// The input data are malformed, or not there.
const INPUT: u8 = 3;
/// The store refuses.
const STORE: u8 = 4;
/// A server cannot be reached, or a port cannot be listened on.
const NETWORK: u8 = 5;

/// The command line is understood but does not make sense.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// There is no store where one should be read.
#[derive(Debug, thiserror::Error)]
#[error("there is no store in {dir}; load data into it with `tidecast ingest FILE --store embedded:{dir}`", dir = .0.display())]
pub struct NoStoreError(pub PathBuf);

/// A port cannot be listened on, or a server not be reached.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NetworkError(pub String);

/// The input data cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct InputError(pub String);

/// The exit code that an error means: that of the outermost cause which is known.
#[must_use]
pub fn code(error: &anyhow::Error) -> ExitCode {
    ExitCode::from(error.chain().find_map(known).unwrap_or(FAILURE))
}

fn known(cause: &(dyn std::error::Error + 'static)) -> Option<u8> {
    if cause.is::<UsageError>() || cause.is::<ConfigError>() || cause.is::<TokenError>() || cause.is::<UnknownModel>() {
        return Some(USAGE);
    }
    if cause.is::<InputError>() || cause.is::<TraceError>() {
        return Some(INPUT);
    }
    if let Some(error) = cause.downcast_ref::<ReplayError>() {
        return Some(if *error == ReplayError::NoDemand { INPUT } else { USAGE });
    }
    if let Some(error) = cause.downcast_ref::<PrometheusError>() {
        return Some(prometheus(error));
    }
    if cause.is::<NetworkError>() {
        return Some(NETWORK);
    }
    if let Some(error) = cause.downcast_ref::<SourceError>() {
        return Some(match error {
            SourceError::Malformed { .. } | SourceError::NotFound { .. } => INPUT,
            SourceError::Unavailable { .. } => NETWORK,
        });
    }
    if let Some(error) = cause.downcast_ref::<RegistryError>() {
        let is_away = matches!(error, RegistryError::Storage(ArtifactError::Unavailable { .. }));
        return Some(if is_away { NETWORK } else { STORE });
    }
    if cause.is::<NoStoreError>() {
        return Some(STORE);
    }
    cause.downcast_ref::<StoreError>().map(|error| match error {
        StoreError::Unavailable { .. } => NETWORK,
        _ => STORE,
    })
}

fn prometheus(error: &PrometheusError) -> u8 {
    match error {
        PrometheusError::Address { .. } | PrometheusError::Credentials { .. } | PrometheusError::Range { .. } => USAGE,
        PrometheusError::Nothing { .. } | PrometheusError::SeveralSeries { .. } | PrometheusError::Histograms => INPUT,
        _ => NETWORK,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_decides() {
        let missing = SourceError::NotFound { what: "a.csv".into() };
        let full = StoreError::DiskFull { path: "data".into() };
        let cases = [
            (anyhow::Error::new(missing).context("ingest"), INPUT),
            (anyhow::Error::new(full), STORE),
            (UsageError("x".into()).into(), USAGE),
            (NetworkError("x".into()).into(), NETWORK),
            (TraceError::AllZero { samples: 60 }.into(), INPUT),
            (ReplayError::NoDemand.into(), INPUT),
            (PrometheusError::Histograms.into(), INPUT),
            (PrometheusError::Slow { server: "x".into(), seconds: 1 }.into(), NETWORK),
            (anyhow::anyhow!("unknown"), FAILURE),
        ];
        for (error, expected) in cases {
            assert_eq!(code(&error), ExitCode::from(expected), "{error:?}");
        }
    }
}
