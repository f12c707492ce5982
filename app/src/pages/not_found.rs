//! For addresses that name nothing, and on the server for the gallery.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::gallery;
use crate::{
    browser::IS_BROWSER,
    loading::{Heading, problem},
    routes::to,
    server_fns::{UiError, set_status},
    ui::{self, Crumb},
};

/// That this server was started to show the gallery; provided by it.
#[derive(Clone, Copy, Debug)]
pub struct Gallery;

pub fn page() -> AnyView {
    // Nothing of the gallery comes alive, so it is a page of the server's alone and costs the browser nothing.
    if !IS_BROWSER && use_context::<Gallery>().is_some() && use_location().pathname.get_untracked() == gallery::PATH {
        return gallery::page();
    }
    set_status(404);
    let error = UiError::new(404, "There is no page at this address. It may have been moved or deleted.");
    ui::page(
        "Not found".to_owned(),
        vec![Crumb::new("Home", to::HOME), Crumb::new("Not found", "")],
        problem(&error, Heading::Page),
    )
}
