//! Values of literal tokens, by the rules of TinyScheme's reader.

/// A number as written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number.
    Integer(i64),
    /// Anything else, and whole numbers too large for 64 bits.
    Real(f64),
}

/// Reads a number: decimal digits, a decimal fraction with an optional exponent, or `#x`, `#o`,
/// `#b`, `#d` with digits of that base. A word that is not wholly a number is none.
pub fn number(text: &str) -> Option<Number> {
    if let Some(rest) = text.strip_prefix('#') {
        let (base, digits) = rest.split_at_checked(1)?;
        let radix = match base {
            "x" => 16,
            "o" => 8,
            "b" => 2,
            "d" => 10,
            _ => return None,
        };
        // `from_str_radix` would accept a plus sign after the base as well; so does TinyScheme.
        return i64::from_str_radix(digits, radix).ok().map(Number::Integer);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        return match text.parse() {
            Ok(integer) => Some(Number::Integer(integer)),
            Err(_) => text.parse().ok().map(Number::Real),
        };
    }
    let starts = unsigned
        .trim_start_matches('.')
        .starts_with(|c: char| c.is_ascii_digit());
    let made_of = unsigned
        .bytes()
        .all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
    if starts && made_of {
        text.parse().ok().map(Number::Real)
    } else {
        None
    }
}

/// Why the text of a string or a character has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LiteralError {
    /// What is wrong.
    pub message: &'static str,
    /// Byte offset in the token.
    pub offset: usize,
}

/// Bytes of an ordinary string token, quotes included in `token`. `\n`, `\t`, `\r`, `\"`, `\\`,
/// `\xHH` and octal are escapes; before any other character the backslash is dropped.
///
/// # Errors
/// `\x` without two hexadecimal digits, or an octal number above 255.
pub fn string(token: &str) -> Result<Vec<u8>, LiteralError> {
    let error = |message, offset| Err(LiteralError { message, offset });
    let body = token.strip_prefix('"').unwrap_or(token);
    let skipped = token.len() - body.len();
    let body = body.as_bytes();
    let mut out = Vec::with_capacity(body.len());
    let mut at = 0;
    while let Some(&byte) = body.get(at) {
        at += 1;
        match byte {
            b'"' => break,
            b'\\' => {}
            _ => {
                out.push(byte);
                continue;
            }
        }
        let Some(&escape) = body.get(at) else { break };
        at += 1;
        match escape {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            b'x' | b'X' => {
                let digit = |at: usize| body.get(at).and_then(|b| char::from(*b).to_digit(16));
                let (Some(high), Some(low)) = (digit(at), digit(at + 1)) else {
                    return error("`\\x` needs two hexadecimal digits", skipped + at - 2);
                };
                at += 2;
                out.push((high * 16 + low) as u8);
            }
            b'0'..=b'7' => {
                let start = at - 1;
                let digits = body[start..].iter().take(3);
                let digits: Vec<u8> = digits
                    .copied()
                    .take_while(|b| (b'0'..=b'7').contains(b))
                    .collect();
                let value = digits
                    .iter()
                    .fold(0u32, |sum, b| sum * 8 + u32::from(b - b'0'));
                let Ok(value) = u8::try_from(value) else {
                    return error(
                        "an octal escape cannot be above `\\377`",
                        skipped + start - 1,
                    );
                };
                at = start + digits.len();
                out.push(value);
            }
            other => out.push(other),
        }
    }
    Ok(out)
}

/// Text of a raw string token, `#"` and the quote taken off.
pub fn raw_string(token: &str) -> &str {
    let body = token.strip_prefix("#\"").unwrap_or(token);
    body.strip_suffix('"').unwrap_or(body)
}

/// Value of a character token. Characters are bytes, as in TinyScheme.
///
/// # Errors
/// A name that is not known, or a character beyond ASCII.
pub fn character(token: &str) -> Result<u8, LiteralError> {
    let name = token.strip_prefix("#\\").unwrap_or(token);
    if let [byte] = name.as_bytes() {
        return Ok(*byte);
    }
    let hexadecimal = name
        .strip_prefix('x')
        .and_then(|digits| u8::from_str_radix(digits, 16).ok());
    match (name.to_ascii_lowercase().as_str(), hexadecimal) {
        ("space", _) => Ok(b' '),
        ("newline", _) => Ok(b'\n'),
        ("return", _) => Ok(b'\r'),
        ("tab", _) => Ok(b'\t'),
        (_, Some(byte)) => Ok(byte),
        _ => Err(LiteralError {
            message: "unknown character",
            offset: 0,
        }),
    }
}
