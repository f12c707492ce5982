//! For addresses that name nothing.

use leptos::prelude::*;

use crate::{
    loading::problem,
    routes::to,
    server_fns::{UiError, set_status},
    ui::{self, Crumb},
};

pub fn page() -> AnyView {
    set_status(404);
    let error = UiError::new(404, "There is no page at this address. It may have been moved or deleted.");
    ui::page("Not found".to_owned(), vec![Crumb::new("Home", to::HOME), Crumb::new("Not found", "")], problem(&error, true))
}
