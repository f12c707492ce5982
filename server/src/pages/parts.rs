//! Parts of the server's own pages: forms and tables as the interface draws them, without script.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse as _, Response},
};
use protocol::access::Role;

use super::{escape, framed};
use crate::guard::headers::file_script_policy;

/// A page within the interface's shell.
pub(super) fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let mut response = (status, Html(Body::from(framed(title, body)))).into_response();
    response.headers_mut().extend(file_script_policy().map(|policy| (header::CONTENT_SECURITY_POLICY, policy)));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The page's heading, with what is wrong below it, if anything is.
pub(super) fn head(title: &str, about: &str, problem: &str) -> String {
    let alert = match problem {
        "" => String::new(),
        problem => format!("<p class=\"form-error\" role=\"alert\"><span>{}</span></p>", escape(problem)),
    };
    format!(
        "<div class=\"page-head\"><div class=\"words\"><h1>{}</h1><p class=\"soft\">{about}</p></div></div>{alert}",
        escape(title)
    )
}

/// A box with a heading.
pub(super) fn panel(title: &str, body: &str) -> String {
    format!(
        "<section class=\"panel\"><header><h2>{}</h2></header><div class=\"panel-body\">{body}</div></section>",
        escape(title)
    )
}

/// A box that a table fills to its edges.
pub(super) fn table_panel(title: &str, table: &str) -> String {
    format!("<section class=\"panel\"><header><h2>{}</h2></header>{table}</section>", escape(title))
}

/// So many of something.
pub(super) fn count(number: u32, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A table; its cells are HTML.
pub(super) fn table(label: &str, columns: &[&str], rows: &[Vec<String>]) -> String {
    let head: String = columns.iter().map(|column| format!("<th scope=\"col\">{column}</th>")).collect();
    let cells = |row: &Vec<String>| row.iter().map(|cell| format!("<td>{cell}</td>")).collect::<String>();
    let rows: String = rows.iter().map(|row| format!("<tr>{}</tr>", cells(row))).collect();
    let label = escape(label);
    format!("<table class=\"rows\" aria-label=\"{label}\"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
}

/// A form that posts to `action`; `what` says which of the page's forms it is.
pub(super) fn form(action: &str, what: &str, body: &str, button: &str) -> String {
    let (action, button) = (escape(action), escape(button));
    format!(
        "<form class=\"form\" method=\"post\" action=\"{action}\"><input type=\"hidden\" name=\"what\" value=\"{what}\">{body}\
         <div class=\"form-end\"><button class=\"btn\" type=\"submit\">{button}</button></div></form>"
    )
}

/// A value that goes along unseen.
pub(super) fn hidden(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value))
}

/// A labelled control; `control` is HTML with that id.
pub(super) fn field(id: &str, label: &str, control: &str) -> String {
    format!("<div class=\"field\"><label for=\"{id}\">{}</label>{control}</div>", escape(label))
}

/// One line of text.
pub(super) fn text(id: &str, name: &str, label: &str, value: &str, kind: &str) -> String {
    let control = format!("<input id=\"{id}\" name=\"{name}\" type=\"{kind}\" autocomplete=\"off\" value=\"{}\">", escape(value));
    field(id, label, &control)
}

/// One of several, by value and words; none of them is first when there is nothing to lose.
pub(super) fn select(id: &str, name: &str, label: &str, options: &[(String, String)], chosen: &str) -> String {
    let option = |(value, words): &(String, String)| {
        let selected = if value == chosen { " selected" } else { "" };
        format!("<option value=\"{}\"{selected}>{}</option>", escape(value), escape(words))
    };
    let options: String = options.iter().map(option).collect();
    field(id, label, &format!("<select id=\"{id}\" name=\"{name}\">{options}</select>"))
}

/// The four roles, the least first.
pub(super) fn roles() -> Vec<(String, String)> {
    let least_first = [Role::Viewer, Role::Auditor, Role::Operator, Role::Admin];
    least_first.into_iter().map(|role| (role.as_str().to_owned(), role.as_str().to_owned())).collect()
}

/// With a capital and a full stop, as people read it.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default();
    if first.is_empty() || first.ends_with('.') { first } else { format!("{first}.") }
}
