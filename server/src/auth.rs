//! Who is asking: cookies of people, bearer tokens of programs, and the rules on where requests may come from.

pub(crate) mod address;
pub mod browsers;
pub mod confirm;
pub mod extract;
pub mod factor;
pub mod forgot;
mod halves;
pub mod invite;
pub mod login;
pub mod next;
pub mod origin;
pub mod providers;
pub mod reset;
pub mod sessions;
pub mod setup;
pub mod tokens;

pub use extract::{Credentials, Signed};
