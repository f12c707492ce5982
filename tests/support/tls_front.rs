//! TLS in front of a server of a test, as a proxy has it.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use crate::smtp::encrypted;

/// How long one side is listened to before the other has its turn.
const TURN: Duration = Duration::from_millis(10);

/// A proxy that takes TLS off; its certificate is by [`crate::smtp::authority`].
#[derive(Debug)]
pub struct TlsFront {
    listener: TcpListener,
    overheard: Arc<Mutex<Vec<u8>>>,
}

impl TlsFront {
    /// One that has its address and leads nowhere yet.
    pub fn bind() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").expect("a port"), overheard: Arc::default() }
    }

    /// `host:port`.
    pub fn host(&self) -> String {
        self.listener.local_addr().expect("its address").to_string()
    }

    /// Leads to a server from now on.
    pub fn leads_to(&self, server: &str) {
        let server: SocketAddr = server.parse().expect("an address");
        let listener = self.listener.try_clone().expect("a descriptor");
        let overheard = Arc::clone(&self.overheard);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let overheard = Arc::clone(&overheard);
                // A side that hangs up is no fault.
                thread::spawn(move || drop(pass_on(stream, server, &overheard)));
            }
        });
    }

    /// Everything that the server answered, without TLS.
    pub fn overheard(&self) -> String {
        String::from_utf8_lossy(&self.overheard.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

fn pass_on(stream: TcpStream, server: SocketAddr, overheard: &Mutex<Vec<u8>>) -> io::Result<()> {
    let mut plain = TcpStream::connect(server)?;
    stream.set_read_timeout(Some(TURN))?;
    plain.set_read_timeout(Some(TURN))?;
    let mut tls = encrypted(stream)?;
    loop {
        let Some(said) = heard(&mut tls)? else { return Ok(()) };
        plain.write_all(&said)?;
        let Some(said) = heard(&mut plain)? else { return Ok(()) };
        overheard.lock().unwrap_or_else(PoisonError::into_inner).extend(&said);
        // Before a handshake is done there is nothing that could go out.
        if !said.is_empty() {
            tls.write_all(&said)?;
            tls.flush()?;
        }
    }
}

/// What one side says in its turn; nothing when it hung up.
fn heard(side: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut buffer = vec![0; 16 << 10];
    match side.read(&mut buffer) {
        Ok(0) => Ok(None),
        Ok(length) => {
            buffer.truncate(length);
            Ok(Some(buffer))
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => Ok(Some(Vec::new())),
        Err(error) => Err(error),
    }
}
