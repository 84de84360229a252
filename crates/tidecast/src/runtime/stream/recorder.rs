//! Records as samples of series: a template names the series by fields of the record, another field has the value.

use std::collections::{BTreeMap, HashMap};
use tidecast_core::record::{Field, FieldKind, RecordBatch};
use tidecast_core::series::{SampleBatch, SeriesKey};

/// Names that are remembered; beyond, they are made anew.
const NAMES_MAX: usize = 200_000;

/// Which fields of a stream's records become samples, and of which series.
#[derive(Debug, Default)]
pub struct Recorder {
    fields: Vec<Recorded>,
}

/// One field.
#[derive(Debug)]
struct Recorded {
    /// As configured: label values that open with `$` stand for fields.
    template: SeriesKey,
    field: String,
    /// By the texts of those fields.
    names: HashMap<Vec<String>, Option<SeriesKey>>,
}

impl Recorder {
    /// `series` gives for each template the field with the value.
    #[must_use]
    pub fn new(series: &BTreeMap<SeriesKey, String>) -> Self {
        let recorded = |(template, field): (&SeriesKey, &String)| Recorded {
            template: template.clone(),
            field: field.clone(),
            names: HashMap::new(),
        };
        Self { fields: series.iter().map(recorded).collect() }
    }

    /// The fields that records need for this.
    #[must_use]
    pub fn needs(series: &BTreeMap<SeriesKey, String>) -> Vec<Field> {
        let field = |name: &str, kind| Field { name: name.to_owned(), kind, required: false };
        let texts = series.keys().flat_map(placeholders).map(|name| field(name, FieldKind::Text));
        let numbers = series.values().map(|name| field(name, FieldKind::Number));
        let mut needed: Vec<Field> = Vec::new();
        for field in texts.chain(numbers) {
            if !needed.contains(&field) {
                needed.push(field);
            }
        }
        needed
    }

    /// Appends what the records have. A record without the number gives no sample.
    pub(super) fn store(&mut self, records: &RecordBatch, samples: &mut SampleBatch) {
        for recorded in &mut self.fields {
            recorded.store(records, samples);
        }
    }
}

impl Recorded {
    fn store(&mut self, records: &RecordBatch, samples: &mut SampleBatch) {
        let Some(values) = records.numbers(&self.field) else { return };
        let columns: Vec<_> = placeholders(&self.template).map(|field| records.texts(field)).collect();
        for (record, (&timestamp_ms, &value)) in records.timestamps_ms().iter().zip(values).enumerate() {
            if value.is_nan() {
                continue;
            }
            let texts: Vec<String> =
                columns.iter().map(|column| column.map_or("", |texts| texts.text(record)).to_owned()).collect();
            if self.names.len() >= NAMES_MAX {
                self.names.clear();
            }
            let name = self.names.entry(texts).or_insert_with_key(|texts| named(&self.template, texts));
            if let Some(series) = name {
                samples.push(series, timestamp_ms, value);
            }
        }
    }
}

/// The fields that a template names, in the order of its labels.
fn placeholders(template: &SeriesKey) -> impl Iterator<Item = &str> {
    template.labels().iter().filter_map(|(_, value)| value.strip_prefix('$'))
}

fn named(template: &SeriesKey, texts: &[String]) -> Option<SeriesKey> {
    let mut texts = texts.iter();
    let labels = template.labels().iter().map(|(label, value)| {
        let value = if value.starts_with('$') { texts.next().unwrap_or(value) } else { value };
        (label.clone(), value.clone())
    });
    SeriesKey::new(template.name(), labels).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tidecast_core::record::{Column, Schema};

    #[test]
    fn records_become_samples() {
        let template: SeriesKey = "latency{antenna=\"$id\",site=\"north\"}".parse().unwrap();
        let series = BTreeMap::from([(template, "latency".to_owned())]);
        let schema = Arc::new(Schema::new(Recorder::needs(&series)).unwrap());
        let mut records = RecordBatch::new(schema);
        for (ms, id, latency) in [(1, "a", 5.0), (2, "b", 6.0), (3, "a", f64::NAN), (4, "a", 7.0)] {
            records.push(ms, |_, column| match column {
                Column::Text(texts) => texts.push(id),
                Column::Number(numbers) => numbers.push(latency),
            });
        }
        let mut samples = SampleBatch::new();
        Recorder::new(&series).store(&records, &mut samples);
        let stored: Vec<_> = samples
            .runs()
            .map(|run| (run.series.to_string(), run.timestamps_ms.to_vec(), run.values.to_vec()))
            .collect();
        let a = "latency{antenna=\"a\",site=\"north\"}".to_owned();
        let b = "latency{antenna=\"b\",site=\"north\"}".to_owned();
        assert_eq!(stored, [(a.clone(), vec![1], vec![5.0]), (b, vec![2], vec![6.0]), (a, vec![4], vec![7.0])]);
    }
}
