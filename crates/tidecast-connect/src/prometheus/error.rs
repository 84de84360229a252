//! Why a query has no series for its caller, and what to do.

use jiff::Timestamp;

/// Why a query over a range of time gave no series. No message ever holds a user, a password or a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrometheusError {
    /// The address is none.
    #[error(
        "the Prometheus address cannot be used: {reason}; write prometheus://host:9090/path (prometheus+https://host for \
         TLS), and give user and password or a token apart from it, from the environment or a file"
    )]
    Address {
        /// What is wrong with it.
        reason: String,
    },
    /// User or password cannot be sent.
    #[error("the credentials for Prometheus cannot be used: {reason}")]
    Credentials {
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The range of time or the step cannot be asked for.
    #[error("the range of the query cannot be asked for: {reason}")]
    Range {
        /// What is wrong, and what to do.
        reason: String,
    },
    /// It cannot be reached.
    #[error(
        "{server} cannot be reached: {reason}; is Prometheus running there, are host and port right, and has it TLS (https) \
         or not (http)?"
    )]
    Unreachable {
        /// The server, without credentials.
        server: String,
        /// Why.
        reason: String,
    },
    /// It takes too long.
    #[error(
        "{server} has not answered within {seconds} s; ask for fewer days or a longer step, or keep the query's result by a \
         recording rule"
    )]
    Slow {
        /// The server, without credentials.
        server: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// It wants to know who asks.
    #[error(
        "{server} answers {status}: it {}; give a valid token, or user and password, from the environment or a file",
        if *with_credentials { "refuses the credentials" } else { "wants credentials, and none were given" }
    )]
    Unauthorized {
        /// The server, without credentials.
        server: String,
        /// The status code.
        status: u16,
        /// Whether there were any.
        with_credentials: bool,
    },
    /// It understood the request and cannot answer it.
    #[error("{server} refuses the query ({kind}): {message}{}", advice(kind))]
    Refused {
        /// The server, without credentials.
        server: String,
        /// Its `errorType`.
        kind: String,
        /// Its `error`.
        message: String,
    },
    /// The answer has a status that says no more.
    #[error("{server} answers {status}; {}", advice_for_status(*status))]
    Status {
        /// The server, without credentials.
        server: String,
        /// The status code.
        status: u16,
    },
    /// The answer is not one of this API.
    #[error("the answer of {server} is not understood: {reason}")]
    Unreadable {
        /// The server, without credentials.
        server: String,
        /// Why, and what to do.
        reason: String,
    },
    /// The answer is too large for one series.
    #[error(
        "{server} answers with more than {} MiB, as no single series is; does the query return many series? Join them by \
         sum(...)", bytes_max >> 20
    )]
    TooLarge {
        /// The server, without credentials.
        server: String,
        /// The most that is read.
        bytes_max: usize,
    },
    /// There are no values.
    #[error(
        "the query returned nothing between {} and {}; try it in the web page of {server}: is its metric there, and does \
         the server keep so old data?", time(*from_ms), time(*to_ms)
    )]
    Nothing {
        /// The server, without credentials.
        server: String,
        /// From when, ms since the Unix epoch.
        from_ms: i64,
        /// Until when.
        to_ms: i64,
    },
    /// There is more than one series.
    #[error(
        "the query returned {count} series where one is needed: {}{}; join them by sum(...), or choose one by its labels",
        first.join(", "), if *count > first.len() { ", …" } else { "" }
    )]
    SeveralSeries {
        /// How many there are in one answer, or over the range.
        count: usize,
        /// The labels of the first of them.
        first: Vec<String>,
    },
    /// The series has histograms, which are no numbers.
    #[error(
        "the query returned native histograms instead of numbers; take one number of each, as by histogram_count(...) or \
         histogram_quantile(0.95, ...)"
    )]
    Histograms,
}

/// The time as RFC 3339, or as what it is where no calendar has it.
fn time(time_ms: i64) -> String {
    Timestamp::from_millisecond(time_ms).map_or_else(|_| format!("{time_ms} ms"), |time| time.to_string())
}

/// What to do about an `errorType`; VictoriaMetrics has status codes there.
fn advice(kind: &str) -> &'static str {
    match kind {
        "bad_data" | "400" | "422" => "; try the query in the web page of the server",
        "timeout" => "; ask for fewer days or a longer step, or keep the query's result by a recording rule",
        "execution" => "; does it read too many series, or join them in a way that is not one to one?",
        _ => "",
    }
}

fn advice_for_status(status: u16) -> &'static str {
    match status {
        300..=399 => {
            "it sends elsewhere: write the address it sends to (prometheus+https:// for TLS); if that is a login page, \
             give a token"
        }
        404 | 405 => "is the path of the address right, as in /prometheus or /select/0/prometheus?",
        413 => "the query is too long for it; keep its result by a recording rule",
        429 => "it has too many requests; try again later",
        500..=599 => "try again later, and look into its log",
        _ => "is this the address of a Prometheus, and does it want TLS (prometheus+https://)?",
    }
}
