//! The settings of a project, and its end.

use leptos::prelude::*;
use protocol::projects::{Delivery, Project};

use super::{
    super::{new_project::delivery_choice, spec_field::spec_field},
    overview::{delivered, spec_of},
};
use crate::{
    server_fns::{flash::Flash, projects::ProjectPage},
    ui::{self, Field, FormState, Kind, Tone, div, el, pieces, text},
};

pub(super) fn settings(page: &ProjectPage, settings: FormState, delete: FormState) -> AnyView {
    if !page.rights.write {
        return shown(&page.project);
    }
    pieces(vec![
        ui::padded_panel("Settings", change(&page.project, &page.flash, settings)),
        ui::padded_panel("Delete project", remove(&page.project, delete)),
    ])
}

/// For who may look at them and not change them.
fn shown(project: &Project) -> AnyView {
    let description = match project.description.as_str() {
        "" => el("span").class("muted").text("none").view(),
        words => text(words),
    };
    let facts =
        vec![("Name", text(project.name.clone())), ("Description", description), ("Verified commits", text(delivered(project)))];
    let note = el("p").class("hint").text("Your role may look at the settings but not change them.").view();
    let settings = ui::padded_panel("Settings", pieces(vec![ui::facts(facts), note]));
    pieces(vec![settings, ui::panel("Spec", spec_of(project))])
}

fn change(project: &Project, flash: &Flash, state: FormState) -> AnyView {
    let was_typed = |field: &str, kept: &str| if flash.error.is_some() { flash.value(field) } else { kept.to_owned() };
    let delivery = match project.delivery {
        Delivery::Merge => "merge",
        Delivery::Review => "review",
    };
    let toasts = ui::toasts();
    let name = Field {
        id: "settings-name",
        name: "form[name]",
        label: "Name",
        value: was_typed("name", &project.name),
        required: true,
        ..Field::default()
    };
    let description = Field {
        id: "settings-description",
        name: "form[description]",
        label: "Description",
        value: was_typed("description", &project.description),
        ..Field::default()
    };
    let fields = vec![
        named(project),
        ui::text_input(name),
        ui::text_input(description),
        delivery_choice("form[delivery]", &was_typed("delivery", delivery)),
        spec_field("settings-spec", "form[prd_text]", "Spec", project.spec.clone().unwrap_or_default()),
        div("form-end").child(ui::submit_button(Kind::Primary, "Save settings", state.is_busy())).view(),
    ];
    let saved = move || toasts.show(Tone::Good, "Settings saved.");
    ui::form("/ui/update_project", state, saved, pieces(fields))
}

fn named(project: &Project) -> AnyView {
    ui::hidden("id", project.id.to_string())
}

fn remove(project: &Project, state: FormState) -> AnyView {
    let confirm = Field {
        id: "delete-confirm",
        name: "confirm",
        label: "Type the project's name to confirm",
        required: true,
        ..Field::default()
    };
    let warning = el("p").class("soft").text("Deletes ").child(el("b").text(project.name.clone()).view());
    let fields = vec![
        warning.text(" with its runs and receipts. This cannot be undone.").view(),
        named(project),
        ui::text_input(confirm),
        div("form-end").child(ui::submit_button(Kind::Danger, "Delete project", state.is_busy())).view(),
    ];
    ui::form("/ui/delete_project", state, || (), pieces(fields))
}
