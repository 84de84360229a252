//! What the columns of a file are called as series.

use super::options::Layout;
use tidecast_core::series::SeriesKey;

/// Stands for the header or the series cell.
const PLACEHOLDER: &str = "$column";
/// What a series is called if nobody says so.
const DEFAULT_TEMPLATE: &str = "power{device_id=\"$column\"}";

/// Turns the names of a file into series.
#[derive(Clone, Debug)]
pub(super) struct SeriesNames {
    template: String,
    /// Whether a plain metric name is a series of its own.
    plain_names_are_series: bool,
}

impl SeriesNames {
    /// Names by the user's template, or by the default of the layout.
    pub(super) fn new(template: Option<&str>, layout: Layout) -> Self {
        Self {
            template: template.unwrap_or(DEFAULT_TEMPLATE).to_owned(),
            plain_names_are_series: template.is_none() && layout == Layout::Long,
        }
    }

    /// The series called `name` in the file.
    ///
    /// # Errors
    /// When the template does not give a series: the reason, and what to do.
    pub(super) fn series(&self, name: &str) -> Result<SeriesKey, String> {
        if (self.plain_names_are_series || name.contains('{'))
            && let Ok(series) = name.parse()
        {
            return Ok(series);
        }
        let escaped = name.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        self.template.replace(PLACEHOLDER, &escaped).parse().map_err(|error| {
            format!("{error}; set the template with --series, as in 'power{{device_id=\"{PLACEHOLDER}\"}}'")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(template: Option<&str>, layout: Layout, name: &str, expected: &str) {
        let series = SeriesNames::new(template, layout).series(name).unwrap();
        assert_eq!(series.to_string(), expected, "{name}");
    }

    #[test]
    fn templates() {
        let template = Some(r#"power{device_id="$column"}"#);
        check(template, Layout::Wide, "meter_1", r#"power{device_id="meter_1"}"#);
        check(template, Layout::Wide, "büro \"A\" \\ 2", r#"power{device_id="büro \"A\" \\ 2"}"#);
        check(template, Layout::Long, r#"load{host="a"}"#, r#"load{host="a"}"#);
        check(template, Layout::Long, "meter_1", r#"power{device_id="meter_1"}"#);
        check(template, Layout::Long, "{odd", r#"power{device_id="{odd"}"#);
        check(None, Layout::Wide, "1001", r#"power{device_id="1001"}"#);
        check(None, Layout::Long, "power", "power");
        check(None, Layout::Long, "1001", r#"power{device_id="1001"}"#);
        check(Some("$column"), Layout::Wide, "HUFL", "HUFL");
    }

    #[test]
    fn bad_template() {
        let reason = SeriesNames::new(Some("$column"), Layout::Wide).series("no name").unwrap_err();
        assert!(reason.contains("--series"), "{reason}");
    }
}
