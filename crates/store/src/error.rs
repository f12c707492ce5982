//! Why the database did not answer as expected.

use std::fmt;

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, SqlErr, sqlx};

use crate::tls::{self, Way};

/// Nothing a user can act on, but for the disk.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database refused: {0}")]
    Database(#[from] DbErr),
    /// Others of this process wrote for longer than we wait.
    #[error("the database was written to for longer than we wait")]
    Busy,
    /// It is on another machine, and cannot show a certificate that counts.
    #[error(
        "{0}. A database on another machine has to show a certificate for its name: add sslrootcert=FILE to its address for an \
         authority of your own, or say there how else, with sslmode=require or, where the network between is trusted, sslmode=disable"
    )]
    Certificate(#[source] DbErr),
    /// A row that this version cannot read.
    #[error("a row of {table} cannot be read: {detail}")]
    Corrupt { table: &'static str, detail: String },
}

/// What a database lacks for the moment. The same may work when it has it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// The disk or its quota is full.
    Room,
    /// It is away, or belongs to somebody else for longer than we wait.
    Answer,
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Room => "the disk is full",
            Self::Answer => "the database does not answer",
        })
    }
}

impl StoreError {
    /// What was missing, if that may be there again by itself.
    pub fn lack(&self) -> Option<Lack> {
        if self.is_full() {
            return Some(Lack::Room);
        }
        (self.is_away() || self.is_busy()).then_some(Lack::Answer)
    }

    /// Whether the disk or the database's quota is full.
    pub fn is_full(&self) -> bool {
        let text = self.to_string();
        text.contains("database or disk is full") || text.contains("No space left on device") || text.contains("53100")
    }

    /// Whether somebody else held the database for longer than we wait: the same may work a moment later.
    pub fn is_busy(&self) -> bool {
        match self {
            Self::Busy => true,
            Self::Database(error) if sqlstate(error).is_some_and(|code| BUSY_STATES.contains(&code.as_str())) => true,
            // SQLite's words for SQLITE_BUSY and SQLITE_LOCKED, whose codes have several extended ones.
            Self::Database(error) => {
                let text = error.to_string();
                ["database is locked", "database table is locked", "database schema is locked"]
                    .iter()
                    .any(|words| text.contains(words))
            }
            Self::Certificate(_) | Self::Corrupt { .. } => false,
        }
    }

    /// Whether nobody answers for the database, as while PostgreSQL starts again or the way to it is cut. Whatever was asked last
    /// may have been done all the same, a commit too.
    pub fn is_away(&self) -> bool {
        match self {
            Self::Database(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)) => true,
            Self::Database(error) => {
                // Refused, reset, closed, no such socket, no such host: whatever became of the way.
                matches!(cause(error), Some(sqlx::Error::Io(_)))
                    || sqlstate(error).is_some_and(|code| code.starts_with(NO_CONNECTION) || AWAY_STATES.contains(&code.as_str()))
            }
            Self::Busy | Self::Certificate(_) | Self::Corrupt { .. } => false,
        }
    }

    /// Whether somebody else took the key, or removed the row, that this was to be written with.
    pub fn is_conflict(&self) -> bool {
        let Self::Database(error) = self else { return false };
        let broken =
            matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_) | SqlErr::ForeignKeyConstraintViolation(_)));
        broken || matches!(error, DbErr::RecordNotUpdated)
    }

    /// Whether it was given text that PostgreSQL cannot hold: one with a NUL character.
    pub fn is_not_text(&self) -> bool {
        let Self::Database(error) = self else { return false };
        sqlstate(error).is_some_and(|code| NOT_TEXT.contains(&code.as_str()))
    }

    /// Why the database at `url` could not be opened.
    pub(crate) fn opening(error: DbErr, url: &str) -> Self {
        let is_checked = tls::way(url).is_ok_and(|way| way == Way::Verified);
        if is_checked && error.to_string().contains("TLS") { Self::Certificate(error) } else { Self::Database(error) }
    }

    pub(crate) fn corrupt(table: &'static str, error: impl fmt::Display) -> Self {
        Self::Corrupt { table, detail: error.to_string() }
    }
}

/// PostgreSQL's codes for a transaction that it ended for another's sake: serialization failure, deadlock, no lock in time.
const BUSY_STATES: [&str; 3] = ["40001", "40P01", "55P03"];

/// PostgreSQL's codes for an end that its operator, a crash or a long silence brought about, and for a start that is not done yet.
const AWAY_STATES: [&str; 4] = ["25P03", "57P01", "57P02", "57P03"];

/// How its codes for connections that do not come about, or end, begin.
const NO_CONNECTION: &str = "08";

/// PostgreSQL's codes for a NUL character: in text, and as an escape in JSON.
const NOT_TEXT: [&str; 2] = ["22021", "22P05"];

/// The database's own code of an error.
fn sqlstate(error: &DbErr) -> Option<String> {
    Some(cause(error)?.as_database_error()?.code()?.into_owned())
}

/// What the driver said.
fn cause(error: &DbErr) -> Option<&sqlx::Error> {
    let (DbErr::Conn(said) | DbErr::Exec(said) | DbErr::Query(said)) = error else { return None };
    match said {
        RuntimeErr::SqlxError(cause) => Some(cause),
        RuntimeErr::Internal(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::{borrow::Cow, error::Error, io, time::Duration};

    use sea_orm::{
        ConnectOptions, ConnectionTrait as _, Database, SqliteTransactionMode, TransactionOptions, TransactionTrait as _,
        sqlx::error::{DatabaseError, ErrorKind},
    };

    use super::*;

    #[tokio::test]
    async fn a_database_that_another_connection_writes_to_is_busy() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("a.db").display());
        let open = async || {
            let mut options = ConnectOptions::new(url.as_str());
            options.map_sqlx_sqlite_opts(|sqlite| sqlite.busy_timeout(Duration::ZERO));
            Database::connect(options).await.unwrap()
        };
        let write = || TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let (first, second) = (open().await, open().await);
        let _held = first.begin_with_options(write()).await.unwrap();

        let refused = second.begin_with_options(write()).await.map(|_| ());

        let error = StoreError::from(refused.unwrap_err());
        assert!(error.is_busy() && !error.is_away(), "{error}");
        assert_eq!(error.lack(), Some(Lack::Answer));
    }

    #[tokio::test]
    async fn a_database_that_may_not_grow_is_full() {
        let mut options = ConnectOptions::new("sqlite::memory:");
        options.max_connections(1).map_sqlx_sqlite_opts(|sqlite| sqlite.pragma("max_page_count", "2"));
        let db = Database::connect(options).await.unwrap();
        db.execute_unprepared("CREATE TABLE a (b BLOB)").await.unwrap();

        let refused = db.execute_unprepared("INSERT INTO a VALUES (zeroblob(100000))").await.map(|_| ());

        let error = StoreError::from(refused.unwrap_err());
        assert!(error.is_full() && !error.is_busy(), "{error}");
        assert_eq!(error.lack(), Some(Lack::Room));
    }

    #[test]
    fn other_faults_are_not_busy() {
        assert!(StoreError::Busy.is_busy() && !StoreError::Busy.is_conflict());
        assert!(!StoreError::from(DbErr::Custom("database or disk is full".to_owned())).is_busy());
        assert!(!StoreError::corrupt("runs", "database is locked").is_busy());
        assert!(StoreError::from(DbErr::RecordNotUpdated).is_conflict());
        assert!(!StoreError::from(DbErr::Custom("a unique key".to_owned())).is_conflict());
    }

    /// A code that PostgreSQL sends.
    #[derive(Debug)]
    struct Code(&'static str);

    impl fmt::Display for Code {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Code {}

    impl DatabaseError for Code {
        fn message(&self) -> &str {
            self.0
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(Cow::Borrowed(self.0))
        }

        fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    #[test]
    fn what_is_away_or_busy_may_answer_later() {
        let said = |cause: sqlx::Error| RuntimeErr::SqlxError(cause.into());
        let io = |kind: io::ErrorKind| said(sqlx::Error::Io(kind.into()));
        let code = |code: &'static str| said(sqlx::Error::Database(Box::new(Code(code))));
        let (away, busy, neither) = ((true, false), (false, true), (false, false));
        let cases = [
            (DbErr::Conn(io(io::ErrorKind::ConnectionRefused)), away),
            (DbErr::Conn(io(io::ErrorKind::NotFound)), away),
            (DbErr::Query(io(io::ErrorKind::ConnectionReset)), away),
            (DbErr::Query(io(io::ErrorKind::UnexpectedEof)), away),
            (DbErr::Exec(io(io::ErrorKind::BrokenPipe)), away),
            (DbErr::ConnectionAcquire(ConnAcquireErr::Timeout), away),
            (DbErr::Query(code("57P01")), away),
            (DbErr::Exec(code("57P02")), away),
            (DbErr::Conn(code("57P03")), away),
            (DbErr::Query(code("08006")), away),
            (DbErr::Conn(code("08001")), away),
            (DbErr::Query(code("55P03")), busy),
            (DbErr::Exec(code("40001")), busy),
            // A pool that was closed is this server's own end.
            (DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed), neither),
            (DbErr::Conn(code("28P01")), neither),
            (DbErr::Exec(code("23505")), neither),
            (DbErr::Query(code("57014")), neither),
            (DbErr::Query(said(sqlx::Error::RowNotFound)), neither),
            (DbErr::Custom("connection refused".to_owned()), neither),
        ];
        for (error, expected) in cases {
            let error = StoreError::from(error);
            assert_eq!((error.is_away(), error.is_busy()), expected, "{error}");
            assert_eq!(error.lack(), (expected != neither).then_some(Lack::Answer), "{error}");
        }
        assert_eq!(StoreError::Busy.lack(), Some(Lack::Answer));
        assert_eq!(StoreError::from(DbErr::Query(code("53100"))).lack(), Some(Lack::Room));
    }
}
