//! Bytes as hexadecimal digits, and back.

/// In lower case.
pub fn encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| DIGITS.get(usize::from(value)).copied().map_or('0', char::from);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// From digits in either case; nothing when there is anything else, or half a byte.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_in_lower_case_and_read_in_either() {
        let cases: [(&[u8], &str); 3] = [(b"", ""), (&[0, 1, 0x9f, 0xa0, 0xff], "00019fa0ff"), ("ü".as_bytes(), "c3bc")];
        for (bytes, digits) in cases {
            assert_eq!(encode(bytes), digits);
            assert_eq!(decode(digits).as_deref(), Some(bytes), "{digits}");
            assert_eq!(decode(&digits.to_uppercase()).as_deref(), Some(bytes), "{digits}");
        }
    }

    #[test]
    fn what_is_no_hex_is_not_read() {
        for text in ["a", "abc", "zz", "+a", " aa", "0x", "ü"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
