//! Forms that work without script and stay on the page with it.

use leptos::{ev::SubmitEvent, prelude::*};
use leptos_router::hooks::use_navigate;

use super::{el, icon, live, nothing};
use crate::{
    browser::{forms, scroll},
    server_fns::UiError,
};

/// How a form stands.
#[derive(Clone, Copy, Debug)]
pub struct FormState {
    pub busy: RwSignal<bool>,
    pub error: RwSignal<Option<UiError>>,
}

impl FormState {
    /// Of a form that is shown anew; `error` is why it was refused before, if it was.
    pub fn new(error: Option<UiError>) -> Self {
        Self { busy: RwSignal::new(false), error: RwSignal::new(error) }
    }

    /// For [`super::submit_button`].
    pub fn is_busy(self) -> Signal<bool> {
        self.busy.into()
    }
}

/// A form that posts to a server function at `action` and goes where the answer says. The error shows above the fields.
/// `done` runs when the answer came and was not an error, before the page goes elsewhere.
pub fn form(action: &'static str, state: FormState, done: impl Fn() + Clone + Send + 'static, fields: AnyView) -> AnyView {
    let navigate = use_navigate();
    let finish = move |result: Result<Option<String>, UiError>| {
        state.busy.set(false);
        match result {
            Ok(location) => {
                state.error.set(None);
                done();
                if let Some(location) = location {
                    navigate(&location, leptos_router::NavigateOptions::default());
                }
            }
            Err(error) => state.error.set(Some(error)),
        }
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if !state.busy.get_untracked() {
            state.busy.set(true);
            forms::submit(&event, Box::new(finish.clone()));
        }
    };
    let form = el("form").class("form").attr("method", "post").attr("action", action).on_submit(submit);
    let form = form.child(live(move || problem(state))).child(fields).view();
    // It stands above the fields, which may be longer than the window.
    Effect::new(move |_| {
        if state.error.with(Option::is_some) {
            scroll::focus(".form-error");
        }
    });
    form
}

fn problem(state: FormState) -> AnyView {
    let Some(error) = state.error.get() else { return nothing() };
    let mut words = error.detail;
    if !error.request_id.is_empty() {
        words = format!("{words} (request {})", error.request_id);
    }
    form_error(words)
}

/// Why a form was refused.
pub fn form_error(words: impl Into<String>) -> AnyView {
    let line = el("p").class("form-error").attr("role", "alert").attr("tabindex", "-1").child(icon("cross"));
    line.child(el("span").text(words).view()).view()
}
