//! Texts with values in them: the words of a command and what it prints, with the values known by their position.

use domain::specs::examples::{Part, Pattern};

/// A run of fixed text, or the value of a placeholder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    /// Counted from the command's first placeholder.
    Value(usize),
}

/// A text in which values stand by their position, so that `greet NAME` and `greet WHO` are the same command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Template(pub(crate) Vec<Piece>);

impl Template {
    /// A text that a command takes in: each placeholder in it is a new value, added to `names`.
    ///
    /// The error says why the values could not be told apart.
    pub(crate) fn taken_in(pattern: &Pattern, names: &mut Vec<String>) -> Result<Self, String> {
        let mut pieces: Vec<Piece> = Vec::new();
        for part in &pattern.0 {
            match part {
                Part::Text(text) => pieces.push(Piece::Text(text.clone())),
                Part::Placeholder(name) => {
                    if names.contains(name) {
                        return Err(format!("{name} stands twice in the command, and I do not compare values"));
                    }
                    if matches!(pieces.last(), Some(Piece::Value(_))) {
                        return Err(format!("nothing separates {name} from the value before it"));
                    }
                    pieces.push(Piece::Value(names.len()));
                    names.push(name.clone());
                }
            }
        }
        Ok(Self(pieces))
    }

    /// A text that a command gives out, with the values it took in. The error names a value that it never got.
    pub(crate) fn given_out(pattern: &Pattern, names: &[String]) -> Result<Self, String> {
        let pieces =
            pattern.0.iter().map(|part| match part {
                Part::Text(text) => Ok(Piece::Text(text.clone())),
                Part::Placeholder(name) => names.iter().position(|known| known == name).map(Piece::Value).ok_or_else(|| {
                    format!("{name} is not among the words of the command, and I copy values, I do not compute them")
                }),
            });
        Ok(Self(pieces.collect::<Result<_, _>>()?))
    }

    /// The text when there is no value in it.
    pub(crate) fn literal(&self) -> Option<String> {
        self.0.iter().map(|piece| if let Piece::Text(text) = piece { Some(text.as_str()) } else { None }).collect()
    }

    /// Whether it is one value and nothing else.
    pub(crate) fn is_value(&self) -> bool {
        matches!(self.0.as_slice(), [Piece::Value(_)])
    }

    /// With the values in their places; a value that is missing is empty.
    pub(crate) fn fill(&self, values: &[String]) -> String {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.as_str(),
                Piece::Value(position) => values.get(*position).map_or("", String::as_str),
            })
            .collect()
    }

    /// With the fixed text at its end cut to what `cut` keeps of it.
    pub(crate) fn with_end_cut(mut self, cut: impl Fn(&str) -> &str) -> Self {
        if let Some(Piece::Text(last)) = self.0.last_mut() {
            let kept = cut(last).len();
            last.truncate(kept);
            if kept == 0 {
                self.0.pop();
            }
        }
        self
    }

    /// A string that is equal for equal templates, and contained in another's when the template is.
    pub(crate) fn key(&self) -> String {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Value(position) => format!("\0{position}\0"),
            })
            .collect()
    }

    /// How free it is: 0 fixed, 1 a value between fixed text, 2 any value.
    pub(crate) fn freedom(&self) -> u8 {
        if self.literal().is_some() {
            0
        } else if self.is_value() {
            2
        } else {
            1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(parts: &[Part]) -> Pattern {
        Pattern(parts.to_vec())
    }

    #[test]
    fn a_value_that_the_command_never_got_is_not_computed() {
        let sum = pattern(&[Part::Placeholder("SUM".into())]);
        assert!(Template::given_out(&sum, &["A".into()]).unwrap_err().contains("SUM"));
    }

    #[test]
    fn the_same_shape_has_the_same_key() {
        let shape = |name: &str| {
            let parts = [Part::Text("--as=".into()), Part::Placeholder(name.into())];
            Template::taken_in(&pattern(&parts), &mut Vec::new()).unwrap().key()
        };
        assert_eq!(shape("NAME"), shape("WHO"));
    }

    #[test]
    fn values_that_touch_or_repeat_are_refused() {
        let a = Part::Placeholder("A".into());
        let b = Part::Placeholder("B".into());
        assert!(Template::taken_in(&pattern(&[a.clone(), b]), &mut Vec::new()).is_err());
        assert!(Template::taken_in(&pattern(&[a]), &mut vec!["A".into()]).is_err());
    }
}
