//! What is drawn and printed of a status, as files under `tests/golden/top`. `TIDECAST_WRITE_GOLDEN=1 cargo test` writes them
//! anew: read the difference before committing it.

use super::app::App;
use super::screen::draw;
use super::{Format, printed};
use crate::runtime::live::Status;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use std::path::Path;
use std::time::Duration;

fn status() -> Status {
    let status = include_str!("../../../tests/golden/top/status.json");
    serde_json::from_str(status).unwrap()
}

fn app() -> App {
    App::new("http://127.0.0.1:8080".to_owned(), Duration::from_secs(1))
}

fn drawn(app: &App, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, app)).unwrap();
    terminal.backend().to_string()
}

fn check(name: &str, actual: &str) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/top").join(name);
    if std::env::var_os("TIDECAST_WRITE_GOLDEN").is_some() {
        std::fs::write(&golden, actual).unwrap();
    }
    assert_eq!(actual, std::fs::read_to_string(&golden).unwrap_or_default(), "{name}");
}

#[test]
fn the_screen_shows_what_the_server_says() {
    let mut app = app();
    check("asking.txt", &drawn(&app, 60, 6));
    for rate in [0.0, 500.0, 1_000.0, 250.5] {
        let mut status = status();
        status.sources[0].rate = Some(rate);
        app.take(Ok(status));
    }
    check("screen.txt", &drawn(&app, 140, 20));
    check("narrow.txt", &drawn(&app, 80, 24));
    check("small.txt", &drawn(&app, 40, 10));
    app.press(KeyEvent::from(KeyCode::Tab));
    app.press(KeyEvent::from(KeyCode::Char('p')));
    app.press(KeyEvent::from(KeyCode::Char('+')));
    app.take(Err("not seen while paused".to_owned()));
    check("paused.txt", &drawn(&app, 100, 12));
    app.press(KeyEvent::from(KeyCode::Char('p')));
    app.take(Err("connection refused".to_owned()));
    assert!(drawn(&app, 100, 12).contains("AWAY, trying again: connection refused"));
    app.take(Ok(status()));
    assert!(!drawn(&app, 100, 12).contains("AWAY"));
}

#[test]
fn long_tables_follow_the_chosen_row() {
    let mut app = app();
    let mut status = status();
    let source = status.sources[0].clone();
    status.sources = (0..50)
        .map(|number| crate::runtime::live::SourceStatus { name: format!("source-{number:02}"), ..source.clone() })
        .collect();
    app.take(Ok(status));
    assert!(drawn(&app, 100, 20).contains("source-00"));
    for _ in 0..100 {
        app.press(KeyEvent::from(KeyCode::Down));
    }
    let last = drawn(&app, 100, 20);
    assert!(last.contains("source-49") && !last.contains("source-00"), "{last}");
    assert!(!app.press(KeyEvent::from(KeyCode::Esc)));
}

#[test]
fn prints_once() {
    check("once.txt", &printed(&status(), Format::Table).unwrap());
    check("once.csv", &printed(&status(), Format::Csv).unwrap());
    let json: Status = serde_json::from_str(&printed(&status(), Format::Json).unwrap()).unwrap();
    assert_eq!(json, status());
}
