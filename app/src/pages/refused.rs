//! A form that the server's edge refused and shows again in its answer: nothing of it goes through an address, which would end
//! up in histories and logs.

use leptos::prelude::*;

/// Why it was refused, and what had been typed but passwords; provided by the server for the page of that form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// A sentence for people; empty where nothing was refused.
    pub problem: String,
    /// Names of fields and what was in them.
    pub typed: Vec<(&'static str, String)>,
}

impl Refused {
    /// What the page that is being rendered shows again.
    pub(super) fn here() -> Self {
        use_context().unwrap_or_default()
    }

    /// What had been typed into a field.
    pub(super) fn value(&self, field: &str) -> Option<String> {
        self.typed.iter().find(|(name, _)| *name == field).map(|(_, value)| value.clone())
    }
}
