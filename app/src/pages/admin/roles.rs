//! `/admin/roles`: what each role may do, as the server enforces it.

use leptos::prelude::*;
use protocol::{access::Role, server::RoleLine};

use super::{crumbs, head};
use crate::{
    loading::{load, loaded_page},
    routes::to,
    server_fns::admin::ask_roles,
    ui::{self, el, nothing, pieces, still},
    words,
};

pub(super) fn page() -> AnyView {
    loaded_page(load(ask_roles), |lines: Vec<RoleLine>| {
        let about = "The table that the server enforces. A role in a team or on a project opens the same for what is theirs. \
                     What is not in it nobody may do; what somebody may not see is not there for them.";
        let body = pieces(vec![head("Roles", about, nothing()), ui::panel("", table(lines))]);
        ui::page("Roles".to_owned(), crumbs(&[("Roles", to::ADMIN_ROLES)]), body)
    })
}

fn table(lines: Vec<RoleLine>) -> AnyView {
    let heading = |words: &str| el("th").attr("scope", "col").text(words).view();
    let names = ["Action", "Scope"].into_iter().chain(Role::ALL.map(words::role_name));
    let head = el("thead").child(el("tr").children(names.map(heading)).view()).view();
    let body = el("tbody").children(lines.into_iter().map(line)).view();
    still(el("table").class("matrix").attr("aria-label", "What each role may do").child(head).child(body).view())
}

fn line(line: RoleLine) -> AnyView {
    let may = line.may.into_iter().zip(Role::ALL).map(|(may, role)| {
        let (icon, word, class) = if may { ("check", "yes", "may") } else { ("dash", "no", "may-not") };
        // A phone has no heading above it.
        let phone = el("span").class("phone-only soft").text(words::role_name(role)).view();
        el("td").child(phone).child(el("span").class(class).child(ui::icon(icon)).text(word).view()).view()
    });
    let action = el("th").attr("scope", "row").text(line.action).view();
    el("tr").child(action).child(el("td").child(ui::code(line.scope)).view()).children(may).view()
}
