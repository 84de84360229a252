//! Artifacts in an object storage: S3, or what speaks its protocol.
//!
//! An object is there whole or not at all, and a new one is written only where there is none (`If-None-Match`), which
//! is all that the registry builds on. Calls come from threads that compute and wait for their answer; the requests run
//! on a small runtime of their own, so that waiting never keeps the process's runtime from answering them.

use crate::files::S3Access;
use crate::files::location::Location;
use crate::files::s3::refusal;
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::aws::AmazonS3;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, mpsc};
use tidecast_core::ports::{ArtifactError, ArtifactStorage, SourceError};
use tokio::runtime::{Builder, Runtime};

/// Objects fetched at once.
const REQUESTS_AT_ONCE: usize = 32;

/// Objects below a prefix of a bucket.
pub struct ObjectArtifacts {
    client: Arc<AmazonS3>,
    prefix: Path,
    /// `s3://bucket/prefix`.
    name: String,
    /// Taken when dropped.
    runtime: Option<Runtime>,
}

impl ObjectArtifacts {
    /// Artifacts at `s3://bucket/prefix`. Nothing is sent yet.
    ///
    /// # Errors
    /// When the location is none, or the credentials are missing or malformed.
    pub fn open(location: &str, access: &S3Access) -> Result<Self, ArtifactError> {
        let refuse =
            |reason: String| ArtifactError::Unavailable { place: "the registry".to_owned(), doing: "opened", reason };
        let location = location.trim_end_matches('/');
        let Location::S3 { bucket, key } = Location::parse(location).map_err(|error| refuse(error.to_string()))? else {
            return Err(refuse("it is no object storage; write s3://bucket/prefix".to_owned()));
        };
        let prefix = Path::parse(&key).map_err(|error| refuse(error.to_string()))?;
        let name = format!("s3://{bucket}/{prefix}");
        let client = access.client(&bucket, &name).map_err(|error| refuse(error.to_string()))?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("artifacts")
            .enable_all()
            .build()
            .map_err(|error| refuse(error.to_string()))?;
        Ok(Self { client: Arc::new(client), prefix, name, runtime: Some(runtime) })
    }

    /// Does some requests and waits for the outcome.
    fn wait<T: Send + 'static>(
        &self,
        key: &str,
        doing: &'static str,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, ArtifactError> {
        let (sender, receiver) = mpsc::sync_channel(1);
        if let Some(runtime) = &self.runtime {
            runtime.spawn(async move {
                let _nobody_waits = sender.send(work.await);
            });
        }
        match receiver.recv() {
            Ok(outcome) => outcome.map_err(|error| self.error(key, doing, &error)),
            Err(_) => Err(ArtifactError::Unavailable {
                place: self.place(key),
                doing,
                reason: "the process is about to end".to_owned(),
            }),
        }
    }

    fn error(&self, key: &str, doing: &'static str, error: &Error) -> ArtifactError {
        let place = self.place(key);
        let reason = match refusal(&place, error) {
            // Listings do not tell this from other failures, except in their text.
            SourceError::Unavailable { reason, .. } if reason.contains("403 Forbidden") => {
                "access is denied; check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what the bucket's policy allows"
                    .to_owned()
            }
            SourceError::Unavailable { reason, .. } => reason,
            _ => "it was not found; check the bucket".to_owned(),
        };
        ArtifactError::Unavailable { place, doing, reason }
    }

    fn path(&self, key: &str) -> Path {
        // Keys are ours: letters, digits, `.`, `_`, `-` between slashes.
        key.split('/').fold(self.prefix.clone(), Path::join)
    }
}

impl ArtifactStorage for ObjectArtifacts {
    fn folders(&self) -> Result<Vec<String>, ArtifactError> {
        let (client, prefix) = (Arc::clone(&self.client), self.prefix.clone());
        let found = self.wait("", "listed", async move { client.list_with_delimiter(Some(&prefix)).await })?;
        let names: BTreeSet<String> = found
            .common_prefixes
            .iter()
            .filter_map(|path| path.parts().next_back())
            .map(|part| part.as_ref().to_owned())
            .collect();
        Ok(names.into_iter().collect())
    }

    fn keys(&self, folder: &str) -> Result<Vec<String>, ArtifactError> {
        let (client, path, prefix) = (Arc::clone(&self.client), self.path(folder), self.prefix.clone());
        self.wait(folder, "listed", async move {
            let found: Vec<_> = client.list(Some(&path)).try_collect().await?;
            let key = |path: &Path| {
                let parts: Vec<String> = path.prefix_match(&prefix)?.map(|part| part.as_ref().to_owned()).collect();
                Some(parts.join("/"))
            };
            let mut keys: Vec<String> = found.iter().filter_map(|object| key(&object.location)).collect();
            keys.sort_unstable();
            Ok(keys)
        })
    }

    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, ArtifactError> {
        let (client, path) = (Arc::clone(&self.client), self.path(key));
        self.wait(key, "read", async move { fetch(&client, &path).await })
    }

    fn get_all(&self, keys: &[String]) -> Vec<Result<Option<Vec<u8>>, ArtifactError>> {
        let client = Arc::clone(&self.client);
        let paths: Vec<Path> = keys.iter().map(|key| self.path(key)).collect();
        let fetched = self.wait("", "read", async move {
            let client = &client;
            let fetches = stream::iter(paths).map(|path| async move { fetch(client, &path).await });
            Ok(fetches.buffered(REQUESTS_AT_ONCE).collect::<Vec<_>>().await)
        });
        match fetched {
            Ok(fetched) => {
                let outcomes = keys.iter().zip(fetched);
                outcomes.map(|(key, outcome)| outcome.map_err(|error| self.error(key, "read", &error))).collect()
            }
            Err(error) => keys.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    fn create(&self, key: &str, bytes: &[u8]) -> Result<bool, ArtifactError> {
        let (client, path, bytes) = (Arc::clone(&self.client), self.path(key), bytes.to_vec());
        self.wait(key, "written", async move {
            let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
            match client.put_opts(&path, bytes.into(), options).await {
                Ok(_) => Ok(true),
                Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(false),
                Err(error) => Err(error),
            }
        })
    }

    fn replace(&self, key: &str, bytes: &[u8]) -> Result<(), ArtifactError> {
        let (client, path, bytes) = (Arc::clone(&self.client), self.path(key), bytes.to_vec());
        self.wait(key, "written", async move { client.put(&path, bytes.into()).await.map(drop) })
    }

    fn remove(&self, key: &str) -> Result<(), ArtifactError> {
        let (client, path) = (Arc::clone(&self.client), self.path(key));
        self.wait(key, "removed", async move {
            match client.delete(&path).await {
                Err(Error::NotFound { .. }) => Ok(()),
                outcome => outcome,
            }
        })
    }

    fn remove_unfinished(&self, _: &str) -> Result<usize, ArtifactError> {
        // What is not written whole never becomes an object.
        Ok(0)
    }

    fn place(&self, key: &str) -> String {
        if key.is_empty() { self.name.clone() } else { format!("{}/{key}", self.name) }
    }
}

async fn fetch(client: &AmazonS3, path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match client.get(path).await {
        Ok(found) => Ok(Some(found.bytes().await?.to_vec())),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Drop for ObjectArtifacts {
    fn drop(&mut self) {
        // Dropped on a thread of another runtime, where waiting for its own threads is not allowed.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for ObjectArtifacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectArtifacts").field("name", &self.name).finish_non_exhaustive()
    }
}
