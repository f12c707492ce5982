//! `/admin/settings`: how this server is set up. It is changed where it is started, not here.

use leptos::prelude::*;
use protocol::server::Setting;

use super::{crumbs, head};
use crate::{
    loading::{load, loaded_page},
    routes::to,
    server_fns::admin::ask_settings,
    ui::{self, Column, Row, el, nothing, pieces},
};

const COLUMNS: &[Column] = &[
    Column { title: "What", class: "state" },
    Column { title: "How it is", class: "main" },
    Column { title: "Set by", class: "set-by" },
];

pub(super) fn page() -> AnyView {
    loaded_page(load(ask_settings), |settings: Vec<Setting>| {
        let about = "Read when the server started. To change something, start it with another option or variable; `loki serve --help` \
                     has them all.";
        let table = ui::table("How this server is set up", COLUMNS, settings.into_iter().map(row).collect());
        let body = pieces(vec![head("Settings", about, nothing()), ui::panel("", el("div").class("told").child(table).view())]);
        ui::page("Settings".to_owned(), crumbs(&[("Settings", to::ADMIN_SETTINGS)]), body)
    })
}

fn row(setting: Setting) -> Row {
    let set_by = if setting.set_by.is_empty() { nothing() } else { ui::code(setting.set_by) };
    Row { cells: vec![ui::text(setting.name), el("span").class("value").text(setting.value).view(), set_by] }
}
