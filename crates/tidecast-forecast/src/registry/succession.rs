//! Who speaks for a series, and who did before: one small object that is replaced as a whole, so that a promotion and
//! its record are one.

use serde::{Deserialize, Serialize};
use tidecast_core::forecast::ModelVersion;

/// Promotions remembered per series.
const PROMOTIONS_MAX: usize = 32;

/// Champion and history of one series, as kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Succession {
    /// Who speaks.
    #[serde(flatten)]
    pub champion: ModelVersion,
    /// How it came to that, oldest first; the last is the champion's own. Empty in what older builds wrote.
    #[serde(default)]
    pub promotions: Vec<Promotion>,
}

/// One change of the champion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    /// Who spoke from then on.
    #[serde(flatten)]
    pub version: ModelVersion,
    /// When, time of the data, ms since the Unix epoch.
    pub at_ms: i64,
    /// Why, in plain words.
    pub reason: String,
    /// Whether it was a return to an earlier champion.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_rollback: bool,
}

impl Succession {
    /// The history after another promotion.
    pub(super) fn followed_by(former: Option<Self>, promotion: Promotion) -> Self {
        let mut promotions = former.map_or_else(Vec::new, Self::complete);
        promotions.push(promotion.clone());
        promotions.drain(..promotions.len().saturating_sub(PROMOTIONS_MAX));
        Self { champion: promotion.version, promotions }
    }

    /// The promotions, with the champion's where an older build did not write it.
    fn complete(self) -> Vec<Promotion> {
        let Self { champion, mut promotions } = self;
        if promotions.last().is_none_or(|last| last.version != champion) {
            let reason = "before promotions were recorded".to_owned();
            promotions.push(Promotion { version: champion, at_ms: 0, reason, is_rollback: false });
        }
        promotions
    }

    /// Those who spoke before the champion and were not taken back, the latest first: where rolling back leads, step
    /// by step.
    #[must_use]
    pub fn former(&self) -> Vec<ModelVersion> {
        let mut line: Vec<&ModelVersion> = Vec::new();
        for promotion in &self.promotions {
            if promotion.is_rollback {
                // Everyone after the one returned to was taken back with it.
                while line.pop().is_some_and(|taken_back| *taken_back != promotion.version) {}
            }
            line.push(&promotion.version);
        }
        let mut former: Vec<ModelVersion> = Vec::new();
        for version in line.into_iter().rev() {
            if *version != self.champion && !former.contains(version) {
                former.push(version.clone());
            }
        }
        former
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a b -a` promotes a, then b, then rolls back to a.
    #[track_caller]
    fn check(steps: &str, champion: &str, former: &[&str]) {
        let mut succession = None;
        for step in steps.split_whitespace() {
            let version = |text: &str| ModelVersion { model: text.to_owned(), version: 1 };
            let promotion = Promotion {
                version: version(step.trim_start_matches('-')),
                at_ms: 0,
                reason: String::new(),
                is_rollback: step.starts_with('-'),
            };
            succession = Some(Succession::followed_by(succession, promotion));
        }
        let succession = succession.unwrap();
        assert_eq!(succession.champion.model, champion, "{steps}");
        let found: Vec<String> = succession.former().into_iter().map(|version| version.model).collect();
        assert_eq!(found, former, "{steps}");
        assert!(succession.promotions.len() <= PROMOTIONS_MAX);
    }

    #[test]
    fn rolling_back_goes_down_the_line() {
        check("a", "a", &[]);
        check("a b c", "c", &["b", "a"]);
        check("a b c -b", "b", &["a"]);
        check("a b c -b -a", "a", &[]);
        check("a b c -b d", "d", &["b", "a"]);
        check("a b a", "a", &["b"]);
        check("a a b", "b", &["a"]);
    }

    #[test]
    fn a_long_history_is_cut() {
        let long: Vec<String> = (0..100).map(|index| format!("m{index}")).collect();
        let former: Vec<String> = (68..99).rev().map(|index| format!("m{index}")).collect();
        check(&long.join(" "), "m99", &former.iter().map(String::as_str).collect::<Vec<_>>());
    }

    #[test]
    fn what_older_builds_wrote_is_read() {
        let old: Succession = serde_json::from_str(r#"{"model": "ridge", "version": 3}"#).unwrap();
        assert_eq!(old.former(), []);
        let next = Promotion {
            version: ModelVersion { model: "lstm".to_owned(), version: 1 },
            at_ms: 5,
            reason: "better".to_owned(),
            is_rollback: false,
        };
        let succession = Succession::followed_by(Some(old.clone()), next);
        assert_eq!(succession.former(), [old.champion]);
        let text = serde_json::to_string(&succession).unwrap();
        let as_before: ModelVersion = serde_json::from_str(&text).unwrap();
        assert_eq!(as_before, succession.champion, "older builds read what this one writes");
    }
}
