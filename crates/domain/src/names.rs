//! Names that deceive: letters that cannot be seen, that turn the direction of text, or that pass for others.

use icu_properties::{CodePointMapData, props::Script};
use unicode_normalization::UnicodeNormalization;

/// Words by which people know who runs an installation; nobody writes them with letters that only look like theirs.
const TRUSTED: [&str; 9] = ["admin", "administrator", "loki", "moderator", "operator", "owner", "root", "support", "system"];

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
    if is_markup(name) {
        return Some("has <, > or a sign spelled as in HTML (&lt;); write it without");
    }
    if name.chars().any(is_dressed) {
        return Some("has letters in another dress, like 𝐚, Ａ or Ⅰ, which pass for the usual ones; write those");
    }
    if name.chars().any(is_rare) || name.nfc().any(is_drawn_over) {
        return Some(
            "has signs of phonetic writing, rare letters or lines, like ɑ, ᴀ or a̲, which pass for the usual ones; write those",
        );
    }
    if words(name).any(mixes_scripts) {
        return Some("has a word in letters of two alphabets that pass for each other; write it in one");
    }
    let imitates = |word: &str| passes_for_ascii(word).is_some_and(|word| TRUSTED.contains(&word.as_str()));
    words(name).any(imitates).then_some("has a word in letters that pass for those of another; write it with the usual ones")
}

/// The name in lower case, with the ASCII letters that they pass for in words that consist of look-alikes: two names that become
/// the same cannot be told apart.
pub fn skeleton(name: &str) -> String {
    let mut skeleton = String::new();
    let mut rest = name;
    for word in words(name) {
        // Words are parts of the name in their order.
        let Some((before, after)) = rest.split_once(word) else { break };
        skeleton.push_str(before);
        skeleton.push_str(&passes_for_ascii(word).unwrap_or_else(|| word.to_owned()));
        rest = after;
    }
    skeleton.push_str(rest);
    skeleton.to_lowercase()
}

/// Whether a word of it could be taken for one in ASCII letters, though it has others. There are words like that in every
/// language; an address of such a kind would be another's.
pub fn imitates_ascii(text: &str) -> bool {
    words(text).any(|word| passes_for_ascii(word).is_some())
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty())
}

/// Without `<` and `>` nothing is an element, and without references nothing becomes one by being read twice.
fn is_markup(name: &str) -> bool {
    let is_reference = |rest: &str| {
        let inner = rest.split_once(';').map_or("", |(inner, _)| inner);
        // No sign has a name of one letter: "R&D; sales" has none.
        inner.len() > 1 && inner.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '#')
    };
    name.contains(['<', '>']) || name.split('&').skip(1).any(is_reference)
}

/// Letters, digits and signs that Unicode knows as another form of ASCII ones (compatibility decomposition, Unicode Standard Annex
/// 15), and all of mathematics' alphabets. What nobody mistakes is left out: raised and lowered figures, `™`, `№`, and the wide
/// stops and brackets that belong to Chinese and Japanese.
fn is_dressed(letter: char) -> bool {
    let is_usual = letter.is_ascii() || matches!(letter, '™' | '№' | 'ª' | 'º' | '²' | '³' | '¹' | '\u{2070}'..='\u{209f}');
    let passes = |letter: char| letter.is_ascii_alphanumeric() || "=+-@/\\<>&|\"'`$%#*_^".contains(letter);
    matches!(letter, '\u{1d400}'..='\u{1d7ff}') || (!is_usual && std::iter::once(letter).nfkc().all(passes))
}

/// Letters that Unicode Technical Standard 39 does not recommend for names, of scripts whose other letters it does: phonetic
/// signs, but for those that African languages write, small capitals, clicks, and Cyrillic letters of other languages than today's
/// in the shape of Latin ones.
fn is_rare(letter: char) -> bool {
    let is_written = matches!(
        letter,
        '\u{253}'
            | '\u{254}'
            | '\u{256}'
            | '\u{257}'
            | '\u{259}'
            | '\u{25b}'
            | '\u{260}'
            | '\u{263}'
            | '\u{268}'
            | '\u{269}'
            | '\u{272}'
            | '\u{275}'
            | '\u{27d}'
            | '\u{283}'
            | '\u{288}'..='\u{28b}' | '\u{292}'
    );
    match letter {
        '\u{250}'..='\u{2af}' => !is_written,
        '\u{184}'
        | '\u{185}'
        | '\u{1c0}'..='\u{1c3}'
        | '\u{500}'..='\u{50f}'
        | '\u{51a}'..='\u{51d}'
        | '\u{1d00}'..='\u{1dbf}'
        | '\u{2c60}'..='\u{2c7f}'
        | '\u{a720}'..='\u{a7ff}'
        | '\u{ab30}'..='\u{ab6f}'
        | '\u{10780}'..='\u{107bf}'
        | '\u{1df00}'..='\u{1dfff}' => true,
        _ => false,
    }
}

/// Marks that draw a line over, under or through a letter, or a frame around it; accents that languages write are none.
fn is_drawn_over(mark: char) -> bool {
    matches!(mark,
        '\u{305}' | '\u{332}' | '\u{333}' | '\u{335}'..='\u{338}' | '\u{33f}' | '\u{347}' | '\u{34d}' | '\u{35c}'..='\u{362}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{20d0}'..='\u{20e2}' | '\u{20e4}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Control characters, marks of direction, and what takes no room.
pub fn is_unseen(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Letters of two scripts in one word, but for those that are written together, as Unicode Technical Standard 39 (5.2, highly
/// restrictive) forbids it: `pаypal` with a Cyrillic `а` is such a word.
fn mixes_scripts(word: &str) -> bool {
    const TOGETHER: [&[Script]; 3] = [
        &[Script::Latin, Script::Han, Script::Hiragana, Script::Katakana],
        &[Script::Latin, Script::Han, Script::Bopomofo],
        &[Script::Latin, Script::Han, Script::Hangul],
    ];
    let known = CodePointMapData::<Script>::new();
    let belongs_to_one = |script: &Script| ![Script::Common, Script::Inherited].contains(script);
    let scripts: Vec<Script> = word.chars().map(|letter| known.get(letter)).filter(belongs_to_one).collect();
    let is_one = scripts.windows(2).all(|pair| matches!(pair, [one, next] if one == next));
    !is_one && !TOGETHER.iter().any(|together| scripts.iter().all(|script| together.contains(script)))
}

/// The word in ASCII letters that this one can be taken for, in lower case; nothing for words that are in ASCII themselves or have
/// letters of their own.
fn passes_for_ascii(word: &str) -> Option<String> {
    if word.is_ascii() {
        return None;
    }
    word.chars().map(|letter| if letter.is_ascii() { Some(letter.to_ascii_lowercase()) } else { looks_like(letter) }).collect()
}

/// The ASCII letter that looks like that one in most fonts, after the list of confusable characters of Unicode Technical Standard
/// 39.
fn looks_like(letter: char) -> Option<char> {
    Some(match letter {
        // Cyrillic, Greek, Armenian, Cherokee, Lisu, and Latin without its dot.
        'а' | 'А' | 'α' | 'Α' | 'Ꭺ' | 'ꓮ' => 'a',
        'В' | 'Β' | 'Ᏼ' | 'Ꮟ' | 'ꓐ' => 'b',
        'с' | 'С' | 'Ꮯ' | 'ꓚ' => 'c',
        'ԁ' | 'Ꭰ' | 'ꓓ' => 'd',
        'е' | 'Е' | 'Ε' | 'Ꭼ' | 'ꓰ' => 'e',
        'ꓝ' => 'f',
        'ց' | 'Ꮐ' | 'ꓖ' => 'g',
        'һ' | 'Н' | 'Η' | 'հ' | 'Ꮋ' | 'ꓧ' => 'h',
        'і' | 'І' | 'ι' | 'Ι' | 'ı' | 'Ꭵ' | 'ꓲ' => 'i',
        'ј' | 'Ј' | 'յ' | 'Ꭻ' | 'ꓙ' => 'j',
        'к' | 'К' | 'κ' | 'Κ' | 'Ꮶ' | 'ꓗ' => 'k',
        'ӏ' | 'Ӏ' | 'Լ' | 'Ꮮ' | 'ꓡ' => 'l',
        'М' | 'Μ' | 'Ꮇ' | 'ꓟ' => 'm',
        'Ν' | 'ո' | 'ռ' | 'ꓠ' => 'n',
        'о' | 'О' | 'ο' | 'Ο' | 'օ' | 'Օ' | 'ꓳ' => 'o',
        'р' | 'Р' | 'ρ' | 'Ρ' | 'Ꮲ' | 'ꓑ' => 'p',
        'ԛ' | 'զ' => 'q',
        'Ꭱ' | 'Ꮢ' | 'ꓣ' => 'r',
        'ѕ' | 'Ѕ' | 'Տ' | 'Ꮪ' | 'ꓢ' => 's',
        'Т' | 'Τ' | 'Ꭲ' | 'ꓔ' => 't',
        'υ' | 'ս' | 'Ս' | 'ꓴ' => 'u',
        'ν' | 'Ꮩ' | 'ꓦ' => 'v',
        'ԝ' | 'Ꮃ' | 'ꓪ' => 'w',
        'х' | 'Х' | 'χ' | 'Χ' | 'ꓫ' => 'x',
        'у' | 'У' | 'γ' | 'Υ' | 'ꓬ' => 'y',
        'Ζ' | 'Ꮓ' | 'ꓜ' => 'z',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_read_as_they_are_written_are_taken() {
        for name in [
            "Ada",
            "Łódź 2",
            "Проект Ω",
            "Сара",
            "日本語 API",
            "API設計カタカナひらがな",
            "한국어API",
            "日本・東京（株）：はい！",
            "naïve-café",
            "Yıldız Işık",
            "x² – Acme™ …",
            "50 € ½ №",
            "🇩🇪 カタカナ ｶﾀｶﾅ",
            "مشروع",
            "Հայաստան",
            "ᏣᎳᎩ",
            "Ɛʋɛgbɛ Yorùbá ẹ́",
            "R&D; Q&A \"x\" O'Brien",
            "x\u{301}",
            "👩\u{200d}💻 team",
            "می\u{200c}خواهم",
            "admin",
            "",
        ] {
            assert_eq!(problem(name), None, "{name:?}");
        }
    }

    #[test]
    fn names_that_deceive_are_told_apart() {
        let refused = |names: &[&str], words: &str| {
            for name in names {
                assert!(problem(name).is_some_and(|problem| problem.contains(words)), "{name:?}: {:?}", problem(name));
            }
        };
        refused(
            &["A\u{202e}nimda", "a\u{200b}b", "\u{feff}", "a\nb", "tag\u{e0041}", "soft\u{ad}ly", "a\u{200d}b", "\u{3164}"],
            "cannot be seen",
        );
        refused(&["<b>HTML</b>", "<img src=x onerror=alert(1)>", "a>b", "&lt;script&gt;", "&#60;", "<b>@x.org"], "as in HTML");
        refused(&["𝐚𝐝𝐦𝐢𝐧", "Ａda", "＝1+1", "Ⅰ", "ﬁne", "ⓐ", "ℂ", "𝛀"], "another dress");
        refused(&["\u{251}dmin", "\u{1d00}dmin", "a\u{332}dmin", "\u{1c0}oki", "\u{430}\u{501}mi\u{51b}"], "phonetic");
        refused(
            &[
                "p\u{430}ypal",
                "new \u{410}dmin",
                "\u{3bf}perator",
                "ad\u{43c}in@example.org",
                "admi\u{578}",
                "\u{a4ee}dmin",
                "\u{13aa}dmin",
                "\u{430}dmin",
                "日本語проект",
            ],
            "two alphabets",
        );
        refused(
            &["adm\u{131}n", "the Ad\u{131}m\u{131}n or adm\u{131}n", "\u{a4e1}\u{a4f3}\u{a4d7}\u{a4f2}"],
            "those of another",
        );
    }

    #[test]
    fn names_that_look_the_same_have_one_skeleton() {
        for (name, expected) in [
            ("Back End", "back end"),
            ("\u{441}\u{43e}\u{440}", "cop"),
            ("the \u{421}\u{41e}\u{420}, 2", "the cop, 2"),
            // Letters of its own tell it.
            ("Рост", "рост"),
            ("Yıldız", "yildiz"),
            ("Ünïcode 名前", "ünïcode 名前"),
            ("", ""),
        ] {
            assert_eq!(skeleton(name), expected, "{name:?}");
        }
        assert!(imitates_ascii("\u{441}\u{43e}\u{440}@example.org") && imitates_ascii("adm\u{131}n@example.org"));
        assert!(!imitates_ascii("ada@example.org") && !imitates_ascii("почта@пример.рф") && !imitates_ascii("josé@example.org"));
    }
}
