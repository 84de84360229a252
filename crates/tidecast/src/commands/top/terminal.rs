//! The loop between server, keys and terminal.

use super::app::App;
use super::screen::draw;
use crate::runtime::live::Status;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyEventKind};
use std::time::Duration;
use tidecast_connect::http::RemoteStore;
use tokio::sync::{mpsc, watch};

/// How long a key may wait to be noticed, and an answer to be drawn.
const FRAME: Duration = Duration::from_millis(100);

type Answer = Result<Status, String>;

/// Watches until a key ends it.
pub(super) async fn watch(server: RemoteStore, app: App) -> anyhow::Result<()> {
    let (interval, intervals) = watch::channel(app.interval);
    // One answer waits at most, so that a slow terminal slows the asking.
    let (answers, answered) = mpsc::channel(1);
    let asking = tokio::spawn(ask(server, intervals, answers));
    // Reading keys blocks its thread.
    let shown = tokio::task::spawn_blocking(move || {
        let mut terminal = ratatui::try_init()?;
        let ended = show(&mut terminal, app, answered, &interval);
        ratatui::try_restore()?;
        ended
    });
    let ended = shown.await;
    asking.abort();
    Ok(ended??)
}

/// Asks again and again; the interval may change meanwhile.
async fn ask(server: RemoteStore, mut intervals: watch::Receiver<Duration>, answers: mpsc::Sender<Answer>) {
    loop {
        let answer = server.status().await.map_err(|error| error.to_string());
        if answers.send(answer).await.is_err() {
            return;
        }
        let interval = *intervals.borrow_and_update();
        let _whichever_comes_first = tokio::time::timeout(interval, intervals.changed()).await;
    }
}

fn show(
    terminal: &mut DefaultTerminal,
    mut app: App,
    mut answered: mpsc::Receiver<Answer>,
    interval: &watch::Sender<Duration>,
) -> std::io::Result<()> {
    loop {
        while let Ok(answer) = answered.try_recv() {
            app.take(answer);
        }
        terminal.draw(|frame| draw(frame, &app))?;
        if !event::poll(FRAME)? {
            continue;
        }
        if let Event::Key(key) = event::read()?
            && key.kind == KeyEventKind::Press
        {
            if !app.press(key) {
                return Ok(());
            }
            interval.send_if_modified(|interval| std::mem::replace(interval, app.interval) != app.interval);
        }
    }
}
