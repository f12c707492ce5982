//! Terminal colours as styles. Everything else that terminals obey is dropped; what is left is text.

/// How a piece of text looks. Colours are 0 for none, else 1 plus the index of the sixteen basic ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    pub fg: u8,
    pub bg: u8,
    pub bold: bool,
    pub dim: bool,
    pub italic: bool,
    pub underline: bool,
    pub inverse: bool,
}

/// Text in one style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub style: Style,
    pub text: String,
}

impl Style {
    /// Names in style sheets; empty for plain text.
    pub fn class(self) -> String {
        let mut class = String::new();
        let colour = |name: char, index: u8| if index == 0 { String::new() } else { format!(" {name}{}", (index - 1) % 8) };
        class.push_str(&colour('f', self.fg));
        class.push_str(&colour('b', self.bg));
        let traits = [
            (self.bold, " bold"),
            (self.dim, " dim"),
            (self.italic, " italic"),
            (self.underline, " under"),
            (self.inverse, " inverse"),
        ];
        for (_, name) in traits.into_iter().filter(|(set, _)| *set) {
            class.push_str(name);
        }
        class.trim_start().to_owned()
    }
}

/// One line in its styles, and the style that the next line begins in. A carriage return starts the line over.
pub fn spans(line: &str, start: Style) -> (Vec<Span>, Style) {
    let mut reading = Reading { spans: Vec::new(), style: start };
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{1b}' => escape(&mut letters, &mut reading),
            '\u{9b}' => control(&mut letters, &mut reading),
            '\r' if letters.peek().is_some() => reading.spans.clear(),
            '\t' => reading.push("    "),
            '\u{8}' => reading.rub_out(),
            // Marks that change the direction of text could make it read as something else.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => reading.push("\u{fffd}"),
            letter if letter.is_control() => {}
            letter => reading.push(letter.encode_utf8(&mut [0; 4])),
        }
    }
    (reading.spans, reading.style)
}

/// A text without anything that terminals obey.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        for span in spans(line.trim_end_matches(['\n', '\r']), Style::default()).0 {
            plain.push_str(&span.text);
        }
        if line.ends_with('\n') {
            plain.push('\n');
        }
    }
    plain
}

struct Reading {
    spans: Vec<Span>,
    style: Style,
}

impl Reading {
    fn push(&mut self, text: &str) {
        match self.spans.last_mut() {
            Some(span) if span.style == self.style => span.text.push_str(text),
            _ => self.spans.push(Span { style: self.style, text: text.to_owned() }),
        }
    }

    fn rub_out(&mut self) {
        if let Some(span) = self.spans.last_mut() {
            span.text.pop();
            if span.text.is_empty() {
                self.spans.pop();
            }
        }
    }
}

type Letters<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn escape(letters: &mut Letters<'_>, reading: &mut Reading) {
    match letters.next() {
        Some('[') => control(letters, reading),
        // Titles, links and other strings, up to a bell or the string terminator.
        Some(']' | 'P' | 'X' | '^' | '_') => {
            while let Some(letter) = letters.next() {
                if letter == '\u{7}' || letter == '\u{9c}' {
                    break;
                }
                if letter == '\u{1b}' {
                    letters.next_if_eq(&'\\');
                    break;
                }
            }
        }
        Some(' '..='/') => {
            while letters.next_if(|letter| matches!(letter, ' '..='/')).is_some() {}
            letters.next();
        }
        Some(_) | None => {}
    }
}

fn control(letters: &mut Letters<'_>, reading: &mut Reading) {
    let mut parameters = String::new();
    for letter in letters.by_ref() {
        match letter {
            '@'..='~' => {
                if letter == 'm' {
                    reading.style = set(reading.style, &parameters);
                }
                return;
            }
            letter if parameters.len() < 64 => parameters.push(letter),
            _ => {}
        }
    }
}

/// The style after "select graphic rendition" (ECMA-48, 8.3.117).
fn set(mut style: Style, parameters: &str) -> Style {
    let mut numbers = parameters.split([';', ':']).map(|number| number.parse::<u16>().unwrap_or(0));
    while let Some(number) = numbers.next() {
        match number {
            0 => style = Style::default(),
            1 => style.bold = true,
            2 => style.dim = true,
            3 => style.italic = true,
            4 => style.underline = true,
            7 => style.inverse = true,
            22 => (style.bold, style.dim) = (false, false),
            23 => style.italic = false,
            24 => style.underline = false,
            27 => style.inverse = false,
            30..=37 => style.fg = index(number - 30),
            38 => style.fg = extended(&mut numbers).unwrap_or(style.fg),
            39 => style.fg = 0,
            40..=47 => style.bg = index(number - 40),
            48 => style.bg = extended(&mut numbers).unwrap_or(style.bg),
            49 => style.bg = 0,
            90..=97 => style.fg = index(number - 90 + 8),
            100..=107 => style.bg = index(number - 100 + 8),
            _ => {}
        }
    }
    style
}

fn index(basic: u16) -> u8 {
    u8::try_from(basic % 16).unwrap_or(0) + 1
}

/// The basic colour that is nearest to one of 256 or of all.
fn extended(numbers: &mut impl Iterator<Item = u16>) -> Option<u8> {
    match numbers.next()? {
        5 => match numbers.next()? {
            basic @ 0..=15 => Some(index(basic)),
            cube @ 16..=231 => {
                let cube = cube - 16;
                Some(nearest([cube / 36 * 51, cube / 6 % 6 * 51, cube % 6 * 51]))
            }
            _ => Some(0),
        },
        2 => Some(nearest([numbers.next()?, numbers.next()?, numbers.next()?])),
        _ => None,
    }
}

fn nearest(rgb: [u16; 3]) -> u8 {
    let most = rgb.into_iter().max().unwrap_or(0);
    let least = rgb.into_iter().min().unwrap_or(0);
    if most - least < 48 {
        return 0;
    }
    let half = most / 2;
    let bits = rgb.into_iter().zip([1, 2, 4]).filter(|(part, _)| *part > half).map(|(_, bit)| bit);
    index(bits.sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> String {
        let spans = spans(line, Style::default()).0;
        spans.into_iter().map(|span| format!("[{}|{}]", span.style.class(), span.text)).collect()
    }

    #[test]
    fn colours_become_classes_and_the_rest_of_escapes_goes() {
        let cases = [
            ("plain", "[|plain]"),
            ("\u{1b}[31mFAILED\u{1b}[0m x", "[f1|FAILED][| x]"),
            ("\u{1b}[1;32mok\u{1b}[22m!", "[f2 bold|ok][f2|!]"),
            ("\u{1b}[38;5;196mred\u{1b}[38;2;0;200;0mgreen", "[f1|red][f2|green]"),
            ("\u{1b}[44m\u{1b}[97mx", "[f7 b4|x]"),
            ("\u{1b}]8;;https://evil.example\u{1b}\\link\u{1b}]8;;\u{7}!", "[|link!]"),
            ("\u{1b}[2J\u{1b}[Ka\u{1b}(Bb\u{0}", "[|ab]"),
            ("10%\r100%", "[|100%]"),
            ("done\r", "[|done]"),
            ("ab\u{8}c", "[|ac]"),
            ("a\u{202e}b", "[|a\u{fffd}b]"),
            ("\u{1b}[31", ""),
            ("\u{1b}]0;title", ""),
            ("<b>&</b>", "[|<b>&</b>]"),
        ];
        for (line, expected) in cases {
            assert_eq!(read(line), expected, "{line:?}");
        }
    }

    #[test]
    fn a_colour_lasts_to_the_next_line() {
        let (_, end) = spans("\u{1b}[31mred", Style::default());

        assert_eq!(spans("still", end).0, [Span { style: Style { fg: 2, ..Style::default() }, text: "still".to_owned() }]);
    }

    #[test]
    fn evidence_is_read_without_any_of_it() {
        assert_eq!(plain("\u{1b}[31ma\u{1b}[0m\r\nb\rc\n"), "a\nc\n");
    }
}
