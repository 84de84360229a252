//! Expressions over the fields of records as Spark SQL with the same meaning.
//!
//! A missing number is NULL. Columns never hold NaN, which Spark takes for the greatest number and for equal to itself; what
//! arithmetic with infinities makes of it becomes NULL before anything is compared or stored.

use super::literal::{number, quoted};
use tidecast_core::transform::{Expression, Node, Operator};

/// A number, NULL where it is missing. Fields that `is_number` does not know are missing.
pub(super) fn value(expression: &Expression, is_number: &dyn Fn(&str) -> bool) -> String {
    clean(expression.root(), is_number)
}

/// Whether it holds: true or false, never NULL.
pub(super) fn holds(expression: &Expression, is_number: &dyn Fn(&str) -> bool) -> String {
    truth(expression.root(), is_number)
}

/// A number that is not NaN.
fn clean(node: &Node, is_number: &dyn Fn(&str) -> bool) -> String {
    let numeric = numeric(node, is_number);
    let computes = matches!(
        node,
        Node::Binary(Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide, ..) | Node::Negate(_)
    );
    if computes { without_nan(&numeric) } else { numeric }
}

/// NULL in place of NaN.
pub(super) fn without_nan(sql: &str) -> String {
    format!("nullif({sql}, double('NaN'))")
}

fn numeric(node: &Node, is_number: &dyn Fn(&str) -> bool) -> String {
    let of = |node: &Node| numeric(node, is_number);
    match node {
        Node::Number(value) => number(*value),
        Node::Field(field) if is_number(field) => quoted(field),
        Node::Field(_) => "CAST(NULL AS DOUBLE)".to_owned(),
        Node::Negate(node) => format!("(-{})", of(node)),
        Node::Binary(Operator::Add, left, right) => format!("({} + {})", of(left), of(right)),
        Node::Binary(Operator::Subtract, left, right) => format!("({} - {})", of(left), of(right)),
        Node::Binary(Operator::Multiply, left, right) => format!("({} * {})", of(left), of(right)),
        Node::Binary(Operator::Divide, left, right) => format!("({} / nullif({}, 0D))", of(left), of(right)),
        Node::Not(_) | Node::Binary(..) => format!("IF({}, 1D, 0D)", truth(node, is_number)),
    }
}

fn truth(node: &Node, is_number: &dyn Fn(&str) -> bool) -> String {
    let of = |node: &Node| truth(node, is_number);
    let (symbol, left, right) = match node {
        Node::Not(node) => return format!("(NOT {})", of(node)),
        Node::Binary(Operator::And, left, right) => return format!("({} AND {})", of(left), of(right)),
        Node::Binary(Operator::Or, left, right) => return format!("({} OR {})", of(left), of(right)),
        Node::Binary(Operator::Less, left, right) => ("<", left, right),
        Node::Binary(Operator::LessOrEqual, left, right) => ("<=", left, right),
        Node::Binary(Operator::Greater, left, right) => (">", left, right),
        Node::Binary(Operator::GreaterOrEqual, left, right) => (">=", left, right),
        Node::Binary(Operator::Equal, left, right) => ("=", left, right),
        Node::Binary(Operator::NotEqual, left, right) => ("<>", left, right),
        Node::Number(_)
        | Node::Field(_)
        | Node::Negate(_)
        | Node::Binary(Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide, ..) => {
            return format!("coalesce({} <> 0D, false)", clean(node, is_number));
        }
    };
    format!("coalesce({} {symbol} {}, false)", clean(left, is_number), clean(right, is_number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_has_the_same_meaning() {
        let cases = [
            (
                "packets - 1",
                "nullif((`packets` - 1.0D), double('NaN'))",
                "coalesce(nullif((`packets` - 1.0D), double('NaN')) <> 0D, false)",
            ),
            (
                "loss <= packets",
                "IF(coalesce(`loss` <= `packets`, false), 1D, 0D)",
                "coalesce(`loss` <= `packets`, false)",
            ),
            ("loss", "`loss`", "coalesce(`loss` <> 0D, false)"),
            ("id", "CAST(NULL AS DOUBLE)", "coalesce(CAST(NULL AS DOUBLE) <> 0D, false)"),
            (
                "loss / packets",
                "nullif((`loss` / nullif(`packets`, 0D)), double('NaN'))",
                "coalesce(nullif((`loss` / nullif(`packets`, 0D)), double('NaN')) <> 0D, false)",
            ),
            (
                "not loss > 5 and 1",
                "IF(((NOT coalesce(`loss` > 5.0D, false)) AND coalesce(1.0D <> 0D, false)), 1D, 0D)",
                "((NOT coalesce(`loss` > 5.0D, false)) AND coalesce(1.0D <> 0D, false))",
            ),
        ];
        for (text, as_value, as_truth) in cases {
            let expression: Expression = text.parse().unwrap();
            let is_number = |field: &str| field != "id";
            assert_eq!(
                (value(&expression, &is_number), holds(&expression, &is_number)),
                (as_value.to_owned(), as_truth.to_owned())
            );
        }
    }
}
