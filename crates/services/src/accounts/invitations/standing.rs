//! An invitation is worth what its maker may give at the moment at which it is taken up.

use store::{InvitationRow, Inviter, Tx};

use super::{super::tokens, may_give};
use crate::{Cx, Error};

/// Those that whoever made them could make still, in their order.
pub(super) async fn of(cx: &Cx, tx: &Tx, rows: Vec<InvitationRow>) -> Result<Vec<InvitationRow>, Error> {
    let mut standing = Vec::with_capacity(rows.len());
    for row in rows {
        if stands(cx, tx, &row).await? {
            standing.push(row);
        }
    }
    Ok(standing)
}

/// Those of an e-mail address that count, newest first.
pub(in crate::accounts) async fn of_email(cx: &Cx, tx: &Tx, email: &str) -> Result<Vec<InvitationRow>, Error> {
    let rows = tx.invitations().of_email(email, cx.clock.now()).await?;
    of(cx, tx, rows).await
}

async fn stands(cx: &Cx, tx: &Tx, row: &InvitationRow) -> Result<bool, Error> {
    let maker = match row.made_by {
        // The command line's stays.
        None => return Ok(true),
        Some(Inviter::User(id)) => tokens::reach_of_person(tx, id).await?,
        Some(Inviter::Token(id)) => tokens::reach_of_token(tx, id, cx.clock.now()).await?,
    };
    Ok(maker.is_some_and(|maker| may_give(&maker, row.role, row.team).is_ok()))
}
