//! A stream's troubles in the log: when one begins or becomes another, and when it is over.

/// What was last said of one stream.
#[derive(Debug, Default)]
pub(super) struct TroubleLog {
    said: Option<String>,
}

impl TroubleLog {
    /// Notes how the stream stands.
    pub(super) fn note(&mut self, source: &str, trouble: Option<&str>) {
        if self.said.as_deref() == trouble {
            return;
        }
        match trouble {
            Some(trouble) => tracing::warn!(source, "{trouble}"),
            None => tracing::info!(source, "all is well again"),
        }
        self.said = trouble.map(str::to_owned);
    }
}
