//! Formulas from text, by precedence climbing.

use super::formula::{FormulaError, Node, Operator};

/// Longer formulas are refused, so that neither parsing nor evaluation can exhaust the stack.
const BYTES_MAX: usize = 1_000;
const NESTING_MAX: usize = 50;
const NOT_PRECEDENCE: u8 = 3;

/// What a formula gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Truth,
}

/// A formula of this kind.
pub(super) fn parse(text: &str, wanted: Kind) -> Result<Node, FormulaError> {
    let mut parser = Parser { text, at: 0, nesting: 0 };
    let result = parser.formula(wanted);
    result.map_err(|Problem { at, problem }| FormulaError {
        text: text.to_owned(),
        position: text.get(..at).map_or(0, |before| before.chars().count()) + 1,
        problem,
    })
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    nesting: usize,
}

struct Problem {
    at: usize,
    problem: &'static str,
}

impl<'a> Parser<'a> {
    fn formula(&mut self, wanted: Kind) -> Result<Node, Problem> {
        if self.text.len() > BYTES_MAX {
            return Err(Problem { at: BYTES_MAX, problem: "a formula has at most 1,000 characters" });
        }
        let (node, kind) = self.operation(0)?;
        self.skip_space();
        if self.at < self.text.len() {
            return Err(self.problem("an operator is expected here, or the end"));
        }
        expect(kind, wanted, 0)?;
        Ok(node)
    }

    /// Operands joined by operators of at least this precedence.
    fn operation(&mut self, least: u8) -> Result<(Node, Kind), Problem> {
        self.nesting += 1;
        if self.nesting > NESTING_MAX {
            return Err(self.problem("formulas are nested at most 50 deep"));
        }
        self.skip_space();
        let mut start = self.at;
        let (mut left, mut kind) = self.operand()?;
        while let Some((operator, length)) = self.operator().filter(|(operator, _)| operator.precedence() >= least) {
            self.at += length;
            let (takes, gives) = kinds(operator);
            expect(kind, takes, start)?;
            self.skip_space();
            start = self.at;
            let (right, right_kind) = self.operation(operator.precedence() + 1)?;
            expect(right_kind, takes, start)?;
            left = Node::Binary(operator, Box::new(left), Box::new(right));
            kind = gives;
        }
        self.nesting -= 1;
        Ok((left, kind))
    }

    fn operand(&mut self) -> Result<(Node, Kind), Problem> {
        let start = self.at;
        let Some(first) = self.rest().chars().next() else {
            return Err(self.problem("a number, a field or `(` is expected here"));
        };
        match first {
            '(' => {
                self.at += 1;
                let inner = self.operation(0)?;
                self.skip_space();
                if !self.rest().starts_with(')') {
                    return Err(self.problem("`)` is expected here"));
                }
                self.at += 1;
                Ok(inner)
            }
            '-' => {
                self.at += 1;
                let (operand, kind) = self.operation(u8::MAX)?;
                expect(kind, Kind::Number, start + 1)?;
                Ok((Node::Minus(Box::new(operand)), Kind::Number))
            }
            '0'..='9' | '.' => self.number().map(|number| (Node::Number(number), Kind::Number)),
            first if first.is_alphabetic() || first == '_' => match self.word() {
                "not" => {
                    self.at += "not".len();
                    let (operand, kind) = self.operation(NOT_PRECEDENCE)?;
                    expect(kind, Kind::Truth, start + "not ".len())?;
                    Ok((Node::Not(Box::new(operand)), Kind::Truth))
                }
                "and" | "or" => Err(self.problem("a number, a field or `(` is expected here")),
                field => {
                    self.at += field.len();
                    Ok((Node::Field(field.to_owned()), Kind::Number))
                }
            },
            _ => Err(self.problem("a number, a field or `(` is expected here")),
        }
    }

    fn number(&mut self) -> Result<f64, Problem> {
        let rest = self.rest().as_bytes();
        let digits =
            |from: usize| rest[from..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
        let mut length = digits(0);
        if matches!(rest.get(length), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(rest.get(length + 1), Some(b'+' | b'-')));
            length += 1 + sign + digits((length + 1 + sign).min(rest.len()));
        }
        let number =
            self.rest().get(..length).and_then(|text| text.parse().ok()).filter(|number: &f64| number.is_finite());
        let number = number.ok_or_else(|| self.problem("this is no number"))?;
        self.at += length;
        Ok(number)
    }

    /// The operator that comes next, with its length.
    fn operator(&mut self) -> Option<(Operator, usize)> {
        self.skip_space();
        let word = self.word();
        let found = Operator::ALL.iter().find(|(_, name)| match word {
            "" => self.rest().starts_with(name),
            word => word == *name,
        });
        found.map(|(operator, name)| (*operator, name.len()))
    }

    fn word(&self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
        &rest[..end]
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn problem(&self, problem: &'static str) -> Problem {
        Problem { at: self.at, problem }
    }
}

/// What an operator takes on both sides, and gives.
fn kinds(operator: Operator) -> (Kind, Kind) {
    match operator {
        Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide => (Kind::Number, Kind::Number),
        Operator::And | Operator::Or => (Kind::Truth, Kind::Truth),
        _ => (Kind::Number, Kind::Truth),
    }
}

fn expect(kind: Kind, wanted: Kind, at: usize) -> Result<(), Problem> {
    match wanted {
        _ if kind == wanted => Ok(()),
        Kind::Number => Err(Problem { at, problem: "a number is needed, and this is true or false" }),
        Kind::Truth => Err(Problem { at, problem: "a condition such as `loss >= 0` is needed, and this is a number" }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Condition, Formula};

    #[test]
    fn operators_bind_as_in_arithmetic() {
        let numbers = [
            ("a + b * c", "a + (b * c)"),
            ("a - b - c", "(a - b) - c"),
            ("a/b/2", "(a / b) / 2"),
            ("-a * b", "(-a) * b"),
            ("--a", "-(-a)"),
            ("(a + b) * 1.5e-3", "(a + b) * 0.0015"),
        ];
        for (text, printed) in numbers {
            let formula: Formula = text.parse().unwrap();
            assert_eq!(formula.to_string(), printed);
            assert_eq!(printed.parse(), Ok(formula));
        }
        let conditions = [
            ("a>=0 and b<=a or not c==1", "((a >= 0) and (b <= a)) or (not (c == 1))"),
            ("not a < b and c != d", "(not (a < b)) and (c != d)"),
            ("(a + 1 < b)", "(a + 1) < b"),
            ("order > 1 and android < 2", "(order > 1) and (android < 2)"),
        ];
        for (text, printed) in conditions {
            let condition: Condition = text.parse().unwrap();
            assert_eq!(condition.to_string(), printed);
            assert_eq!(printed.parse(), Ok(condition));
        }
    }

    #[test]
    fn mistakes_are_shown_where_they_are() {
        let cases = [
            ("", 1, "a number, a field"),
            ("loss >", 7, "a number, a field"),
            ("loss > > 1", 8, "a number, a field"),
            ("loss", 1, "a condition"),
            ("a < b < c", 7, "an operator"),
            ("1 + (a < b) > 2", 5, "a number is needed"),
            ("a < b and c", 11, "a condition"),
            ("not a", 5, "a condition"),
            ("(a < b", 7, "`)`"),
            ("a < b)", 6, "an operator"),
            ("a < 1.2.3", 5, "no number"),
            ("é < $", 5, "a number, a field"),
            ("a = 1", 3, "an operator"),
            ("and < 1", 1, "a number, a field"),
        ];
        for (text, position, says) in cases {
            let error = text.parse::<Condition>().unwrap_err();
            assert_eq!(error.position, position, "{error}");
            assert!(error.problem.contains(says) && error.to_string().contains("<= > >="), "{error}");
        }
        for text in ["(".repeat(100), "-".repeat(900), "1+".repeat(600)] {
            assert!(text.parse::<Formula>().is_err());
        }
    }
}
