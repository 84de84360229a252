//! How it was measured, in words: which data, which origins, what was known when.

use super::Report;
use super::markup::Escaped;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tidecast_core::duration::DurationMs;

/// The section.
pub(super) fn section(report: &Report) -> String {
    let [from, to] = report.data_ms.map(instant);
    let [first, last] = report.origins_ms.map(instant);
    let span = |steps: usize| {
        let steps = i64::try_from(steps).unwrap_or(i64::MAX);
        DurationMs(steps.saturating_mul(report.step_ms)).to_string()
    };
    let count = report.series.len();
    let fitted = match report.refit_every {
        None => "Models were fitted once, on what lies before the first origin.".to_owned(),
        Some(every) => format!("Models were fitted anew every {every} origins, each time on what lies before."),
    };
    let choice = if report.model == tidecast_forecast::select::AUTO {
        " <code>auto</code> chose a model for each series by its errors on days before those origins."
    } else {
        ""
    };
    format!(
        "<section class=\"words\" aria-labelledby=\"protocol\"><h2 id=\"protocol\">How it was measured</h2>\
         <dl><dt>Data</dt><dd>{count} series, a value every {step}, from {from} to {to}.</dd>\
         <dt>Forecasts</dt><dd>From {origins} origins, one every {stride} from {first} to {last}, each the next {horizon} \
         ({steps} steps): {total} values of each series.</dd>\
         <dt>Known</dt><dd>At an origin everything up to it and nothing after. {fitted} Between origins they were told the \
         values that had passed, as they would be live. The intervals come from errors on days before the fit.{choice}</dd>\
         <dt>MASE</dt><dd>Mean absolute error in units of the mean absolute difference between values one season ({season}) \
         apart before the first origin. 1 is about the error of repeating the last season; less is better.</dd>\
         <dt>Coverage</dt><dd>Share of actual values inside the 80 % interval. Much less than 80 % means intervals that \
         promise too much, much more that they are wider than they need be.</dd>\
         <dt>Time</dt><dd>Wall time on this machine, {cpus} processors, of fitting all series and of every forecast. Those \
         who combine models fit their members again.</dd></dl>\
         <p class=\"faint\">Made by tidecast {version} in {wall:.1} s.</p></section>",
        step = Escaped(&span(1)),
        stride = span(report.stride),
        horizon = span(report.horizon),
        season = span(report.season),
        origins = report.origins,
        steps = report.horizon,
        total = report.origins.saturating_mul(report.horizon),
        cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        version = env!("CARGO_PKG_VERSION"),
        wall = report.wall_s,
    )
}

/// Day and time in UTC, without a time of day that is midnight.
pub(super) fn instant(at_ms: i64) -> String {
    let Ok(instant) = Timestamp::from_millisecond(at_ms) else { return format!("{at_ms} ms") };
    let format = if at_ms % 86_400_000 == 0 { "%-d %B %Y" } else { "%-d %B %Y %H:%M" };
    instant.to_zoned(TimeZone::UTC).strftime(format).to_string()
}
