//! Deeds: what a sentence asks for without a word that obliges, by saying what the program does or what is done, as in `It sends a
//! mail`, `Names are saved`, `Encrypt each name`.

mod lists;

use super::prose::bare;
use lists::{
    AFTER_NOUNS, AUXILIARIES, DETERMINERS, DONE, EXPLAINING, FOREIGN, JOINING, NOUNS_TOO, OBJECTS, OBLIGING, OTHERWISE_IN,
    PEOPLE, PLAIN, PREDICATES, PRESENT, PROGRAMS, TIMING, VERBS, WHOLE,
};

/// The most words of a program's name.
const NAME_WORDS: usize = 4;

/// The most words of a beginning such as `At the moment,`.
const BEGINNING_WORDS: usize = 4;

/// The most words between a subject and its verb.
const AUXILIARY_WORDS: usize = 3;

/// How far a form of a verb may be a noun where it stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Doubt {
    No,
    Little,
    Much,
}

struct Word {
    /// In small letters; nothing for code.
    text: String,
    is_code: bool,
    /// Whether a comma or another mark that ends a clause comes after it.
    closes: bool,
}

impl Word {
    fn is_of(&self, words: &[&str]) -> bool {
        words.contains(&self.text.as_str())
    }
}

/// Whether a sentence says that what is to be built does something that leaves something behind. Its subject is `it`, code or a
/// program, or left out where the sentence begins with the verb; other verbs may come first, as in `It reads a file and deletes
/// it`. What `that`, `when` or a word like them leads in only explains, and `currently` tells of what there is.
pub(super) fn tells_of_one(sentence: &str) -> bool {
    let words = words(sentence);
    if tells_of_present(&words) {
        return false;
    }
    let (mut is_ours, mut begins) = (false, true);
    for (at, word) in words.iter().enumerate() {
        let rest = words.get(at..).unwrap_or_default();
        if word.is_of(&EXPLAINING) || (word.is_of(&PRESENT) && word.text.ends_with("ly")) {
            is_ours = false;
        } else if begins && let Some((length, most)) = subject(rest) {
            if doubt(rest.get(length..).unwrap_or_default()).is_some_and(|doubt| doubt <= most) {
                return true;
            }
            is_ours = true;
        } else if begins {
            let most = if is_ours { Doubt::Little } else { Doubt::No };
            if (is_ours || at == 0) && doubt(rest).is_some_and(|doubt| doubt <= most) {
                return true;
            }
        }
        begins = word.closes || word.is_of(&JOINING);
    }
    false
}

/// Whether a sentence orders a deed, as in `Encrypt each name` or `If a call fails, retry it`. Among aims it may only be one.
pub(super) fn orders_one(sentence: &str) -> bool {
    let words = words(sentence);
    let is_conditional = words.first().is_some_and(|first| first.is_of(&EXPLAINING) || first.is_of(&TIMING));
    let begins = |at: usize| match at.checked_sub(1) {
        Some(before) => is_conditional && words.get(before).is_some_and(|before| before.closes),
        None => true,
    };
    (0..words.len()).any(|at| begins(at) && orders(words.get(at..).unwrap_or_default()))
}

/// Whether a sentence says that something is done, whoever does it, as in `Names are saved`. It may tell of what there is as well.
pub(super) fn tells_what_is_done(sentence: &str) -> bool {
    let words = words(sentence);
    if tells_of_present(&words) {
        return false;
    }
    let mut explains = false;
    for (at, word) in words.iter().enumerate() {
        explains |= word.is_of(&EXPLAINING) || word.is_of(&TIMING) || word.is_of(&PRESENT);
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        let is_form =
            word.is_of(&["is", "are"]) || (word.text == "be" && before.is_some_and(|before| before.is_of(&["will", "can"])));
        if !explains && before.is_some() && is_form && is_done(words.get(at + 1..).unwrap_or_default()) {
            return true;
        }
        explains &= !(word.closes || word.text == "then");
    }
    false
}

/// Whether a sentence obliges to a deed, whoever has to do it, as in `It should log every call` or `Calls must be logged`. What
/// people have to do obliges nobody else, and `teams that must log` only explains.
pub(super) fn obliges_to_one(sentence: &str) -> bool {
    let words = words(sentence);
    if tells_of_present(&words) {
        return false;
    }
    let is_ours = subject(&words).is_some();
    let mut obliges = false;
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        let is_before = |of: &[&str]| before.is_some_and(|before| before.is_of(of));
        let has_to = is_ours && word.text == "to" && is_before(&["has", "have", "needs", "need"]);
        let rest = words.get(at + 1..).unwrap_or_default();
        if (word.is_of(&OBLIGING) || has_to) && !is_before(&EXPLAINING) {
            let is_passive = is_before(&["is", "are"]) && is_done(rest);
            if is_passive || is_duty(rest) {
                return true;
            }
            obliges = true;
        }
        // `It should be quick and log every call` goes on after `and`.
        let goes_on = word.closes || word.is_of(&JOINING);
        if obliges && goes_on && (orders(rest) || rest.first().is_some_and(|next| next.text == "be") && is_duty(rest)) {
            return true;
        }
    }
    false
}

/// Whether what comes after a word that obliges is a deed.
fn is_duty(words: &[Word]) -> bool {
    let rest = words.get(between(words)..).unwrap_or_default();
    let Some(verb) = rest.first() else { return false };
    let is_deed = |plain: &str| VERBS.contains(&plain) || NOUNS_TOO.contains(&plain);
    let is_passive = verb.text == "be" && is_done(rest.get(1..).unwrap_or_default());
    is_passive || is_deed(&verb.text) || infinitives(&verb.text).iter().any(|plain| is_deed(plain))
}

/// Whether what comes after a form of `be` is done, and not by people.
fn is_done(words: &[Word]) -> bool {
    let rest = words.get(between(words)..).unwrap_or_default();
    let (done, next) = (rest.first(), rest.get(1));
    let is_by_people = next.is_some_and(|next| next.text == "by")
        && rest.get(2).is_some_and(|whom| whom.is_of(&PEOPLE) || whom.is_of(&DETERMINERS))
        && rest.get(2..).and_then(subject).is_none();
    let is_otherwise = next.is_some_and(|next| next.text == "in") && done.is_some_and(|done| done.is_of(&OTHERWISE_IN));
    done.is_some_and(|done| done.is_of(&DONE)) && !is_by_people && !is_otherwise
}

/// Whether a sentence begins or ends by saying that it tells of what there is, as in `At the moment, …`.
fn tells_of_present(words: &[Word]) -> bool {
    let end = words.iter().position(|word| word.closes).unwrap_or(words.len());
    let begins = end < BEGINNING_WORDS && words.iter().take(end + 1).any(|word| word.is_of(&PRESENT));
    // `Delete what is due today` asks for something.
    begins || words.last().is_some_and(|last| last.is_of(&PRESENT) && last.text != "today")
}

/// Whether a clause begins with a verb that orders a deed.
fn orders(words: &[Word]) -> bool {
    let start = usize::from(words.first().is_some_and(|first| first.text == "please"));
    let (Some(verb), Some(next)) = (words.get(start), words.get(start + 1)) else { return false };
    // `Send us feedback` speaks to whoever reads it.
    if verb.closes || next.is_of(&PREDICATES) || next.is_of(&["us", "me", "your"]) {
        return false;
    }
    // `Save time` only praises.
    if verb.is_of(&NOUNS_TOO) || verb.text == "save" {
        return next.is_of(&OBJECTS);
    }
    if verb.text == "use" {
        // `Use the app to …` speaks to whoever uses it.
        return !next.is_of(&["case", "cases", "of", "it", "this"]) && words.get(start + 1..).and_then(subject).is_none();
    }
    let is_plain = verb.is_of(&["avoid", "don't"]) || matches!((&*verb.text, &*next.text), ("do", "not") | ("make", "sure"));
    is_plain || (verb.is_of(&VERBS) && !verb.is_of(&WHOLE))
}

/// How many words stand between a subject and its verb.
fn between(words: &[Word]) -> usize {
    let is_between = |word: &&Word| word.is_of(&AUXILIARIES) || (word.text.ends_with("ly") && !word.is_of(&PRESENT));
    words.iter().take(AUXILIARY_WORDS).take_while(is_between).count()
}

/// How many words name what is to be built at the start of a clause, and how much doubt their verb may leave.
fn subject(words: &[Word]) -> Option<(usize, Doubt)> {
    let first = words.first()?;
    if first.is_code || first.text == "it" {
        return Some((1, Doubt::Much));
    }
    if !first.is_of(&DETERMINERS) {
        return None;
    }
    let is_program = |at: usize| words.get(at).is_some_and(|word| word.is_of(&PROGRAMS));
    let length = words.iter().skip(1).take(NAME_WORDS).take_while(|word| !word.is_of(&FOREIGN)).count();
    let last = (1..=length).find(|at| is_program(*at) && !is_program(at + 1))?;
    Some((last + 1, Doubt::Little))
}

/// Whether a deed comes next, and how much speaks for a noun.
fn doubt(words: &[Word]) -> Option<Doubt> {
    let between = between(words);
    let is_plain = words.iter().take(between).any(|word| word.is_of(&PLAIN));
    let (verb, next) = (words.get(between)?, words.get(between + 1));
    if next.is_some_and(|next| next.is_of(&PREDICATES)) {
        return None;
    }
    let plain = if is_plain { vec![verb.text.clone()] } else { infinitives(&verb.text) };
    let is_of = |verbs: &[&str]| plain.iter().any(|verb| verbs.contains(&verb.as_str()));
    if is_of(&VERBS) {
        return Some(Doubt::No);
    }
    let is_bare = verb.closes || next.is_none_or(|next| next.is_of(&AFTER_NOUNS));
    is_of(&NOUNS_TOO).then_some(if is_bare { Doubt::Much } else { Doubt::Little })
}

/// What a verb in the third person may come of: `stores`, `pushes`, `notifies`.
fn infinitives(verb: &str) -> Vec<String> {
    let cut = |ending: &str, instead: &str| verb.strip_suffix(ending).map(|stem| format!("{stem}{instead}"));
    [cut("s", ""), cut("es", ""), cut("ies", "y")].into_iter().flatten().collect()
}

/// The words of a sentence; each stretch of code is one.
fn words(sentence: &str) -> Vec<Word> {
    let mut found: Vec<Word> = Vec::new();
    for (at, part) in sentence.split('`').enumerate() {
        if at % 2 == 1 {
            found.push(Word { text: String::new(), is_code: true, closes: false });
            continue;
        }
        for word in part.split_whitespace() {
            let closes =
                word.trim_end_matches(['*', '_', '"', '”', ')']).ends_with([',', ';', ':', '.', '!', '?', '–', '—', '-']);
            let text = bare(word).replace('’', "'");
            match found.last_mut() {
                // A mark by itself, or one behind code.
                Some(last) if text.is_empty() => last.closes |= closes,
                _ if text.is_empty() => {}
                _ => found.push(Word { text, is_code: false, closes }),
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: fn(&str) -> bool, fits: &[&str], fits_not: &[&str]) {
        for (sentences, expected) in [(fits, true), (fits_not, false)] {
            for sentence in sentences {
                assert_eq!(rule(sentence), expected, "{sentence}");
            }
        }
    }

    #[test]
    fn what_the_program_does_is_told_from_what_it_is() {
        check(
            tells_of_one,
            &[
                "It sends a mail to the admin.",
                "The server stores each order in a database.",
                "The program writes a log, in which each call is named.",
                "The command then notifies whoever asked for it.",
                "It reads the file, validates it and prints a sum.",
                "It is small and deletes what is older than a week.",
                "When an order comes in, the mail server sends a receipt.",
                "A wrong password is told, and the page logs the address.",
                "The system will send an e-mail to each user.",
                "It also automatically retries what failed.",
                "Every worker encrypts what it keeps.",
                "`greet` rejects names of more than 20 letters.",
                "`greet`, as ever, is quick and **saves** each name.",
                "It logs.",
                "Creates a backup every night.",
                "Our web service emails its users once a week.",
                "It updates the cache.",
            ],
            &[
                "",
                "It is a small tool for people that greet.",
                "It was written in 2019.",
                "A small tool that sends mails and stores names.",
                "A program that validates what people send.",
                "The team stores its recipes in a book.",
                "The admin deletes old entries by hand.",
                "The old system sends each mail twice.",
                "The server logs are kept for a year.",
                "The app stores in Berlin and Hamburg use it.",
                "It is made for markets, stores and shops.",
                "It is made for shops and stores in Berlin.",
                "Stores in Berlin use it.",
                "Deletes are rare.",
                "Records show that it takes a day.",
                "It reads `data.csv` and needs no server.",
                "People wait until it sends a mail.",
                "The owner of the server deletes it by hand.",
                "It tells which page sends the most.",
                "Ask `it sends a mail`.",
            ],
        );
    }

    #[test]
    fn what_is_to_be_is_told_from_what_there_is() {
        check(
            tells_of_one,
            &[
                "It does not send anything to others.",
                "The tool doesn't store passwords.",
                "The server prevents double bookings.",
                "It deletes the currently chosen row.",
            ],
            &[
                "The app currently stores passwords as they are and logs them.",
                "Currently, the server logs everything.",
                "At the moment, it sends each mail twice.",
            ],
        );
    }

    #[test]
    fn duties_to_do_something_are_told_from_those_to_be_something() {
        check(
            obliges_to_one,
            &[
                "The tool must log every call to /var/log/bye.log.",
                "It should log every call and notify Slack.",
                "All calls must be written to the audit log.",
                "It should be quick and log every call.",
                "The server has to encrypt each name.",
                "It must not store passwords.",
                "It never stores passwords.",
                "Passwords are never stored.",
            ],
            &[
                "",
                "It must.",
                "It should be quick.",
                "It must be written in Rust.",
                "A tool for teams that must log every call.",
                "Teams have to copy files and never know who did it.",
                "Invoices are stored in a book.",
                "Currently, it must log every call.",
                "Ask `it must log`.",
            ],
        );
    }

    #[test]
    fn orders_are_told_from_what_speaks_of_the_whole_or_to_the_reader() {
        check(
            orders_one,
            &[
                "Encrypt passwords at rest.",
                "Log each call to a file.",
                "Do not keep passwords.",
                "Use SQLite for storage.",
                "Please make sure that names are sorted.",
                "If a payment fails, retry it three times.",
                "Delete what is due today.",
            ],
            &[
                "",
                "Create a shop that sends mails.",
                "Write a small program for teams.",
                "Install it with `npm install`.",
                "Log files are kept for a year.",
                "Use cases are simple.",
                "Use the app to plan a week.",
                "Save time.",
                "Send us feedback.",
                "It helps people to save, send and share notes.",
                "Save.",
            ],
        );
    }

    #[test]
    fn what_is_done_is_told_from_what_people_do() {
        check(
            tells_what_is_done,
            &[
                "Passwords are hashed.",
                "When an order comes in, a receipt is automatically sent.",
                "Given a user when they sign up then a mail is sent",
                "Customers are notified by mail.",
                "Each call is logged by the server.",
                "Names are not stored as they are.",
                "Entries can be deleted.",
                "Results are written to `out.csv`.",
                "Errors are reported to the admin.",
            ],
            &[
                "",
                "Is it stored?",
                "It is small.",
                "It is written in Rust.",
                "The user is logged in.",
                "It is for people that are notified.",
                "People wait until a mail is sent.",
                "A page is shown after the mail is sent.",
                "Invoices are written by hand.",
                "Names are stored by the team.",
                "Today, invoices are stored in a book.",
                "Names are currently stored in a book.",
                "Mails are sent twice at the moment.",
                "It was deleted.",
            ],
        );
    }
}
