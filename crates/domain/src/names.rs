//! Names that deceive: letters that cannot be seen, that turn the direction of text, or that pass for others.

use unicode_normalization::UnicodeNormalization;

/// What is wrong with a name, as the rest of a sentence that begins with "the name"; nothing when it reads as it is written.
pub fn problem(name: &str) -> Option<&'static str> {
    let mut before = ' ';
    let hidden = name.chars().any(|letter| {
        // Persian and Indian words, and pictures, are joined and parted by them.
        let joins = matches!(letter, '\u{200c}' | '\u{200d}' | '\u{fe0f}') && !before.is_ascii() && !is_unseen(before);
        before = letter;
        is_unseen(letter) && !joins
    });
    if hidden {
        return Some("has characters that cannot be seen, or that turn text around");
    }
    if name.chars().any(is_dressed) {
        return Some("has letters in another dress, like 𝐚, Ａ or Ⅰ, which pass for the usual ones; write those");
    }
    let mut words = name.split(|letter: char| !letter.is_alphabetic());
    words.any(mixes_scripts).then_some("has a word in letters of two alphabets that pass for each other; write it in one")
}

/// Letters, digits and signs that Unicode knows as another form of ASCII ones (compatibility decomposition, Unicode Standard Annex
/// 15), and all of mathematics' alphabets. What nobody mistakes is left out: raised and lowered figures, `™`, `№`, and the wide
/// stops and brackets that belong to Chinese and Japanese.
fn is_dressed(letter: char) -> bool {
    let is_usual = letter.is_ascii() || matches!(letter, '™' | '№' | 'ª' | 'º' | '²' | '³' | '¹' | '\u{2070}'..='\u{209f}');
    let passes = |letter: char| letter.is_ascii_alphanumeric() || "=+-@/\\<>&|\"'`$%#*_^".contains(letter);
    matches!(letter, '\u{1d400}'..='\u{1d7ff}') || (!is_usual && std::iter::once(letter).nfkc().all(passes))
}

/// Control characters, marks of direction, and what takes no room.
pub fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Latin beside Greek or Cyrillic in one word, as Unicode Technical Standard 39 (5.2, moderately restrictive) forbids it:
/// `pаypal` with a Cyrillic `а` is such a word. A whole word of look-alikes is not found by this.
fn mixes_scripts(word: &str) -> bool {
    let mut scripts: Vec<Script> = word.chars().filter_map(script).collect();
    scripts.sort_unstable();
    scripts.dedup();
    scripts.len() > 1
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
}

fn script(letter: char) -> Option<Script> {
    match letter {
        'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' | '\u{ff21}'..='\u{ff5a}' => Some(Script::Latin),
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Some(Script::Greek),
        '\u{400}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}' | '\u{a640}'..='\u{a69f}' => Some(Script::Cyrillic),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn names_that_read_as_they_are_written_are_taken() {
        for name in [
            "Ada",
            "Łódź 2",
            "Проект Ω",
            "日本語 API",
            "日本・東京（株）：はい！",
            "naïve-café",
            "x² – Acme™ …",
            "50 € ½ №",
            "🇩🇪 カタカナ ｶﾀｶﾅ",
            "مشروع",
            "<b>HTML</b>",
            "x\u{301}",
            "👩\u{200d}💻 team",
            "می\u{200c}خواهم",
            "",
        ] {
            assert_eq!(problem(name), None, "{name:?}");
        }
    }

    #[test]
    fn names_that_deceive_are_told_apart() {
        for name in ["A\u{202e}nimda", "a\u{200b}b", "\u{feff}", "a\nb", "tag\u{e0041}", "soft\u{ad}ly", "a\u{200d}b", "\u{3164}"]
        {
            assert!(problem(name).is_some_and(|problem| problem.contains("cannot be seen")), "{name:?}");
        }
        for name in ["𝐚𝐝𝐦𝐢𝐧", "Ａda", "＝1+1", "Ⅰ", "ﬁne", "ⓐ", "ℂ", "𝛀"] {
            assert!(problem(name).is_some_and(|problem| problem.contains("another dress")), "{name:?}");
        }
        for name in ["p\u{430}ypal", "new \u{410}dmin", "\u{3bf}perator", "ad\u{43c}in@example.org"] {
            assert!(problem(name).is_some_and(|problem| problem.contains("two alphabets")), "{name:?}");
        }
    }
}
