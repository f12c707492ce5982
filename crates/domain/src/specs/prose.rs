//! Prose: what in it asks for something, and what only tells or names.

/// Words by which a sentence obliges, wherever it stands.
const OBLIGING: [&str; 9] = ["must", "mustn't", "shall", "should", "shouldn't", "required", "mandatory", "forbidden", "never"];

/// Pairs of words by which it does.
const PAIRS: [(&str, &str); 6] =
    [("has", "to"), ("have", "to"), ("needs", "to"), ("need", "to"), ("may", "only"), ("may", "not")];

/// Words by which even a sentence that tells of aims obliges.
const INSISTING: [&str; 6] = ["must", "mustn't", "shall", "should", "shouldn't", "never"];

/// Words by which a sentence obliges in German, French and Spanish.
const OBLIGING_ELSEWHERE: [&str; 11] =
    ["muss", "müssen", "soll", "sollen", "darf", "dürfen", "doit", "doivent", "debe", "deben", "deberá"];

/// Words by which a sentence says what there is, wherever they stand.
const STATING: [&str; 26] = [
    "must", "should", "shall", "can", "needs", "need", "supports", "support", "allows", "allow", "provides", "provide", "lets",
    "enables", "requires", "want", "prints", "shows", "returns", "exits", "creates", "displays", "receives", "receive", "gets",
    "sees",
];

/// Verbs that say what a program does, and that are hardly ever nouns.
const DOING: [&str; 22] = [
    "accepts", "adds", "appends", "asks", "converts", "deletes", "emits", "fails", "greets", "keeps", "outputs", "reads",
    "rejects", "removes", "renames", "saves", "sends", "stores", "takes", "writes", "opens", "refuses",
];

/// The most words of a name that leads to a list without a colon.
const LABEL_WORDS: usize = 4;

/// The most words of a name or of what leads to a list.
const NAME_WORDS: usize = 12;

/// Whether a sentence asks for something by its words. What is code in it does not count.
pub(super) fn obliges(sentence: &str) -> bool {
    let words = words(sentence);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    words.iter().any(|word| OBLIGING.contains(word) || OBLIGING_ELSEWHERE.contains(word))
        || words.windows(2).any(|pair| matches!(pair, [first, second] if PAIRS.contains(&(*first, *second))))
}

/// Whether a sentence among aims and descriptions asks for something, and does not only tell what people have to do.
pub(super) fn insists(sentence: &str) -> bool {
    words(sentence).iter().any(|word| INSISTING.contains(&word.as_str()) || OBLIGING_ELSEWHERE.contains(&word.as_str()))
}

/// Whether a text says what there is or can be done. Its code counts too.
pub(super) fn states(text: &str) -> bool {
    text.split_whitespace().map(bare).any(|word| STATING.contains(&word.as_str()))
}

/// Whether a sentence commands: what is weaker than that only explains among asides.
pub(super) fn commands(sentence: &str) -> bool {
    let commands = |word: &str| matches!(word, "must" | "mustn't" | "shall") || OBLIGING_ELSEWHERE.contains(&word);
    words(sentence).iter().any(|word| commands(word))
}

/// Whether a sentence says what its code does.
pub(super) fn tells_what_code_does(sentence: &str) -> bool {
    let does = |word: &String| STATING.contains(&word.as_str()) || DOING.contains(&word.as_str());
    sentence.contains('`') && words(sentence).iter().any(does)
}

/// The words of a sentence in small letters, without its code.
fn words(sentence: &str) -> Vec<String> {
    let plain = sentence.split('`').step_by(2).collect::<Vec<_>>().join(" ").replace('’', "'");
    plain.split_whitespace().map(bare).collect()
}

/// A word in small letters, without the marks around it.
pub(super) fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

/// Whether a line only leads to what follows it, like `It must have these commands:`.
pub fn is_lead_in(line: &str) -> bool {
    line.trim_end_matches(|c: char| c.is_whitespace() || c == '*').ends_with(':') && is_short(line)
}

/// Whether a line at the head of a requirement can be its name: a few words without code that ask for nothing.
pub fn is_name(line: &str) -> bool {
    let asks = obliges(line) || states(line);
    is_short(line) && !asks && !words(line).iter().any(|word| matches!(word.as_str(), "is" | "are"))
}

/// Whether a line without a colon only names the list below it: a name in bold, or one of very few words.
pub fn is_label(line: &str) -> bool {
    let line = line.trim();
    let is_bold = line.len() > 4 && line.starts_with("**") && line.ends_with("**");
    let is_sentence = line.trim_end_matches('*').ends_with(['.', '!', '?']);
    is_name(line) && !is_sentence && (is_bold || line.split_whitespace().count() <= LABEL_WORDS)
}

/// Whether a line is a user story, which says what for and leaves what must hold to the lines below it: `As a buyer, I want to
/// sign in`.
pub fn is_story(line: &str) -> bool {
    let words = words(line).join(" ");
    let begins = ["as a ", "as an ", "as the "].iter().any(|start| words.starts_with(start));
    let wishes = [" i want ", " i can ", " i need ", " i would like ", " we want "].iter().any(|wish| words.contains(wish));
    begins && wishes && !line.contains('`')
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
            ("Users can pay by credit card", false, false),
            ("All passwords are hashed", false, false),
            ("It has these commands:", true, true),
            ("It must do this:", false, true),
            ("`greet` does this:", false, false),
        ] {
            assert_eq!((is_name(line), is_lead_in(line)), (name, lead_in), "{line}");
        }
        for (line, label) in [
            ("Greeting", true),
            ("Greets", true),
            ("**How people that come in are welcomed**", false),
            ("**A greeting for people that come in**", true),
            ("A greeting for people that come in", false),
            ("Supports dark mode", false),
            ("Sends an e-mail", true),
            ("**Sends e-mails**", true),
            ("Lists all items", true),
            ("Must send e-mails", false),
            ("Commands", true),
            ("Lists of items", true),
            ("Greet people warmly.", false),
        ] {
            assert_eq!(is_label(line), label, "{line}");
        }
        for (line, story) in [
            ("As a buyer, I want to sign in, so that I see my orders.", true),
            ("**As an admin** I can see who signed in", true),
            ("As a buyer, I want `greet` to be quick", false),
            ("As a rule, names are sorted.", false),
            ("I want it to be quick, as a buyer", false),
            ("As", false),
        ] {
            assert_eq!(is_story(line), story, "{line}");
        }
    }

    #[test]
    fn what_says_what_code_does_is_told_from_what_has_code() {
        for (sentence, expected) in [
            ("The command `shout` prints its arguments in capitals.", true),
            ("`greet` without a name asks for the name", true),
            ("The program stores each name in `names.txt`", true),
            ("We have `a`.", false),
            ("It is written in `rust`.", false),
            ("It sends a mail to the admin", false),
            ("See `prints`.", false),
        ] {
            assert_eq!(tells_what_code_does(sentence), expected, "{sentence}");
        }
        for (sentence, expected) in [("It must be so.", true), ("People have to wait.", false), ("It should be quick.", false)] {
            assert_eq!(commands(sentence), expected, "{sentence}");
        }
    }

    #[test]
    fn among_aims_only_what_insists_asks_for_something() {
        for (sentence, expected) in [
            ("Teams have to copy files by hand.", false),
            ("It should be quick.", true),
            ("Data never leaves the machine.", true),
            ("`must` is a word.", false),
        ] {
            assert_eq!(insists(sentence), expected, "{sentence}");
        }
    }
}
