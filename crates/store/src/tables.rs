//! The tables as sea-orm sees them. Their schema is the `migration` crate's.

#![expect(unreachable_pub, clippy::struct_field_names, reason = "sea-orm derives need public entities, named as the columns are")]

pub(crate) mod api_tokens;
pub(crate) mod audit;
pub(crate) mod audit_checkpoints;
pub(crate) mod audit_entries;
pub(crate) mod audit_head;
pub(crate) mod event_position;
pub(crate) mod events;
pub(crate) mod factors;
pub(crate) mod gone_projects;
pub(crate) mod half_logins;
pub(crate) mod identities;
pub(crate) mod invitations;
pub(crate) mod logins;
pub(crate) mod logout_tokens;
pub(crate) mod mails;
pub(crate) mod passkey_challenges;
pub(crate) mod password_resets;
pub(crate) mod project_shares;
pub(crate) mod projects;
pub(crate) mod receipts;
pub(crate) mod recovery_codes;
pub(crate) mod run_calls;
pub(crate) mod run_gates;
pub(crate) mod run_iterations;
pub(crate) mod run_journal;
pub(crate) mod run_tasks;
pub(crate) mod runs;
pub(crate) mod secrets;
pub(crate) mod settings;
pub(crate) mod sign_in_flows;
pub(crate) mod team_members;
pub(crate) mod teams;
pub(crate) mod users;
