//! Cookie sessions over our own table. The cookie's value is never stored, only its SHA-256, so that nobody who reads the
//! database can sign in with what is there.

use std::{cell::Cell, collections::HashMap, sync::Arc};

use async_trait::async_trait;
use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::{
    actor::{Actor, Origin},
    errors::explain,
    hex,
    sign_in::Vouched,
};
use protocol::{LoginId, Timestamp};
use services::{
    Cx,
    accounts::{LOGIN, LoginData, UserRecord, VOUCHED, id_tokens, take_login},
    audit::SignedHow,
};
use sha2::{Digest as _, Sha256};
use store::{Lack, LoginRow, StoreError, Tx};
use time::Duration;
use tower_sessions::{
    Expiry, Session, SessionManagerLayer, SessionStore,
    cookie::SameSite,
    session::{Id, Record},
    session_store::{Error, Result},
};

use crate::{cached::CachedBy, config::hosts::Transport, error::HttpError};

/// A login that is not used for this long is over.
const IDLE: Duration = Duration::days(14);
/// A login is over after this, used or not.
const LIFE: Duration = Duration::days(90);
/// Under which name a session on its way to another id keeps where its row lies meanwhile; no row has it.
const ASIDE: &str = "aside";
/// How old the last renewal may be before a use renews it again.
const RENEW: i64 = 5 * 60 * 1000;

/// What the store says of a database that may answer later. Its errors are words, so that is known by these.
const BUSY: &str = "the database is busy";
const AWAY: &str = "the database does not answer";
const FULL: &str = "the database has no room";

tokio::task_local! {
    /// What it said when the request's session could not be read or written for the moment.
    static SAID: Cell<Option<&'static str>>;
}

/// The cookie's name. With TLS the prefix makes browsers refuse it from any other host or path.
pub fn cookie_name(transport: Transport) -> &'static str {
    match transport {
        Transport::Tls => "__Host-loki_login",
        Transport::Plain => "loki_login",
    }
}

/// The layer that reads and writes the cookie.
pub fn layer(cx: &Cx, transport: Transport) -> SessionManagerLayer<Logins> {
    SessionManagerLayer::new(Logins { cx: cx.clone(), kept: Arc::default() })
        .with_name(cookie_name(transport))
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(transport == Transport::Tls)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(IDLE))
}

/// Around that layer: it writes a session after everything else, and has one answer where it cannot. Where the database was busy
/// or away it is the answer that everybody gets then.
pub async fn tell_lack(answer: impl Future<Output = Response>) -> Response {
    let answered = async {
        let response = answer.await;
        match SAID.with(Cell::get).and_then(later) {
            Some(error) if response.status() == StatusCode::INTERNAL_SERVER_ERROR => error.into_response(),
            _ => response,
        }
    };
    SAID.scope(Cell::new(None), answered).await
}

/// The answer to who needs a session that could not be read or written for the moment.
pub fn not_now(error: &tower_sessions::session::Error) -> Option<HttpError> {
    use tower_sessions::session::Error as E;
    if let E::Store(Error::Backend(words)) = error { later(words) } else { None }
}

fn later(words: &str) -> Option<HttpError> {
    match words {
        BUSY => Some(HttpError::busy()),
        AWAY => Some(HttpError::away()),
        FULL => Some(HttpError::full()),
        _ => None,
    }
}

/// The session of the cookie that was sent along, for where no layer reads it.
pub fn of_cookie(cx: &Cx, headers: &HeaderMap, transport: Transport) -> Option<Session> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| *name == cookie_name(transport))?;
    Some(Session::new(Some(value.parse::<Id>().ok()?), Arc::new(Logins { cx: cx.clone(), kept: Arc::default() }), None))
}

/// Binds the browser to a user, under a new cookie value.
pub async fn sign_in(cx: &Cx, session: &Session, user: UserRecord, from: Arc<Origin>) -> std::result::Result<(), HttpError> {
    let (now, id) = (cx.clock.now(), LoginId(cx.ids.uuid()));
    session.cycle_id().await?;
    session.remove::<Vouched>(VOUCHED).await?;
    let (address, agent) = (from.address.map(|address| address.to_string()), from.agent.clone());
    let data =
        LoginData { id, user: user.id, since: now, seen: now, address, agent, privileges: Some(user.privileges), proved: None };
    session.insert(LOGIN, data).await?;
    let (role, reach) = (user.role, user.reach);
    let actor = Actor::User { id: user.id, login: id, name: user.name, email: user.email, role, reach, from };
    Ok(services::audit::signed(cx, &actor, SignedHow::In).await?)
}

/// The browser's login, while it lasts.
pub async fn login(cx: &Cx, session: &Session) -> std::result::Result<Option<LoginData>, tower_sessions::session::Error> {
    let Some(login) = session.get::<LoginData>(LOGIN).await? else { return Ok(None) };
    if cx.clock.now().millis_since(login.since) >= i64::try_from(LIFE.whole_milliseconds()).unwrap_or(i64::MAX) {
        session.flush().await?;
        return Ok(None);
    }
    Ok(Some(login))
}

/// Renews the login from time to time, where an answer takes the cookie along. When the person's count of changed privileges
/// is another one than when the session got its id, it gets another id: one that was good for less is not good for more.
/// Without a count it keeps the one that it has.
pub async fn renew(cx: &Cx, session: &Session, privileges: Option<i64>, from: &Origin) -> std::result::Result<(), HttpError> {
    let Some(login) = session.get::<LoginData>(LOGIN).await? else { return Ok(()) };
    let moves = login.privileges.zip(privileges).is_some_and(|(then, now)| then != now);
    let now = cx.clock.now();
    if !moves && now.millis_since(login.seen) < RENEW {
        return Ok(());
    }
    // Of requests at the same time one takes the login along; the others are answered under the id that they came with.
    if moves && !goes_on(cx, session, login.id).await? {
        return Ok(());
    }
    let address = from.address.map(|address| address.to_string()).or(login.address.clone());
    let agent = if from.agent.is_empty() { login.agent.clone() } else { from.agent.clone() };
    let data = LoginData { seen: now, address, agent, privileges: privileges.or(login.privileges), ..login };
    session.insert(LOGIN, data).await?;
    // At once, so that nothing else is done while the login is nowhere.
    if moves {
        session.save().await?;
    }
    Ok(())
}

/// Lets the session go on under another id, unless another request does, or somebody ended it.
async fn goes_on(cx: &Cx, session: &Session, login: LoginId) -> std::result::Result<bool, HttpError> {
    let Some(id) = session.id() else { return Ok(false) };
    let Some(aside) = take_login(cx, &hash(id), login).await? else { return Ok(false) };
    session.cycle_id().await?;
    session.insert(ASIDE, aside).await?;
    Ok(true)
}

/// Notes that the person showed once more who they are. The login goes on under another cookie value, as after signing in.
pub async fn proved(cx: &Cx, session: &Session) -> std::result::Result<(), HttpError> {
    let login = session.get::<LoginData>(LOGIN).await?.ok_or_else(HttpError::sign_in)?;
    if !goes_on(cx, session, login.id).await? {
        return Err(HttpError::sign_in());
    }
    session.insert(LOGIN, LoginData { proved: Some(cx.clock.now()), ..login }).await?;
    Ok(session.save().await?)
}

/// Notes when the person of a new login showed their provider who they are: that may have been long before they came.
pub async fn shown_at(session: &Session, at: Timestamp) -> std::result::Result<(), tower_sessions::session::Error> {
    let Some(login) = session.get::<LoginData>(LOGIN).await? else { return Ok(()) };
    session.insert(LOGIN, LoginData { proved: Some(at), ..login }).await
}

/// Notes which sign-in at a provider the login rests on, so that both end together.
pub async fn rests_on(session: &Session, vouched: &Vouched) -> std::result::Result<(), tower_sessions::session::Error> {
    session.insert(VOUCHED, vouched).await
}

/// The sign-in at a provider that the login rests on.
pub async fn vouched(session: &Session) -> Option<Vouched> {
    session.get(VOUCHED).await.ok().flatten()
}

/// Ends the browser's login.
pub async fn sign_out(session: &Session) -> std::result::Result<(), tower_sessions::session::Error> {
    session.flush().await
}

/// Sessions in the table `logins`. Those that were read are kept while nothing was committed, and never longer than a second.
#[derive(Clone)]
pub struct Logins {
    cx: Cx,
    kept: Arc<CachedBy<Id, Record>>,
}

impl std::fmt::Debug for Logins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Logins").finish_non_exhaustive()
    }
}

#[async_trait]
impl SessionStore for Logins {
    async fn create(&self, record: &mut Record) -> Result<()> {
        // 128 bits of chance do not meet by accident; a value that is taken would be an attack on the generator.
        while self.load(&record.id).await?.is_some() {
            record.id = Id::default();
        }
        let row = self.row(record)?;
        let aside = record.data.get(ASIDE).and_then(|aside| aside.as_str());
        let tx = self.cx.store.begin().await.map_err(backend)?;
        if let Some(aside) = aside {
            // Of one that was ended there nothing is written either.
            if tx.logins().rename(aside, &row.id_hash).await.map_err(backend)? {
                tx.logins().update(&row).await.map_err(backend)?;
            }
        } else if stands(&tx, record).await? {
            tx.logins().insert(&row).await.map_err(backend)?;
        }
        tx.commit().await.map_err(backend)?;
        record.data.remove(ASIDE);
        Ok(())
    }

    /// Of a session that was ended meanwhile nothing is written: a request under way does not bring it back. While the disk is full
    /// it stays as it was, which is enough for whoever only reads; what else they change says itself that there is no room.
    async fn save(&self, record: &Record) -> Result<()> {
        let row = self.row(record)?;
        match self.update(&row).await {
            Err(error) if error.lack() == Some(Lack::Room) => {
                tracing::debug!(error = %explain(&error), "a session is not renewed");
                Ok(())
            }
            written => written.map_err(backend),
        }
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        // What is not there is no error, and not kept either.
        let read = || async { self.read(id).await.map_err(Some)?.ok_or(None) };
        match self.kept.get(*id, self.cx.store.commits(), read).await {
            Ok(record) if record.expiry_date.unix_timestamp() > self.cx.clock.now().millis() / 1_000 => Ok(Some(record)),
            Ok(_) | Err(None) => Ok(None),
            Err(Some(error)) => Err(error),
        }
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let tx = self.cx.store.begin().await.map_err(backend)?;
        tx.logins().delete(&hash(*id)).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }
}

impl Logins {
    async fn update(&self, row: &LoginRow) -> std::result::Result<(), StoreError> {
        let tx = self.cx.store.begin().await?;
        tx.logins().update(row).await?;
        tx.commit().await
    }

    async fn read(&self, id: &Id) -> Result<Option<Record>> {
        let tx = self.cx.store.read().await.map_err(backend)?;
        let Some(row) = tx.logins().load(&hash(*id), self.cx.clock.now()).await.map_err(backend)? else { return Ok(None) };
        let mut data: HashMap<_, _> = serde_json::from_str(&row.data).map_err(|error| Error::Decode(error.to_string()))?;
        if let Some(vouched) = row.vouched {
            let vouched = serde_json::to_value(id_tokens::opened(&id.0.to_le_bytes(), vouched));
            data.insert(VOUCHED.to_owned(), vouched.map_err(|error| Error::Decode(error.to_string()))?);
        }
        Ok(Some(Record { id: *id, data, expiry_date: row.expires_at.date_time() }))
    }

    fn row(&self, record: &Record) -> Result<LoginRow> {
        let login = login_of(record);
        // It has columns of its own, by which it is found when somebody signed out there.
        let vouched = record.data.get(VOUCHED).and_then(|value| serde_json::from_value::<Vouched>(value.clone()).ok());
        let data: HashMap<_, _> = record.data.iter().filter(|(name, _)| ![VOUCHED, ASIDE].contains(&name.as_str())).collect();
        let data = serde_json::to_string(&data).map_err(|error| Error::Encode(error.to_string()))?;
        let now = self.cx.clock.now();
        Ok(LoginRow {
            id_hash: hash(record.id),
            user_id: login.as_ref().map(|login| login.user),
            data,
            created_at: login.map_or(now, |login| login.since),
            expires_at: Timestamp::new(record.expiry_date),
            vouched: vouched.map(|vouched| id_tokens::sealed(&self.cx, &record.id.0.to_le_bytes(), vouched)),
        })
    }
}

/// Whether somebody who signed in still may what they might then, and signs in with the same: a password may have been looked at
/// while another one took its place, and every login was ended. Such a browser is not signed in.
async fn stands(tx: &Tx, record: &Record) -> Result<bool> {
    let Some(LoginData { user, privileges: Some(privileges), .. }) = login_of(record) else { return Ok(true) };
    let account = tx.accounts().by_id(user).await.map_err(backend)?;
    Ok(account.is_some_and(|account| account.privileges == privileges && account.switched_off_at.is_none()))
}

fn login_of(record: &Record) -> Option<LoginData> {
    record.data.get(LOGIN).and_then(|value| serde_json::from_value(value.clone()).ok())
}

fn backend(error: StoreError) -> Error {
    let words = match error.lack() {
        Some(Lack::Answer) if error.is_busy() => BUSY,
        Some(Lack::Answer) => AWAY,
        Some(Lack::Room) => FULL,
        None => {
            tracing::error!(error = %explain(&error), "the table of logins cannot be used");
            return Error::Backend("the database refused".to_owned());
        }
    };
    // Where no request waits for it, as at a socket, nobody is told.
    let _ = SAID.try_with(|said| said.set(Some(words)));
    tracing::warn!(error = %explain(&error), "{words}");
    Error::Backend(words.to_owned())
}

fn hash(id: Id) -> String {
    hex::encode(&Sha256::digest(id.0.to_le_bytes()))
}
