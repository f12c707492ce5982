//! People and the settings of the installation.

use domain::sort::{Order, Sort, name_key};
use protocol::{Timestamp, UserId, access::Role};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, LikeExpr, OnConflict},
};

use crate::{
    StoreError, Tx,
    sorted::{sorted, value},
    tables::{settings, users},
};

/// A person as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    pub id: UserId,
    /// Lower case.
    pub email: String,
    pub name: String,
    /// In PHC string format; empty for a person without a password.
    pub password_hash: String,
    pub role: Role,
    pub created_at: Timestamp,
    /// Since when they cannot sign in; absent for somebody who can.
    pub switched_off_at: Option<Timestamp>,
    /// Counts the changes of what they may do and of what they sign in with.
    pub privileges: i64,
}

/// Users and settings.
#[derive(Debug)]
pub struct Accounts<'a>(pub(crate) &'a Tx);

impl Accounts<'_> {
    /// How many people there are, those that are switched off among them.
    pub async fn count(&self) -> Result<u64, StoreError> {
        Ok(users::Entity::find().count(&self.0.inner).await?)
    }

    /// Adds a person; a conflict where the id or the email address is taken.
    pub async fn insert(&self, user: &UserRow) -> Result<(), StoreError> {
        let row = users::ActiveModel {
            id: Set(user.id.0),
            email: Set(user.email.clone()),
            name: Set(user.name.clone()),
            sort_name: Set(name_key(&user.name)),
            password_hash: Set(user.password_hash.clone()),
            role: Set(user.role.as_str().to_owned()),
            created_at: Set(user.created_at.millis()),
            switched_off_at: Set(user.switched_off_at.map(Timestamp::millis)),
            privileges: Set(user.privileges),
        };
        row.insert(&self.0.inner).await?;
        Ok(())
    }

    /// The person of that email address, which is compared as it is stored: in lower case.
    pub async fn by_email(&self, email: &str) -> Result<Option<UserRow>, StoreError> {
        let row = users::Entity::find().filter(users::Column::Email.eq(email)).one(&self.0.inner).await?;
        row.map(read).transpose()
    }

    /// The person of that id, also one that is switched off; absent when there is none.
    pub async fn by_id(&self, id: UserId) -> Result<Option<UserRow>, StoreError> {
        users::Entity::find_by_id(id.0).one(&self.0.inner).await?.map(read).transpose()
    }

    /// The people of those ids, in no order; an id without a person is passed over.
    pub async fn by_ids(&self, ids: &[UserId]) -> Result<Vec<UserRow>, StoreError> {
        let found = users::Entity::find().filter(users::Column::Id.is_in(ids.iter().map(|id| id.0)));
        found.all(&self.0.inner).await?.into_iter().map(read).collect()
    }

    /// People with `words` in their name or email address, whatever their case and accents. The list's own order is the one in
    /// which they came.
    pub async fn list(&self, words: &str, order: &Order<UserId>, limit: u64) -> Result<Vec<UserRow>, StoreError> {
        let found = users::Entity::find().limit(limit);
        let mut found = match order {
            Order::Own(None) => found.order_by_asc(users::Column::Id),
            Order::Own(Some(after)) => found.order_by_asc(users::Column::Id).filter(users::Column::Id.gt(after.0)),
            Order::Sorted(sort, after) => {
                let after = after.as_ref().map(|cursor| (cursor.key.as_str(), cursor.id.0));
                sorted(found, (key(*sort), users::Column::Id), *sort, after)?
            }
        };
        if !words.is_empty() {
            found = found.filter(
                Condition::any()
                    .add(contains(users::Column::SortName, &name_key(words)))
                    .add(contains(users::Column::Email, &words.to_lowercase())),
            );
        }
        found.all(&self.0.inner).await?.into_iter().map(read).collect()
    }

    /// What that person is sorted by, as a cursor has it.
    pub async fn sorted_by(&self, id: UserId, sort: Sort) -> Result<Option<String>, StoreError> {
        value(self.0, users::Entity::find_by_id(id.0), key(sort)).await
    }

    /// How many people have that role in the installation and are not switched off.
    pub async fn count_role(&self, role: Role) -> Result<u64, StoreError> {
        let found = users::Entity::find().filter(users::Column::Role.eq(role.as_str()));
        Ok(found.filter(users::Column::SwitchedOffAt.is_null()).count(&self.0.inner).await?)
    }

    /// Gives a person another name; a conflict when they are gone.
    pub async fn set_name(&self, id: UserId, name: &str) -> Result<(), StoreError> {
        let (name, sort_name) = (Set(name.to_owned()), Set(name_key(name)));
        let row = users::ActiveModel { id: Set(id.0), name, sort_name, ..Default::default() };
        row.update(&self.0.inner).await?;
        Ok(())
    }

    /// Removes a person, if they are there, with what only a second step needs: factors, recovery codes, questions for passkeys
    /// and sign-ins that wait. Everything else that was theirs is the caller's to remove.
    pub async fn delete(&self, id: UserId) -> Result<(), StoreError> {
        users::Entity::delete_by_id(id.0).exec(&self.0.inner).await?;
        Ok(())
    }

    /// Gives a person another role in the installation, and counts that in their privileges; a conflict when they are gone.
    pub async fn set_role(&self, id: UserId, role: Role) -> Result<(), StoreError> {
        let row = users::ActiveModel { id: Set(id.0), role: Set(role.as_str().to_owned()), ..Default::default() };
        row.update(&self.0.inner).await?;
        self.privileges_changed(id).await
    }

    /// Switches a person off, or on again, and counts that in their privileges; a conflict when they are gone.
    pub async fn set_switched_off(&self, id: UserId, since: Option<Timestamp>) -> Result<(), StoreError> {
        let since = Set(since.map(Timestamp::millis));
        let row = users::ActiveModel { id: Set(id.0), switched_off_at: since, ..Default::default() };
        row.update(&self.0.inner).await?;
        self.privileges_changed(id).await
    }

    /// Counts a change of what a person may do or signs in with: each of their logins gets another id when it is used next.
    /// Nothing happens when they are gone.
    pub async fn privileges_changed(&self, id: UserId) -> Result<(), StoreError> {
        let next = Expr::col(users::Column::Privileges).add(1);
        let update = users::Entity::update_many().col_expr(users::Column::Privileges, next);
        update.filter(users::Column::Id.eq(id.0)).exec(&self.0.inner).await?;
        Ok(())
    }

    /// Gives a person another password hash, in PHC string format, and counts that in their privileges; a conflict when they are
    /// gone.
    pub async fn set_password(&self, id: UserId, password_hash: &str) -> Result<(), StoreError> {
        let row = users::ActiveModel { id: Set(id.0), password_hash: Set(password_hash.to_owned()), ..Default::default() };
        row.update(&self.0.inner).await?;
        self.privileges_changed(id).await
    }

    /// The value of that name that the installation has once; absent until it is set.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(settings::Entity::find_by_id(name.to_owned()).one(&self.0.inner).await?.map(|row| row.value))
    }

    /// Writes a value that the installation has once, in place of the one before.
    pub async fn set_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        let row = settings::ActiveModel { name: Set(name.to_owned()), value: Set(value.to_owned()) };
        let update = OnConflict::column(settings::Column::Name).update_column(settings::Column::Value).to_owned();
        settings::Entity::insert(row).on_conflict(update).exec_without_returning(&self.0.inner).await?;
        Ok(())
    }

    /// Sets a value in place of `before`, or where there was none; `false` when somebody else was first.
    pub async fn replace_setting(&self, name: &str, before: Option<&str>, value: &str) -> Result<bool, StoreError> {
        let Some(before) = before else {
            let row = settings::ActiveModel { name: Set(name.to_owned()), value: Set(value.to_owned()) };
            let there = OnConflict::column(settings::Column::Name).do_nothing().to_owned();
            let made = settings::Entity::insert(row).on_conflict(there).exec_without_returning(&self.0.inner).await?;
            return Ok(made == 1);
        };
        let update = settings::Entity::update_many().col_expr(settings::Column::Value, Expr::value(value));
        let update = update.filter(settings::Column::Name.eq(name)).filter(settings::Column::Value.eq(before));
        Ok(update.exec(&self.0.inner).await?.rows_affected == 1)
    }

    /// Removes a value that the installation has once, if it is there.
    pub async fn remove_setting(&self, name: &str) -> Result<(), StoreError> {
        settings::Entity::delete_by_id(name.to_owned()).exec(&self.0.inner).await?;
        Ok(())
    }
}

fn key(sort: Sort) -> &'static str {
    match sort.by.name {
        "name" => "users.sort_name",
        "role" => "users.role",
        // Who can sign in, then who was switched off first.
        "state" => "COALESCE(users.switched_off_at, 0)",
        _ => "users.created_at",
    }
}

/// Whether the words are in that column.
fn contains(column: users::Column, words: &str) -> Expr {
    Expr::col(column).like(around(words))
}

/// What has the words in it, whatever they are.
pub(crate) fn around(words: &str) -> LikeExpr {
    let plain = words.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    LikeExpr::new(format!("%{plain}%")).escape('\\')
}

fn read(row: users::Model) -> Result<UserRow, StoreError> {
    let role = Role::parse(&row.role).ok_or_else(|| StoreError::corrupt("users", format!("unknown role {}", row.role)))?;
    Ok(UserRow {
        id: UserId(row.id),
        email: row.email,
        name: row.name,
        password_hash: row.password_hash,
        role,
        created_at: Timestamp::from_millis(row.created_at),
        switched_off_at: row.switched_off_at.map(Timestamp::from_millis),
        privileges: row.privileges,
    })
}
