//! A mail server that speaks SMTP over TCP and TLS, takes mail or refuses it, and keeps what it took.

use std::{
    collections::VecDeque,
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::Engine as _;
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

use crate::{DEADLINE, eventually};

/// How the way to it is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    #[default]
    None,
    /// From the first byte.
    Wrapped,
    /// Offered, and needed before anything else.
    StartTls,
}

/// What it does with the next mail, instead of taking it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Refuses the recipient in these words.
    Refuses(&'static str),
    /// Refuses the mail itself, when it has all of it.
    RefusesData(&'static str),
    /// Takes it, and hangs up without saying so.
    TakesAndHangsUp,
    /// Takes it, and never answers.
    TakesAndStalls,
    /// Hangs up when a client comes.
    HangsUp,
}

/// A mail that it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub from: String,
    pub to: Vec<String>,
    /// Headers and text, line ends as they came.
    pub data: String,
    /// Account and password that were given for it.
    pub account: Option<(String, String)>,
    pub encrypted: bool,
    /// Whether it said that it took it.
    pub answered: bool,
}

impl Received {
    /// A header's value; empty when it is not there.
    pub fn header(&self, name: &str) -> String {
        let head = self.data.split("\r\n\r\n").next().unwrap_or_default();
        let line = head.split("\r\n").find(|line| line.to_lowercase().starts_with(&format!("{}:", name.to_lowercase())));
        line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    }

    /// What stands below the headers, as a person reads it.
    pub fn text(&self) -> String {
        let text = self.data.split_once("\r\n\r\n").map_or("", |(_, text)| text);
        match self.header("content-transfer-encoding").as_str() {
            "quoted-printable" => unquoted(text),
            "base64" => {
                let bytes = base64::engine::general_purpose::STANDARD.decode(text.split_whitespace().collect::<String>());
                String::from_utf8(bytes.expect("base64")).expect("text")
            }
            _ => text.to_owned(),
        }
    }

    /// The line of the text that is a link.
    #[track_caller]
    pub fn link(&self) -> String {
        let text = self.text();
        let found = text.lines().find(|line| line.starts_with("http"));
        found.unwrap_or_else(|| panic!("no link in {}", self.data)).trim().to_owned()
    }
}

#[derive(Debug, Default)]
struct State {
    next: VecDeque<Does>,
    mails: Vec<Received>,
    /// Everything that clients said before they were encrypted.
    overheard: String,
    connections: usize,
}

/// A mail server of a test.
#[derive(Debug)]
pub struct SmtpServer {
    address: SocketAddr,
    tls: Tls,
    account: Option<(String, String)>,
    state: Arc<Mutex<State>>,
}

/// Where the certificate of its certificate's issuer is, for `SSL_CERT_FILE`.
pub fn authority() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("support/smtp/ca.pem")
}

/// An address where nobody listens yet.
pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address")
}

impl SmtpServer {
    /// One that takes everything.
    pub fn start() -> Self {
        Self::start_with(Tls::None, None)
    }

    /// One that wants to know account and password.
    pub fn start_with(tls: Tls, account: Option<(&str, &str)>) -> Self {
        Self::listen(TcpListener::bind("127.0.0.1:0").expect("a port"), tls, account)
    }

    /// One at an address of before.
    pub fn start_at(address: SocketAddr) -> Self {
        Self::listen(TcpListener::bind(address).expect("the port"), Tls::None, None)
    }

    fn listen(listener: TcpListener, tls: Tls, account: Option<(&str, &str)>) -> Self {
        let address = listener.local_addr().expect("its address");
        let account = account.map(|(name, password)| (name.to_owned(), password.to_owned()));
        let state = Arc::<Mutex<State>>::default();
        let (kept, wanted) = (Arc::clone(&state), account.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (state, account) = (Arc::clone(&kept), wanted.clone());
                std::thread::spawn(move || {
                    // A client that goes away is no fault.
                    let _ = serve(stream, tls, account, &state);
                });
            }
        });
        Self { address, tls, account, state }
    }

    /// For `LOKI_MAIL_URL`. By a name for this machine that does not look like it, STARTTLS is wanted.
    pub fn url(&self) -> String {
        let account = self.account.as_ref().map(|(name, password)| format!("{name}:{password}@")).unwrap_or_default();
        let port = self.address.port();
        match self.tls {
            Tls::None => format!("smtp://{account}127.0.0.1:{port}"),
            Tls::Wrapped => format!("smtps://{account}127.0.0.1:{port}"),
            Tls::StartTls => format!("smtp://{account}0.0.0.0:{port}"),
        }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What it does with the mail that comes next, and is not planned for yet.
    pub fn next(&self, does: Does) {
        lock(&self.state).next.push_back(does);
    }

    /// All that it took, in order.
    pub fn mails(&self) -> Vec<Received> {
        lock(&self.state).mails.clone()
    }

    pub fn connections(&self) -> usize {
        lock(&self.state).connections
    }

    /// What could be read on the way.
    pub fn overheard(&self) -> String {
        lock(&self.state).overheard.clone()
    }

    /// The mail of that number to somebody, from 0 on, when it has come.
    pub async fn mail_to(&self, email: &str, number: usize) -> Received {
        let found = async || self.mails().into_iter().filter(|mail| mail.to == [email]).nth(number);
        eventually(&format!("mail {number} to {email}"), found).await
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The server's side of TLS, with a certificate for this machine by [`authority`].
pub fn encrypted(stream: TcpStream) -> io::Result<StreamOwned<ServerConnection, TcpStream>> {
    let read = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("support/smtp").join(name);
    let certificate = CertificateDer::from_pem_file(read("server.pem")).expect("the certificate");
    let key = PrivateKeyDer::from_pem_file(read("server.key")).expect("its key");
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).expect("a pair");
    let connection = ServerConnection::new(Arc::new(config)).map_err(io::Error::other)?;
    Ok(StreamOwned::new(connection, stream))
}

enum Wire {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
    /// While it is turned from the one into the other.
    Gone,
}

impl Wire {
    fn encrypted(stream: TcpStream) -> io::Result<Self> {
        Ok(Self::Tls(Box::new(encrypted(stream)?)))
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        let mut byte = [0];
        while !line.ends_with(b"\r\n") {
            let length = match self {
                Self::Plain(stream) => stream.read(&mut byte)?,
                Self::Tls(stream) => stream.read(&mut byte)?,
                Self::Gone => 0,
            };
            if length == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            line.push(byte[0]);
        }
        line.truncate(line.len() - 2);
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    fn say(&mut self, words: &str) -> io::Result<()> {
        let line = format!("{words}\r\n");
        match self {
            Self::Plain(stream) => stream.write_all(line.as_bytes()),
            Self::Tls(stream) => stream.write_all(line.as_bytes()).and_then(|()| stream.flush()),
            Self::Gone => Ok(()),
        }
    }
}

struct Talk<'a> {
    wire: Wire,
    tls: Tls,
    wanted: Option<(String, String)>,
    account: Option<(String, String)>,
    from: String,
    to: Vec<String>,
    does: Option<Does>,
    state: &'a Mutex<State>,
}

fn serve(stream: TcpStream, tls: Tls, wanted: Option<(String, String)>, state: &Mutex<State>) -> io::Result<()> {
    stream.set_read_timeout(Some(DEADLINE))?;
    {
        let mut state = lock(state);
        state.connections += 1;
        if state.next.front() == Some(&Does::HangsUp) {
            state.next.pop_front();
            return Ok(());
        }
    }
    let wire = if tls == Tls::Wrapped { Wire::encrypted(stream)? } else { Wire::Plain(stream) };
    let mut talk = Talk { wire, tls, wanted, account: None, from: String::new(), to: Vec::new(), does: None, state };
    talk.wire.say("220 mail.example.org ESMTP")?;
    loop {
        let line = talk.wire.line()?;
        if matches!(talk.wire, Wire::Plain(_)) {
            lock(state).overheard.push_str(&format!("{line}\n"));
        }
        if !talk.answer(&line)? {
            return Ok(());
        }
    }
}

impl Talk<'_> {
    /// Answers a line; false when the connection is over.
    fn answer(&mut self, line: &str) -> io::Result<bool> {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
        let is_open = matches!(self.wire, Wire::Plain(_)) && self.tls == Tls::StartTls;
        match verb.as_str() {
            "EHLO" => {
                self.wire.say("250-mail.example.org")?;
                if is_open {
                    self.wire.say("250-STARTTLS")?;
                } else if self.wanted.is_some() {
                    self.wire.say("250-AUTH PLAIN LOGIN")?;
                }
                self.wire.say("250 8BITMIME")?;
            }
            "NOOP" | "RSET" => self.wire.say("250 OK")?,
            "QUIT" => {
                self.wire.say("221 Bye")?;
                return Ok(false);
            }
            "STARTTLS" if is_open => {
                self.wire.say("220 Go ahead")?;
                if let Wire::Plain(stream) = std::mem::replace(&mut self.wire, Wire::Gone) {
                    self.wire = Wire::encrypted(stream)?;
                }
            }
            _ if is_open => self.wire.say("530 Must issue a STARTTLS command first")?,
            "AUTH" => self.log_in(line)?,
            _ if self.wanted.is_some() && self.account.is_none() => self.wire.say("530 5.7.0 Authentication required")?,
            "MAIL" => {
                self.from = between(line);
                self.to.clear();
                self.does = lock(self.state).next.pop_front();
                self.wire.say("250 OK")?;
            }
            "RCPT" => match self.does {
                Some(Does::Refuses(words)) => self.wire.say(words)?,
                _ => {
                    self.to.push(between(line));
                    self.wire.say("250 OK")?;
                }
            },
            "DATA" => return self.take(),
            _ => self.wire.say("502 Not implemented")?,
        }
        Ok(true)
    }

    fn log_in(&mut self, line: &str) -> io::Result<()> {
        let decode = |text: &str| {
            let bytes = base64::engine::general_purpose::STANDARD.decode(text.trim()).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let plain = decode(line.rsplit(' ').next().unwrap_or_default());
        let mut parts = plain.split('\0').skip(1).map(str::to_owned);
        let given = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if self.wanted.as_ref() == Some(&given) {
            self.account = Some(given);
            self.wire.say("235 2.7.0 Authentication successful")
        } else {
            self.wire.say("535 5.7.8 Authentication credentials invalid")
        }
    }

    fn take(&mut self) -> io::Result<bool> {
        self.wire.say("354 Go ahead")?;
        let mut data = String::new();
        loop {
            let line = self.wire.line()?;
            if line == "." {
                break;
            }
            data.push_str(line.strip_prefix('.').unwrap_or(&line));
            data.push_str("\r\n");
        }
        if let Some(Does::RefusesData(words)) = self.does {
            return self.wire.say(words).map(|()| true);
        }
        let answered = !matches!(self.does, Some(Does::TakesAndHangsUp | Does::TakesAndStalls));
        let received = Received {
            from: self.from.clone(),
            to: self.to.clone(),
            data,
            account: self.account.clone(),
            encrypted: matches!(self.wire, Wire::Tls(_)),
            answered,
        };
        lock(self.state).mails.push(received);
        match self.does {
            Some(Does::TakesAndHangsUp) => Ok(false),
            Some(Does::TakesAndStalls) => {
                // The client goes away first, or the test ends.
                std::thread::sleep(DEADLINE + Duration::from_secs(1));
                Ok(false)
            }
            _ => self.wire.say("250 2.0.0 Queued").map(|()| true),
        }
    }
}

/// RFC 2045, 6.7.
fn unquoted(text: &str) -> String {
    let text = text.replace("=\r\n", "");
    let mut parts = text.split('=');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal digits"));
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).expect("text")
}

/// What stands in angle brackets.
fn between(line: &str) -> String {
    let (_, rest) = line.split_once('<').unwrap_or_default();
    rest.split('>').next().unwrap_or_default().to_owned()
}
