//! Errors in words, with what is behind them.

use std::error::Error;

/// What went wrong, with its causes as far as each says more than what stands before it. For logs and for people: a `tracing` field
/// that holds the error itself shows its causes as text and loses them as JSON.
pub fn explain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        source = cause.source();
    }
    text
}

/// With a capital, as a whole answer begins: errors are written to be joined with others. A field's name or somebody's value at
/// the front stays as it is.
pub fn capitalised(text: &str) -> String {
    let is_name = text.split_whitespace().next().is_some_and(|word| word.contains('_'));
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if !is_name => first.to_uppercase().chain(letters).collect(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    #[derive(Debug)]
    struct Failed(&'static str, Option<Box<Failed>>);

    impl fmt::Display for Failed {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Failed {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|cause| cause as &(dyn Error + 'static))
        }
    }

    #[test]
    fn causes_are_named_where_they_say_more() {
        let cases: [(&[&'static str], &str); 3] = [
            (&["git did not do it"], "git did not do it"),
            (&["git did not do it", "no such file"], "git did not do it: no such file"),
            (&["not sent: no route", "no route", "the cable is out"], "not sent: no route: the cable is out"),
        ];
        for (chain, words) in cases {
            let error = chain.iter().rev().fold(None, |cause, &words| Some(Box::new(Failed(words, cause))));
            assert_eq!(explain(&*error.unwrap()), words);
        }
    }

    #[test]
    fn names_keep_their_letters_at_the_front() {
        let cases = [
            ("no name was given", "No name was given"),
            ("ß is short", "SS is short"),
            ("start_date is no day", "start_date is no day"),
            ("the start_date is no day", "The start_date is no day"),
            ("`q` is too long", "`q` is too long"),
            ("\"ada\" is taken", "\"ada\" is taken"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(capitalised(text), expected);
        }
    }
}
