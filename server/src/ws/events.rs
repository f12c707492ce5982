//! `GET /ws?after=N`: every event behind a position that the actor may see, each once, in order.

use std::time::Duration;

use axum::{
    extract::{
        FromRequestParts, Request, State, WebSocketUpgrade,
        ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code},
    },
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use domain::{
    access::{Action, may, require},
    actor::Actor,
    errors::explain,
};
use protocol::{
    EventSeq,
    events::{ROLE_CHANGED, SIGNED_OUT, SocketMessage, TOO_MANY_SOCKETS},
};
use serde::Deserialize;
use services::audit::DeniedRequest;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::{
    feed::{Frame, Next},
    open_sockets::Full,
};
use crate::{
    api::Refusals,
    auth::{Credentials, address},
    edge::Edge,
    error::HttpError,
    extract::Asked,
};

/// A page that is further behind is quicker when it loads its state anew.
const FURTHEST: EventSeq = 5_000;
/// Events sent before other things get their turn.
const BURST: usize = 256;
const PING: Duration = Duration::from_secs(25);
/// How long a role that was taken away, a logout or a revoked token can go unnoticed.
const RECHECK: Duration = Duration::from_secs(5);
/// A client that takes no bytes for this long is let go.
const SLOWEST: Duration = Duration::from_secs(10);
/// Clients send pings and nothing else.
const LARGEST_MESSAGE: usize = 64 << 10;

/// The query of the socket's address.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct SocketQuery {
    /// The position to go on from; without one, from now on
    after: Option<EventSeq>,
}

/// A WebSocket with everything that happens, from a position on
#[utoipa::path(get, path = "/ws", tag = "events", params(SocketQuery),
    responses((status = 101, description = "Messages are events (`Envelope`) and `connected`, `ping`, `pong`, `resync`"), Refusals))]
pub async fn open(State(edge): State<Edge>, request: Request) -> Result<Response, HttpError> {
    let (mut parts, _) = request.into_parts();
    let Asked(query) = Asked::<SocketQuery>::from_request_parts(&mut parts, &edge).await?;
    let credentials = Credentials::of(&parts)?;
    let actor = credentials.known(&edge).await?.actor;
    require(&actor, Action::ReadEvents).map_err(services::Error::from)?;
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &edge).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return Ok(rejection.into_response()),
    };

    // A thousand of these are open at once, so each is kept small.
    let upgrade = upgrade
        .read_buffer_size(1 << 10)
        .write_buffer_size(0)
        .max_write_buffer_size(4 << 20)
        .max_message_size(LARGEST_MESSAGE)
        .max_frame_size(LARGEST_MESSAGE);
    let tracker = edge.tasks.token();
    let open_socket = match edge.sockets.take(&actor, edge.cx.clock.now().millis()) {
        Ok(open_socket) => open_socket,
        Err(full) => {
            note(&edge, &parts, actor, &full);
            // A page is not told why a handshake was refused, but it can read why a socket was closed.
            return Ok(upgrade.on_upgrade(async move |mut socket| {
                let _tracked = tracker;
                close(&mut socket, TOO_MANY_SOCKETS, full.words.into()).await;
            }));
        }
    };
    Ok(upgrade.on_upgrade(async move |socket| {
        let _counted = edge.metrics.socket();
        let (_tracked, _open_socket) = (tracker, open_socket);
        Stream { edge, credentials, socket, position: 0, actor }.run(query.after).await;
    }))
}

/// For the audit trail: the handshake itself is none of the answers that go there by themselves.
fn note(edge: &Edge, parts: &Parts, actor: Actor, full: &Full) {
    if full.is_news {
        edge.cx.denials.note(DeniedRequest {
            at: edge.cx.clock.now().millis(),
            actor: Some(actor),
            what: "GET /ws".to_owned(),
            status: StatusCode::TOO_MANY_REQUESTS.as_u16(),
            error: full.words.clone(),
            origin: (*address::of(parts)).clone(),
        });
    }
}

/// Says why a socket ends, if the other side still listens.
async fn close(socket: &mut WebSocket, code: u16, reason: Utf8Bytes) {
    let close = Message::Close(Some(CloseFrame { code, reason }));
    let _ = timeout(SLOWEST, socket.send(close)).await;
}

/// Why a socket ends.
enum End {
    /// The other side is gone or too slow.
    Gone,
    SignedOut,
    RoleChanged,
    ServerStops,
}

struct Stream {
    edge: Edge,
    credentials: Credentials,
    socket: WebSocket,
    actor: Actor,
    /// Everything up to here was sent.
    position: EventSeq,
}

impl Stream {
    async fn run(mut self, after: Option<EventSeq>) {
        let end = match self.begin(after).await {
            Ok(()) => self.follow().await,
            Err(end) => end,
        };
        let (code, reason) = match end {
            End::Gone => return,
            End::SignedOut => (SIGNED_OUT, "signed out"),
            End::RoleChanged => (ROLE_CHANGED, "the role changed"),
            End::ServerStops => (close_code::RESTART, "the server stops"),
        };
        close(&mut self.socket, code, Utf8Bytes::from_static(reason)).await;
    }

    async fn begin(&mut self, after: Option<EventSeq>) -> Result<(), End> {
        let mut newest = self.edge.feed.head();
        // The feed reads a moment later what is committed: that is of before all the same, and a page may know of it already.
        if after.is_none_or(|after| after > newest) {
            newest = services::events::last_seq(&self.edge.cx).await.unwrap_or(newest).max(newest);
        }
        let wanted = after.unwrap_or(newest);
        self.position = wanted.clamp(0, newest);
        let version = self.edge.cx.settings.version.to_owned();
        self.say(&SocketMessage::Connected { seq: self.position, version }).await?;
        // A position that is not there yet is of another database, or of one that was set back.
        if wanted != self.position {
            self.resync(newest).await?;
        }
        Ok(())
    }

    async fn follow(&mut self) -> End {
        let mut head = self.edge.feed.watch();
        let mut access = self.edge.cx.nudges.watch_access();
        let mut pings = interval_at(Instant::now() + PING, PING);
        let mut checks = interval_at(Instant::now() + RECHECK, RECHECK);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stopping = self.edge.stopping.clone();
        loop {
            head.mark_unchanged();
            // What was taken away is gone before anything else is sent.
            if access.has_changed().unwrap_or(false) {
                access.mark_unchanged();
                if let Err(end) = self.check().await {
                    return end;
                }
            }
            let sent = self.catch_up().await;
            let step = match sent {
                Err(end) => Err(end),
                Ok(true) => Ok(()),
                Ok(false) => tokio::select! {
                    () = stopping.cancelled() => Err(End::ServerStops),
                    changed = head.changed() => changed.map_err(|_| End::ServerStops),
                    message = self.socket.recv() => self.heard(message).await,
                    _ = pings.tick() => self.say(&SocketMessage::Ping).await,
                    _ = access.changed() => self.check().await,
                    _ = checks.tick() => self.check().await,
                },
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Sends what is behind the position, a burst at most; `true` when there may be more.
    async fn catch_up(&mut self) -> Result<bool, End> {
        let head = self.edge.feed.head();
        if self.position >= head {
            return Ok(false);
        }
        if head - self.position > FURTHEST {
            self.resync(head).await?;
            return Ok(true);
        }
        let (frames, until) = match self.edge.feed.after(self.position, BURST, self.actor.reach()) {
            Next::Frames { frames, until } => (frames, until),
            Next::TooOld => older(&self.edge, &self.actor, (self.position, head)).await?,
        };
        for frame in frames {
            self.send(frame.text).await?;
            self.position = frame.seq;
        }
        self.position = until;
        Ok(self.position < head)
    }

    async fn resync(&mut self, head: EventSeq) -> Result<(), End> {
        self.position = head;
        self.say(&SocketMessage::Resync { seq: head }).await
    }

    async fn heard(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        match message {
            None | Some(Err(_) | Ok(Message::Close(_))) => Err(End::Gone),
            Some(Ok(Message::Text(text))) => match SocketMessage::parse(&text) {
                Some(SocketMessage::Ping) => self.say(&SocketMessage::Pong).await,
                _ => Ok(()),
            },
            // Pings of the protocol itself are answered below us.
            Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_))) => Ok(()),
        }
    }

    /// Whether the actor may still listen.
    async fn check(&mut self) -> Result<(), End> {
        let known = match self.credentials.refresh().await {
            Ok(()) => self.credentials.known(&self.edge).await,
            Err(error) => Err(error),
        };
        match known {
            // What was sent was chosen for another role; the other side begins anew.
            Ok(known) if known.actor.scopes() != self.actor.scopes() => Err(End::RoleChanged),
            Ok(known) if may(&known.actor, Action::ReadEvents) => {
                let reaches_the_same = known.actor.reach() == self.actor.reach();
                self.actor = known.actor;
                // What a page shows of teams and shared projects was what was open before.
                if reaches_the_same { Ok(()) } else { self.resync(self.position).await }
            }
            // A database that does not answer for a while ends no login.
            Err(error) if error.status().is_server_error() => Ok(()),
            Ok(_) | Err(_) => Err(End::SignedOut),
        }
    }

    async fn say(&mut self, message: &SocketMessage) -> Result<(), End> {
        let text = serde_json::to_string(message).map_err(|_| End::Gone)?;
        self.send(text.into()).await
    }

    async fn send(&mut self, text: Utf8Bytes) -> Result<(), End> {
        match timeout(SLOWEST, self.socket.send(Message::Text(text))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }
}

/// What the ring has no more comes from the database.
async fn older(edge: &Edge, actor: &Actor, (position, head): (EventSeq, EventSeq)) -> Result<(Vec<Frame>, EventSeq), End> {
    let most = u32::try_from(BURST).unwrap_or(u32::MAX);
    match services::events::read(&edge.cx, actor, position, most).await {
        Ok(envelopes) => {
            let full = envelopes.len() >= BURST;
            // What was not read up to the head is not for this reader.
            let last = envelopes.last().map_or(position, |last| last.seq);
            let until = if full { last } else { last.max(head) };
            Ok((envelopes.iter().filter_map(Frame::new).collect(), until))
        }
        Err(error) => {
            tracing::error!(error = %explain(&error), "older events could not be read for a socket");
            Err(End::ServerStops)
        }
    }
}
