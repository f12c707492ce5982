//! Mail that is to be sent. Of several servers one sends a mail at a time: the one whose lease it is.

use domain::{
    mail::{Kind, State},
    vault::Sealed,
};
use protocol::Timestamp;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    StoreError, Tx,
    tables::mails::{self, Column},
};

/// A mail as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRow {
    pub id: Uuid,
    pub kind: Kind,
    /// An email address, in lower case.
    pub recipient: String,
    pub state: State,
    /// What it says; absent before it is written and when it is over.
    pub letter: Option<Sealed>,
    pub created_at: Timestamp,
    /// By then it is sent or given up.
    pub expires_at: Timestamp,
    /// When it is tried next.
    pub due_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// What was said when it was tried last.
    pub problem: String,
    /// When it was over.
    pub done_at: Option<Timestamp>,
}

/// Mails to send.
#[derive(Debug)]
pub struct Mails<'a>(pub(crate) &'a Tx);

impl Mails<'_> {
    /// Adds a mail in the state that it is in; a conflict where its id is taken.
    pub async fn insert(&self, mail: &MailRow) -> Result<(), StoreError> {
        mails::Entity::insert(row(mail)).exec_without_returning(&self.0.inner).await?;
        Ok(())
    }

    /// Takes an address that somebody typed away from whoever else would answer it; false when one did.
    pub async fn take_asked(&self, id: Uuid) -> Result<bool, StoreError> {
        let taken = mails::Entity::delete_many().filter(Column::Id.eq(id)).filter(Column::State.eq(State::Asked.as_str()));
        Ok(taken.exec(&self.0.inner).await?.rows_affected == 1)
    }

    /// How many addresses wait to be looked up.
    pub async fn count_asked(&self) -> Result<u64, StoreError> {
        Ok(in_state(State::Asked).count(&self.0.inner).await?)
    }

    /// The address that was typed first and not looked up yet.
    pub async fn asked(&self) -> Result<Option<MailRow>, StoreError> {
        let found = in_state(State::Asked).order_by_asc(Column::CreatedAt).order_by_asc(Column::Id);
        found.one(&self.0.inner).await?.map(read).transpose()
    }

    /// The mail that is due longest at `now`, and has time left.
    pub async fn due(&self, now: Timestamp) -> Result<Option<MailRow>, StoreError> {
        let found = in_state(State::Waiting).filter(Column::DueAt.lte(now.millis())).filter(Column::ExpiresAt.gt(now.millis()));
        let found = found.order_by_asc(Column::DueAt).order_by_asc(Column::Id);
        found.one(&self.0.inner).await?.map(read).transpose()
    }

    /// A mail or a question whose time is over at `now`, and which nobody is sending.
    pub async fn overdue(&self, now: Timestamp) -> Result<Option<MailRow>, StoreError> {
        let open = [State::Asked.as_str(), State::Waiting.as_str()];
        let found = mails::Entity::find().filter(Column::State.is_in(open)).filter(Column::DueAt.lte(now.millis()));
        let found = found.filter(Column::ExpiresAt.lte(now.millis())).order_by_asc(Column::ExpiresAt);
        found.one(&self.0.inner).await?.map(read).transpose()
    }

    /// Takes a due mail until `until`, for `holder`; false when somebody else was quicker. It counts as an attempt.
    pub async fn claim(&self, mail: &MailRow, holder: &str, until: Timestamp) -> Result<bool, StoreError> {
        let claim = mails::Entity::update_many()
            .col_expr(Column::DueAt, Expr::value(until.millis()))
            .col_expr(Column::Holder, Expr::value(holder))
            .col_expr(Column::Attempts, Expr::value(attempts(mail.attempts) + 1));
        let unchanged = claim.filter(Column::Id.eq(mail.id)).filter(Column::State.eq(State::Waiting.as_str()));
        let unchanged =
            unchanged.filter(Column::DueAt.eq(mail.due_at.millis())).filter(Column::Attempts.eq(attempts(mail.attempts)));
        Ok(unchanged.exec(&self.0.inner).await?.rows_affected == 1)
    }

    /// Puts a mail off after its attempt of that number, unless somebody else has taken it meanwhile.
    pub async fn put_off(&self, id: Uuid, attempt: u32, (until, problem): (Timestamp, &str)) -> Result<bool, StoreError> {
        let update = mails::Entity::update_many()
            .col_expr(Column::DueAt, Expr::value(until.millis()))
            .col_expr(Column::Holder, Expr::value(""))
            .col_expr(Column::Problem, Expr::value(problem));
        let own = update.filter(Column::Id.eq(id)).filter(Column::Attempts.eq(attempts(attempt)));
        Ok(own.filter(Column::State.eq(State::Waiting.as_str())).exec(&self.0.inner).await?.rows_affected == 1)
    }

    /// Ends a mail as `state` after its attempt of that number, unless somebody else has it; what it said goes.
    pub async fn end(&self, id: Uuid, attempt: u32, state: State, (at, problem): (Timestamp, &str)) -> Result<bool, StoreError> {
        let mut update = mails::Entity::update_many();
        for (column, value) in [
            (Column::State, state.as_str()),
            (Column::Problem, problem),
            (Column::Holder, ""),
            (Column::Master, ""),
            (Column::DataKey, ""),
            (Column::Letter, ""),
        ] {
            update = update.col_expr(column, Expr::value(value));
        }
        let own = update.col_expr(Column::DoneAt, Expr::value(at.millis())).filter(Column::Id.eq(id));
        let own = own.filter(Column::Attempts.eq(attempts(attempt))).filter(Column::DoneAt.is_null());
        Ok(own.exec(&self.0.inner).await?.rows_affected == 1)
    }

    /// Makes everything due that `holder` was sending when it ended.
    pub async fn release(&self, holder: &str, now: Timestamp) -> Result<(), StoreError> {
        let update = mails::Entity::update_many()
            .col_expr(Column::DueAt, Expr::value(now.millis()))
            .col_expr(Column::Holder, Expr::value(""));
        update.filter(Column::Holder.eq(holder)).filter(Column::State.eq(State::Waiting.as_str())).exec(&self.0.inner).await?;
        Ok(())
    }

    /// All that wait to be sent, oldest first.
    pub async fn waiting(&self) -> Result<Vec<MailRow>, StoreError> {
        in_state(State::Waiting).order_by_asc(Column::CreatedAt).all(&self.0.inner).await?.into_iter().map(read).collect()
    }

    /// Puts another envelope around what a mail says.
    pub async fn reseal(&self, id: Uuid, sealed: &Sealed) -> Result<(), StoreError> {
        let row = mails::ActiveModel {
            id: Set(id),
            master: Set(sealed.master.clone()),
            data_key: Set(sealed.data_key.clone()),
            letter: Set(sealed.value.clone()),
            ..Default::default()
        };
        row.update(&self.0.inner).await?;
        Ok(())
    }

    /// What did not arrive since then, newest first, a few of it.
    pub async fn failed_since(&self, since: Timestamp, limit: u64) -> Result<Vec<MailRow>, StoreError> {
        let failed = [State::Refused.as_str(), State::GivenUp.as_str()];
        let found = mails::Entity::find().filter(Column::State.is_in(failed)).filter(Column::DoneAt.gte(since.millis()));
        let found = found.order_by_desc(Column::DoneAt).limit(limit);
        found.all(&self.0.inner).await?.into_iter().map(read).collect()
    }

    /// Forgets what was over before then.
    pub async fn forget(&self, before: Timestamp) -> Result<(), StoreError> {
        mails::Entity::delete_many().filter(Column::DoneAt.lt(before.millis())).exec(&self.0.inner).await?;
        Ok(())
    }
}

fn in_state(state: State) -> Select<mails::Entity> {
    mails::Entity::find().filter(Column::State.eq(state.as_str()))
}

fn attempts(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX - 1)
}

fn row(mail: &MailRow) -> mails::ActiveModel {
    let sealed =
        mail.letter.clone().unwrap_or_else(|| Sealed { master: String::new(), data_key: String::new(), value: String::new() });
    mails::ActiveModel {
        id: Set(mail.id),
        kind: Set(mail.kind.as_str().to_owned()),
        recipient: Set(mail.recipient.clone()),
        state: Set(mail.state.as_str().to_owned()),
        master: Set(sealed.master),
        data_key: Set(sealed.data_key),
        letter: Set(sealed.value),
        created_at: Set(mail.created_at.millis()),
        expires_at: Set(mail.expires_at.millis()),
        due_at: Set(mail.due_at.millis()),
        attempts: Set(attempts(mail.attempts)),
        holder: Set(String::new()),
        problem: Set(mail.problem.clone()),
        done_at: Set(mail.done_at.map(Timestamp::millis)),
    }
}

fn read(row: mails::Model) -> Result<MailRow, StoreError> {
    let unknown = |what: &str, name: &str| StoreError::corrupt("mails", format!("unknown {what} {name}"));
    let sealed = Sealed { master: row.master, data_key: row.data_key, value: row.letter };
    Ok(MailRow {
        id: row.id,
        kind: Kind::parse(&row.kind).ok_or_else(|| unknown("kind", &row.kind))?,
        recipient: row.recipient,
        state: State::parse(&row.state).ok_or_else(|| unknown("state", &row.state))?,
        letter: Some(sealed).filter(|sealed| !sealed.value.is_empty()),
        created_at: Timestamp::from_millis(row.created_at),
        expires_at: Timestamp::from_millis(row.expires_at),
        due_at: Timestamp::from_millis(row.due_at),
        attempts: u32::try_from(row.attempts).unwrap_or(0),
        problem: row.problem,
        done_at: row.done_at.map(Timestamp::from_millis),
    })
}
