//! How to be let in.

use super::error::PrometheusError;
use crate::http::Token;
use reqwest::RequestBuilder;
use std::fmt;

/// A bearer token, or user and password. Never printed: [`fmt::Debug`] shows `[secret]`.
#[derive(Clone)]
pub struct PrometheusCredentials(Kind);

#[derive(Clone)]
enum Kind {
    Token(Token),
    Basic { user: String, password: String },
}

impl PrometheusCredentials {
    /// A bearer token.
    #[must_use]
    pub fn token(token: Token) -> Self {
        Self(Kind::Token(token))
    }

    /// User and password, as HTTP sends them (basic authentication). The line breaks in which files end are left out.
    ///
    /// # Errors
    /// When the user is empty or has a colon, or the password is empty.
    pub fn basic(user: &str, password: &str) -> Result<Self, PrometheusError> {
        let wrong = |reason: &str| PrometheusError::Credentials { reason: reason.to_owned() };
        let [user, password] = [user, password].map(|text| text.trim_end_matches(['\r', '\n']).to_owned());
        if user.is_empty() || user.contains(':') {
            return Err(wrong(
                "the user is empty or has a colon, which HTTP cannot send; give another user, or a token",
            ));
        }
        if password.is_empty() {
            return Err(wrong("the password is empty; give one beside the user, or a token instead of both"));
        }
        Ok(Self(Kind::Basic { user, password }))
    }

    /// The request with them.
    pub(super) fn authorize(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.0 {
            Kind::Token(token) => request.bearer_auth(token.reveal()),
            Kind::Basic { user, password } => request.basic_auth(user, Some(password)),
        }
    }
}

impl fmt::Debug for PrometheusCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_checked_and_stay_secret() {
        let cases = [
            ("ann", "s3cret\n", None),
            ("", "s3cret", Some("the user is empty")),
            ("s3cret:", "s3cret", Some("has a colon")),
            ("s3cret", "\n", Some("the password is empty")),
        ];
        for (user, password, expected) in cases {
            match (PrometheusCredentials::basic(user, password), expected) {
                (Ok(credentials), None) => assert_eq!(format!("{credentials:?}"), "[secret]"),
                (Err(error), Some(words)) => {
                    let error = error.to_string();
                    assert!(error.contains(words) && !error.contains("s3cret"), "{error}");
                }
                (outcome, _) => panic!("{user:?}: {outcome:?}"),
            }
        }
        let token = PrometheusCredentials::token(Token::new("s3cret").unwrap());
        assert_eq!(format!("{token:?}"), "[secret]");
    }
}
