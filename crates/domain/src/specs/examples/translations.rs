//! The words of lines in German, French and Spanish by which examples are told, in English.

use super::scan::Token;

/// Verbs by which a line is known to be in another language.
const VERBS: [(&str, &str); 30] = [
    ("gibt", "prints"),
    ("zeigt", "prints"),
    ("druckt", "prints"),
    ("schreibt", "writes"),
    ("endet", "exits"),
    ("beendet", "exits"),
    ("erzeugt", "creates"),
    ("erstellt", "creates"),
    ("enthält", "contains"),
    ("affiche", "prints"),
    ("imprime", "prints"),
    ("renvoie", "returns"),
    ("retourne", "returns"),
    ("écrit", "writes"),
    ("termine", "exits"),
    ("quitte", "exits"),
    ("crée", "creates"),
    ("contient", "contains"),
    ("muestra", "prints"),
    ("escribe", "writes"),
    ("devuelve", "returns"),
    ("termina", "exits"),
    ("crea", "creates"),
    ("contiene", "contains"),
    ("doit", "must"),
    ("muss", "must"),
    ("soll", "should"),
    ("debe", "must"),
    ("afficher", "print"),
    ("imprimir", "print"),
];

/// What stands around them. Words without a translation stay as they are, and ask for something that no example proves.
const WORDS: [(&str, &str); 66] = [
    ("und", "and"),
    ("et", "and"),
    ("y", "and"),
    ("oder", "or"),
    ("ou", "or"),
    ("o", "or"),
    ("mit", "with"),
    ("avec", "with"),
    ("con", "with"),
    ("ohne", "without"),
    ("sans", "without"),
    ("sin", "without"),
    ("auf", "on"),
    ("sur", "on"),
    ("en", "on"),
    ("der", "the"),
    ("die", "the"),
    ("das", "the"),
    ("den", "the"),
    ("dem", "the"),
    ("le", "the"),
    ("la", "the"),
    ("el", "the"),
    ("ein", "a"),
    ("eine", "a"),
    ("einen", "a"),
    ("un", "a"),
    ("une", "a"),
    ("una", "a"),
    ("nicht", "not"),
    ("ne", "not"),
    ("pas", "not"),
    ("nie", "never"),
    ("jamais", "never"),
    ("nunca", "never"),
    ("kein", "no"),
    ("keine", "no"),
    ("keinen", "no"),
    ("nichts", "nothing"),
    ("rien", "nothing"),
    ("nada", "nothing"),
    ("wenn", "if"),
    ("falls", "if"),
    ("si", "if"),
    ("lorsque", "if"),
    ("quand", "if"),
    ("cuando", "if"),
    ("nach", "after"),
    ("nachdem", "after"),
    ("après", "after"),
    ("después", "after"),
    ("dann", "then"),
    ("puis", "then"),
    ("befehl", "command"),
    ("commande", "command"),
    ("programm", "program"),
    ("programme", "program"),
    ("datei", "file"),
    ("fichier", "file"),
    ("archivo", "file"),
    ("namen", "name"),
    ("argumente", "arguments"),
    ("argumento", "argument"),
    ("código", "code"),
    ("standardfehlerausgabe", "stderr"),
    ("standardausgabe", "stdout"),
];

/// Parts of verbs that say nothing by themselves, as in `gibt … aus` and `se termine`.
const PARTS: [&str; 5] = ["aus", "zurück", "sich", "se", "wird"];

/// Puts English words in place of those of a line that tells of examples in another language.
pub(super) fn into_english(tokens: &mut Vec<Token>) {
    let word = |token: &Token| if let Token::Word(word) = token { Some(word.clone()) } else { None };
    let is_foreign = |token: &Token| word(token).is_some_and(|word| VERBS.iter().any(|(verb, _)| *verb == word));
    if !tokens.iter().any(is_foreign) {
        return;
    }
    tokens.retain(|token| word(token).is_none_or(|word| !PARTS.contains(&word.as_str())));
    for token in tokens {
        if let Token::Word(word) = token
            && let Some((_, english)) = VERBS.iter().chain(&WORDS).find(|(foreign, _)| *foreign == word.as_str())
        {
            *word = (*english).to_owned();
        }
    }
}
