//! The API from outside: who may do what, what it answers, and what it refuses.
#![expect(clippy::disallowed_methods, reason = "servers that tests talk to end with their test")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails where something is missing")]

mod access_tokens;
mod account_pages;
mod admin_pages;
mod at_once;
mod audit;
mod audit_chain;
mod audit_forward;
mod bad_input;
mod browsers;
mod busy;
mod clone_credentials;
mod database_way;
mod denied;
mod dishonest_providers;
mod factors;
mod fresh;
mod group_rules;
mod headers;
mod invitations;
mod limits;
mod lists;
mod logins;
mod mail;
mod mail_failures;
mod names;
mod passkeys;
mod passwords;
mod people;
mod provider_logout;
mod providers;
mod reset_links;
mod roles;
mod second_step;
mod secrets;
mod shapes;
mod sharing;
mod sign_in;
mod sockets;
mod team_pages;
mod team_secrets;
mod teams;
mod token_management;
mod token_rotation;
mod tokens;
