//! The CSV file as a source: a thread parses ahead of the consumer, by a bounded number of batches.

use super::super::input::Input;
use super::super::s3::S3Access;
use super::cursor::{Cursor, Place};
use super::options::CsvOptions;
use super::parser::{Parsed, Parser};
use bytes::Bytes;
use tidecast_core::ports::{BoxFuture, Progress, Source, SourceBatch, SourceError};
use tokio::sync::mpsc;

/// Batches parsed ahead of the consumer.
const BATCHES_AHEAD: usize = 2;

/// Samples from a CSV file on a local disk, in S3 or in memory, plain or compressed by gzip.
///
/// It is read once, in the order of the file, by a thread of its own. The position of each batch is valid for one content
/// of the file and one set of options: opened again with it, the source goes on behind the last durable batch, gives
/// nothing if it was at the end, and begins anew if file or options have changed.
#[derive(Debug)]
pub struct CsvSource {
    state: State,
    progress: Progress,
}

#[derive(Debug)]
enum State {
    /// A thread parses.
    Reading(mpsc::Receiver<Message>),
    /// Everything has been handed out.
    Finished,
}

enum Message {
    Batch(Box<Parsed>),
    Failed(SourceError),
    Finished(Progress),
}

impl CsvSource {
    /// Opens the file at `location`, a path or `s3://bucket/key`, with the `AWS_*` variables of the environment. The
    /// location is also the name in positions. Needs a tokio runtime.
    ///
    /// # Errors
    /// When the file is not there or cannot be read, or what it begins with is no CSV of time series.
    pub async fn open(location: &str, options: CsvOptions, cursor: Option<&str>) -> Result<Self, SourceError> {
        let access = S3Access::from_variables(|name| std::env::var(name).ok());
        Self::open_with_access(location, options, cursor, &access).await
    }

    /// The same with explicit access to S3.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_with_access(
        location: &str,
        options: CsvOptions,
        cursor: Option<&str>,
        access: &S3Access,
    ) -> Result<Self, SourceError> {
        let input = Input::find(location, access).await?;
        let name = location.to_owned();
        let cursor = cursor.map(str::to_owned);
        let opened = tokio::task::spawn_blocking(move || Self::read(input, options, cursor.as_deref())).await;
        opened.unwrap_or_else(|_| Err(stopped(&name)))
    }

    /// Reads a file in memory, called `name` in errors and positions.
    ///
    /// # Errors
    /// When what it begins with is no CSV of time series.
    pub fn from_bytes(
        name: &str,
        bytes: impl Into<Bytes>,
        options: CsvOptions,
        cursor: Option<&str>,
    ) -> Result<Self, SourceError> {
        Self::read(Input::in_memory(name, bytes.into()), options, cursor)
    }

    /// Detects the dialect and starts the thread; blocks meanwhile.
    fn read(input: Input, options: CsvOptions, cursor: Option<&str>) -> Result<Self, SourceError> {
        let place = cursor.and_then(|text| Cursor::place_in(text, &input.identity, &options));
        if place == Some(Place::End) {
            let size = input.identity.size;
            let progress = Progress { bytes_read: size, bytes_total: Some(size), ..Progress::default() };
            return Ok(Self { state: State::Finished, progress });
        }
        let name = input.name.clone();
        let parser = Parser::open(input, options, place.unwrap_or(Place::Line { offset: 0, lines: 0 }))?;
        let progress = parser.progress();
        let (sender, batches) = mpsc::channel(BATCHES_AHEAD);
        std::thread::Builder::new()
            .name("csv".to_owned())
            .spawn(move || parse(parser, &sender))
            .map_err(|error| SourceError::Unavailable { what: name, reason: error.to_string() })?;
        Ok(Self { state: State::Reading(batches), progress })
    }
}

/// Parses to the end, or until nobody listens any more.
fn parse(mut parser: Parser, sender: &mpsc::Sender<Message>) {
    let send = |message| sender.blocking_send(message).is_ok();
    loop {
        match parser.next_batch() {
            Ok(Some(parsed)) => {
                if !send(Message::Batch(Box::new(parsed))) {
                    return;
                }
            }
            Ok(None) => {
                send(Message::Finished(parser.progress()));
                return;
            }
            Err(error) => {
                let listens = parser.rest().is_none_or(|parsed| send(Message::Batch(Box::new(parsed))));
                if listens {
                    send(Message::Failed(error));
                }
                return;
            }
        }
    }
}

fn stopped(what: &str) -> SourceError {
    let reason = "its reader stopped before the end; this is a defect of tidecast, please report it".to_owned();
    SourceError::Unavailable { what: what.to_owned(), reason }
}

impl Source for CsvSource {
    fn next_batch(&mut self) -> BoxFuture<'_, Result<Option<SourceBatch>, SourceError>> {
        Box::pin(async {
            let State::Reading(batches) = &mut self.state else { return Ok(None) };
            match batches.recv().await {
                Some(Message::Batch(parsed)) => {
                    self.progress = parsed.progress;
                    Ok(Some(parsed.batch))
                }
                Some(Message::Failed(error)) => {
                    self.state = State::Finished;
                    Err(error)
                }
                Some(Message::Finished(progress)) => {
                    self.progress = progress;
                    self.state = State::Finished;
                    Ok(None)
                }
                None => {
                    self.state = State::Finished;
                    Err(stopped("the CSV file"))
                }
            }
        })
    }

    fn progress(&self) -> Progress {
        self.progress
    }
}
