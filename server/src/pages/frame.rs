//! Pages of the server itself: forms that work without the browser's half, the API's documentation, and errors. One frame is
//! around all of them: the interface's shell for whoever is signed in, a plain page for everybody else, and on both that the
//! sandbox is off or the disk is full where that is so.

use std::sync::Arc;

use app::{
    chrome::{ADMIN, API, FOLD, LINKS, NAV, NavItem, words},
    routes::to,
    server_fns::access::{person, warnings},
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
    warnings: Vec<Warning>,
    /// The address of the style sheet, in a build that has one.
    css: Option<Arc<str>>,
}

impl Around {
    /// Around pages for `actor`; a program has no shell, as it has no menu.
    pub(crate) fn of(edge: &Edge, actor: Option<&Actor>) -> Self {
        Self {
            viewer: actor.and_then(|actor| person(&edge.cx, actor)),
            warnings: warnings(&edge.cx),
            css: edge.site.names().map(|names| Arc::clone(&names.css)),
        }
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
    let nobody = Around { viewer: None, warnings: Vec::new(), css: None };
    html(document(&page, around.unwrap_or(&nobody)))
}

fn html(document: String) -> Response {
    let mut response = Html(Body::from(document)).into_response();
    response.headers_mut().extend(file_script_policy().map(|policy| (header::CONTENT_SECURITY_POLICY, policy)));
    response
}

fn body(page: &Unframed, around: &Around) -> String {
    let notices: String = around.warnings.iter().map(|warning| notice(*warning)).collect();
    match (&page.main, &around.viewer) {
        (Main::Panel(panel), None) => format!(
            "{notices}<main class=\"entry-page\"><div class=\"brand\">{}<span>loki</span></div>{panel}</main>",
            icon_of("knot")
        ),
        (Main::Panel(panel), viewer) => shell(page, viewer.as_ref(), &notices, &format!("<div class=\"account\">{panel}</div>")),
        (Main::Page(main), viewer) => shell(page, viewer.as_ref(), &notices, main),
    }
}

fn notice(warning: Warning) -> String {
    format!("<div class=\"banner warn\" role=\"status\">{}<span>{}</span></div>", icon_of("warn"), escape(words(warning)))
}

/// As `app::chrome` draws it, as far as that goes without script.
fn shell(page: &Unframed, viewer: Option<&Viewer>, notices: &str, main: &str) -> String {
    let item = |NavItem { label, icon, href }: NavItem| {
        let current = if label == page.title { " aria-current=\"page\"" } else { "" };
        format!("<a class=\"item\" href=\"{href}\"{current}>{}<span>{label}</span></a>", icon_of(icon))
    };
    let admin = viewer.filter(|viewer| !viewer.admin.is_empty()).map(|_| ADMIN);
    let items: String = NAV.into_iter().chain(admin).map(item).collect();
    let above: String =
        page.above.iter().map(|(label, href)| format!("<li><a href=\"{href}\">{}</a></li>", escape(label))).collect();
    format!(
        "<a class=\"skip\" href=\"#content\">Skip to the content</a><div class=\"app\"><nav class=\"rail\" aria-label=\"Main\">\
         <a class=\"brand\" href=\"{}\" aria-label=\"loki, home\">{}<span>loki</span></a>{items}\
         <div class=\"foot\">{}<button type=\"button\" class=\"item rail-fold needs-script\" aria-label=\"{FOLD}\" \
         title=\"{FOLD}\" aria-expanded=\"true\">{}</button></div></nav>\
         <nav class=\"crumbs\" aria-label=\"Breadcrumb\"><ol>{above}<li><span aria-current=\"page\">{}</span></li></ol></nav>\
         <header class=\"top\">{}</header><div class=\"notices\">{notices}</div>\
         <main id=\"content\" tabindex=\"-1\">{main}</main></div>",
        to::HOME,
        icon_of("knot"),
        item(API),
        icon_of("chevron"),
        escape(&page.title),
        viewer.map_or_else(|| format!("<a class=\"btn\" href=\"{}\">Sign in</a>", to::LOGIN), top),
    )
}

/// As the interface has it, shown only where scripts run; the style sheet marks the one that is chosen.
const THEMES: &str = "<div class=\"menu-group needs-script\" role=\"group\" aria-label=\"Theme\">\
     <button type=\"button\" class=\"btn\" data-choice=\"dark\">Dark</button>\
     <button type=\"button\" class=\"btn\" data-choice=\"light\">Light</button>\
     <button type=\"button\" class=\"btn\" data-choice=\"system\">System</button></div>";

/// Search and inbox, which need the browser's half and so open on another page, and the menu of whoever looks.
fn top(viewer: &Viewer) -> String {
    let initial: String = viewer.name.chars().take(1).flat_map(char::to_uppercase).collect();
    let links: String =
        LINKS.into_iter().map(|(href, words, _)| format!("<a class=\"menu-item\" href=\"{href}\">{words}</a>")).collect();
    format!(
        "<a class=\"search needs-script\" href=\"{}#search\">{}<span>Search or run a command</span>\
         <kbd aria-hidden=\"true\" data-mod>K</kbd></a>\
         <a class=\"inbox\" href=\"{}\" aria-label=\"Inbox\">{}</a>\
         <details class=\"menu\"><summary aria-label=\"You\"><span class=\"avatar\" aria-hidden=\"true\">{}</span></summary>\
         <div class=\"menu-items\"><p class=\"who\"><b>{}</b><span class=\"muted\">{}</span>\
         <span class=\"muted\">{} · loki {}</span></p>{THEMES}{links}\
         <form method=\"post\" action=\"{}\"><button type=\"submit\" class=\"menu-item\">Sign out</button></form></div></details>",
        to::HOME,
        icon_of("search"),
        to::HOME,
        icon_of("inbox"),
        escape(&initial),
        escape(&viewer.name),
        escape(&viewer.email),
        viewer.role.as_str(),
        escape(&viewer.version),
        to::LOGOUT,
    )
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
