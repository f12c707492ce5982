//! The database's schema: one change per file, each with its way back. Tables and columns are strings, never entities.

#![cfg_attr(
    not(test),
    expect(clippy::wildcard_imports, reason = "schema steps read like the schema with sea-orm-migration's own words")
)]

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

mod m0001_accounts;
mod m0002_events;
mod m0003_projects;
mod m0004_runs;
mod m0005_token_scopes;
mod m0006_audit_chain;
mod m0007_privileges;
mod m0010_factors;
mod m0013_teams;
mod m0014_invitation_links;
mod m0017_secrets;
mod m0020_identity_providers;
mod m0022_team_events;
mod m0030_mail;
mod m0031_passkeys;
mod m0032_oidc_logout;
mod m0034_personal_events;
mod m0041_makers;
mod m0042_preparing;
mod m0043_sort_names;
mod m0044_audit_about;
mod m0045_inviters;
mod m0046_run_keys;

/// All schema changes, in the order in which they are applied. Numbers are parts of names: databases know them, so neither gaps nor
/// order are mended.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_accounts::Migration),
            Box::new(m0002_events::Migration),
            Box::new(m0003_projects::Migration),
            Box::new(m0004_runs::Migration),
            Box::new(m0005_token_scopes::Migration),
            Box::new(m0006_audit_chain::Migration),
            Box::new(m0007_privileges::Migration),
            Box::new(m0010_factors::Migration),
            Box::new(m0017_secrets::Migration),
            Box::new(m0020_identity_providers::Migration),
            Box::new(m0013_teams::Migration),
            Box::new(m0014_invitation_links::Migration),
            Box::new(m0022_team_events::Migration),
            Box::new(m0030_mail::Migration),
            Box::new(m0032_oidc_logout::Migration),
            Box::new(m0031_passkeys::Migration),
            Box::new(m0034_personal_events::Migration),
            Box::new(m0041_makers::Migration),
            Box::new(m0042_preparing::Migration),
            Box::new(m0043_sort_names::Migration),
            Box::new(m0044_audit_about::Migration),
            Box::new(m0045_inviters::Migration),
            Box::new(m0046_run_keys::Migration),
        ]
    }
}
