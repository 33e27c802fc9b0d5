//! `numeric`: digits in base 10,000.

use tidemill_flow::Value;

/// A double holds every decimal number of so many digits.
const EXACT_DIGITS: usize = 15;
const NEGATIVE: u16 = 0x4000;
const NOT_A_NUMBER: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const NEGATIVE_INFINITY: u16 = 0xF000;

/// A number where an integer or a double holds all its digits, else its text; an error
/// for NaN and infinities.
pub(super) fn value(bytes: &[u8]) -> Result<Value, String> {
    let text = text(bytes)?;
    if let Ok(integer) = text.parse::<i64>() {
        return Ok(Value::from(integer));
    }
    let significant = text
        .trim_start_matches(['-', '0', '.'])
        .chars()
        .filter(char::is_ascii_digit)
        .count();
    match text.parse::<f64>() {
        Ok(number) if significant <= EXACT_DIGITS && number.is_finite() => Ok(Value::from(number)),
        _ => Ok(Value::from(text)),
    }
}

/// The number as Postgres writes it.
fn text(bytes: &[u8]) -> Result<String, String> {
    let mut words = bytes.as_chunks::<2>().0.iter().copied();
    let mut next = || {
        words
            .next()
            .map(u16::from_be_bytes)
            .ok_or("the server sent a numeric that is too short")
    };
    let count = usize::from(next()?);
    let weight = next()?.cast_signed();
    let sign = next()?;
    let scale = usize::from(next()?);
    match sign {
        NOT_A_NUMBER => return Err("NaN is no number that JSON can say".to_owned()),
        INFINITY | NEGATIVE_INFINITY => {
            return Err("infinity is no number that JSON can say".to_owned());
        }
        _ => {}
    }
    let digits = (0..count).map(|_| next()).collect::<Result<Vec<_>, _>>()?;
    let group = |place: i32| -> u16 {
        let index = usize::try_from(i32::from(weight) - place);
        let digit = index.ok().and_then(|index| digits.get(index));
        digit.copied().unwrap_or(0)
    };
    let whole: String = (0..=i32::from(weight).max(0))
        .rev()
        .map(|place| format!("{:04}", group(place)))
        .collect();
    let groups = i32::try_from(scale.div_ceil(4)).unwrap_or(0);
    let mut fraction: String = (1..=groups)
        .map(|place| format!("{:04}", group(-place)))
        .collect();
    fraction.truncate(scale);
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        trimmed => trimmed,
    };
    let minus = if sign == NEGATIVE { "-" } else { "" };
    let point = if scale > 0 { "." } else { "" };
    Ok(format!("{minus}{whole}{point}{fraction}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric(weight: i16, sign: u16, scale: u16, digits: &[u16]) -> Vec<u8> {
        let count = u16::try_from(digits.len()).unwrap();
        let head = [count, weight.cast_unsigned(), sign, scale];
        let words = head.iter().chain(digits);
        words.flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn numbers_keep_their_digits() {
        let check = |bytes: Vec<u8>, expected: &str| assert_eq!(text(&bytes).unwrap(), expected);
        check(numeric(0, 0, 0, &[]), "0");
        check(numeric(0, 0, 2, &[1, 5000]), "1.50");
        check(numeric(1, NEGATIVE, 1, &[12, 3456, 7000]), "-123456.7");
        check(numeric(-1, 0, 3, &[10]), "0.001");
        check(numeric(-2, 0, 8, &[1234]), "0.00001234");
        check(numeric(2, 0, 0, &[1]), "100000000");
    }

    #[test]
    fn what_a_double_cannot_hold_is_text() {
        assert_eq!(value(&numeric(0, 0, 2, &[1, 5000])), Ok(Value::from(1.5)));
        assert_eq!(value(&numeric(1, 0, 0, &[1])), Ok(Value::from(10_000)));
        let long = numeric(0, 0, 16, &[1, 2345, 6789, 123, 4567]);
        assert_eq!(value(&long), Ok(Value::from("1.2345678901234567")));
        assert!(value(&numeric(0, NOT_A_NUMBER, 0, &[])).is_err());
        assert!(value(&[0, 9]).is_err());
    }
}
