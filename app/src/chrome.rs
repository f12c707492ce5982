//! The shell around every page: where one can go, what is live, who one is.

mod commands;
mod inbox;
mod keys;
mod palette;
mod person;
mod rail;
mod still;

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use protocol::access::{Viewer, Warning};

use crate::{
    browser::{self, IS_BROWSER, scroll},
    live,
    loading::{Loading, load, loaded_or_nothing},
    routes::{self, to},
    server_fns::access::{ask_viewer, warnings_here},
    ui::{self, El, div, el, pieces},
};
use palette::Palette;
pub use still::{ServerPage, alone, in_shell};

/// The signed-in person, for pages that show or hide what needs a role.
#[derive(Clone, Copy)]
pub struct CurrentViewer(pub Loading<Viewer>);

/// What every page says where that is so.
fn words(warning: Warning) -> &'static str {
    match warning {
        Warning::SandboxOff => {
            "Sandbox off: agents and checks run with this server's own rights. Start the server without --no-sandbox to isolate \
             them."
        }
        Warning::DiskFull => {
            "Disk full: there is no room in the database, and runs wait with what they have done. Free some space, and they go on \
             by themselves; stopping the server before that loses what they wait with."
        }
        Warning::DatabaseAway => {
            "Database away: it does not answer, and runs wait with what they have done. They go on by themselves when it does; \
             stopping the server before that loses what they wait with."
        }
    }
}

/// The shell with the page that the address names; signing in and setting up have none around them.
pub fn chrome() -> AnyView {
    let path = use_location().pathname.get_untracked();
    // They come without the browser's half.
    if !IS_BROWSER && [to::LOGIN, to::SETUP].contains(&path.as_str()) {
        return div("entry").child(notices(&warnings_here())).child(routes::pages()).view();
    }
    let viewer = load(ask_viewer);
    provide_context(CurrentViewer(viewer));
    live::provide();
    begin(viewer);

    let palette = Palette::new(viewer);
    keys::listen(palette, viewer);
    // Pages of the server, which have no palette, lead here for it.
    Effect::new(move |_| {
        if scroll::fragment().is_some_and(|part| part == "search") {
            palette.open();
        }
    });
    let app = div("app").children([
        rail::rail(viewer),
        top(viewer, palette),
        div("notices").child(loaded_or_nothing(viewer, |viewer| notices(&viewer.warnings))).view(),
        routes::pages(),
    ]);
    pieces(vec![skip(), app.view(), palette::palette(palette), keys::sheet(), ui::toast_region()])
}

/// What starts in the browser: the clock of relative times and the socket.
fn begin(viewer: Loading<Viewer>) {
    let now = use_context::<ui::Now>().unwrap_or_default();
    let started = StoredValue::new(false);
    Effect::new(move |_| {
        let Some(Ok(viewer)) = viewer.get() else { return };
        if !started.get_value() {
            started.set_value(true);
            live::start(viewer.seq);
        }
    });
    Effect::new(move |_| {
        browser::menus::close_when_left();
        // The interval lasts as long as the tab; without one, times stay as they were.
        let _running = set_interval_with_handle(move || now.tick(), Duration::from_secs(30));
    });
}

fn top(viewer: Loading<Viewer>, palette: Palette) -> AnyView {
    let search = searching(el("button").attr("type", "button").on_click(move || palette.open()));
    let person = loaded_or_nothing(viewer, person::menu);
    el("header").class("top").child(search).child(live::connection_dot()).child(inbox::inbox()).child(person).view()
}

/// What opens the palette, or leads to where it is.
fn searching(element: El) -> AnyView {
    let words = el("span").text("Search or run a command").view();
    let key = el("kbd").attr("aria-hidden", "true").flag("data-mod", true).text("K").view();
    element.class("search needs-script").child(ui::icon("search")).child(words).child(key).view()
}

/// The browser itself moves the focus; the router would only scroll.
fn skip() -> AnyView {
    el("a").class("skip").attr("href", "#content").attr("rel", "external").text("Skip to the content").view()
}

fn notices(warnings: &[Warning]) -> AnyView {
    pieces(warnings.iter().map(|warning| ui::banner(ui::Tone::Warn, words(*warning))).collect())
}
