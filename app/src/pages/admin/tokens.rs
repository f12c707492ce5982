//! `/admin/tokens`: all API tokens. What is shown is in the address.

use leptos::prelude::*;
use protocol::{Timestamp, access::Token};

use super::{asked_here, changes_tokens, crumbs, head};
use crate::{
    loading::{load, loaded_list, refetch_at_rest},
    pages::asked::{kept, search_line},
    routes::to,
    server_fns::admin::tokens::{Standing, TokenLine, TokensPage, ask_tokens},
    ui::{self, Column, Kind, Row, Tab, Tone, div, el, pieces, text},
    words,
};

const COLUMNS: &[Column] = &[
    Column { title: "State", class: "state" },
    Column { title: "Token", class: "main" },
    Column { title: "May", class: "when wide" },
    Column { title: "Last used", class: "count wide" },
    Column { title: "Until", class: "elapsed until named" },
];

/// What the columns are called in addresses; what sorts nothing has no name.
const SORTS: [&str; 5] = ["", "name", "may", "used", "until"];

/// What the address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Asked {
    q: String,
    all: String,
    sort: String,
    after: String,
}

impl Asked {
    /// To the same tokens in that order, from behind that cursor.
    fn link(&self, sort: &str, after: &str) -> String {
        to::asking(to::ADMIN_TOKENS, &[("q", &self.q), ("all", &self.all), ("sort", sort), ("after", after)])
    }
}

pub(super) fn page() -> AnyView {
    let query = asked_here();
    let asked = Memo::new(move |_| {
        query.with(|query| Asked {
            q: query.get("q").unwrap_or_default(),
            all: query.get("all").unwrap_or_default(),
            sort: query.get("sort").unwrap_or_default(),
            after: query.get("after").unwrap_or_default(),
        })
    });
    let loading = load(move || asked.with(|asked| ask_tokens(&asked.q, &asked.all, &asked.sort, &asked.after)));
    // The words that are looked for stand in a form of the page.
    refetch_at_rest(loading, changes_tokens);
    let first = move || asked.with_untracked(|asked| asked.link(&asked.sort, ""));
    loaded_list(loading, first, move |page| show(page, &asked.get_untracked()))
}

/// The page with its tokens, or with what stands in their place.
fn show(page: Result<TokensPage, AnyView>, asked: &Asked) -> AnyView {
    let new = ui::link_button(Kind::Primary, "New token", to::NEW_TOKEN);
    let rows = page.map_or_else(|problem| problem, |page| tokens(page, asked));
    let parts = vec![head("Tokens", "What programs sign in with.", new), tools(asked), rows];
    ui::page("Tokens".to_owned(), crumbs(&[("Tokens", to::ADMIN_TOKENS)]), pieces(parts))
}

fn tokens(page: TokensPage, asked: &Asked) -> AnyView {
    let mut parts = Vec::new();
    if page.lines.is_empty() {
        parts.push(nothing_found(asked));
    } else {
        let sorted = |sort: &str| asked.link(sort, "");
        let rows = page.lines.into_iter().map(row).collect();
        parts.push(ui::panel("", ui::table_sorted("Tokens", COLUMNS, rows, (&SORTS, &asked.sort), &sorted)));
    }
    if let Some(after) = page.next {
        let words = if asked.sort.is_empty() { "Show older tokens" } else { "Show more tokens" };
        parts.push(el("p").class("more").child(ui::link_button(Kind::Normal, words, asked.link(&asked.sort, &after))).view());
    }
    pieces(parts)
}

fn tools(asked: &Asked) -> AnyView {
    let form = el("form").class("filter-line").attr("method", "get").attr("action", to::ADMIN_TOKENS).attr("role", "search");
    let form = form.child(kept("all", &asked.all)).child(kept("sort", &asked.sort));
    let form = form.children(search_line("Search tokens", asked.q.clone())).view();
    let tab = |label, all: &str| Tab {
        label,
        href: to::asking(to::ADMIN_TOKENS, &[("q", &asked.q), ("all", all), ("sort", &asked.sort)]),
        current: asked.all.is_empty() == all.is_empty(),
        note: String::new(),
    };
    let tabs = ui::tabs("Which", vec![tab("Not revoked", ""), tab("All", "1")]);
    div("list-head").child(form).child(tabs).view()
}

fn row(line: TokenLine) -> Row {
    let token = &line.token;
    // A phone has no column for what it may.
    let phone = el("span").class("phone-only").text(format!("May: {} · ", may(token))).view();
    let name = format!("{}by {} · ", narrowed(token), token.created_by);
    let small = |words: String| el("span").class("soft").text(words).view();
    let used = token.last_used.map_or_else(|| small("never".to_owned()), |at| el("span").class("soft").child(ui::ago(at)).view());
    let row = Row::new(vec![
        standing(line.standing),
        ui::opener(to::token(token.id), &token.name, pieces(vec![phone, text(name), ui::ago(token.created_at)])),
        ui::clipped(&may(token)),
        used,
        until(token),
    ]);
    if line.standing == Standing::Revoked {
        return row;
    }
    let fields = to::asking("", &[("id", &token.id.to_string())]);
    row.selected_by(ui::pick("Revoke", "/ui/revoke_token", fields, &token.name))
}

/// How it stands, as a chip.
pub(super) fn standing(standing: Standing) -> AnyView {
    match standing {
        Standing::Active => ui::chip(Tone::Good, "check", "active"),
        Standing::Replaced => ui::chip(Tone::Warn, "clock", "replaced"),
        Standing::Expired => ui::chip(Tone::Held, "clock", "expired"),
        Standing::Revoked => ui::chip(Tone::Held, "cross", "revoked"),
    }
}

/// Its role, or its own scopes.
pub(super) fn may(token: &Token) -> String {
    let scopes = || token.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ");
    token.role.map_or_else(scopes, |role| words::role_name(role).to_owned())
}

/// Where it counts from.
pub(super) fn addresses(token: &Token) -> String {
    if token.allowed_ips.is_empty() { "everywhere".to_owned() } else { token.allowed_ips.join(", ") }
}

/// What holds it narrower than other tokens, in front of the rest of its line.
fn narrowed(token: &Token) -> String {
    let from = (!token.allowed_ips.is_empty()).then(|| format!("from {} · ", addresses(token)));
    let limit = token.rate_limit.map(|limit| format!("{limit} a minute · "));
    [from, limit].into_iter().flatten().collect()
}

/// The day on which it ends, by its time or because another one took its place.
pub(super) fn until(token: &Token) -> AnyView {
    let ends = [token.expires_at, token.rotation_expires_at].into_iter().flatten();
    let Some(end) = ends.min_by_key(|end| end.millis()) else { return text("for ever") };
    el("time").class("num soft").attr("datetime", end.to_string()).attr("title", ui::exact(end)).text(day(end)).view()
}

fn day(at: Timestamp) -> String {
    ui::exact(at).get(..10).unwrap_or_default().to_owned()
}

fn nothing_found(asked: &Asked) -> AnyView {
    if asked.q.is_empty() && asked.after.is_empty() {
        return ui::empty(
            "No tokens yet",
            "A program signs in with a token of its own, which can be ended without ending any other.",
            ui::link_button(Kind::Primary, "New token", to::NEW_TOKEN),
        );
    }
    ui::empty(
        "No such tokens",
        "Nothing fits what is asked for.",
        ui::link_button(Kind::Normal, "Show all tokens", to::ADMIN_TOKENS),
    )
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::{Asked, nothing_found};
    use crate::rendering_tests::html;

    /// Where that is primary, the style sheet takes the same away from the head of the page.
    #[test]
    fn without_tokens_the_one_thing_to_do_is_a_new_one() {
        let html = html("/admin/tokens", || nothing_found(&Asked::default()));

        for part in ["No tokens yet", "btn primary", "New token"] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
    }
}
