//! Files for TLS: whom to trust, and who we are.

use super::error::RedisError;
use ::redis::{ClientTlsConfig, TlsCertificates};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::{Path, PathBuf};

/// PEM files that replace what the operating system has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// Certificates of the authorities to trust; those of the operating system where not given.
    pub authority: Option<PathBuf>,
    /// Our own certificate and its key, for servers that ask for one.
    pub client: Option<ClientFiles>,
}

/// A certificate and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientFiles {
    /// The certificate, and those up to the authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl TlsFiles {
    pub(super) fn read(&self) -> Result<TlsCertificates, RedisError> {
        let root_cert = self.authority.as_deref().map(read_certificates).transpose()?;
        let client = self.client.as_ref().map(|files| {
            let client_cert = read_certificates(&files.certificate)?;
            let client_key = read(&files.key)?;
            PrivateKeyDer::from_pem_slice(&client_key).map_err(|error| refuse(&files.key, &error.to_string()))?;
            Ok(ClientTlsConfig { client_cert, client_key })
        });
        Ok(TlsCertificates { client_tls: client.transpose()?, root_cert })
    }
}

/// A file with at least one certificate in it: none would later mean that nobody is trusted.
fn read_certificates(path: &Path) -> Result<Vec<u8>, RedisError> {
    let bytes = read(path)?;
    let mut certificates = CertificateDer::pem_slice_iter(&bytes);
    match certificates.next() {
        Some(Ok(_)) => Ok(bytes),
        Some(Err(error)) => Err(refuse(path, &error.to_string())),
        None => Err(refuse(path, "it holds no certificate")),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, RedisError> {
    std::fs::read(path).map_err(|error| refuse(path, &error.to_string()))
}

fn refuse(path: &Path, reason: &str) -> RedisError {
    RedisError::TlsFile { path: path.to_owned(), reason: reason.to_owned() }
}
