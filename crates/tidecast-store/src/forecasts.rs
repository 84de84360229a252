//! Forecasts: their own redb file, keyed by series, origin, model and version.
//!
//! A file of their own because they are read at random and live long, while the journal must stay small: it is read as
//! a whole before it is opened. Here every row has a checksum as well, since this file may be too large for that. The
//! order of the key is the order in which a query answers.

use crate::error::Place;
use crate::journal::database::{Check, DatabaseFile};
use crate::storage::Storage;
use crate::sync;
use crate::varint::{Reader, put_signed, put_text, put_unsigned};
use redb::{ReadTransaction, ReadableTable, TableDefinition, TableError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tidecast_core::forecast::{Forecast, ModelVersion};
use tidecast_core::ports::{ForecastQuery, StoreError};
use tidecast_core::series::SeriesKey;

pub(crate) const FILE: &str = "forecasts.redb";

/// Series, origin, model, version.
type Key<'a> = (&'a str, i64, &'a str, u32);
type OwnedKey = (String, i64, String, u32);

const FORECASTS: TableDefinition<Key<'static>, &[u8]> = TableDefinition::new("forecasts");

/// A larger file is opened without reading all of it first, which would take a good part of a second.
const CHECKED_BYTES: u64 = 128 * 1024 * 1024;
/// How long every origin is kept.
const EVERY_ORIGIN_MS: i64 = 7 * 24 * HOUR_MS;
const HOUR_MS: i64 = 3_600_000;
/// Removals in one commit.
const REMOVALS: usize = 10_000;

/// The forecasts of a store. The file comes into being with the first forecast.
#[derive(Debug)]
pub(crate) struct Forecasts {
    place: Place,
    file: Mutex<DatabaseFile>,
}

impl Forecasts {
    /// Opens the file if there is one.
    pub(crate) fn open(storage: Arc<dyn Storage>, place: Place, exists: bool) -> Result<Self, StoreError> {
        let mut file = DatabaseFile::new(storage, place.clone(), FILE, Check::UpTo(CHECKED_BYTES), exists);
        file.open_existing()?;
        Ok(Self { place, file: Mutex::new(file) })
    }

    /// Stores forecasts in one commit; returns when they are durable.
    pub(crate) fn put(&self, forecasts: &[Forecast]) -> Result<(), StoreError> {
        if forecasts.is_empty() {
            return Ok(());
        }
        sync::lock(&self.file).transact(|transaction| {
            let mut table = transaction.open_table(FORECASTS)?;
            for forecast in forecasts {
                let series = forecast.series.to_string();
                let key = (series.as_str(), forecast.origin_ms, forecast.model.model.as_str(), forecast.model.version);
                table.insert(key, encode(forecast, &series).as_slice())?;
            }
            Ok(())
        })
    }

    /// Forecasts of one series by ascending origin, then model and version.
    pub(crate) fn query(&self, query: &ForecastQuery) -> Result<Vec<Forecast>, StoreError> {
        if query.origins.is_empty() || query.limit == 0 {
            return Ok(Vec::new());
        }
        let rows = sync::lock(&self.file).read(|transaction| newest(transaction, query))?.unwrap_or_default();
        let forecasts: Option<Vec<Forecast>> = rows.into_iter().rev().collect();
        forecasts.ok_or_else(|| self.place.corrupt(FILE, "the checksum of a forecast is wrong"))
    }

    /// Of origins older than seven days before `now_ms`, keeps the last in each hour for each model version; drops
    /// those before `retain_from_ms` altogether.
    pub(crate) fn thin(&self, now_ms: i64, retain_from_ms: i64) -> Result<(), StoreError> {
        let mut file = sync::lock(&self.file);
        // Every pass removes something, so this ends.
        loop {
            let removals = file.read(|transaction| superfluous(transaction, now_ms, retain_from_ms))?;
            let Some(removals) = removals.filter(|removals| !removals.is_empty()) else { return Ok(()) };
            file.transact(|transaction| {
                let mut table = transaction.open_table(FORECASTS)?;
                for (series, origin_ms, model, version) in &removals {
                    table.remove((series.as_str(), *origin_ms, model.as_str(), *version))?;
                }
                Ok(())
            })?;
        }
    }

    /// Gives free space back to the file system.
    pub(crate) fn shrink(&self) -> Result<(), StoreError> {
        let mut file = sync::lock(&self.file);
        if file.open_existing()? { file.shrink() } else { Ok(()) }
    }
}

/// The newest origins that a query asks for, in descending order; `None` for a row that makes no sense.
fn newest(transaction: &ReadTransaction, query: &ForecastQuery) -> Result<Vec<Option<Forecast>>, redb::Error> {
    let table = match transaction.open_table(FORECASTS) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
        table => table?,
    };
    let series = query.series.to_string();
    let from: Key<'_> = (&series, query.origins.from_ms, "", 0);
    let to: Key<'_> = (&series, query.origins.to_ms, "", 0);
    let mut rows = Vec::new();
    let (mut origins, mut newest_ms) = (0, None);
    for row in table.range(from..to)?.rev() {
        let (key, value) = row?;
        let (_, origin_ms, model, version) = key.value();
        if newest_ms != Some(origin_ms) {
            newest_ms = Some(origin_ms);
            origins += 1;
        }
        if origins > query.limit {
            break;
        }
        let model = ModelVersion { model: model.to_owned(), version };
        rows.push(decode(&query.series, &series, origin_ms, model, value.value()));
    }
    Ok(rows)
}

/// Up to [`REMOVALS`] forecasts that thinning takes away.
fn superfluous(transaction: &ReadTransaction, now_ms: i64, retain_from_ms: i64) -> Result<Vec<OwnedKey>, redb::Error> {
    let table = match transaction.open_table(FORECASTS) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
        table => table?,
    };
    let thin_before_ms = now_ms.saturating_sub(EVERY_ORIGIN_MS);
    let mut removals = Vec::new();
    let mut current = String::new();
    // The newest origin seen so far of each model version of the current series: superseded by a later one of the
    // same hour.
    let mut latest: HashMap<(String, u32), i64> = HashMap::new();
    for row in table.iter()? {
        let (key, _) = row?;
        let (series, origin_ms, model, version) = key.value();
        if series != current {
            series.clone_into(&mut current);
            latest.clear();
        }
        if origin_ms < retain_from_ms {
            removals.push((current.clone(), origin_ms, model.to_owned(), version));
        } else if origin_ms < thin_before_ms
            && let Some(earlier_ms) = latest.insert((model.to_owned(), version), origin_ms)
            && earlier_ms.div_euclid(HOUR_MS) == origin_ms.div_euclid(HOUR_MS)
        {
            removals.push((current.clone(), earlier_ms, model.to_owned(), version));
        }
        if removals.len() == REMOVALS {
            break;
        }
    }
    Ok(removals)
}

/// What the key does not say: step, levels, rows, note. In front a CRC-32 (u32, little-endian) of the key and the rest.
fn encode(forecast: &Forecast, series: &str) -> Vec<u8> {
    let values: usize = forecast.quantiles.iter().map(Vec::len).sum();
    let mut bytes = Vec::with_capacity(values * 8 + 64);
    bytes.extend_from_slice(&[0; 4]);
    put_signed(&mut bytes, forecast.step_ms);
    put_floats(&mut bytes, &forecast.levels);
    put_unsigned(&mut bytes, forecast.quantiles.len() as u64);
    for row in &forecast.quantiles {
        put_floats(&mut bytes, row);
    }
    match &forecast.note {
        None => bytes.push(0),
        Some(note) => {
            bytes.push(1);
            put_text(&mut bytes, note);
        }
    }
    let checksum = checksum(series, forecast.origin_ms, &forecast.model, &bytes[4..]);
    bytes[..4].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

fn checksum(series: &str, origin_ms: i64, model: &ModelVersion, rest: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    let (origin_ms, version) = (origin_ms.to_le_bytes(), model.version.to_le_bytes());
    for part in [series.as_bytes(), &origin_ms, model.model.as_bytes(), &version, rest] {
        hasher.update(part);
    }
    hasher.finalize()
}

/// `series` is the key, `name` the same as a text.
fn decode(series: &SeriesKey, name: &str, origin_ms: i64, model: ModelVersion, bytes: &[u8]) -> Option<Forecast> {
    let (expected, rest) = bytes.split_at_checked(4)?;
    if expected != checksum(name, origin_ms, &model, rest).to_le_bytes() {
        return None;
    }
    let mut reader = Reader::new(rest);
    let step_ms = reader.signed()?;
    let levels = floats(&mut reader)?;
    let rows = reader.count().filter(|&rows| rows <= reader.remaining())?;
    let quantiles = (0..rows).map(|_| floats(&mut reader)).collect::<Option<_>>()?;
    let note = match reader.byte()? {
        0 => None,
        _ => Some(reader.text()?.to_owned()),
    };
    Some(Forecast { series: series.clone(), origin_ms, step_ms, model, levels, quantiles, note })
}

fn put_floats(bytes: &mut Vec<u8>, values: &[f64]) {
    put_unsigned(bytes, values.len() as u64);
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn floats(reader: &mut Reader<'_>) -> Option<Vec<f64>> {
    let count = reader.count().filter(|&count| count <= reader.remaining() / 8)?;
    (0..count).map(|_| reader.float()).collect()
}
