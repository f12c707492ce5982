//! Data that a page needs before it can be shown: read by the server into the HTML, read again by the browser later.
//!
//! ```ignore
//! let loading = load(move || ask_project(&id.get()));       // asked again when `id` changes
//! refetch_on(loading, changes_runs);                        // and when something happens
//! loaded_page(loading, |page| ui::page(title, crumbs, body))
//! ```

mod pace;

use std::{marker::PhantomData, sync::Arc};

use leptos::prelude::*;
use protocol::{Envelope, events::kinds};
use serde::{Serialize, de::DeserializeOwned};

use self::pace::{Next, Pace, REST};
use crate::{
    browser::{IS_BROWSER, forms},
    routes::to,
    server_fns::{
        UiError,
        ask::{Answer, Ask, read},
    },
    ui::{self, div, el, nothing},
};

/// An answer as it came.
type Text = Result<String, UiError>;

/// What a page reads first: a `T`, which is text until it is shown.
pub struct Loading<T> {
    text: Resource<Text>,
    kind: PhantomData<fn() -> T>,
}

impl<T> Clone for Loading<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Loading<T> {}

impl<T: DeserializeOwned> Loading<T> {
    /// What was read, once it was.
    pub fn get(self) -> Option<Result<T, UiError>> {
        self.text.get().map(parse)
    }

    /// Reads it anew.
    pub fn refetch(self) {
        self.text.refetch();
    }
}

/// Asks before the page is sent, and again whenever the question changes or `refetch()` is called.
pub fn load<T>(ask: impl Fn() -> Ask<T> + Send + Sync + 'static) -> Loading<T>
where
    T: Serialize + DeserializeOwned + 'static,
{
    let ask = Arc::new(ask);
    let question = ask.clone();
    let text = load_text(Box::new(move || question().address()), Box::new(move || untrack(|| ask()).answer()));
    Loading { text, kind: PhantomData }
}

fn load_text(question: Box<dyn Fn() -> String + Send + Sync>, answer: Box<dyn Fn() -> Answer + Send + Sync>) -> Resource<Text> {
    let text = Resource::new_blocking(question, move |_| answer());
    crate::live::on_resync(move || text.refetch());
    text
}

/// Shows what was read, or why it could not be. While it is read anew, what was there stays.
pub fn loaded<T: DeserializeOwned + 'static>(
    loading: Loading<T>,
    show: impl Fn(T) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let content = move |text: Text| match parse(text) {
        Ok(value) => show(value),
        Err(error) => problem(&error, Heading::Part),
    };
    boundary(loading.text, ui::skeleton_rows, Arc::new(content))
}

/// As [`loaded`], for rows of a list that begins at `first`.
pub fn loaded_rows<T: DeserializeOwned + 'static>(
    loading: Loading<T>,
    first: impl Fn() -> String + Send + Sync + 'static,
    show: impl Fn(T) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let content = move |text: Text| match parse(text) {
        Ok(value) => show(value),
        Err(error) => no_rows(&error, first()),
    };
    boundary(loading.text, ui::skeleton_rows, Arc::new(content))
}

/// As [`loaded`], for parts of a page that are left out when they cannot be read.
pub fn loaded_or_nothing<T: DeserializeOwned + 'static>(
    loading: Loading<T>,
    show: impl Fn(T) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let content = move |text: Text| parse(text).map_or_else(|_| nothing(), &show);
    boundary(loading.text, nothing, Arc::new(content))
}

/// As [`loaded`], where the whole page depends on what was read; `show` makes it with [`ui::page`].
pub fn loaded_page<T: DeserializeOwned + 'static>(
    loading: Loading<T>,
    show: impl Fn(T) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let content = move |text: Text| match parse(text) {
        Ok(value) => show(value),
        Err(error) => problem_page(&error),
    };
    boundary(loading.text, waiting_page, Arc::new(content))
}

/// As [`loaded_page`], for a list that begins at `first`. Who may see it gets the page also where its rows cannot be read: `show`
/// makes it with what then stands in their place.
pub fn loaded_list<T: DeserializeOwned + 'static>(
    loading: Loading<T>,
    first: impl Fn() -> String + Send + Sync + 'static,
    show: impl Fn(Result<T, AnyView>) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let content = move |text: Text| match parse(text) {
        Ok(value) => show(Ok(value)),
        Err(error) if matches!(error.status, 401 | 403 | 404) => problem_page(&error),
        Err(error) => show(Err(no_rows(&error, first()))),
    };
    boundary(loading.text, waiting_page, Arc::new(content))
}

fn waiting_page() -> AnyView {
    ui::page("Loading".to_owned(), Vec::new(), ui::skeleton_rows())
}

fn problem_page(error: &UiError) -> AnyView {
    let title = title_of(error.status);
    let home = vec![ui::Crumb::new("Home", to::HOME), ui::Crumb::new(title, "")];
    ui::page(title.to_owned(), home, problem(error, Heading::Page))
}

fn parse<T: DeserializeOwned>(text: Text) -> Result<T, UiError> {
    text.and_then(|text| read(&text))
}

fn boundary(text: Resource<Text>, waiting: fn() -> AnyView, content: Arc<dyn Fn(Text) -> AnyView + Send + Sync>) -> AnyView {
    view! { <Transition fallback=waiting>{settled(text, content)}</Transition> }.into_any()
}

fn settled(text: Resource<Text>, content: Arc<dyn Fn(Text) -> AnyView + Send + Sync>) -> AnyView {
    if IS_BROWSER {
        ui::live(move || text.get().map_or_else(nothing, |text| content(text)))
    } else {
        // Put together once. What reads a signal would be so at each look that the server takes at the page.
        Suspend::new(async move { content(text.await) }).into_any()
    }
}

/// Reads anew when something happened that `matters`: at once, and at most twice a second.
pub fn refetch_on<T: DeserializeOwned + 'static>(loading: Loading<T>, matters: fn(&Envelope) -> bool) {
    refetch_text_on(loading.text, matters, || true);
}

/// As [`refetch_on`], for pages with forms: once nobody is at one of them, since what they type would be lost.
pub fn refetch_at_rest<T: DeserializeOwned + 'static>(loading: Loading<T>, matters: fn(&Envelope) -> bool) {
    refetch_text_on(loading.text, matters, || !forms::is_one_in_use());
}

/// Where it is asked for anew while an answer is on its way, the resource asks once more after it came.
fn refetch_text_on(text: Resource<Text>, matters: fn(&Envelope) -> bool, may: fn() -> bool) {
    paced(matters, may, Arc::new(move || text.refetch()));
}

/// Does something after what `matters` happened: at once, then once after each half second in which more did. So nothing that
/// happened is without something done after it, and however much happens, it is done at most twice a second.
pub fn soon_after(matters: fn(&Envelope) -> bool, act: impl Fn() + Send + Sync + 'static) {
    paced(matters, || true, Arc::new(act));
}

fn paced(matters: fn(&Envelope) -> bool, may: fn() -> bool, act: Arc<dyn Fn() + Send + Sync>) {
    let pace = StoredValue::new(Pace::default());
    crate::live::on_event(move |envelope| {
        if matters(envelope) && pace.try_update_value(Pace::hear) == Some(true) {
            look(pace, may, act.clone());
        }
    });
}

fn look(pace: StoredValue<Pace>, may: fn() -> bool, act: Arc<dyn Fn() + Send + Sync>) {
    match pace.try_update_value(|pace| pace.look(may)) {
        // The page was left meanwhile, or nothing happened.
        None | Some(Next::Nothing) => return,
        Some(Next::Rest) => {}
        Some(Next::Act) => act(),
    }
    set_timeout(move || look(pace, may, act), REST);
}

/// Whether lists of runs look different after it. What is of no project and no team is about people and tokens.
pub fn changes_runs(envelope: &Envelope) -> bool {
    let scope = &envelope.scope;
    (scope.project_id.is_some() || scope.team_id.is_some())
        && !matches!(envelope.kind.as_str(), kinds::AGENT_OUTPUT | kinds::ITERATION_PROGRESS)
}

fn title_of(status: u16) -> &'static str {
    match status {
        404 => "Not found",
        401 => "You are signed out",
        403 => "Not allowed",
        _ => "This could not be loaded",
    }
}

/// Whose heading an error becomes: that of the whole page, or of a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heading {
    Page,
    Part,
}

/// What happened, why, what to do, and the id to find it in the logs by.
pub fn problem(error: &UiError, heading: Heading) -> AnyView {
    let action = match error.status {
        401 => ui::link_button(ui::Kind::Primary, "Sign in", to::LOGIN),
        403 | 404 => ui::link_button(ui::Kind::Normal, "Go to home", to::HOME),
        _ => nothing(),
    };
    told(error, heading, action)
}

/// In place of rows. What the address asks for wrongly, like a place that the list does not have, is not asked for at `first`.
fn no_rows(error: &UiError, first: String) -> AnyView {
    if error.status == 400 {
        return told(error, Heading::Part, ui::link_button(ui::Kind::Normal, "Show the first page", first));
    }
    problem(error, Heading::Part)
}

fn told(error: &UiError, heading: Heading, action: AnyView) -> AnyView {
    let heading = match heading {
        Heading::Page => "h1",
        Heading::Part => "h2",
    };
    let heading = el(heading).text(title_of(error.status)).view();
    let panel = div("panel empty").attr("role", "alert").child(heading).child(el("p").text(error.detail.clone()).view());
    let panel = if error.request_id.is_empty() {
        panel
    } else {
        panel.child(el("p").class("muted mono").text(format!("Request {}", error.request_id)).view())
    };
    panel.child(action).view()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::no_rows;
    use crate::{rendering_tests::html, server_fns::UiError};

    #[test]
    fn what_is_asked_for_wrongly_leads_to_where_the_list_begins() {
        for (status, leads) in [(400, true), (503, false)] {
            let html = html("/teams", move || no_rows(&UiError::new(status, "No."), "/teams?q=a".to_owned()));

            assert_eq!(html.contains("href=\"/teams?q=a\""), leads, "{html}");
            assert!(html.contains("role=\"alert\"") && html.contains("<h2>"), "{html}");
        }
    }
}
