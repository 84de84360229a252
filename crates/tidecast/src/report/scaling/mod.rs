//! What a replay of recorded demand found: the sentences that the terminal and the page share, and the page.

mod changes;
mod contenders;
mod cost;
mod courses;
mod page;
mod pareto;
mod protocol;
pub(crate) mod verdict;

pub(crate) use page::render;

/// The class that gives a contender its colour, the same in every chart.
fn class(name: &str) -> &'static str {
    match name {
        "ours" => "m0",
        "ours_same_target" => "m8",
        "hpa_rate" => "m1",
        "hpa_cpu" => "m9",
        "hpa_tuned" => "m4",
        "hpa_hindsight" => "m2",
        "keda_cron" => "m3",
        "seasonal_naive" => "m5",
        "holt_winters" => "m6",
        "threshold" => "m10",
        _ => "m7",
    }
}
