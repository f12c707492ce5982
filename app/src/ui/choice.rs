//! One of several, as cards: radio buttons whose chosen card shows the fields that belong to it, without any script.

use leptos::prelude::*;

use super::{div, el, input, nothing, prose};

/// One card of a choice.
pub struct Choice {
    /// As the form sends it; the same for all cards of a choice.
    pub name: &'static str,
    pub value: String,
    pub title: String,
    pub hint: String,
    /// Stands in a line below the hint, as it was found: a version, a path.
    pub found: String,
    pub checked: bool,
    pub disabled: bool,
    /// Stands behind the title, like a chip.
    pub mark: AnyView,
    /// Shown while the card is chosen.
    pub fields: Option<AnyView>,
}

impl Choice {
    /// A card with words alone.
    pub fn new(name: &'static str, value: &str, title: &str, hint: &str) -> Self {
        Self {
            name,
            value: value.to_owned(),
            title: title.to_owned(),
            hint: hint.to_owned(),
            found: String::new(),
            checked: false,
            disabled: false,
            mark: nothing(),
            fields: None,
        }
    }

    #[must_use]
    pub fn checked(self, checked: bool) -> Self {
        Self { checked, ..self }
    }

    #[must_use]
    pub fn with_fields(self, fields: AnyView) -> Self {
        Self { fields: Some(fields), ..self }
    }
}

/// A choice; `legend` asks for it.
pub fn choices(legend: &'static str, cards: Vec<Choice>) -> AnyView {
    el("fieldset").class("choices").child(el("legend").text(legend).view()).children(cards.into_iter().map(card)).view()
}

fn card(card: Choice) -> AnyView {
    let radio = input("radio").attr("name", card.name).attr("value", card.value);
    let radio = radio.flag("checked", card.checked).flag("disabled", card.disabled).view();
    let title = el("span").class("choice-title").text(card.title).child(card.mark).view();
    let words = el("span").class("choice-words").child(title).child(el("span").class("hint").child(prose(&card.hint)).view());
    let found = (!card.found.is_empty()).then(|| el("span").class("hint mono").text(card.found).view());
    let label = el("label").child(radio).child(words.children(found).view()).view();
    div("choice").child(label).children(card.fields.map(|fields| div("choice-fields").child(fields).view())).view()
}
