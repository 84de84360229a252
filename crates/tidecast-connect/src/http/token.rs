//! The bearer token that a server asks for and a client shows.

use std::fmt;
use subtle::ConstantTimeEq;

/// A bearer token. Never printed: [`fmt::Debug`] shows `[secret]`.
#[derive(Clone)]
pub struct Token(String);

/// Why a text cannot be a token.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TokenError {
    /// There is nothing in it.
    #[error("the token is empty; put one line of text into the token file, for example from `openssl rand -hex 32`")]
    Empty,
    /// It would not survive in an HTTP header.
    #[error("the token has a space, a line break or a character beyond ASCII; use printable ASCII without spaces")]
    Unprintable,
}

impl Token {
    /// A token, white space around it left out: files end in a line break that is not meant.
    ///
    /// # Errors
    /// When it is empty or holds anything but printable ASCII.
    pub fn new(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TokenError::Empty);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError::Unprintable);
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether the text is this token. The time it takes tells nothing but whether the lengths agree.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }

    /// The token itself, for the header of a request.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_printable_word() {
        let cases = [
            ("abc\n", None),
            ("", Some(TokenError::Empty)),
            (" \n", Some(TokenError::Empty)),
            ("a b", Some(TokenError::Unprintable)),
            ("ä", Some(TokenError::Unprintable)),
        ];
        for (text, expected) in cases {
            assert_eq!(Token::new(text).err(), expected, "{text:?}");
        }
    }

    #[test]
    fn matches_itself_and_stays_secret() {
        let token = Token::new("open sesame".replace(' ', "-").as_str()).unwrap();
        for (text, expected) in [("open-sesame", true), ("open-sesam", false), ("open-sesamE", false), ("", false)] {
            assert_eq!(token.matches(text), expected, "{text}");
        }
        assert_eq!(format!("{token:?}"), "[secret]");
    }
}
