//! A door before PostgreSQL: it can be closed, and whoever went through is thrown out.

use std::{
    fs, io,
    net::Shutdown,
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use tempfile::TempDir;

use crate::postgres;

/// What PostgreSQL calls its socket.
const SOCKET: &str = ".s.PGSQL.5432";

/// A proxy before a database of its own.
#[derive(Debug)]
pub struct Door {
    /// The database's address behind the door.
    behind: String,
    folder: TempDir,
    passages: Passages,
}

/// Both ends of every connection.
#[derive(Clone, Debug, Default)]
struct Passages(Arc<Mutex<(State, Vec<UnixStream>)>>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Open,
    Closed,
}

impl Door {
    pub fn before_postgres() -> Self {
        let behind = postgres::new_database();
        let folder = tempfile::Builder::new().prefix("loki-door-").tempdir().expect("a folder");
        let listener = UnixListener::bind(folder.path().join(SOCKET)).expect("a socket");
        let (passages, socket) = (Passages::default(), Path::new(parts(&behind).1).join(SOCKET));
        let kept = passages.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A side that hangs up is no fault.
                let _ = kept.lead(client, &socket);
            }
        });
        Self { behind, folder, passages }
    }

    /// The database's address through the door.
    pub fn url(&self) -> String {
        format!("{}?host={}", parts(&self.behind).0, self.folder.path().display())
    }

    /// Its address past the door.
    pub fn url_behind(&self) -> &str {
        &self.behind
    }

    /// Cuts every connection; new ones are taken.
    pub fn cuts(&self) {
        self.passages.cut(State::Open);
    }

    /// Cuts every connection; there is nothing any more to connect to, as after an end of PostgreSQL on the same machine.
    pub fn vanishes(&self) {
        fs::rename(self.socket(), self.aside()).expect("the socket");
        self.passages.cut(State::Closed);
    }

    /// Cuts every connection and refuses new ones, as another machine does without PostgreSQL.
    pub fn refuses(&self) {
        self.vanishes();
        // A socket that nobody listens at.
        drop(UnixListener::bind(self.socket()).expect("a socket"));
    }

    /// Takes connections again.
    pub fn is_back(&self) {
        self.passages.lock().0 = State::Open;
        fs::rename(self.aside(), self.socket()).expect("the socket");
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join(SOCKET)
    }

    fn aside(&self) -> PathBuf {
        self.folder.path().join("aside")
    }
}

/// What stands before the folder of a database's socket in its address, and that folder.
fn parts(url: &str) -> (&str, &str) {
    url.split_once("?host=").expect("an address with a socket")
}

impl Passages {
    fn lock(&self) -> MutexGuard<'_, (State, Vec<UnixStream>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leads a client to PostgreSQL, unless the door was closed before it had gone through.
    fn lead(&self, client: UnixStream, socket: &Path) -> io::Result<()> {
        let server = UnixStream::connect(socket)?;
        let mut passages = self.lock();
        if passages.0 == State::Closed {
            return Ok(());
        }
        passages.1.extend([client.try_clone()?, server.try_clone()?]);
        let there = (client.try_clone()?, server.try_clone()?);
        for (mut from, mut to) in [there, (server, client)] {
            thread::spawn(move || {
                let _ = io::copy(&mut from, &mut to);
                end(&from);
                end(&to);
            });
        }
        Ok(())
    }

    fn cut(&self, state: State) {
        let mut passages = self.lock();
        passages.0 = state;
        passages.1.drain(..).for_each(|stream| end(&stream));
    }
}

/// Ends a connection in both directions, whoever else holds it.
fn end(stream: &UnixStream) {
    let _ = stream.shutdown(Shutdown::Both);
}
