//! The rules: pure and synchronous, without input, output or a clock of their own.

pub mod access;
pub mod access_tokens;
pub mod actor;
pub mod addresses;
pub mod audit;
pub mod complexity;
pub mod devices;
pub mod errors;
pub mod factors;
pub mod gates;
pub mod hex;
pub mod links;
pub mod mail;
pub mod names;
pub mod passwords;
pub mod ports;
pub mod rate_limits;
pub mod reach;
pub mod receipts;
pub mod runs;
pub mod sign_in;
pub mod sort;
pub mod specs;
pub mod teams;
pub mod templates;
pub mod vault;
