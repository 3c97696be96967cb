//! Numbers.

use std::cmp::Ordering;

use super::super::value::Value;
use super::{Builtin, MANY, wrong};
use crate::diag::Code;
use crate::eval::fault::Mistake;

macro_rules! compare {
    ($name:literal, $($order:pat_param)|+) => {
        Builtin { name: $name, least: 1, most: MANY, run: |_, arguments| {
            number(arguments, 0)?;
            let mut holds = true;
            for at in 1..arguments.len() {
                let order = order(arguments, at - 1)?;
                holds &= matches!(order, $(Some($order))|+);
            }
            Ok(Value::Bool(holds))
        } }
    };
}

macro_rules! kind {
    ($name:literal, $pattern:pat) => {
        Builtin {
            name: $name,
            least: 1,
            most: 1,
            run: |_, arguments| Ok(Value::Bool(matches!(arguments[0], $pattern))),
        }
    };
}

/// Whole numbers are what they are.
macro_rules! rounding {
    ($name:literal, $round:path) => {
        Builtin {
            name: $name,
            least: 1,
            most: 1,
            run: |_, arguments| match number(arguments, 0)? {
                Value::Real(real) => Ok(Value::Real($round(real))),
                whole => Ok(whole),
            },
        }
    };
}

macro_rules! analytic {
    ($name:literal, $function:path) => {
        Builtin {
            name: $name,
            least: 1,
            most: 1,
            run: |_, arguments| Ok(Value::Real($function(real(number(arguments, 0)?)))),
        }
    };
}

pub(super) const TABLE: &[Builtin] = &[
    Builtin {
        name: "+",
        least: 0,
        most: MANY,
        run: |_, a| fold(a, Value::Integer(0), i64::checked_add, |x, y| x + y),
    },
    Builtin {
        name: "*",
        least: 0,
        most: MANY,
        run: |_, a| fold(a, Value::Integer(1), i64::checked_mul, |x, y| x * y),
    },
    Builtin {
        name: "-",
        least: 1,
        most: MANY,
        run: |_, a| match a {
            [one] => fold(&[*one], Value::Integer(0), i64::checked_sub, |x, y| x - y),
            [first, rest @ ..] => fold(rest, *first, i64::checked_sub, |x, y| x - y),
            [] => Ok(Value::Integer(0)),
        },
    },
    Builtin {
        name: "/",
        least: 1,
        most: MANY,
        run: divide,
    },
    Builtin {
        name: "quotient",
        least: 2,
        most: 2,
        run: |_, a| whole(a, i64::checked_div),
    },
    Builtin {
        name: "remainder",
        least: 2,
        most: 2,
        run: |_, a| whole(a, |x, y| Some(x.wrapping_rem(y))),
    },
    Builtin {
        name: "modulo",
        least: 2,
        most: 2,
        run: |_, a| {
            whole(a, |x, y| {
                let rest = x.wrapping_rem(y);
                Some(if rest != 0 && (rest < 0) != (y < 0) {
                    rest + y
                } else {
                    rest
                })
            })
        },
    },
    compare!("=", Ordering::Equal),
    compare!("<", Ordering::Less),
    compare!(">", Ordering::Greater),
    compare!("<=", Ordering::Less | Ordering::Equal),
    compare!(">=", Ordering::Greater | Ordering::Equal),
    Builtin {
        name: "zero?",
        least: 1,
        most: 1,
        run: |_, a| sign(a, Ordering::Equal),
    },
    Builtin {
        name: "positive?",
        least: 1,
        most: 1,
        run: |_, a| sign(a, Ordering::Greater),
    },
    Builtin {
        name: "negative?",
        least: 1,
        most: 1,
        run: |_, a| sign(a, Ordering::Less),
    },
    kind!("number?", Value::Integer(_) | Value::Real(_)),
    kind!("complex?", Value::Integer(_) | Value::Real(_)),
    kind!("real?", Value::Integer(_) | Value::Real(_)),
    kind!("rational?", Value::Integer(_) | Value::Real(_)),
    kind!("exact?", Value::Integer(_)),
    kind!("inexact?", Value::Real(_)),
    rounding!("floor", f64::floor),
    rounding!("ceiling", f64::ceil),
    rounding!("truncate", f64::trunc),
    rounding!("round", f64::round_ties_even),
    analytic!("sqrt", f64::sqrt),
    analytic!("exp", f64::exp),
    analytic!("log", f64::ln),
    analytic!("sin", f64::sin),
    analytic!("cos", f64::cos),
    analytic!("tan", f64::tan),
    analytic!("asin", f64::asin),
    analytic!("acos", f64::acos),
    analytic!("atan", f64::atan),
    Builtin {
        name: "expt",
        least: 2,
        most: 2,
        run: |_, a| {
            let (base, exponent) = (number(a, 0)?, number(a, 1)?);
            let whole = match (base, exponent) {
                (Value::Integer(base), Value::Integer(exponent)) => u32::try_from(exponent)
                    .ok()
                    .and_then(|exponent| base.checked_pow(exponent)),
                _ => None,
            };
            let inexact = || Value::Real(real(base).powf(real(exponent)));
            Ok(whole.map_or_else(inexact, Value::Integer))
        },
    },
    Builtin {
        name: "integer?",
        least: 1,
        most: 1,
        run: |_, a| {
            Ok(Value::Bool(match a[0] {
                Value::Integer(_) => true,
                Value::Real(real) => real.fract() == 0.0,
                _ => false,
            }))
        },
    },
    Builtin {
        name: "inexact->exact",
        least: 1,
        most: 1,
        run: |_, a| match a[0] {
            Value::Real(real) => Ok(Value::Integer(real as i64)),
            _ => number(a, 0),
        },
    },
    Builtin {
        name: "exact->inexact",
        least: 1,
        most: 1,
        run: |_, a| Ok(Value::Real(real(number(a, 0)?))),
    },
];

fn number(arguments: &[Value], at: usize) -> Result<Value, Mistake> {
    match arguments[at] {
        value @ (Value::Integer(_) | Value::Real(_)) => Ok(value),
        other => Err(wrong("number", other, at)),
    }
}

fn real(value: Value) -> f64 {
    match value {
        Value::Integer(integer) => integer as f64,
        Value::Real(real) => real,
        _ => f64::NAN,
    }
}

/// Whole numbers stay whole unless they overflow.
fn fold(
    arguments: &[Value],
    start: Value,
    exact: fn(i64, i64) -> Option<i64>,
    inexact: fn(f64, f64) -> f64,
) -> Result<Value, Mistake> {
    let mut sum = number(&[start], 0)?;
    for at in 0..arguments.len() {
        let next = number(arguments, at)?;
        let whole = match (sum, next) {
            (Value::Integer(x), Value::Integer(y)) => exact(x, y),
            _ => None,
        };
        sum = match whole {
            Some(whole) => Value::Integer(whole),
            None => Value::Real(inexact(real(sum), real(next))),
        };
    }
    Ok(sum)
}

fn by_zero() -> Mistake {
    Mistake::new(Code::OutOfRange, "division by zero")
}

fn divide(_: &mut super::Heap, arguments: &[Value]) -> Result<Value, Mistake> {
    let (mut value, rest) = match arguments {
        [_] => (Value::Integer(1), arguments),
        _ => (number(arguments, 0)?, &arguments[1..]),
    };
    for at in 0..rest.len() {
        value = match (value, number(rest, at)?) {
            (_, Value::Integer(0)) => return Err(by_zero()),
            (Value::Integer(x), Value::Integer(y)) if x.checked_rem(y) == Some(0) => {
                Value::Integer(x / y)
            }
            (x, y) => Value::Real(real(x) / real(y)),
        };
    }
    Ok(value)
}

/// Divides whole numbers; `None` is a result that none can be.
fn whole(arguments: &[Value], run: fn(i64, i64) -> Option<i64>) -> Result<Value, Mistake> {
    let too_large = || Mistake::new(Code::OutOfRange, "the result is too large a number");
    match (number(arguments, 0)?, number(arguments, 1)?) {
        (Value::Integer(_), Value::Integer(0)) => Err(by_zero()),
        (Value::Integer(x), Value::Integer(y)) => {
            run(x, y).map(Value::Integer).ok_or_else(too_large)
        }
        (Value::Integer(_), other) => Err(wrong("whole number", other, 1)),
        (other, _) => Err(wrong("whole number", other, 0)),
    }
}

fn order(arguments: &[Value], at: usize) -> Result<Option<Ordering>, Mistake> {
    Ok(match (number(arguments, at)?, number(arguments, at + 1)?) {
        (Value::Integer(x), Value::Integer(y)) => Some(x.cmp(&y)),
        (x, y) => real(x).partial_cmp(&real(y)),
    })
}

fn sign(arguments: &[Value], wanted: Ordering) -> Result<Value, Mistake> {
    let order = real(number(arguments, 0)?).partial_cmp(&0.0);
    Ok(Value::Bool(order == Some(wanted)))
}
