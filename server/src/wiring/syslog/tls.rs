//! The way to a collector through TLS (RFC 5425): its certificate has to be for its name, and by one of the given authorities.

use std::{
    io::{self, Write as _},
    net::{SocketAddr, TcpStream, ToSocketAddrs as _},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rustls::{ClientConfig, ClientConnection, StreamOwned, crypto::ring, pki_types::ServerName};

use crate::config::syslog::read_authorities;

/// A collector that neither takes nor says anything for this long counts as gone.
const PATIENCE: Duration = Duration::from_secs(10);

type Stream = StreamOwned<ClientConnection, TcpStream>;

/// An open connection. It blocks, so all of its work is done on threads that may.
pub(super) struct Tls(Arc<Mutex<Stream>>);

impl Tls {
    /// Connects to `host:port`; `authorities` is a file in PEM.
    pub(super) async fn connect(address: &str, authorities: &Path) -> io::Result<Self> {
        let (address, authorities) = (address.to_owned(), authorities.to_path_buf());
        let stream = blocking(move || open(&address, &authorities)).await?;
        Ok(Self(Arc::new(Mutex::new(stream))))
    }

    /// Whether the other side is gone: what is written then would be lost, and nobody would know.
    pub(super) async fn is_closed(&self) -> bool {
        let stream = Arc::clone(&self.0);
        let looked = blocking(move || is_closed(&mut stream.lock().unwrap_or_else(PoisonError::into_inner))).await;
        looked.unwrap_or(true)
    }

    pub(super) async fn send(&self, text: String) -> io::Result<()> {
        let stream = Arc::clone(&self.0);
        let write = move || {
            let mut stream = stream.lock().unwrap_or_else(PoisonError::into_inner);
            stream.write_all(text.as_bytes())?;
            stream.flush()
        };
        blocking(write).await
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

fn open(address: &str, authorities: &Path) -> io::Result<Stream> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(read_authorities(authorities).map_err(io::Error::other)?)
        .with_no_client_auth();
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host).trim_matches(['[', ']']);
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    let socket = reach(&address.to_socket_addrs()?.collect::<Vec<_>>())?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    let mut stream = StreamOwned::new(connection, socket);
    // Before the first entry: one that went to somebody else would count as sent.
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}

/// A connection to the first of the addresses that takes one; else why the last did not.
fn reach(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    // One that is silent must not use up the time of those behind it, nor that of the handshake.
    let share = PATIENCE / 2 / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let mut problem = io::Error::other("the collector's name has no address");
    for address in addresses {
        match TcpStream::connect_timeout(address, share) {
            Ok(socket) => return Ok(socket),
            Err(error) => problem = error,
        }
    }
    Err(problem)
}

fn is_closed(stream: &mut Stream) -> io::Result<bool> {
    stream.sock.set_nonblocking(true)?;
    let is_closed = loop {
        match stream.conn.read_tls(&mut stream.sock) {
            Ok(0) => break true,
            Ok(_) => match stream.conn.process_new_packets() {
                Ok(state) if !state.peer_has_closed() => {}
                _ => break true,
            },
            Err(error) => break error.kind() != io::ErrorKind::WouldBlock,
        }
    };
    stream.sock.set_nonblocking(false)?;
    Ok(is_closed)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::reach;

    #[test]
    fn the_first_address_that_answers_is_taken_and_else_the_last_problem_is_told() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let open = listener.local_addr().unwrap();
        // Free again, so that nobody listens there.
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(reach(&[closed, open]).unwrap().peer_addr().unwrap(), open);
        assert_eq!(reach(&[closed]).unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
        assert!(reach(&[]).unwrap_err().to_string().contains("no address"));
    }
}
