//! Text as one line.

/// The words of a text with one space between each.
pub fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_words_is_one_space() {
        let cases = [("", ""), (" \n ", ""), ("one", "one"), ("  one\t two\n\u{a0}three ", "one two three")];
        for (text, expected) in cases {
            assert_eq!(joined(text), expected, "{text:?}");
        }
    }
}
