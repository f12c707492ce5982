//! Invitations: by link, for an email address, or both.

use domain::sort::name_key;
use protocol::{TeamId, Timestamp, TokenId, UserId, access::Role};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use crate::{StoreError, Tx, accounts::around, tables::invitations, teams::role};

/// An invitation as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationRow {
    pub id: String,
    /// Lower case; absent for whoever has the link.
    pub email: Option<String>,
    /// SHA-256 of the link's secret, in hex; absent for an invitation without a link.
    pub link_hash: Option<String>,
    /// In the installation, for a new account.
    pub role: Role,
    /// The team that is joined, with the role in it.
    pub team: Option<(TeamId, Role)>,
    /// Who made it, as people know them.
    pub invited_by: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// Whose right to invite it rests on; absent for the command line's.
    pub made_by: Option<Inviter>,
}

/// Who made an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Inviter {
    User(UserId),
    Token(TokenId),
}

/// Which of the invitations that have not expired, and where their list goes on.
#[derive(Clone, Copy, Debug)]
pub struct InvitationsPage<'a> {
    /// Only those into this team.
    pub team: Option<TeamId>,
    /// In the email address, or in the name of who made it, whatever their case and accents.
    pub words: &'a str,
    pub now: Timestamp,
    /// The last one of the page before.
    pub after: Option<&'a str>,
    pub limit: u64,
}

/// Invitations.
#[derive(Debug)]
pub struct Invitations<'a>(pub(crate) &'a Tx);

impl Invitations<'_> {
    /// Adds an invitation; a conflict where its id or its link is taken.
    pub async fn insert(&self, invitation: &InvitationRow) -> Result<(), StoreError> {
        let row = invitations::ActiveModel {
            id: Set(invitation.id.clone()),
            email: Set(invitation.email.clone().unwrap_or_default()),
            link_hash: Set(invitation.link_hash.clone()),
            role: Set(invitation.role.as_str().to_owned()),
            team_id: Set(invitation.team.map(|(team, _)| team.0)),
            team_role: Set(invitation.team.map(|(_, role)| role.as_str()).unwrap_or_default().to_owned()),
            invited_by: Set(invitation.invited_by.clone()),
            sort_invited_by: Set(name_key(&invitation.invited_by)),
            created_at: Set(invitation.created_at.millis()),
            expires_at: Set(invitation.expires_at.millis()),
            made_by_user: Set(match invitation.made_by {
                Some(Inviter::User(id)) => Some(id.0),
                Some(Inviter::Token(_)) | None => None,
            }),
            made_by_token: Set(match invitation.made_by {
                Some(Inviter::Token(id)) => Some(id.0),
                Some(Inviter::User(_)) | None => None,
            }),
        };
        invitations::Entity::insert(row).exec_without_returning(&self.0.inner).await?;
        Ok(())
    }

    /// The invitation of that id, expired or not; absent when there is none.
    pub async fn by_id(&self, id: &str) -> Result<Option<InvitationRow>, StoreError> {
        invitations::Entity::find_by_id(id.to_owned()).one(&self.0.inner).await?.map(read).transpose()
    }

    /// The invitation of that link, unless it has expired at `now`.
    pub async fn by_link(&self, link_hash: &str, now: Timestamp) -> Result<Option<InvitationRow>, StoreError> {
        let found = invitations::Entity::find().filter(invitations::Column::LinkHash.eq(link_hash));
        found.filter(lasts(now)).one(&self.0.inner).await?.map(read).transpose()
    }

    /// All invitations of that email address that have not expired at `now`, newest first.
    pub async fn of_email(&self, email: &str, now: Timestamp) -> Result<Vec<InvitationRow>, StoreError> {
        let found = invitations::Entity::find().filter(invitations::Column::Email.eq(email)).filter(lasts(now));
        let found = found.order_by_desc(invitations::Column::CreatedAt).order_by_desc(invitations::Column::Id);
        found.all(&self.0.inner).await?.into_iter().map(read).collect()
    }

    /// A page of the invitations that have not expired, newest first: ids are in the order in which they were made.
    pub async fn list(&self, page: InvitationsPage<'_>) -> Result<Vec<InvitationRow>, StoreError> {
        let contains = |column: invitations::Column, words: &str| Expr::col(column).like(around(words));
        let named = || {
            Condition::any()
                .add(contains(invitations::Column::Email, &page.words.to_lowercase()))
                .add(contains(invitations::Column::SortInvitedBy, &name_key(page.words)))
        };
        let wanted = Condition::all()
            .add(lasts(page.now))
            .add_option(page.team.map(|team| invitations::Column::TeamId.eq(team.0)))
            .add_option(page.after.map(|after| invitations::Column::Id.lt(after)))
            .add_option((!page.words.is_empty()).then(named));
        let found = invitations::Entity::find().filter(wanted).order_by_desc(invitations::Column::Id).limit(page.limit);
        found.all(&self.0.inner).await?.into_iter().map(read).collect()
    }

    /// Uses an invitation up; `false` when somebody else did.
    pub async fn remove(&self, id: &str) -> Result<bool, StoreError> {
        Ok(invitations::Entity::delete_by_id(id.to_owned()).exec(&self.0.inner).await?.rows_affected == 1)
    }

    /// Removes those of an email address that lead into no team, so that a new one takes their place.
    pub async fn remove_teamless_of(&self, email: &str) -> Result<(), StoreError> {
        let found = invitations::Entity::delete_many().filter(invitations::Column::Email.eq(email));
        found.filter(invitations::Column::TeamId.is_null()).exec(&self.0.inner).await?;
        Ok(())
    }

    /// Removes those of a team.
    pub async fn remove_of_team(&self, team: TeamId) -> Result<(), StoreError> {
        invitations::Entity::delete_many().filter(invitations::Column::TeamId.eq(team.0)).exec(&self.0.inner).await?;
        Ok(())
    }

    /// Removes those that have expired at `now`.
    pub async fn sweep(&self, now: Timestamp) -> Result<(), StoreError> {
        invitations::Entity::delete_many().filter(invitations::Column::ExpiresAt.lte(now.millis())).exec(&self.0.inner).await?;
        Ok(())
    }
}

fn lasts(now: Timestamp) -> sea_orm::sea_query::SimpleExpr {
    invitations::Column::ExpiresAt.gt(now.millis())
}

fn read(row: invitations::Model) -> Result<InvitationRow, StoreError> {
    let team = match row.team_id {
        Some(team) => Some((TeamId(team), role("invitations", &row.team_role)?)),
        None => None,
    };
    let made_by = row.made_by_user.map(|id| Inviter::User(UserId(id)));
    let made_by = made_by.or_else(|| row.made_by_token.map(|id| Inviter::Token(TokenId(id))));
    Ok(InvitationRow {
        id: row.id,
        email: Some(row.email).filter(|email| !email.is_empty()),
        link_hash: row.link_hash,
        role: role("invitations", &row.role)?,
        team,
        invited_by: row.invited_by,
        created_at: Timestamp::from_millis(row.created_at),
        expires_at: Timestamp::from_millis(row.expires_at),
        made_by,
    })
}
