//! The store behind another process's API.

use super::client::{Client, Failure};
use super::parts;
use super::token::Token;
use super::wire::{
    Cursor, ErrorCode, Forecasts, ForecastsStored, Latest, ORIGINS_MAX, Range, SamplesStored, SeriesList,
};
use serde::de::DeserializeOwned;
use tidecast_core::duration::DurationMs;
use tidecast_core::forecast::Forecast;
use tidecast_core::ports::{BoxFuture, ForecastQuery, Position, SeriesStore, SeriesSummary, StoreError};
use tidecast_core::series::{Aggregate, Bucket, Points, Sample, SampleBatch, Selector, SeriesKey, TimeRange};

/// The store of a running `tidecast`, reached over HTTP.
///
/// Large batches travel in several requests and become durable one after the other, the position with the last: a
/// failure in between leaves a prefix that the source repeats, which stores it once.
pub struct RemoteStore {
    client: Client,
}

impl RemoteStore {
    /// A store at `url` (`http://127.0.0.1:8080`). Nothing is sent yet.
    ///
    /// # Errors
    /// When the address is none.
    pub fn new(url: &str, token: Option<&Token>) -> Result<Self, StoreError> {
        Ok(Self { client: Client::new(url, token)? })
    }

    /// Finds out whether a server is there, accepts the token and speaks this API.
    ///
    /// # Errors
    /// When not, saying which.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.client.get::<Cursor>("cursor", &[("source", String::new())]).await.map(drop).map_err(|e| self.error(e))
    }

    /// What the server says about itself (`GET /api/v1/status`), in the caller's own type.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn status<T: DeserializeOwned>(&self) -> Result<T, StoreError> {
        self.client.get("status", &[]).await.map_err(|e| self.error(e))
    }

    /// What the server says about its models (`GET /api/v1/models`), in the caller's own type.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn models<T: DeserializeOwned>(&self, selector: &Selector) -> Result<T, StoreError> {
        self.client.get("models", &[("selector", selector.to_string())]).await.map_err(|e| self.error(e))
    }

    /// What the server's registry has (`GET /api/v1/models/versions`), in the caller's own type.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn model_versions<T: DeserializeOwned>(&self, selector: &Selector) -> Result<T, StoreError> {
        self.client.get("models/versions", &[("selector", selector.to_string())]).await.map_err(|e| self.error(e))
    }

    /// Has the server change its models (`POST /api/v1/models/{verb}`); an order may arrive twice.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn order_models<T: DeserializeOwned>(
        &self,
        verb: &str,
        order: &impl serde::Serialize,
    ) -> Result<T, StoreError> {
        self.client.post(&format!("models/{verb}"), order).await.map_err(|e| self.error(e))
    }

    fn error(&self, failure: Failure) -> StoreError {
        self.client.store_error(failure)
    }

    async fn list(&self, selector: &Selector) -> Result<Vec<SeriesSummary>, StoreError> {
        let answer: SeriesList =
            self.client.get("series", &[("selector", selector.to_string())]).await.map_err(|e| self.error(e))?;
        Ok(answer.series)
    }

    /// Reads a range in as many parts as the server's limit asks for, each half as long as the one that was too large.
    async fn read(&self, series: &SeriesKey, range: TimeRange, bucket: Option<Bucket>) -> Result<Points, StoreError> {
        let mut points = Points::default();
        let mut clipped = false;
        let mut pending = vec![range];
        while let Some(part) = pending.pop() {
            match self.client.get::<Range>("range", &range_query(series, part, bucket)).await {
                Ok(answer) => {
                    points.timestamps_ms.extend(answer.timestamps_ms);
                    points.values.extend(answer.values);
                }
                // All of time cannot be halved sensibly: start from where the samples are.
                Err(Failure::Refused { code: Some(ErrorCode::PayloadTooLarge), .. }) if !clipped => {
                    clipped = true;
                    pending.push(self.clip(series, part).await?);
                }
                Err(failure @ Failure::Refused { code: Some(ErrorCode::PayloadTooLarge), .. }) => {
                    let (early, late) = halves(part, bucket).ok_or_else(|| self.error(failure))?;
                    pending.extend([late, early]);
                }
                Err(failure) => return Err(self.error(failure)),
            }
        }
        Ok(points)
    }

    /// The part of a range in which the series has samples.
    async fn clip(&self, series: &SeriesKey, range: TimeRange) -> Result<TimeRange, StoreError> {
        let found = self.list(&Selector::exact(series)).await?;
        let summary = found.iter().find(|summary| summary.series == *series);
        Ok(summary.map_or(range, |summary| {
            TimeRange::new(range.from_ms.max(summary.first_ms), range.to_ms.min(summary.last_ms.saturating_add(1)))
        }))
    }

    /// Reads forecasts from the newest origins backwards, a page of origins at a time.
    async fn read_forecasts(&self, query: ForecastQuery) -> Result<Vec<Forecast>, StoreError> {
        let mut pages: Vec<Vec<Forecast>> = Vec::new();
        let mut origins = query.origins;
        let mut wanted = query.limit;
        while wanted > 0 && !origins.is_empty() {
            let limit = wanted.min(ORIGINS_MAX);
            let parameters = [
                ("series", query.series.to_string()),
                ("from", origins.from_ms.to_string()),
                ("to", origins.to_ms.to_string()),
                ("limit", limit.to_string()),
            ];
            let page: Forecasts = self.client.get("forecasts", &parameters).await.map_err(|e| self.error(e))?;
            let mut found: Vec<i64> = page.forecasts.iter().map(|forecast| forecast.origin_ms).collect();
            found.dedup();
            let Some(oldest_ms) = found.first().copied() else { break };
            wanted = if found.len() < limit { 0 } else { wanted - limit };
            origins.to_ms = oldest_ms;
            pages.push(page.forecasts);
        }
        Ok(pages.into_iter().rev().flatten().collect())
    }
}

impl SeriesStore for RemoteStore {
    fn append(&self, batch: SampleBatch, position: Option<Position>) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            for part in parts::of_samples(&batch, position, parts::PART_BYTES) {
                let _stored: SamplesStored = self.client.post("samples", &part).await.map_err(|e| self.error(e))?;
            }
            Ok(())
        })
    }

    fn cursor<'a>(&'a self, source: &'a str) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        Box::pin(async move {
            let answer: Cursor =
                self.client.get("cursor", &[("source", source.to_owned())]).await.map_err(|e| self.error(e))?;
            Ok(answer.cursor)
        })
    }

    fn series<'a>(&'a self, selector: &'a Selector) -> BoxFuture<'a, Result<Vec<SeriesSummary>, StoreError>> {
        Box::pin(self.list(selector))
    }

    fn range<'a>(
        &'a self,
        series: &'a SeriesKey,
        range: TimeRange,
        bucket: Option<Bucket>,
    ) -> BoxFuture<'a, Result<Points, StoreError>> {
        Box::pin(async move {
            if range.is_empty() { Ok(Points::default()) } else { self.read(series, range, bucket).await }
        })
    }

    fn latest<'a>(&'a self, selector: &'a Selector) -> BoxFuture<'a, Result<Vec<(SeriesKey, Sample)>, StoreError>> {
        Box::pin(async move {
            let answer: Latest =
                self.client.get("latest", &[("selector", selector.to_string())]).await.map_err(|e| self.error(e))?;
            let pair = |found: super::wire::SeriesSample| {
                (found.series, Sample { timestamp_ms: found.timestamp_ms, value: found.value })
            };
            Ok(answer.samples.into_iter().map(pair).collect())
        })
    }

    fn put_forecasts(&self, forecasts: Vec<Forecast>) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            for forecasts in parts::of_forecasts(forecasts, parts::PART_BYTES) {
                let part = Forecasts { forecasts };
                let _stored: ForecastsStored = self.client.post("forecasts", &part).await.map_err(|e| self.error(e))?;
            }
            Ok(())
        })
    }

    fn forecasts(&self, query: ForecastQuery) -> BoxFuture<'_, Result<Vec<Forecast>, StoreError>> {
        Box::pin(self.read_forecasts(query))
    }
}

fn range_query(series: &SeriesKey, range: TimeRange, bucket: Option<Bucket>) -> Vec<(&'static str, String)> {
    let mut query =
        vec![("series", series.to_string()), ("from", range.from_ms.to_string()), ("to", range.to_ms.to_string())];
    if let Some(bucket) = bucket {
        let aggregate = match bucket.aggregate {
            Aggregate::Min => "min",
            Aggregate::Max => "max",
            Aggregate::Mean => "mean",
            Aggregate::Last => "last",
        };
        query.push(("bucket", DurationMs(bucket.width_ms.max(1)).to_string()));
        query.push(("aggregate", aggregate.to_owned()));
    }
    query
}

/// Two halves of a range that meet where a bucket starts; `None` when it cannot be halved.
fn halves(range: TimeRange, bucket: Option<Bucket>) -> Option<(TimeRange, TimeRange)> {
    let width_ms = bucket.map_or(1, |bucket| bucket.width_ms.max(1));
    let middle_ms = i64::midpoint(range.from_ms, range.to_ms);
    let middle_ms = middle_ms.checked_sub(middle_ms.rem_euclid(width_ms))?;
    let inside = range.from_ms < middle_ms && middle_ms < range.to_ms;
    inside.then_some((TimeRange::new(range.from_ms, middle_ms), TimeRange::new(middle_ms, range.to_ms)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_meet_at_a_bucket() {
        let bucket = Some(Bucket { width_ms: 10, aggregate: Aggregate::Mean });
        let cases = [
            ((0, 100), None, Some(50)),
            ((3, 38), bucket, Some(20)),
            ((-7, 8), bucket, Some(0)),
            ((i64::MIN, i64::MAX), None, Some(0)),
            ((3, 9), bucket, None),
            ((3, 4), None, None),
        ];
        for ((from_ms, to_ms), bucket, expected) in cases {
            let met = halves(TimeRange::new(from_ms, to_ms), bucket).map(|(early, late)| {
                assert_eq!((early.from_ms, early.to_ms, late.to_ms), (from_ms, late.from_ms, to_ms));
                late.from_ms
            });
            assert_eq!(met, expected, "{from_ms}..{to_ms}");
        }
    }
}
