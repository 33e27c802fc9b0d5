//! What a plain scalar means by YAML 1.2's core schema, and nothing beyond it:
//! `yes`, `NO` and `1_000` are text, `012` is 12.

use serde_json::Number;

/// What a scalar means.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number that JSON can say.
    Number(Number),
    /// `.inf`, `.nan`, or a number too large for a float.
    NotFinite,
    /// Anything else.
    Text,
}

impl Scalar {
    /// Resolves a plain scalar's text.
    pub(crate) fn resolve(text: &str) -> Self {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => return Self::Null,
            "true" | "True" | "TRUE" => return Self::Bool(true),
            "false" | "False" | "FALSE" => return Self::Bool(false),
            ".nan" | ".NaN" | ".NAN" => return Self::NotFinite,
            _ => {}
        }
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
            return Self::NotFinite;
        }
        if let Some(number) = based(text, "0o", 8).or_else(|| based(text, "0x", 16)) {
            return number;
        }
        if is_decimal(unsigned) {
            return decimal(text);
        }
        if is_float(unsigned) {
            return float(text);
        }
        Self::Text
    }
}

fn based(text: &str, prefix: &str, radix: u32) -> Option<Scalar> {
    let digits = text.strip_prefix(prefix)?;
    let are_digits = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    are_digits.then(|| match u64::from_str_radix(digits, radix) {
        Ok(number) => Scalar::Number(number.into()),
        // Too large for an integer: the nearest float, as for decimal ones.
        Err(_) => finite(digits.chars().fold(0.0, |sum, digit| {
            sum * f64::from(radix) + f64::from(digit.to_digit(radix).unwrap_or(0))
        })),
    })
}

fn is_decimal(unsigned: &str) -> bool {
    !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit())
}

fn decimal(text: &str) -> Scalar {
    let text = text.strip_prefix('+').unwrap_or(text);
    if let Ok(number) = text.parse::<i64>() {
        Scalar::Number(number.into())
    } else if let Ok(number) = text.parse::<u64>() {
        Scalar::Number(number.into())
    } else {
        float(text)
    }
}

/// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_float(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => is_decimal(fraction),
        Some((whole, fraction)) => is_decimal(whole) && digits(fraction),
        None => is_decimal(mantissa),
    };
    let exponent_fits = exponent
        .is_none_or(|exponent| is_decimal(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)));
    mantissa_fits && exponent_fits
}

fn float(text: &str) -> Scalar {
    // Every text of the core schema's form is one that Rust reads.
    text.parse().map_or(Scalar::Text, finite)
}

fn finite(number: f64) -> Scalar {
    Number::from_f64(number).map_or(Scalar::NotFinite, Scalar::Number)
}
