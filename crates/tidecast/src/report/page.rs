//! The page: its head with the verdict, then leaderboard, charts, series and protocol.

use super::markup::{Escaped, number, percent};
use super::{Report, exhibits, profiles, protocol, tables};

/// The whole HTML document.
pub(crate) fn render(report: &Report) -> String {
    let [from, to] = report.origins_ms.map(protocol::instant);
    let head = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <title>Backtest · Tidecast</title><style>{}</style></head><body>\
         <header><p class=\"faint\">Tidecast backtest</p><h1>{}</h1><p class=\"faint\">{} series, {} forecasts each, from {from} to {to}</p></header><main>",
        include_str!("page.css"),
        verdict(report),
        report.series.len(),
        report.origins,
    );
    let parts = [
        head,
        tiles(report),
        tables::leaderboard(report),
        exhibits::section(report),
        profiles::section(report),
        tables::series(report),
        protocol::section(report),
        format!("</main><script>{}</script></body></html>\n", include_str!("page.js")),
    ];
    parts.concat()
}

/// What came out, in one sentence.
fn verdict(report: &Report) -> String {
    let name = Escaped(&report.model);
    let Some(saved) = saved(report) else { return format!("Forecasts of <code>{name}</code>") };
    let points = (saved.abs() * 100.0).round();
    let who = if report.model == tidecast_forecast::select::AUTO {
        "The automatic choice errs".to_owned()
    } else {
        format!("<code>{name}</code> errs")
    };
    if points == 0.0 {
        format!("{who} as much as repeating the last season")
    } else {
        let word = if saved > 0.0 { "less" } else { "more" };
        format!("{who} {points:.0} % {word} than repeating the last season")
    }
}

/// Share of the seasonal naive forecast's error that is saved.
fn saved(report: &Report) -> Option<f64> {
    let (mase, naive) = report.mase.zip(report.mase_seasonal_naive)?;
    (naive > 0.0).then(|| 1.0 - mase / naive)
}

fn tiles(report: &Report) -> String {
    let tile = |value: String, name: &str| format!("<div><b>{value}</b><span>{name}</span></div>");
    let best = report.leaderboard.first().filter(|_| report.leaderboard.len() > 1);
    let mut html = String::from("<div class=\"tiles\">");
    html += &tile(number(report.mase, 3), "MASE, less is better");
    html += &tile(number(report.mase_seasonal_naive, 3), "of the seasonal naive forecast");
    html += &tile(percent(report.coverage), "inside the 80 % interval");
    if let Some(best) = best {
        html += &tile(Escaped(&best.model).to_string(), "best on average");
    }
    html + "</div>"
}
