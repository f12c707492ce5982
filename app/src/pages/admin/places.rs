//! `/admin`: the pages of the section that are open to whoever asks.

use leptos::prelude::*;

use super::{crumbs, head};
use crate::{
    loading::{load, loaded_page},
    routes::to,
    server_fns::admin::{AdminPage, ask_admin_pages},
    ui::{self, Column, Row, nothing, pieces, text},
};

const COLUMNS: &[Column] = &[Column { title: "Page", class: "main" }];

pub(super) fn page() -> AnyView {
    loaded_page(load(ask_admin_pages), |pages: Vec<AdminPage>| {
        let rows = pages
            .into_iter()
            .map(|page| Row::new(vec![ui::opener(page.href.clone(), &to::admin_name(&page.href), text(page.about))]));
        let table = ui::panel("", ui::table("Admin pages", COLUMNS, rows.collect()));
        ui::page("Admin".to_owned(), crumbs(&[]), pieces(vec![head("Admin", "", nothing()), table]))
    })
}
