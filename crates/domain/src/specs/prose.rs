//! Prose: what in it asks for something, and what only tells or names.

/// Words by which a sentence obliges, wherever it stands.
const OBLIGING: [&str; 9] = ["must", "mustn't", "shall", "should", "shouldn't", "required", "mandatory", "forbidden", "never"];

/// Pairs of words by which it does.
const PAIRS: [(&str, &str); 6] =
    [("has", "to"), ("have", "to"), ("needs", "to"), ("need", "to"), ("may", "only"), ("may", "not")];

/// The most words of a name or of what leads to a list.
const NAME_WORDS: usize = 12;

/// Whether a sentence asks for something by its words. What is code in it does not count.
pub(super) fn obliges(sentence: &str) -> bool {
    let plain = sentence.split('`').step_by(2).collect::<Vec<_>>().join(" ").to_lowercase().replace('’', "'");
    let words: Vec<&str> = plain.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric())).collect();
    words.iter().any(|word| OBLIGING.contains(word))
        || words.windows(2).any(|pair| matches!(pair, [first, second] if PAIRS.contains(&(*first, *second))))
}

/// Whether a line only leads to what follows it, like `It must have these commands:`.
pub fn is_lead_in(line: &str) -> bool {
    line.trim_end_matches(|c: char| c.is_whitespace() || c == '*').ends_with(':') && is_short(line)
}

/// Whether a line at the head of a requirement can be its name: a few words without code that oblige to nothing.
pub fn is_name(line: &str) -> bool {
    is_short(line) && !obliges(line)
}

/// A few words without code.
fn is_short(line: &str) -> bool {
    !line.contains(['`', '"', '“']) && line.split_whitespace().count() <= NAME_WORDS
}

/// The sentences of paragraphs, each in one line; a stop inside code ends none.
pub(super) fn sentences(prose: &str) -> Vec<String> {
    let mut found = Vec::new();
    for paragraph in prose.split("\n\n") {
        let mut sentence = String::new();
        let mut in_code = false;
        let mut ended = false;
        for word in paragraph.split_whitespace() {
            if ended && !in_code {
                found.push(std::mem::take(&mut sentence));
            }
            if !sentence.is_empty() {
                sentence.push(' ');
            }
            sentence.push_str(word);
            if word.matches('`').count() % 2 == 1 {
                in_code = !in_code;
            }
            ended = word.trim_end_matches([')', '"', '”', '*', '_']).ends_with(['.', '!', '?']);
        }
        if !sentence.is_empty() {
            found.push(sentence);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_for_something_is_told_from_what_only_tells() {
        let cases = [
            ("The greeting must be stored in a database.", true),
            ("Passwords have to be hashed", true),
            ("Data never leaves the machine.", true),
            ("It may not be slower than before.", true),
            ("A small tool that greets.", false),
            ("`greet` prints `you must`", false),
            ("It is written to by others.", false),
        ];
        for (sentence, expected) in cases {
            assert_eq!(obliges(sentence), expected, "{sentence}");
        }
    }

    #[test]
    fn sentences_end_at_stops_outside_of_code() {
        assert_eq!(
            sentences("One. Two,\nstill two!\n\nThe file `a. b` is there.\nLast"),
            ["One.", "Two, still two!", "The file `a. b` is there.", "Last"]
        );
        assert_eq!(sentences(" \n\n"), Vec::<String>::new());
    }

    #[test]
    fn names_and_what_leads_to_a_list_ask_for_nothing() {
        for (line, name, lead_in) in [
            ("Greeting", true, false),
            ("It has these commands:", true, true),
            ("It must do this:", false, true),
            ("`greet` does this:", false, false),
        ] {
            assert_eq!((is_name(line), is_lead_in(line)), (name, lead_in), "{line}");
        }
    }
}
