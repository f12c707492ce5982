//! Finding the person that a request means.

use protocol::UserId;
use store::{Tx, UserRow};

use crate::{Error, accounts};

/// A person by id or by the email address of their account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Whom {
    pub id: Option<UserId>,
    pub email: Option<String>,
}

/// The person that is meant.
pub(crate) async fn find(tx: &Tx, whom: &Whom) -> Result<UserRow, Error> {
    match whom {
        Whom { id: Some(id), email: None } => {
            tx.accounts().by_id(*id).await?.ok_or_else(|| Error::Invalid("there is no user with that id".to_owned()))
        }
        Whom { id: None, email: Some(email) } => {
            let email = accounts::email(email)?;
            let nobody = || Error::Invalid(format!("nobody has an account with {email}; invite them"));
            tx.accounts().by_email(&email).await?.ok_or_else(nobody)
        }
        _ => Err(Error::Invalid("say whom you mean: give either `user_id` or `email`".to_owned())),
    }
}
