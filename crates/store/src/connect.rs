//! Opening the database, and transactions.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::audit::Link;
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
    sqlx::{
        Connection as _,
        sqlite::{SqliteJournalMode, SqliteSynchronous},
    },
};
use tokio::sync::OwnedMutexGuard;

use crate::{
    Accounts, Audit, Challenges, Events, Factors, Identities, Invitations, Journal, Logins, Mails, Projects, RunParts, Runs,
    Secrets, Sharing, StoreError, Teams, Tokens, closing::Closing, statements, tls,
};

/// How long a transaction that writes waits for those of this process before it; then the database is busy. With [`PATIENCE`] it
/// is less than a request may take, which is so answered why.
const QUEUE: Duration = Duration::from_secs(10);
/// How long it waits after that for those of others.
const PATIENCE: Duration = Duration::from_secs(15);
/// How PostgreSQL is asked for the turn, with [`PATIENCE`]. A server that vanishes with the turn, without its connection being
/// closed, has it no longer than a minute.
const TAKE_TURN: &str = "SET LOCAL lock_timeout = '15s'; SET LOCAL idle_in_transaction_session_timeout = '60s'; \
                         SELECT pg_advisory_xact_lock(1819241321, 1)";
/// How PostgreSQL is asked for the turn at changing the schema, which may take longer.
const TAKE_TURN_AT_SCHEMA: &str = "SELECT pg_advisory_xact_lock(1819241321, 2)";

/// The database; cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    db: DatabaseConnection,
    commits: Commits,
    /// Where the audit trail ended when this process last committed to it. Others may have moved it on.
    end: Arc<KnownEnd>,
    /// Who of this process writes. The others wait here, first come, first served, and not each with a connection: those are few,
    /// and whoever reads needs them.
    writer: Arc<tokio::sync::Mutex<()>>,
}

/// Where the audit trail ends, as far as somebody knows.
#[derive(Debug, Default)]
struct KnownEnd(Mutex<Option<Link>>);

impl KnownEnd {
    fn get(&self) -> Option<Link> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, end: Link) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
    }
}

/// How often something was committed through this process. What is remembered of the database holds while it stands still.
#[derive(Clone, Debug, Default)]
pub struct Commits(Arc<AtomicU64>);

impl Commits {
    /// The number of commits since this process opened the database, those among them whose outcome nobody heard of.
    pub fn so_far(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Counts a commit.
    pub fn one_more(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

/// Counts when it is dropped: also where nobody waited for the end of the commit.
struct Counted<'a>(&'a Commits);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.one_more();
    }
}

/// A transaction. Dropped without `commit`, it leaves no trace.
#[derive(Debug)]
pub struct Tx {
    pub(crate) inner: DatabaseTransaction,
    commits: Commits,
    end: Arc<KnownEnd>,
    closing: Mutex<Closing>,
    /// Of one that writes. It stands behind `inner`, whose roll-back is on its way to the database when this lets the next one in;
    /// the database itself makes that one wait until it has arrived.
    _turn: Option<OwnedMutexGuard<()>>,
}

impl Store {
    /// Opens `url` (`sqlite://PATH?mode=rwc` or `postgres://…`) and brings its schema up to date. The way to another machine is
    /// protected as [`way()`](crate::way()) says.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let mut options = ConnectOptions::new(url);
        options.sqlx_logging(false).record_stmt_in_spans(false).acquire_timeout(PATIENCE);
        if url.starts_with("sqlite") {
            // One writer at a time is SQLite's rule; readers beside it see the last committed state. A file does not go away like a
            // server does, and each question to its thread costs more than most answers, so connections are not tried first.
            options.max_connections(6).min_connections(1).test_before_acquire(false);
            // On a full disk SQLite ends a transaction by itself. The driver goes on to count it, and whoever got its connection
            // next could not write, and would read what was there then for ever.
            options.map_sqlx_sqlite_pool_opts(|pool| {
                pool.before_acquire(|connection, _| Box::pin(std::future::ready(Ok(!connection.is_in_transaction()))))
            });
            options.map_sqlx_sqlite_opts(|sqlite| {
                sqlite
                    .journal_mode(SqliteJournalMode::Wal)
                    // A commit that was answered must survive a power cut: NORMAL would lose the newest ones.
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(PATIENCE)
                    .pragma("cache_size", "-2000")
                    .foreign_keys(true)
            });
        } else {
            let says_how = tls::says_how(url);
            options.max_connections(16).min_connections(1);
            options.map_sqlx_postgres_opts(move |postgres| tls::protected(postgres, says_how));
        }
        let mut db = Database::connect(options).await.map_err(|error| StoreError::opening(error, url))?;
        migrate(&db).await?;
        statements::log(&mut db);
        let store = Self { db, commits: Commits::default(), end: Arc::default(), writer: Arc::default() };
        if store.read().await?.audit().is_older_than_the_chain().await? {
            let tx = store.begin().await?;
            tx.audit().adopt().await?;
            tx.commit().await?;
        }
        Ok(store)
    }

    /// A transaction that writes. Writers take turns, here and in all servers at the same database: what one reads is so until its
    /// commit, nobody waits for anybody's row, and so nobody waits in a circle. Whoever has the turn waits for nothing else.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let waiting = tokio::time::timeout(QUEUE, Arc::clone(&self.writer).lock_owned());
        let turn = waiting.await.map_err(|_| StoreError::Busy)?;
        let options = TransactionOptions {
            sqlite_transaction_mode: self.is_sqlite().then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let tx = self.transaction(options, Some(turn)).await?;
        if !self.is_sqlite() {
            tx.inner.execute_unprepared(TAKE_TURN).await?;
        }
        Ok(tx)
    }

    /// A transaction that only reads, all of it at one point in time.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        let options = TransactionOptions {
            isolation_level: (!self.is_sqlite()).then_some(sea_orm::IsolationLevel::RepeatableRead),
            access_mode: (!self.is_sqlite()).then_some(AccessMode::ReadOnly),
            ..TransactionOptions::default()
        };
        self.transaction(options, None).await
    }

    async fn transaction(&self, options: TransactionOptions, turn: Option<OwnedMutexGuard<()>>) -> Result<Tx, StoreError> {
        let inner = self.db.begin_with_options(options).await?;
        let (commits, end) = (self.commits.clone(), Arc::clone(&self.end));
        Ok(Tx { inner, commits, end, closing: Mutex::default(), _turn: turn })
    }

    /// The count of commits.
    pub fn commits(&self) -> &Commits {
        &self.commits
    }

    /// Whether the database lies in a file of this machine.
    pub fn is_sqlite(&self) -> bool {
        self.db.get_database_backend() == DbBackend::Sqlite
    }

    /// Closes all connections; SQLite's write-ahead log is folded in.
    pub async fn close(self) -> Result<(), StoreError> {
        Ok(self.db.close().await?)
    }
}

/// Brings the schema up to date. Of servers that start at the same PostgreSQL database at once, one does it and the others find it
/// done.
async fn migrate(db: &DatabaseConnection) -> Result<(), StoreError> {
    if db.get_database_backend() == DbBackend::Sqlite {
        return Ok(Migrator::up(db, None).await?);
    }
    let turn = db.begin().await?;
    turn.execute_unprepared(TAKE_TURN_AT_SCHEMA).await?;
    Migrator::up(db, None).await?;
    Ok(turn.commit().await?)
}

impl Tx {
    /// Writes what stands at the end of every transaction, events and entries of the audit trail, and commits. Where that fails,
    /// nothing was done, but for a database that went away in between ([`StoreError::is_away`]): there it may have been.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        let closing = std::mem::take(self.closing.get_mut().unwrap_or_else(PoisonError::into_inner));
        let end = closing.write(&self.inner, self.end.get()).await?;
        let _counted = Counted(&self.commits);
        self.inner.commit().await?;
        if let Some(end) = end {
            self.end.set(end);
        }
        Ok(())
    }

    /// What is written at the end.
    pub(crate) fn closing(&self) -> MutexGuard<'_, Closing> {
        self.closing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// People, and the settings of the installation.
    pub fn accounts(&self) -> Accounts<'_> {
        Accounts(self)
    }

    /// Who people are at sign-in providers, and sign-ins that are under way there.
    pub fn identities(&self) -> Identities<'_> {
        Identities(self)
    }

    /// Second factors, recovery codes, and sign-ins that wait for their second step.
    pub fn factors(&self) -> Factors<'_> {
        Factors(self)
    }

    /// Questions that browsers are asked for passkeys.
    pub fn challenges(&self) -> Challenges<'_> {
        Challenges(self)
    }

    /// Invitations that nobody accepted yet.
    pub fn invitations(&self) -> Invitations<'_> {
        Invitations(self)
    }

    /// Teams, and who is in them.
    pub fn teams(&self) -> Teams<'_> {
        Teams(self)
    }

    /// Whom projects belong to, and with whom they are shared.
    pub fn sharing(&self) -> Sharing<'_> {
        Sharing(self)
    }

    /// Browsers' authenticated sessions.
    pub fn logins(&self) -> Logins<'_> {
        Logins(self)
    }

    /// Mails to send, and what became of them.
    pub fn mails(&self) -> Mails<'_> {
        Mails(self)
    }

    /// API tokens.
    pub fn tokens(&self) -> Tokens<'_> {
        Tokens(self)
    }

    /// The audit trail and its checkpoints.
    pub fn audit(&self) -> Audit<'_> {
        Audit(self)
    }

    /// The event log.
    pub fn events(&self) -> Events<'_> {
        Events(self)
    }

    /// Projects.
    pub fn projects(&self) -> Projects<'_> {
        Projects(self)
    }

    /// Runs and how they stand.
    pub fn runs(&self) -> Runs<'_> {
        Runs(self)
    }

    /// What came of the effects of runs, and the prompts that were sent.
    pub fn journal(&self) -> Journal<'_> {
        Journal(self)
    }

    /// The vault's secrets, sealed.
    pub fn secrets(&self) -> Secrets<'_> {
        Secrets(self)
    }

    /// Iterations, tasks, gates and receipts of runs.
    pub fn run_parts(&self) -> RunParts<'_> {
        RunParts(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_transaction_that_a_full_disk_ended_spoils_no_connection() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite://{}?mode=rwc", folder.path().join("a.db").display())).await.unwrap();
        let tx = store.begin().await.unwrap();
        tx.inner.execute_unprepared("CREATE TABLE a (b BLOB)").await.unwrap();
        // It is made as large as the database is already.
        tx.inner.execute_unprepared("PRAGMA max_page_count = 1").await.unwrap();
        let refused = tx.inner.execute_unprepared("INSERT INTO a VALUES (zeroblob(1000000))").await.map(|_| ());
        assert!(StoreError::from(refused.unwrap_err()).is_full());
        drop(tx);

        // More often than there are connections, so that each has its turn.
        for number in 0..8 {
            let tx = store.begin().await.unwrap();
            tx.inner.execute_unprepared(&format!("CREATE TABLE a{number} (b BLOB)")).await.unwrap();
            tx.commit().await.unwrap();
        }
    }
}
