//! What people draw with an arrow: a command and what it prints, or something else.

use super::{Reader, Subject, is_path};

impl Reader<'_> {
    /// Whether an arrow stands between a command and what it prints, as in `add 1 2` → `3`. Old and new names of things are drawn
    /// like that as well, and so are files and types: a command has arguments or prints several words and is in small letters,
    /// and what follows is no command, no path, no type, and more than one word of it is new.
    pub(super) fn leads_to_text(&self) -> bool {
        let Subject::Command(_, command) = &self.subject else { return false };
        let Some(text) = self.text_at(self.at + 1) else { return false };
        let program = command.words.first().map(ToString::to_string).unwrap_or_default();
        let has_many_words = command.words.len() > 1 || text.contains(char::is_whitespace);
        self.subject_at.is_some_and(|subject| subject + 1 == self.at)
            && self.outcomes.is_empty()
            && has_many_words
            && program.starts_with(|c: char| !c.is_uppercase())
            && text.split_whitespace().next() != Some(program.as_str())
            && !is_path(text)
            && !is_type(text)
            && !self.is_renamed_to(text)
    }

    /// Whether a text has the words of the present command but for one, as in `old name` → `new name`.
    fn is_renamed_to(&self, text: &str) -> bool {
        let Subject::Command(command, _) = &self.subject else { return false };
        let (old, new): (Vec<&str>, Vec<&str>) = (command.split_whitespace().collect(), text.split_whitespace().collect());
        let is_sentence = text.starts_with(char::is_uppercase);
        !is_sentence
            && old.len() > 1
            && old.len() == new.len()
            && old.iter().zip(&new).filter(|(old, new)| old != new).count() <= 1
    }
}

/// Whether a text reads like the type of a value: `Int`, `List a`, `Option<String>`.
fn is_type(text: &str) -> bool {
    const TYPES: [&str; 18] = [
        "int", "integer", "float", "double", "number", "bool", "boolean", "str", "string", "char", "byte", "bytes", "unit",
        "void", "list", "maybe", "option", "either",
    ];
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_known = |word: &&str| TYPES.contains(&word.to_lowercase().as_str());
    let is_variable = |word: &&str| word.len() == 1 && word.starts_with(|c: char| c.is_ascii_lowercase());
    match words.as_slice() {
        [] => false,
        [only] => is_known(only),
        [first, rest @ ..] => {
            let is_capital = first.starts_with(char::is_uppercase);
            (is_capital || is_known(first)) && rest.iter().any(|word| is_known(word) || is_variable(word))
        }
    }
}
