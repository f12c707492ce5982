//! JSON and YAML of others, read with a ceiling on what they expand to.

use std::{cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::SpecError;

/// The most values a document may hold once its aliases are expanded.
const MAX_VALUES: usize = 200_000;

/// The most bytes of text in all values together.
const MAX_TEXT: usize = 8 * 1_048_576;

/// Brackets open at once. The YAML reader's time grows with the square of it, before any limit of its own.
const MAX_FLOW_DEPTH: usize = 200;

const TOO_MANY: &str = "too many values";

/// A document in JSON.
pub(super) fn json(text: &str) -> Result<Value, SpecError> {
    let budget = Budget::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = Bounded(&budget).deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    read.map_err(|error| failure("JSON", &budget, (error.line(), error.column()), &error))
}

/// A document in YAML.
pub(super) fn yaml(text: &str) -> Result<Value, SpecError> {
    if flow_depth(text) > MAX_FLOW_DEPTH {
        return Err(SpecError::TooComplex { format: "YAML", reason: "nested too deeply".to_owned() });
    }
    let budget = Budget::default();
    Bounded(&budget).deserialize(serde_yaml_ng::Deserializer::from_str(text)).map_err(|error| {
        let place = error.location().map_or((1, 1), |location| (location.line(), location.column()));
        failure("YAML", &budget, place, &error)
    })
}

/// How deeply brackets are open at once, those in texts included.
fn flow_depth(text: &str) -> usize {
    let mut open: usize = 0;
    text.bytes().fold(0, |deepest, byte| {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest.max(open)
    })
}

fn failure(format: &'static str, budget: &Budget, (line, column): (usize, usize), error: &dyn fmt::Display) -> SpecError {
    let message = error.to_string();
    if budget.is_spent.get() || message.contains("repetition limit") {
        return SpecError::TooComplex { format, reason: format!("more than {MAX_VALUES} values or 8 MiB of text") };
    }
    if message.contains("recursion limit") {
        return SpecError::TooComplex { format, reason: "nested too deeply".to_owned() };
    }
    let reason = message.split(" at line ").next().unwrap_or(&message);
    SpecError::Malformed {
        format,
        line: line.max(1),
        column: column.max(1),
        reason: super::text::cut(&reason.replace(char::is_control, " "), 200),
    }
}

#[derive(Default)]
struct Budget {
    values: Cell<usize>,
    text: Cell<usize>,
    is_spent: Cell<bool>,
}

impl Budget {
    fn spend<E: Error>(&self, text: usize) -> Result<(), E> {
        self.values.set(self.values.get() + 1);
        self.text.set(self.text.get() + text);
        if self.values.get() > MAX_VALUES || self.text.get() > MAX_TEXT {
            self.is_spent.set(true);
            return Err(E::custom(TOO_MANY));
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct Bounded<'b>(&'b Budget);

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        self.0.spend(0)?;
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        self.0.spend(0)?;
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        self.0.spend(0)?;
        Ok(Value::Number(value.into()))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<Value, E> {
        self.visit_string(value.to_string())
    }

    fn visit_u128<E: Error>(self, value: u128) -> Result<Value, E> {
        self.visit_string(value.to_string())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        self.0.spend(0)?;
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        self.0.spend(value.len())?;
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        self.0.spend(0)?;
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        self.0.spend(0)?;
        let mut values = Vec::new();
        while let Some(value) = sequence.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        self.0.spend(0)?;
        let mut map = Map::new();
        while let Some(key) = entries.next_key_seed(self)? {
            // YAML allows keys like 200; JSON knows only text.
            let key = match key {
                Value::String(key) => key,
                other => other.to_string(),
            };
            let value = entries.next_value_seed(self)?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }

    /// A value with a tag of its own, like `!money 5`: the value counts.
    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Value, A::Error> {
        let (_, variant) = data.variant_seed(self)?;
        variant.newtype_variant_seed(self)
    }
}
