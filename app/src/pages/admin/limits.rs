//! `/admin/limits`: how often people and programs may ask, and where that comes from.

use leptos::prelude::*;
use protocol::{
    access::Token,
    server::{LimitsInForce, RateLimit},
};

use super::{changes_tokens, crumbs, head};
use crate::{
    loading::{load, loaded_page, refetch_on},
    routes::to,
    server_fns::admin::ask_limits,
    ui::{self, Column, Kind, Row, el, nothing, pieces, text},
};

const LIMITS: &[Column] = &[
    Column { title: "A minute", class: "state named" },
    Column { title: "Requests", class: "main" },
    Column { title: "Counted for", class: "place named" },
    Column { title: "Comes from", class: "place named" },
];

const TOKENS: &[Column] = &[Column { title: "A minute", class: "state named" }, Column { title: "Token", class: "main" }];

pub(super) fn page() -> AnyView {
    let loading = load(ask_limits);
    refetch_on(loading, changes_tokens);
    loaded_page(loading, |limits: LimitsInForce| {
        let about = "Requests over the API, and changes made on the pages of this site. Who asks more often is told to wait, and \
            how long. Looking at pages is not counted.";
        let table = ui::table("Limits in force", LIMITS, limits.limits.into_iter().map(limit).collect());
        let body = pieces(vec![
            head("Limits", about, nothing()),
            ui::panel("", el("div").class("told").child(table).view()),
            tokens(limits.tokens, limits.more_tokens),
        ]);
        ui::page("Limits".to_owned(), crumbs(&[("Limits", to::ADMIN_LIMITS)]), body)
    })
}

fn limit(limit: RateLimit) -> Row {
    let figure = limit.per_minute.map_or_else(|| "no limit".to_owned(), |figure| figure.to_string());
    let name = if limit.name.is_empty() { "read" } else { &limit.name };
    let from = if limit.changed { "--limits, LOKI_LIMITS: " } else { "the default of " };
    let from = el("span").class("soft").text(from).child(ui::code(name)).view();
    Row::new(vec![el("span").class("num").text(figure).view(), text(limit.counts), text(limit.whose), from])
}

fn tokens(tokens: Vec<Token>, more: u64) -> AnyView {
    if tokens.is_empty() {
        return ui::empty(
            "No token has a limit of its own",
            "A token may be given one in place of the server's when it is made or changed.",
            ui::link_button(Kind::Normal, "Show tokens", to::ADMIN_TOKENS),
        );
    }
    let row = |token: Token| {
        let figure = token.rate_limit.map(|limit| limit.to_string()).unwrap_or_default();
        let by = text(format!("made by {}", token.created_by));
        Row::new(vec![el("span").class("num").text(figure).view(), ui::opener(to::token(token.id), &token.name, by)])
    };
    let table = ui::table("Tokens", TOKENS, tokens.into_iter().map(row).collect());
    let panel = ui::panel("Tokens with a limit of their own", table);
    if more == 0 {
        return panel;
    }
    let all = ui::link_button(Kind::Normal, "Show tokens", to::ADMIN_TOKENS);
    let words = el("p").class("soft").text(format!("These were made last. {more} more have a limit of their own.")).view();
    pieces(vec![panel, words, el("p").class("more").child(all).view()])
}
