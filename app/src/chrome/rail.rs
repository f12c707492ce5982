//! The rail on the left; a bar at the bottom on phones.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use protocol::access::Viewer;

use crate::{
    loading::{Loading, loaded_or_nothing},
    routes::to,
    ui::{self, El, div, el, live, nothing, pieces},
};

/// Where one can go from everywhere.
#[derive(Clone, Copy)]
struct NavItem {
    label: &'static str,
    icon: &'static str,
    href: &'static str,
}

/// The items for everybody; the bar of a phone has no room for teams, which the menu leads to as well.
const NAV: [NavItem; 5] = [
    NavItem { label: "Home", icon: "home", href: to::HOME },
    NavItem { label: "Projects", icon: "folder", href: to::PROJECTS },
    NavItem { label: "Runs", icon: "run", href: to::RUNS },
    NavItem { label: "Templates", icon: "template", href: to::TEMPLATES },
    NavItem { label: "Teams", icon: "people", href: to::TEAMS },
];
/// The one for whom some of the admin section is open.
const ADMIN: NavItem = NavItem { label: "Admin", icon: "shield", href: to::ADMIN };
/// The one at the foot.
const API: NavItem = NavItem { label: "API", icon: "book", href: to::DOCS };

/// What the button says that takes the labels away and brings them back.
const FOLD: &str = "Labels of the navigation";

/// Where one can go.
pub(super) fn rail(viewer: Loading<Viewer>) -> AnyView {
    let path = use_location().pathname;
    let items = NAV.into_iter().map(|nav| {
        let current = move || is_at(&path.get(), nav.href).then(|| "page".to_owned());
        item(nav).live_attr("aria-current", current).view()
    });
    let admin = loaded_or_nothing(viewer, move |viewer| admin(viewer.admin, path));
    drawn(items.collect(), admin, item(API).attr("rel", "external"))
}

/// The same around a page of the server itself, which is one of the items if it is called so.
pub(super) fn still(title: &str, viewer: Option<&Viewer>) -> AnyView {
    let named = |nav: NavItem| item(nav).maybe("aria-current", (nav.label == title).then_some("page"));
    let admin = viewer.filter(|viewer| !viewer.admin.is_empty());
    let admin = admin.map_or_else(nothing, |_| named(ADMIN).view());
    drawn(NAV.into_iter().map(|nav| named(nav).view()).collect(), admin, named(API))
}

fn drawn(items: Vec<AnyView>, admin: AnyView, docs: El) -> AnyView {
    let brand = el("a").class("brand").attr("href", to::HOME).attr("aria-label", "loki, home").child(ui::icon("knot"));
    let foot = div("foot").child(docs.view()).child(fold()).view();
    let rail = el("nav").class("rail").attr("aria-label", "Main").child(brand.child(el("span").text("loki").view()).view());
    rail.children(items).child(admin).child(foot).view()
}

/// Leaves the rail its icons alone, where it has room for more: `public/page.js` does it, and says whether it is so.
fn fold() -> AnyView {
    let button = el("button").attr("type", "button").class("item rail-fold needs-script").attr("aria-label", FOLD);
    button.attr("title", FOLD).attr("aria-expanded", "true").child(ui::icon("chevron")).view()
}

/// The admin section for whom some of it is open; its pages show while one is in it.
fn admin(places: Vec<String>, path: Memo<String>) -> AnyView {
    if places.is_empty() {
        return nothing();
    }
    let current = move || is_at(&path.get(), to::ADMIN).then(|| "true".to_owned());
    let head = item(ADMIN).live_attr("aria-current", current).view();
    let pages = live(move || {
        let path = path.get();
        if !is_at(&path, to::ADMIN) {
            return nothing();
        }
        let links = places.iter().map(|place| {
            let link = el("a").attr("href", place.as_str()).maybe("aria-current", is_at(&path, place).then_some("page"));
            link.text(to::admin_name(place)).view()
        });
        div("rail-pages").children(links).view()
    });
    pieces(vec![head, pages])
}

fn item(NavItem { label, icon, href }: NavItem) -> El {
    el("a").class("item").attr("href", href).child(ui::icon(icon)).child(el("span").text(label).view())
}

fn is_at(path: &str, place: &str) -> bool {
    if place == to::HOME { path == place } else { path.starts_with(place) }
}
