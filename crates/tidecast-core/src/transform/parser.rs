//! Expressions from text, by precedence climbing (Richards and Whitby-Strevens, 1979, "BCPL: the language and its compiler").

use super::Expression;
use super::expression::{Node, Operator};
use std::str::FromStr;

/// Deeper ones are no expressions that a person writes.
const DEEPEST: usize = 64;

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not an expression: at character {position}, {reason}; accepted: numbers, fields, + - * / ( ), \
     < <= > >= == !=, and, or, not"
)]
pub struct ParseExpressionError {
    /// What was given.
    pub text: String,
    /// Where it goes wrong, counted from 1.
    pub position: usize,
    /// What is wrong there.
    pub reason: String,
}

impl FromStr for Expression {
    type Err = ParseExpressionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parser = Parser { text, at: 0, depth: 0 };
        let root = parser.expression(0).and_then(|root| {
            parser.skip_space();
            if parser.rest().is_empty() { Ok(root) } else { Err(parser.unexpected("an operator or the end")) }
        });
        let root = root.map_err(|reason| {
            let position = text[..parser.at].chars().count() + 1;
            ParseExpressionError { text: text.to_owned(), position, reason }
        })?;
        Ok(Self { text: text.trim().to_owned(), root })
    }
}

impl TryFrom<String> for Expression {
    type Error = ParseExpressionError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// Longer ones first, where one begins with another.
const OPERATORS: [(&str, Operator, u8); 12] = [
    ("or", Operator::Or, 1),
    ("and", Operator::And, 2),
    ("<=", Operator::LessOrEqual, 4),
    (">=", Operator::GreaterOrEqual, 4),
    ("==", Operator::Equal, 4),
    ("!=", Operator::NotEqual, 4),
    ("<", Operator::Less, 4),
    (">", Operator::Greater, 4),
    ("+", Operator::Add, 5),
    ("-", Operator::Subtract, 5),
    ("*", Operator::Multiply, 6),
    ("/", Operator::Divide, 6),
];
/// `not` binds more weakly than a comparison, and more strongly than `and`.
const NOT: u8 = 3;
const SIGN: u8 = 7;

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    /// An expression whose operators bind at least so strongly.
    fn expression(&mut self, weakest: u8) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("it is nested too deeply".to_owned());
        }
        let mut left = self.operand()?;
        while let Some((operator, strength)) = self.operator(weakest) {
            let right = self.expression(strength + 1)?;
            left = Node::Binary(operator, Box::new(left), Box::new(right));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operand(&mut self) -> Result<Node, String> {
        self.skip_space();
        if self.take("(") {
            let inner = self.expression(0)?;
            self.skip_space();
            return if self.take(")") { Ok(inner) } else { Err(self.unexpected("`)`")) };
        }
        if self.take("-") {
            return Ok(Node::Negate(Box::new(self.expression(SIGN)?)));
        }
        if self.take_word("not") {
            return Ok(Node::Not(Box::new(self.expression(NOT)?)));
        }
        if let Some(number) = self.number() {
            return Ok(Node::Number(number));
        }
        match self.word() {
            "" | "and" | "or" => Err(self.unexpected("a number, a field or `(`")),
            field => {
                self.at += field.len();
                Ok(Node::Field(field.to_owned()))
            }
        }
    }

    /// The operator that comes next, if it binds strongly enough.
    fn operator(&mut self, weakest: u8) -> Option<(Operator, u8)> {
        self.skip_space();
        let (symbol, operator, strength) = OPERATORS.into_iter().find(|(symbol, ..)| {
            if symbol.as_bytes()[0].is_ascii_alphabetic() {
                self.word() == *symbol
            } else {
                self.rest().starts_with(symbol)
            }
        })?;
        if strength < weakest {
            return None;
        }
        self.at += symbol.len();
        Some((operator, strength))
    }

    fn number(&mut self) -> Option<f64> {
        let digits = |text: &str| text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        let mut length = digits(self.rest());
        if length > 0
            && let Some(exponent) = self.rest()[length..].strip_prefix(['e', 'E'])
        {
            let sign = usize::from(exponent.starts_with(['+', '-']));
            let digits = digits(&exponent[sign..]);
            length += if digits > 0 { 1 + sign + digits } else { 0 };
        }
        let number = self.rest()[..length].parse().ok().filter(|number: &f64| number.is_finite())?;
        self.at += length;
        Some(number)
    }

    /// Letters, digits, `_` and `.`, not beginning with a digit; empty where there is none.
    fn word(&self) -> &'a str {
        let rest = self.rest();
        if !rest.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return "";
        }
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
        &rest[..end]
    }

    fn take(&mut self, symbol: &str) -> bool {
        let is_there = self.rest().starts_with(symbol);
        self.at += if is_there { symbol.len() } else { 0 };
        is_there
    }

    fn take_word(&mut self, word: &str) -> bool {
        let is_there = self.word() == word;
        self.at += if is_there { word.len() } else { 0 };
        is_there
    }

    fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn unexpected(&self, expected: &str) -> String {
        match self.rest().chars().next() {
            Some(found) => format!("{expected} is expected, not `{found}`"),
            None => format!("{expected} is missing"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Column, Field, FieldKind, RecordBatch, Schema};
    use proptest::prelude::*;
    use std::sync::Arc;

    fn value(text: &str) -> f64 {
        let field = |name: &str| Field { name: name.to_owned(), kind: FieldKind::Number, required: true };
        let schema = Schema::new(vec![field("packets"), field("loss"), field("missing")]).unwrap();
        let mut batch = RecordBatch::new(Arc::new(schema));
        batch.push(0, |column, values| {
            if let Column::Number(numbers) = values {
                numbers.push([100.0, 7.0, f64::NAN][column]);
            }
        });
        text.parse::<Expression>().unwrap().evaluate(&batch)[0]
    }

    #[test]
    fn computes() {
        let cases = [
            ("packets - loss", 93.0),
            ("1 + 2 * 3 - 4 / 2", 5.0),
            ("(1 + 2) * 3", 9.0),
            ("10 - 4 - 3", 3.0),
            ("-loss + 1e1", 3.0),
            ("--loss", 7.0),
            ("2.5e-1", 0.25),
            ("loss <= packets", 1.0),
            ("loss >= packets or packets == 100", 1.0),
            ("not loss > 5 and 1", 0.0),
            ("not (loss > 5 and 0)", 1.0),
            ("not 0 == 1", 1.0),
            ("loss != 7", 0.0),
            ("missing != 7", 0.0),
            ("missing == missing", 0.0),
            ("missing or 1", 1.0),
        ];
        for (text, expected) in cases {
            assert_eq!(value(text), expected, "{text}");
        }
        for text in ["missing + 1", "packets / 0", "absent", "-missing"] {
            assert!(value(text).is_nan(), "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let cases = [
            ("", 1, "a number, a field or `(` is missing"),
            ("a +", 4, "a number, a field or `(` is missing"),
            ("a b", 3, "an operator or the end is expected, not `b`"),
            ("(a", 3, "`)` is missing"),
            ("a = b", 3, "an operator or the end is expected, not `=`"),
            ("é * ?", 5, "a number, a field or `(` is expected, not `?`"),
            ("a and or b", 7, "a number, a field or `(` is expected, not `o`"),
        ];
        for (text, position, reason) in cases {
            let error = text.parse::<Expression>().unwrap_err();
            assert_eq!((error.position, error.reason.as_str()), (position, reason), "{text}");
        }
        let deep = "(".repeat(100_000);
        assert!(deep.parse::<Expression>().unwrap_err().reason.contains("too deeply"));
        assert!("-".repeat(100_000).parse::<Expression>().is_err());
    }

    #[test]
    fn knows_its_fields() {
        let expression: Expression = "loss / packets + loss > not_a and x.y".parse().unwrap();
        assert_eq!(expression.fields(), ["loss", "packets", "not_a", "x.y"]);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[a-z0-9 ().+*/<>=!-]{0,40}|\\PC{0,20}") {
            if let Ok(expression) = text.parse::<Expression>() {
                prop_assert_eq!(expression.to_string().parse::<Expression>().unwrap(), expression);
            }
        }
    }
}
