//! `/admin/tokens/new`: makes an API token.

use leptos::prelude::*;

use super::{crumbs, head};
use crate::{
    loading::{load, loaded_page},
    routes::to,
    server_fns::admin::tokens::{NewTokenPage, ask_new_token},
    ui::{self, Choice, Field, FormState, Kind, div, el, input, nothing, pieces},
};

pub(super) fn page() -> AnyView {
    loaded_page(load(ask_new_token), |page: NewTokenPage| {
        let body = pieces(vec![head("New token", "", nothing()), ui::padded_panel("", form(page))]);
        ui::page("New token".to_owned(), crumbs(&[("Tokens", to::ADMIN_TOKENS), ("New token", to::NEW_TOKEN)]), body)
    })
}

fn form(page: NewTokenPage) -> AnyView {
    let flash = &page.flash;
    let state = FormState::new(flash.error.clone());
    let days = if flash.error.is_some() { flash.value("expires_days") } else { page.default_days.to_string() };
    let end = div("form-end").child(ui::submit_button(Kind::Primary, "Create token", state.is_busy()));
    let end = end.child(el("p").class("hint").text("The next page shows what it signs in with, this once.").view());
    let fields = vec![
        ui::text_input(Field {
            id: "name",
            name: "form[name]",
            label: "Name",
            hint: "What uses it, at most 255 characters.",
            value: flash.value("name"),
            required: true,
            ..Field::default()
        }),
        ui::text_input(Field {
            id: "description",
            name: "form[description]",
            label: "Description",
            value: flash.value("description"),
            ..Field::default()
        }),
        may(&page),
        ui::text_input(Field {
            id: "expires_days",
            name: "form[expires_days]",
            label: "Days until it ends",
            hint: "1 to 3650.",
            value: days,
            ..Field::default()
        }),
        addresses(flash.value("allowed_ips")),
        limit(flash.value("rate_limit")),
        end.view(),
    ];
    ui::form("/ui/create_token", state, || (), pieces(fields))
}

/// A role, or scopes one by one.
fn may(page: &NewTokenPage) -> AnyView {
    const NAME: &str = "form[kind]";
    let flash = &page.flash;
    let typed = flash.value("role");
    // The least that there is, when nothing was chosen.
    let role = if typed.is_empty() { "viewer".to_owned() } else { typed };
    let roles = page.roles.iter().map(|role| (role.clone(), ui::capital(role))).collect();
    let role = ui::select(
        Field {
            id: "role",
            name: "form[role]",
            label: "Role",
            hint: "Admin → Roles shows what each may do.",
            value: role,
            ..Field::default()
        },
        roles,
    );
    let own = flash.value("kind") == "scopes";
    ui::choices(
        "What it may do",
        vec![
            Choice::new(NAME, "role", "What a role may", "Follows the table of roles.").checked(!own).with_fields(role),
            Choice::new(NAME, "scopes", "Single scopes", "No more than these.").checked(own).with_fields(scopes(page)),
        ],
    )
}

fn scopes(page: &NewTokenPage) -> AnyView {
    let ticks = page.scopes.iter().map(|scope| {
        // Brackets stand around it in the field's name.
        let key = if scope == "*" { "all" } else { scope };
        let tick = input("checkbox").attr("name", format!("form[scopes][{key}]")).attr("value", "on");
        let tick = tick.flag("checked", !page.flash.value(key).is_empty()).view();
        el("label").class("tick").child(tick).child(ui::code(scope.clone())).child(ui::text(meaning(scope))).view()
    });
    el("fieldset").class("ticks").child(el("legend").text("Scopes").view()).children(ticks).view()
}

fn meaning(scope: &str) -> &'static str {
    match scope {
        "read" => "sees projects and runs",
        "write" => "changes projects; with read",
        "control" => "starts and steers runs; with write",
        "audit" => "reads the audit trail",
        "admin" => "people, tokens, settings",
        _ => "everything",
    }
}

/// The field for addresses and networks.
pub(super) fn addresses(value: String) -> AnyView {
    ui::text_area(
        Field {
            id: "allowed_ips",
            name: "form[allowed_ips]",
            label: "Addresses",
            hint: "Where it counts from, like `203.0.113.7` or `10.0.0.0/8`, one a line. Everywhere when empty.",
            value,
            ..Field::default()
        },
        3,
    )
}

/// The field for a limit of its own.
pub(super) fn limit(value: String) -> AnyView {
    ui::text_input(Field {
        id: "rate_limit",
        name: "form[rate_limit]",
        label: "Requests a minute",
        hint: "In place of the server's own limits, which count when this is empty.",
        value,
        ..Field::default()
    })
}
