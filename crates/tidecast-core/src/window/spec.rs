//! What is to be computed over a stream.

use super::{Expression, WindowPlan};
use crate::duration::DurationMs;

/// Panes that one key may have open at most.
pub const PANES_MAX: i64 = 10_000;
/// With corrections, a closed window is kept until the watermark is so many windows beyond its end.
pub const CORRECTABLE_WINDOWS: i64 = 5;

/// Windows over a stream, as configured. [`Self::plan`] checks it.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowSpec {
    /// How long a window is, ms.
    pub size_ms: i64,
    /// How far apart windows begin, ms: the size where they do not overlap. Divides the size.
    pub slide_ms: i64,
    /// How much older than the newest record a record may be without being late, ms.
    pub lateness_ms: i64,
    /// After so long without any record, by the clock, time goes on without them, ms.
    pub idle_after_ms: i64,
    /// The text fields by which records are grouped; none for one group of all.
    pub by: Vec<String>,
    /// What to compute for each group, and over all of them.
    pub measures: Vec<Measure>,
    /// Records of further keys are refused.
    pub max_keys: usize,
    /// Whether late records correct windows that are closed already: for a while, see [`CORRECTABLE_WINDOWS`].
    pub corrections: bool,
}

/// A computation and its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// What the result is called: letters, digits and `_`.
    pub name: String,
    /// What is computed.
    pub expression: Expression,
}

/// Why windows cannot be computed as configured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// The window has no length, or an absurd one.
    #[error("a window of {0} is not possible; give one from 1ms to 1y")]
    Size(DurationMs),
    /// Windows do not begin at regular fractions of their size.
    #[error("a slide of {slide} does not divide the window of {size}; give one that does, for example {example}")]
    Slide {
        /// The window.
        size: DurationMs,
        /// As given.
        slide: DurationMs,
        /// One that would do.
        example: DurationMs,
    },
    /// Lateness is negative or absurd.
    #[error("a lateness of {0} is not possible; give one from 0ms to 1y")]
    Lateness(DurationMs),
    /// The time without records is none, or absurd.
    #[error("idle after {0} is not possible; give a time from 1ms to 1y")]
    IdleAfter(DurationMs),
    /// State would be too fine.
    #[error(
        "{panes} slides would have to be kept at once, and {PANES_MAX} are the most; \
         give a longer slide, a shorter window or less lateness"
    )]
    Panes {
        /// How many it would be.
        panes: i64,
    },
    /// Nothing to compute.
    #[error("there is no measure; give at least one, for example `events: count()`")]
    NoMeasure,
    /// The name of a measure becomes part of a metric name.
    #[error("`{0}` is no name for a measure; use letters, digits and `_`, not beginning with a digit")]
    MeasureName(String),
    /// Two measures have the same name.
    #[error("two measures are called `{0}`; rename one")]
    MeasureTwice(String),
    /// A field is named twice in `by`.
    #[error("`by` names `{0}` twice; remove one")]
    ByTwice(String),
    /// A name in `by` becomes the name of a label.
    #[error(
        "`by` names `{0}`, which is no name for a label; use letters, digits and `_`, and rename the field in a transform"
    )]
    ByName(String),
    /// A field is used as number and as text.
    #[error("`{0}` is in `by`, so it is a text, and a measure needs it as a number; use another field in one of them")]
    Kind(String),
    /// No key is allowed.
    #[error(
        "max_keys is 0, so that every record would be refused; give the number of keys to expect, with room to spare"
    )]
    MaxKeys,
}

impl WindowSpec {
    /// The same, checked and prepared.
    ///
    /// # Errors
    /// When it cannot be computed; the message says what to change.
    pub fn plan(self) -> Result<WindowPlan, SpecError> {
        self.check()?;
        Ok(WindowPlan::new(self))
    }

    fn check(&self) -> Result<(), SpecError> {
        const LONGEST_MS: i64 = 31_536_000_000;
        let Self { size_ms, slide_ms, lateness_ms, idle_after_ms, .. } = *self;
        if !(1..=LONGEST_MS).contains(&size_ms) {
            return Err(SpecError::Size(DurationMs(size_ms)));
        }
        if !(1..=size_ms).contains(&slide_ms) || size_ms % slide_ms != 0 {
            // The largest divisor that is no longer than the slide given, unless it is hard to find.
            let parts =
                (size_ms / slide_ms.clamp(1, size_ms)..=size_ms).take(100_000).find(|parts| size_ms % parts == 0);
            let example = DurationMs(size_ms / parts.unwrap_or(1));
            return Err(SpecError::Slide { size: DurationMs(size_ms), slide: DurationMs(slide_ms), example });
        }
        if !(0..=LONGEST_MS).contains(&lateness_ms) {
            return Err(SpecError::Lateness(DurationMs(lateness_ms)));
        }
        if !(1..=LONGEST_MS).contains(&idle_after_ms) {
            return Err(SpecError::IdleAfter(DurationMs(idle_after_ms)));
        }
        let panes = (size_ms + lateness_ms + self.correctable_ms()) / slide_ms + 1;
        if panes > PANES_MAX {
            return Err(SpecError::Panes { panes });
        }
        self.check_names()?;
        if self.max_keys == 0 { Err(SpecError::MaxKeys) } else { Ok(()) }
    }

    fn check_names(&self) -> Result<(), SpecError> {
        if self.measures.is_empty() {
            return Err(SpecError::NoMeasure);
        }
        for (place, Measure { name, expression }) in self.measures.iter().enumerate() {
            if !is_name(name) {
                return Err(SpecError::MeasureName(name.clone()));
            }
            if self.measures[..place].iter().any(|other| other.name == *name) {
                return Err(SpecError::MeasureTwice(name.clone()));
            }
            let as_number = |field: &&str| self.by.iter().any(|by| by == field);
            if !matches!(expression, Expression::Distinct(_))
                && let Some(field) = expression.fields().find(as_number)
            {
                return Err(SpecError::Kind(field.to_owned()));
            }
        }
        for (place, by) in self.by.iter().enumerate() {
            if !is_name(by) {
                return Err(SpecError::ByName(by.clone()));
            }
            if self.by[..place].contains(by) {
                return Err(SpecError::ByTwice(by.clone()));
            }
        }
        Ok(())
    }

    /// How long closed windows are kept.
    pub(super) fn correctable_ms(&self) -> i64 {
        if self.corrections { CORRECTABLE_WINDOWS * self.size_ms } else { 0 }
    }
}

fn is_name(text: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    text.chars().next().is_some_and(first) && text.chars().all(|c| first(c) || c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a mistake.
    type Change<'a> = &'a dyn Fn(&mut WindowSpec);

    fn spec() -> WindowSpec {
        let measure = |name: &str, text: &str| Measure { name: name.to_owned(), expression: text.parse().unwrap() };
        WindowSpec {
            size_ms: 10_000,
            slide_ms: 5_000,
            lateness_ms: 1_000,
            idle_after_ms: 30_000,
            by: vec!["antenna_id".to_owned()],
            measures: vec![measure("events", "count()"), measure("packets", "sum(packets)")],
            max_keys: 10,
            corrections: false,
        }
    }

    #[test]
    fn mistakes_are_refused_with_what_to_do() {
        let cases: [(Change, &str); 13] = [
            (&|spec| spec.size_ms = 0, "from 1ms to 1y"),
            (&|spec| spec.slide_ms = 3_000, "for example 2s500ms"),
            (&|spec| spec.slide_ms = 20_000, "for example 10s"),
            (&|spec| spec.slide_ms = 0, "for example 1ms"),
            (&|spec| spec.lateness_ms = -1, "from 0ms to 1y"),
            (&|spec| spec.idle_after_ms = 0, "from 1ms to 1y"),
            (&|spec| spec.slide_ms = 1, "give a longer slide"),
            (&|spec| spec.measures.clear(), "events: count()"),
            (&|spec| spec.measures[0].name = "a-b".to_owned(), "`a-b` is no name"),
            (&|spec| spec.measures[0].name = "packets".to_owned(), "rename one"),
            (&|spec| spec.by.push("antenna_id".to_owned()), "remove one"),
            (&|spec| spec.by = vec!["packets".to_owned()], "use another field"),
            (&|spec| spec.max_keys = 0, "with room to spare"),
        ];
        for (change, says) in cases {
            let mut changed = spec();
            change(&mut changed);
            let error = changed.plan().unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        assert!(spec().plan().is_ok());
    }
}
