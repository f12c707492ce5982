//! People, how they sign in, and API tokens.

mod access;
mod begin;
mod factors;
mod forgot;
mod fresh;
pub mod id_tokens;
mod identities;
mod invitations;
mod logins;
mod one_time;
mod own_password;
mod passwords;
mod reset;
mod setup;
mod sign_in;
mod tokens;
mod users;

pub use access::{AccessKeys, authenticate_access_token, mint};
pub(crate) use begin::begin;
pub use factors::{
    Answer, Entered, Offer, Passkeys, ask_for_passkey, begin_factor, begin_passkey, confirm_factor, confirm_passkey,
    factor_set_up, finish_second_step, list_factors, remove_factor, replace_recovery_codes, reset_factors, seal_apps,
    second_step, second_step_waits,
};
pub(crate) use forgot::answer_forgotten;
pub use forgot::forgot_password;
pub use fresh::{CONFIRM, can_prove, is_fresh, prove_oneself};
pub use identities::{
    Departure, Linked, Returned, begin_link, begin_sign_in, link_identity, linked_identities, sign_in_as, signed_out_there,
    take_sign_in, unlink_identity,
};
pub use invitations::{Invited, NewAccount, accept, accept_with_account, invitations, invite, invite_by_link, invited, withdraw};
pub use logins::{LOGIN, LoginData, VOUCHED, end_login, end_logins_of, end_other_logins, list_logins, take_login};
pub use own_password::{change_password, has_password};
pub use passwords::HashingRoom;
pub use reset::{check_reset_token, issue_reset_token, reset_password};
pub use setup::{NewAdmin, check_setup_token, create_first_admin, issue_setup_token, setup_needed};
pub use sign_in::{Attempts, sign_in};
pub use tokens::{
    KnownToken, TokenEnding, TokenSearch, TokenState, TokenUses, Unseen, UnseenSecrets, Which, authenticate_token, create_token,
    end_token, list_tokens, rotate_token, search_tokens, state_of, token, update_token, write_token_uses,
};
pub(crate) use users::email;
pub use users::{NewUser, UserRecord, create_user, delete_user, find_user, list_users, owns_projects, update_user, user};
