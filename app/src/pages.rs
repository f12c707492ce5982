//! Pages, one file each; larger ones are folders.

pub mod admin;
pub mod asked;
pub mod gallery;
pub mod home;
pub mod login;
pub mod new_project;
pub mod not_found;
pub mod owner_choice;
pub mod profile;
pub mod project;
pub mod projects;
pub mod refused;
pub mod run;
pub mod run_rows;
pub mod runs;
pub mod secrets;
pub mod setup;
pub mod spec_field;
pub mod teams;
pub mod template;
pub mod templates;
