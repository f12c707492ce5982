//! `/admin/settings`: how this server is set up. It is changed where it is started, not here.

use leptos::prelude::*;
use protocol::server::{Setting, SettingGroup};

use super::{crumbs, head};
use crate::{
    loading::{Loading, load, loaded_page},
    routes::to,
    server_fns::admin::{SettingsView, ask_settings},
    ui::{self, Column, FormState, Kind, Row, div, el, nothing, pieces},
};

const COLUMNS: &[Column] = &[
    Column { title: "What", class: "state" },
    Column { title: "How it is", class: "main" },
    Column { title: "Set by", class: "set-by" },
];

pub(super) fn page() -> AnyView {
    let loading = load(ask_settings);
    let trial = FormState::new(None);
    loaded_page(loading, move |view: SettingsView| {
        let about = "Read when the server started. To change something, start it with another option or variable; `loki serve --help` \
                     has them all.";
        let above = match view.flash.error {
            Some(error) if view.mails => {
                trial.error.set(Some(error));
                nothing()
            }
            Some(error) => ui::form_error(error.detail),
            None => nothing(),
        };
        let mut parts = vec![head("Settings", about, nothing()), above];
        let mut settings = view.settings.into_iter().peekable();
        while let Some(group) = settings.peek().map(|setting| setting.group) {
            let rows = std::iter::from_fn(|| settings.next_if(|setting| setting.group == group)).map(row).collect();
            let table = ui::table(group.title(), COLUMNS, rows);
            parts.push(ui::panel(group.title(), el("div").class("told").child(table).view()));
            if group == SettingGroup::Mail && view.mails {
                parts.push(test_mail(loading, trial));
            }
        }
        let body = pieces(parts);
        ui::page("Settings".to_owned(), crumbs(&[("Settings", to::ADMIN_SETTINGS)]), body)
    })
}

fn test_mail(loading: Loading<SettingsView>, state: FormState) -> AnyView {
    let words = "It goes to your own address, at once. What the mail server said stands above, as \"Last test mail\".";
    let button = ui::submit_button(Kind::Normal, "Send a test mail", state.is_busy());
    let fields = pieces(vec![el("p").class("hint").text(words).view(), div("form-end").child(button).view()]);
    let form = ui::form("/ui/send_test_mail", state, move || loading.refetch(), fields);
    ui::panel("Test mail", div("panel-body").child(form).view())
}

fn row(setting: Setting) -> Row {
    let set_by = if setting.set_by.is_empty() { nothing() } else { ui::code(setting.set_by) };
    let between = if setting.value.is_empty() || setting.at.is_none() { "" } else { " " };
    let value = el("span").class("value").text(setting.value + between).children(setting.at.map(ui::ago)).view();
    Row::new(vec![ui::text(setting.name), value, set_by])
}
