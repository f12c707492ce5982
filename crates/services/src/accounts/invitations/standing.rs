//! An invitation is worth what its maker may give at the moment at which it is taken up.

use std::collections::{HashMap, hash_map::Entry};

use domain::reach::Reach;
use store::{InvitationRow, Inviter, Tx};

use super::{super::tokens, may_give};
use crate::{Cx, Error};

/// The invitations among `rows` that whoever made them could make still, in their order.
pub(super) async fn of(cx: &Cx, tx: &Tx, rows: Vec<InvitationRow>) -> Result<Vec<InvitationRow>, Error> {
    // Many are of the same few makers.
    let mut makers: HashMap<Inviter, Option<Reach>> = HashMap::new();
    let mut standing = Vec::with_capacity(rows.len());
    for row in rows {
        let stands = match row.made_by {
            // The command line's stays.
            None => true,
            Some(maker) => {
                let reach = match makers.entry(maker) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => new.insert(reach_of(cx, tx, maker).await?),
                };
                reach.as_ref().is_some_and(|reach| may_give(reach, row.role, row.team).is_ok())
            }
        };
        if stands {
            standing.push(row);
        }
    }
    Ok(standing)
}

/// The invitations of an email address that count, newest first.
pub(in crate::accounts) async fn of_email(cx: &Cx, tx: &Tx, email: &str) -> Result<Vec<InvitationRow>, Error> {
    let rows = tx.invitations().of_email(email, cx.clock.now()).await?;
    of(cx, tx, rows).await
}

/// How far a maker reaches at this moment; nothing for one that no longer counts.
async fn reach_of(cx: &Cx, tx: &Tx, maker: Inviter) -> Result<Option<Reach>, Error> {
    match maker {
        Inviter::User(id) => tokens::reach_of_person(tx, id).await,
        Inviter::Token(id) => tokens::reach_of_token(tx, id, cx.clock.now()).await,
    }
}
