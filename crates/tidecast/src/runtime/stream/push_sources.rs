//! The push sources of this process, by name: where the API finds the one that a client means.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use tidecast_connect::http::PushSender;

/// Who can be sent records. Cheap to clone.
#[derive(Clone, Default)]
pub struct PushSources(Arc<RwLock<BTreeMap<String, PushSender>>>);

impl PushSources {
    /// Puts a source in place of the former one of its name, which takes nothing any more.
    pub fn put(&self, name: &str, sender: PushSender) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), sender);
    }

    /// The source of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<PushSender> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// All names.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }
}
