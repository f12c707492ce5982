//! The event socket, as a page or a script holds it.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use protocol::{Envelope, EventSeq, events::SocketMessage};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest as _,
        http::{HeaderName, HeaderValue},
    },
};

use crate::{Actor, DEADLINE, actor::Credentials};

/// The status with which a socket was refused, or the code with which it was closed at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused(pub u16);

/// An open socket.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The position that the server said it goes on from.
    pub connected: EventSeq,
}

/// What came.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    Event(Envelope),
    Message(SocketMessage),
    /// The server closed, with its code and words.
    Closed(u16, String),
}

impl Socket {
    pub(crate) async fn open(actor: &Actor<'_>, after: Option<EventSeq>, headers: &[(&str, &str)]) -> Result<Self, Refused> {
        let query = after.map(|after| format!("?after={after}")).unwrap_or_default();
        let mut request = format!("ws://{}/ws{query}", actor.app.host()).into_client_request().expect("the socket's address");
        let mut own: Vec<(String, String)> = match &actor.credentials {
            Credentials::None => Vec::new(),
            Credentials::Bearer(secret) => vec![("authorization".into(), format!("Bearer {secret}"))],
            Credentials::Cookie(_) => {
                vec![("cookie".into(), format!("loki_login={}", actor.secret())), ("origin".into(), actor.app.url())]
            }
        };
        own.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        for (name, value) in own {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
            if value.is_empty() {
                request.headers_mut().remove(&name);
            } else {
                request.headers_mut().insert(name, HeaderValue::from_str(&value).expect("a header's value"));
            }
        }
        let stream = match connect_async(request).await {
            Ok((stream, _)) => stream,
            Err(Error::Http(response)) => return Err(Refused(response.status().as_u16())),
            Err(error) => panic!("the socket: {error}"),
        };
        let mut socket = Self { stream, connected: 0 };
        match socket.hears().await {
            Heard::Message(SocketMessage::Connected { seq, .. }) => socket.connected = seq,
            Heard::Closed(code, _) => return Err(Refused(code)),
            other => panic!("the first message is {other:?}"),
        }
        Ok(socket)
    }

    /// The next message, whatever it is.
    pub async fn hears(&mut self) -> Heard {
        loop {
            let next = tokio::time::timeout(DEADLINE, self.stream.next()).await.expect("a message in time");
            match next {
                Some(Ok(Message::Text(text))) => {
                    return match serde_json::from_str::<Envelope>(&text) {
                        Ok(envelope) => Heard::Event(envelope),
                        Err(_) => Heard::Message(SocketMessage::parse(&text).expect("a message of the protocol")),
                    };
                }
                Some(Ok(Message::Close(frame))) => {
                    let frame = frame.map(|frame| (u16::from(frame.code), frame.reason.to_string()));
                    let (code, reason) = frame.unwrap_or_default();
                    return Heard::Closed(code, reason);
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Heard::Closed(0, String::new()),
            }
        }
    }

    /// All events up to the first of type `kind`, which is the last one returned.
    pub async fn until(&mut self, kind: &str) -> Vec<Envelope> {
        let mut events = Vec::new();
        loop {
            match self.hears().await {
                Heard::Event(event) => {
                    let last = event.kind == kind;
                    events.push(event);
                    if last {
                        return events;
                    }
                }
                Heard::Message(SocketMessage::Ping | SocketMessage::Resync { .. }) => {}
                other => panic!("{other:?} instead of {kind}"),
            }
        }
    }

    /// Sends a message.
    pub async fn say(&mut self, message: &SocketMessage) {
        let text = serde_json::to_string(message).expect("a message");
        self.stream.send(Message::Text(text.into())).await.expect("the socket takes it");
    }

    /// Sends whatever text; that the server has closed meanwhile is no fault.
    pub async fn say_text(&mut self, text: &str) {
        drop(self.stream.send(Message::Text(text.into())).await);
    }

    /// Whether nothing comes for a moment.
    pub async fn is_quiet(&mut self) -> bool {
        tokio::time::timeout(Duration::from_millis(300), self.stream.next()).await.is_err()
    }
}
