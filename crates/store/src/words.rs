//! Values of the wire as text columns: names of states as bare words, structures as JSON.

use serde::{Serialize, de::DeserializeOwned};

use crate::StoreError;

/// The bare word of a unit variant, like `needs_you`.
pub(crate) fn word<T: Serialize>(table: &'static str, value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        Ok(other) => Err(StoreError::corrupt(table, format!("{other} is not a word"))),
        Err(error) => Err(StoreError::corrupt(table, error)),
    }
}

/// The unit variant of a bare word.
pub(crate) fn from_word<T: DeserializeOwned>(table: &'static str, word: &str) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).map_err(|error| StoreError::corrupt(table, error))
}

pub(crate) fn json<T: Serialize>(table: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::corrupt(table, error))
}

pub(crate) fn from_json<T: DeserializeOwned>(table: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::corrupt(table, error))
}

/// Counts as the databases keep them.
pub(crate) fn int(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

pub(crate) fn from_int(value: i32) -> u32 {
    u32::try_from(value).unwrap_or(0)
}
