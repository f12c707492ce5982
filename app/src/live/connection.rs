//! The socket of this tab: opened at the position that the page was rendered at, and again from the last event that was
//! applied, so that nothing is missed and nothing counts twice.

use std::{cell::RefCell, rc::Rc, time::Duration};

use leptos::prelude::*;
use protocol::{
    Envelope, EventSeq, Timestamp,
    events::{ROLE_CHANGED, SIGNED_OUT, TOO_MANY_SOCKETS},
};
use serde_json::Value;

use super::backoff;
use crate::{
    browser::{
        self, IS_BROWSER,
        socket::{Heard, Socket},
    },
    ui::{self, el},
};

/// The server pings every 25 seconds; a socket that is silent for longer than twice that is dead.
const SILENCE_MS: i64 = 60_000;
/// Failures in a row from which on the page says that it is offline.
const OFFLINE: u32 = 3;
/// How long a page waits for another one to be closed.
const FULL: Duration = Duration::from_secs(30);
const PONG: &str = r#"{"type":"pong"}"#;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Opening,
    Live,
    Lost { failures: u32 },
    TooMany,
    SignedOut,
}

#[derive(Clone, Copy)]
struct Shown {
    link: RwSignal<Link>,
    last: RwSignal<Option<Timestamp>>,
}

type OnEvent = Rc<dyn Fn(&Envelope)>;
type OnResync = Rc<dyn Fn()>;

/// What one tab holds. The server never has one.
#[derive(Default)]
struct Tab {
    shown: Option<Shown>,
    socket: Option<Socket>,
    /// Counts sockets, so that what an old one says late is not heard.
    turn: u32,
    failures: u32,
    /// The login that the socket was opened with counts no more. It may go on under another id, which the next socket has.
    is_refused: bool,
    heard_at: i64,
    started_at: Option<EventSeq>,
    position: EventSeq,
    /// The oldest position that a page asked for before the socket was opened.
    wanted: Option<EventSeq>,
    count: u32,
    events: Vec<(u32, OnEvent)>,
    resyncs: Vec<(u32, OnResync)>,
}

thread_local! {
    static TAB: RefCell<Tab> = RefCell::default();
}

/// What the shell and the pages share of the socket; called once, before they are made.
pub fn provide() {
    let shown = Shown { link: RwSignal::new(Link::Opening), last: RwSignal::new(None) };
    provide_context(shown);
    if IS_BROWSER {
        TAB.with_borrow_mut(|tab| tab.shown = Some(shown));
    }
}

/// Opens the socket at the position that the page was rendered at; called in the browser, once the viewer is known.
pub fn start(seq: EventSeq) {
    if !IS_BROWSER {
        return;
    }
    TAB.with_borrow_mut(|tab| {
        let first = tab.wanted.map_or(seq, |wanted| wanted.min(seq));
        tab.started_at = Some(first);
        tab.position = first;
    });
    connect();
    // Both last as long as the tab.
    let _checking = set_interval_with_handle(check, Duration::from_secs(15));
    let _listening = window_event_listener_untyped("online", |_| reconnect_now());
}

/// Since when a page hears of events.
#[derive(Clone, Copy, Debug)]
pub struct Subscription {
    since: Option<EventSeq>,
}

impl Subscription {
    /// Of a page that let everything before `first` go.
    pub fn heard_from(&mut self, first: EventSeq) {
        self.since = Some(first - 1);
    }
}

/// Calls `handler` for each event as long as the page that asked is shown.
pub fn on_event(handler: impl Fn(&Envelope) + 'static) {
    subscribe(Rc::new(handler));
}

/// As [`on_event`], for pages that have to know from where on they hear everything.
pub fn subscribe(handler: OnEvent) -> Subscription {
    if !IS_BROWSER {
        return Subscription { since: None };
    }
    let (id, since) = TAB.with_borrow_mut(|tab| {
        tab.count += 1;
        tab.events.push((tab.count, handler));
        (tab.count, tab.started_at.map(|_| tab.position))
    });
    on_cleanup(move || TAB.with_borrow_mut(|tab| tab.events.retain(|(other, _)| *other != id)));
    Subscription { since }
}

/// Calls `handler` when what a page shows has to be read anew: events were left out, or other things are open to this person.
pub fn on_resync(handler: impl Fn() + 'static) {
    if !IS_BROWSER {
        return;
    }
    let id = TAB.with_borrow_mut(|tab| {
        tab.count += 1;
        tab.resyncs.push((tab.count, Rc::new(handler)));
        tab.count
    });
    on_cleanup(move || TAB.with_borrow_mut(|tab| tab.resyncs.retain(|(other, _)| *other != id)));
}

/// Makes sure that everything after `seq` is heard by a page that was rendered at `seq`. Where the socket is further
/// already than when the page began to listen, it goes back; who hears an event twice knows it by its position.
pub fn rewind(subscription: Subscription, seq: EventSeq) {
    if !IS_BROWSER {
        return;
    }
    let back = TAB.with_borrow_mut(|tab| {
        let Some(started_at) = tab.started_at else {
            tab.wanted = Some(tab.wanted.map_or(seq, |wanted| wanted.min(seq)));
            return false;
        };
        let missing = seq < subscription.since.unwrap_or(started_at);
        if missing {
            tab.position = tab.position.min(seq);
        }
        missing
    });
    if back {
        connect();
    }
}

/// Opens a socket in place of the one before.
fn connect() {
    let (turn, path, _old) = TAB.with_borrow_mut(|tab| {
        tab.turn += 1;
        tab.heard_at = browser::now().unwrap_or_default();
        (tab.turn, format!("/ws?after={}", tab.position), tab.socket.take())
    });
    let socket = Socket::open(&path, Box::new(move |heard| hear(turn, heard)));
    let failed = socket.is_none();
    TAB.with_borrow_mut(|tab| tab.socket = socket);
    if failed {
        lost(0);
    }
}

fn hear(turn: u32, heard: Heard) {
    let current = TAB.with_borrow_mut(|tab| {
        tab.heard_at = browser::now().unwrap_or_default();
        tab.turn == turn
    });
    if !current {
        return;
    }
    match heard {
        Heard::Opened => {}
        Heard::Closed(code) => lost(code),
        Heard::Text(text) => match serde_json::from_str::<Envelope>(&text) {
            Ok(envelope) => deliver(&envelope),
            Err(_) => obey(&text),
        },
    }
}

fn deliver(envelope: &Envelope) {
    let handlers = TAB.with_borrow_mut(|tab| {
        if envelope.seq <= tab.position {
            return Vec::new();
        }
        tab.position = envelope.seq;
        if let Some(shown) = tab.shown {
            shown.last.set(Some(envelope.at));
        }
        tab.events.iter().map(|(_, handler)| Rc::clone(handler)).collect::<Vec<_>>()
    });
    for handler in handlers {
        handler(envelope);
    }
}

/// What is no event is a [`protocol::events::SocketMessage`]; its few fields are read without the code of a typed reader.
fn obey(text: &str) {
    let Ok(message) = serde_json::from_str::<Value>(text) else { return };
    match message.get("type").and_then(Value::as_str) {
        Some("connected") => {
            let was_refused = TAB.with_borrow_mut(|tab| {
                tab.failures = 0;
                std::mem::take(&mut tab.is_refused)
            });
            show(Link::Live);
            // The login goes on under another id, perhaps because its rights are others now.
            if was_refused {
                resync();
            }
        }
        Some("ping") => TAB.with_borrow(|tab| {
            if let Some(socket) = &tab.socket {
                socket.send(PONG);
            }
        }),
        Some("resync") => {
            let seq = message.get("seq").and_then(Value::as_i64).unwrap_or_default();
            TAB.with_borrow_mut(|tab| tab.position = seq);
            resync();
        }
        // A message of a newer server.
        _ => {}
    }
}

fn lost(code: u16) {
    if code == ROLE_CHANGED {
        connect();
        return resync();
    }
    let is_full = code == TOO_MANY_SOCKETS;
    // Whose sockets are counted is signed in.
    let was_refused = !is_full && TAB.with_borrow_mut(|tab| std::mem::replace(&mut tab.is_refused, code == SIGNED_OUT));
    if was_refused {
        TAB.with_borrow_mut(|tab| tab.socket = None);
        return show(Link::SignedOut);
    }
    if code == SIGNED_OUT {
        return connect();
    }
    let (failures, turn) = TAB.with_borrow_mut(|tab| {
        tab.failures += 1;
        (tab.failures, tab.turn)
    });
    show(if is_full { Link::TooMany } else { Link::Lost { failures } });
    let again = move || {
        if TAB.with_borrow(|tab| tab.turn) == turn {
            connect();
        }
    };
    set_timeout(again, if is_full { FULL } else { backoff::wait(failures, browser::chance()) });
}

/// What pages show is read anew: something was left out, or whoever looks may see or do something else.
fn resync() {
    let handlers = TAB.with_borrow(|tab| tab.resyncs.iter().map(|(_, handler)| Rc::clone(handler)).collect::<Vec<_>>());
    for handler in handlers {
        handler();
    }
}

/// Finds sockets whose other side is gone without a word.
fn check() {
    let now = browser::now().unwrap_or_default();
    let silent = TAB.with_borrow(|tab| tab.failures == 0 && tab.socket.is_some() && now - tab.heard_at > SILENCE_MS);
    if silent {
        TAB.with_borrow_mut(|tab| tab.failures += 1);
        show(Link::Lost { failures: 1 });
        connect();
    }
}

fn reconnect_now() {
    if TAB.with_borrow(|tab| tab.failures > 0) {
        connect();
    }
}

fn show(link: Link) {
    if let Some(shown) = TAB.with_borrow(|tab| tab.shown) {
        shown.link.set(link);
    }
}

/// Whether the page is live, as a dot and a word. Before the browser knows, it has the room of the word.
pub fn connection_dot() -> AnyView {
    let Some(shown) = use_context::<Shown>() else { return ui::nothing() };
    let class = move || {
        let state = match shown.link.get() {
            Link::Opening => "conn needs-script opening",
            Link::Live => "conn needs-script online",
            Link::Lost { failures } if failures < OFFLINE => "conn needs-script warn",
            Link::Lost { .. } | Link::TooMany | Link::SignedOut => "conn needs-script bad",
        };
        Some(state.to_owned())
    };
    let word = ui::live(move || {
        let word = match (shown.link.get(), shown.last.get()) {
            (Link::Opening, _) => "Connecting".to_owned(),
            (Link::Live, _) => "Live".to_owned(),
            (Link::Lost { failures }, _) if failures < OFFLINE => "Reconnecting".to_owned(),
            (Link::Lost { .. }, Some(at)) => format!("Offline since {}", ui::exact(at).get(11..16).unwrap_or_default()),
            (Link::Lost { .. }, None) => "Offline".to_owned(),
            (Link::TooMany, _) => "Too many pages open".to_owned(),
            (Link::SignedOut, _) => "Signed out".to_owned(),
        };
        ui::text(word)
    });
    let exact = move || shown.last.get().map(|at| format!("Last event {}", ui::exact(at)));
    let dot = el("i").class("dot").attr("aria-hidden", "true").view();
    let word = el("span").class("conn-word").child(word).view();
    el("span").live_attr("class", class).attr("role", "status").live_attr("title", exact).child(dot).child(word).view()
}
