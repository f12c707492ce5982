//! A person, a team or the installation: whom a form gives something to.

use leptos::prelude::*;

use crate::{
    server_fns::{flash::Flash, owners::Offer},
    ui::{self, Choice, div, el, input, pieces},
};

/// Where the choice stands.
pub(super) struct Asked {
    pub legend: &'static str,
    /// Ids of its fields, unique on the page.
    pub team_id: &'static str,
    pub email_id: &'static str,
}

/// The choice, as the field `owner` of a form; what a refused form had is chosen again.
pub(super) fn owner_choice(asked: &Asked, offer: &Offer, flash: &Flash) -> AnyView {
    const NAME: &str = "owner[kind]";
    let typed = flash.value("kind");
    let mut cards = Vec::new();
    if offer.person {
        let field = typing(asked.email_id, "owner[email]", "Email", "email", flash.value("email"));
        cards.push(Choice::new(NAME, "person", "A person", "By the email address of their account.").with_fields(field));
    }
    let list = format!("{}-names", asked.team_id);
    let names = offer.teams.iter().map(|name| el("option").attr("value", name.as_str()).view());
    let names = el("datalist").attr("id", list.clone()).children(names).view();
    let team = input("text").attr("id", asked.team_id).attr("name", "owner[team]").attr("list", list);
    let team = team.attr("autocomplete", "off").attr("value", flash.value("team")).view();
    let team = pieces(vec![div("field").child(label(asked.team_id, "Name of the team")).child(team).view(), names]);
    cards.push(Choice::new(NAME, "team", "A team", "By its name; teams that you know are offered.").with_fields(team));
    if offer.installation {
        cards.push(Choice::new(NAME, "installation", "The installation", "Everybody has their role on it."));
    }
    let first = cards.first().map(|card| card.value.clone()).unwrap_or_default();
    let chosen = if cards.iter().any(|card| card.value == typed) { typed } else { first };
    let cards = cards.into_iter().map(|card| {
        let is_chosen = card.value == chosen;
        card.checked(is_chosen)
    });
    ui::choices(asked.legend, cards.collect())
}

/// An email address or another line that a browser checks by its `kind`.
pub(super) fn typing(id: &'static str, name: &'static str, words: &'static str, kind: &'static str, value: String) -> AnyView {
    let control = input(kind).attr("id", id).attr("name", name).attr("autocomplete", "off").attr("value", value).view();
    div("field").child(label(id, words)).child(control).view()
}

fn label(id: &'static str, words: &'static str) -> AnyView {
    el("label").attr("for", id).text(words).view()
}
