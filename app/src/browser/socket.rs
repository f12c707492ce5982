//! A WebSocket to this server.

/// What a socket tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Opened,
    Text(String),
    /// With the code that the other side gave; 1006 when it gave none.
    Closed(u16),
}

/// Called for everything that a socket tells, until it was closed or dropped.
pub type OnHeard = Box<dyn Fn(Heard)>;

#[cfg(not(feature = "hydrate"))]
pub struct Socket;

#[cfg(not(feature = "hydrate"))]
impl Socket {
    pub fn open(_path: &str, _heard: OnHeard) -> Option<Self> {
        None
    }

    pub fn send(&self, _text: &str) {}
}

/// An open socket; dropping it closes it.
#[cfg(feature = "hydrate")]
pub struct Socket {
    socket: web_sys::WebSocket,
    listeners: [wasm_bindgen::closure::Closure<dyn Fn(web_sys::Event)>; 3],
}

#[cfg(feature = "hydrate")]
impl Socket {
    /// Opens a path of this server.
    pub fn open(path: &str, heard: OnHeard) -> Option<Self> {
        use std::rc::Rc;

        use wasm_bindgen::{JsCast, closure::Closure};

        let location = web_sys::window()?.location();
        let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
        let socket = web_sys::WebSocket::new(&format!("{scheme}://{}{path}", location.host().ok()?)).ok()?;
        let heard = Rc::new(heard);
        let listen = |name: &str, tell: Rc<dyn Fn(web_sys::Event)>| {
            let listener = Closure::<dyn Fn(web_sys::Event)>::new(move |event| tell(event));
            // It fails for no event of a socket.
            let _listening = socket.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
            listener
        };
        let opened = Rc::clone(&heard);
        let said = Rc::clone(&heard);
        let listeners = [
            listen("open", Rc::new(move |_| opened(Heard::Opened))),
            listen(
                "message",
                Rc::new(move |event| {
                    let text = event.dyn_into::<web_sys::MessageEvent>().ok().and_then(|event| event.data().as_string());
                    if let Some(text) = text {
                        said(Heard::Text(text));
                    }
                }),
            ),
            listen(
                "close",
                Rc::new(move |event| {
                    let code = event.dyn_into::<web_sys::CloseEvent>().map_or(1006, |event| event.code());
                    heard(Heard::Closed(code));
                }),
            ),
        ];
        Some(Self { socket, listeners })
    }

    /// Sends a text; one that cannot be sent is lost with its socket.
    pub fn send(&self, text: &str) {
        let _sent = self.socket.send_with_str(text);
    }
}

#[cfg(feature = "hydrate")]
impl Drop for Socket {
    fn drop(&mut self) {
        use wasm_bindgen::JsCast;

        for (name, listener) in ["open", "message", "close"].into_iter().zip(&self.listeners) {
            let _removed = self.socket.remove_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
        }
        let _closed = self.socket.close();
    }
}
