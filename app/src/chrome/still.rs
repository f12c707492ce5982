//! What stands around pages of the server itself, which come without the browser's half: the same as around all others, as
//! HTML, as far as nothing in it changes.

use leptos::{prelude::*, tachys::html::InertElement};
use protocol::access::{Viewer, Warning};

use super::{inbox, notices, person, rail, searching, skip};
use crate::{
    routes::to,
    ui::{self, Crumb, Kind, div, el, nothing, pieces},
};

/// A page of the server itself.
pub struct ServerPage {
    /// The way to it; the last step is the page.
    pub crumbs: Vec<Crumb>,
    /// Who looks, if they are signed in.
    pub viewer: Option<Viewer>,
    /// How many runs need them, where that was counted.
    pub inbox: Option<u32>,
    /// What every page says.
    pub warnings: Vec<Warning>,
    /// What the page shows, as HTML.
    pub main: String,
}

/// The page in the shell of whoever looks.
pub fn in_shell(page: ServerPage) -> String {
    let title = page.crumbs.last().map(|crumb| crumb.label.clone()).unwrap_or_default();
    let app = div("app").children([
        rail::still(&title, page.viewer.as_ref()),
        top(page.viewer, page.inbox),
        div("notices").child(notices(&page.warnings)).view(),
        ui::framed(nothing(), page.crumbs, inert(page.main)),
    ]);
    pieces(vec![skip(), app.view()]).to_html()
}

/// The page in the middle of nothing, where there is nobody to show a shell to.
pub fn alone(page: ServerPage) -> String {
    let brand = div("brand").child(ui::icon("knot")).child(el("span").text("loki").view()).view();
    let main = el("main").class("entry-page").child(brand).child(inert(page.main)).view();
    pieces(vec![notices(&page.warnings), main]).to_html()
}

/// Search and inbox, which need the browser's half, lead to a page that has them.
fn top(viewer: Option<Viewer>, count: Option<u32>) -> AnyView {
    let top = el("header").class("top");
    let Some(viewer) = viewer else {
        return top.child(ui::link_button(Kind::Normal, "Sign in", to::LOGIN)).view();
    };
    let search = searching(el("a").attr("href", format!("{}#search", to::HOME)));
    top.child(search).child(inbox::still(count)).child(person::menu(viewer)).view()
}

fn inert(html: String) -> AnyView {
    InertElement::new(html).into_any()
}
