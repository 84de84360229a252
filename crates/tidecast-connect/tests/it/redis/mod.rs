//! Redis Streams against a real Redis.

mod access;
mod group;
mod server;
mod sink;
mod source;
mod trouble;

use std::sync::Arc;
use std::time::{Duration, Instant};
use tidecast_connect::records::RecordFormat;
use tidecast_connect::redis::{Message, RedisAddress, RedisStreamOptions, RedisStreamSource, StreamStart};
use tidecast_core::ports::{Clock, RecordSource};
use tidecast_core::record::{Field, FieldKind, Rejection, Rejections, Schema};

/// Within this, everything that is expected has happened, on a machine that does a lot besides.
const DEADLINE: Duration = Duration::from_secs(60);
const NOW_MS: i64 = 1_700_000_000_000;

struct StoppedClock;

impl Clock for StoppedClock {
    fn now_ms(&self) -> i64 {
        NOW_MS
    }
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(StoppedClock)
}

fn format() -> RecordFormat {
    let field = |name: &str, kind| Field { name: name.to_owned(), kind, required: true };
    let fields = vec![field("antenna_id", FieldKind::Text), field("packets", FieldKind::Number)];
    RecordFormat {
        timestamp: "timestamp".to_owned(),
        schema: Arc::new(Schema::new(fields).unwrap()),
        future_tolerance_ms: 60_000,
    }
}

/// The message with this number, one second of event time after the one before.
fn message(number: u64) -> Message {
    let pairs = [
        ("antenna_id", format!("antenna-{}", number % 7)),
        ("timestamp", (NOW_MS / 1000 - 100_000 + number as i64).to_string()),
        ("packets", number.to_string()),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

fn event_ms(number: u64) -> i64 {
    NOW_MS - 100_000_000 + number as i64 * 1000
}

fn options(url: &str, stream: &str) -> RedisStreamOptions {
    RedisStreamOptions {
        address: RedisAddress::parse(url).unwrap(),
        stream: stream.to_owned(),
        start: StreamStart::Beginning,
        dead_letters: None,
    }
}

fn open(options: &RedisStreamOptions, cursor: Option<&str>) -> RedisStreamSource {
    RedisStreamSource::open("antennas", options, format(), cursor, clock()).unwrap()
}

/// What a source gave.
#[derive(Default)]
struct Seen {
    /// The numbers of the messages.
    numbers: Vec<u64>,
    rejections: Rejections,
    cursor: Option<String>,
}

impl Seen {
    fn trimmed(&self) -> u64 {
        self.rejections.count(Rejection::Trimmed)
    }

    /// Takes one more delivery.
    async fn take(&mut self, source: &mut RedisStreamSource) {
        let delivery = source.next_records().await.unwrap();
        self.numbers.extend(delivery.records.numbers("packets").unwrap().iter().map(|&number| number as u64));
        self.rejections.add_all(&delivery.rejections);
        self.cursor = delivery.position.map(|position| position.cursor).or(self.cursor.take());
    }

    /// Takes deliveries until `done`.
    async fn read(&mut self, source: &mut RedisStreamSource, done: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !done(self) {
            assert!(start.elapsed() < DEADLINE, "{} messages, {:?}", self.numbers.len(), source.health());
            self.take(source).await;
        }
    }

    /// Takes deliveries until there are so many messages, and one more, which must bring none.
    async fn read_exactly(&mut self, source: &mut RedisStreamSource, count: usize) {
        self.read(source, |seen| seen.numbers.len() >= count).await;
        self.take(source).await;
        assert_eq!(self.numbers.len(), count);
    }
}

/// Waits until a source is in a trouble that names all of `words`.
async fn trouble_with(source: &mut RedisStreamSource, words: &[&str]) -> String {
    let start = Instant::now();
    loop {
        source.next_records().await.unwrap();
        let trouble = source.health().trouble.unwrap_or_default();
        if words.iter().all(|word| trouble.contains(word)) {
            return trouble;
        }
        assert!(start.elapsed() < DEADLINE, "{words:?} not in: {trouble}");
    }
}
