//! Pages of the server itself: forms that work without the browser's half, the API's documentation, and errors. One frame is
//! around all of them: the interface's shell for whoever is signed in, a plain page for everybody else, and on both that the
//! sandbox is off, the disk is full or the database is away where that is so.

use std::sync::Arc;

use app::{
    chrome::{ServerPage, alone, in_shell},
    routes::to,
    server_fns::{
        access::{person, warnings},
        run_lists::waiting,
    },
    ui::Crumb,
};
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse as _, Response},
};
use domain::actor::Actor;
use protocol::{
    ApiError,
    access::{Viewer, Warning},
};

use crate::{edge::Edge, guard::headers::file_script_policy};

/// The way to a page: names and addresses of what lies above it.
pub(crate) type Above = &'static [(&'static str, &'static str)];

/// What a frame has to know.
#[derive(Clone, Debug)]
pub(crate) struct Around {
    viewer: Option<Viewer>,
    /// How many runs need them, where that was counted.
    inbox: Option<u32>,
    warnings: Vec<Warning>,
    /// The address of the style sheet, in a build that has one.
    css: Option<Arc<str>>,
}

impl Around {
    /// Around pages for `actor`; a program has no shell, as it has no menu.
    pub(crate) fn of(edge: &Edge, actor: Option<&Actor>) -> Self {
        Self {
            viewer: actor.and_then(|actor| person(&edge.cx, actor)),
            inbox: None,
            warnings: warnings(&edge.cx),
            css: edge.site.names().map(|names| Arc::clone(&names.css)),
        }
    }

    /// The same with how many runs need `actor`.
    pub(super) async fn counted(self, edge: &Edge, actor: &Actor) -> Self {
        Self { inbox: waiting(&edge.cx, actor).await.ok(), ..self }
    }
}

/// A page before its frame is drawn around it, which [`draw`] does once it is known who looks.
#[derive(Clone, Debug)]
struct Unframed {
    title: String,
    above: Above,
    main: Main,
}

#[derive(Clone, Debug)]
enum Main {
    /// Stands in the middle, or in the shell of whoever is signed in.
    Panel(String),
    /// Always stands in the shell.
    Page(Arc<str>),
}

/// A page of the server itself for whoever comes in or goes out, with `panel` in its middle.
pub(crate) fn entry(title: &str, panel: &str) -> Response {
    unframed(title, &[], Main::Panel(format!("<section class=\"panel panel-body stack\">{panel}</section>")))
}

/// Why a form was not taken, to stand in it; nothing where there is no problem.
pub(crate) fn form_error(problem: &str) -> String {
    match problem {
        "" => String::new(),
        problem => format!("<p class=\"form-error\" role=\"alert\"><span>{}</span></p>", escape(problem)),
    }
}

/// A page of the server itself within the interface's shell; `main` begins with its heading.
pub(crate) fn page(title: &str, above: Above, main: Arc<str>) -> Response {
    unframed(title, above, Main::Page(main))
}

fn unframed(title: &str, above: Above, main: Main) -> Response {
    let mut response = ().into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.extensions_mut().insert(Unframed { title: title.to_owned(), above, main });
    response
}

/// Whether it is a page of the server itself whose frame is to be drawn yet; one that says no is drawn without asking anything.
pub(super) fn is_unframed(response: &Response) -> bool {
    response.status().is_success() && response.extensions().get::<Unframed>().is_some()
}

/// Draws the frame around a page of the server itself. Other answers only keep it, for an error that still becomes a page.
pub(super) fn draw(mut response: Response, around: Around) -> Response {
    let Some(page) = response.extensions_mut().remove::<Unframed>() else {
        response.extensions_mut().insert(around);
        return response;
    };
    let (mut parts, _) = response.into_parts();
    let (drawn, body) = html(document(&page, &around)).into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.extend(drawn.headers);
    Response::from_parts(parts, body)
}

/// An error for people where no page of the interface can be shown.
pub(crate) fn plain_error(status: StatusCode, error: &ApiError, around: Option<&Around>) -> Response {
    let title = status.canonical_reason().unwrap_or("Error");
    let panel = format!(
        "<section class=\"panel empty\"><h1>{title}</h1><p>{}.</p><p class=\"muted mono\">Request {}</p>\
         <a class=\"btn\" href=\"{}\">Go to home</a></section>",
        escape(error.detail.trim_end_matches('.')),
        escape(&error.request_id),
        to::HOME,
    );
    let page = Unframed { title: title.to_owned(), above: &[], main: Main::Panel(panel) };
    let nobody = Around { viewer: None, inbox: None, warnings: Vec::new(), css: None };
    html(document(&page, around.unwrap_or(&nobody)))
}

fn html(document: String) -> Response {
    let mut response = Html(Body::from(document)).into_response();
    response.headers_mut().extend(file_script_policy().map(|policy| (header::CONTENT_SECURITY_POLICY, policy)));
    response
}

fn body(page: &Unframed, around: &Around) -> String {
    let steps = page.above.iter().map(|(label, href)| Crumb::new(*label, *href));
    let framed = |main: String| ServerPage {
        crumbs: steps.chain([Crumb::new(page.title.as_str(), "")]).collect(),
        viewer: around.viewer.clone(),
        inbox: around.inbox,
        warnings: around.warnings.clone(),
        main,
    };
    match (&page.main, &around.viewer) {
        (Main::Panel(panel), None) => alone(framed(panel.clone())),
        (Main::Panel(panel), Some(_)) => in_shell(framed(format!("<div class=\"account\">{panel}</div>"))),
        (Main::Page(main), _) => in_shell(framed(main.to_string())),
    }
}

/// An icon of the interface.
pub(crate) fn icon_of(name: &str) -> String {
    format!("<svg class=\"ico\" aria-hidden=\"true\"><use href=\"/icons.svg#{name}\"></use></svg>")
}

/// A whole document, with the interface's style and theme.
fn document(page: &Unframed, around: &Around) -> String {
    let style = around.css.as_ref().map(|css| format!("<link rel=\"stylesheet\" href=\"{css}\">")).unwrap_or_default();
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{} – loki</title><script src=\"/theme.js\"></script>\
         <script type=\"module\" src=\"/page.js\"></script>{style}\
         <link rel=\"icon\" href=\"/icon.svg\" type=\"image/svg+xml\"></head><body>{body}</body></html>",
        escape(&page.title),
        body = body(page, around),
    )
}

/// Text as it stands in HTML, also within attributes.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
