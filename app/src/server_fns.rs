//! What the browser may ask of the server, one file per domain; twins of the REST handlers over the same use cases.

pub mod access;
pub mod admin;
pub mod agents;
pub mod ask;
pub mod factors;
pub mod flash;
pub mod owners;
pub mod profile;
pub mod projects;
pub mod run_lists;
pub mod runs;
pub mod secrets;
pub mod sharing;
pub mod start;
pub mod teams;
pub mod templates;
pub mod users;

#[cfg(feature = "ssr")]
mod server_side;
#[cfg(feature = "ssr")]
pub use server_side::{PublicUrl, Refusal, Refusals, RequestId, asked, context, set_status};
#[cfg(feature = "ssr")]
use server_side::{fail, id_of, invited, order, public_url};

use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use protocol::ApiError;
use serde::{Deserialize, Serialize};

/// Why something that the interface asked for was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UiError {
    /// What happened, why, and what to do.
    pub detail: String,
    /// Finds it in the server's log; empty when the server was not reached.
    pub request_id: String,
    /// As in HTTP; 0 when the server was not reached.
    pub status: u16,
}

impl UiError {
    /// An error that has no request of its own.
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), request_id: String::new(), status }
    }
}

impl From<ApiError> for UiError {
    fn from(error: ApiError) -> Self {
        Self { detail: error.detail, request_id: error.request_id, status: 500 }
    }
}

impl std::fmt::Display for UiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for UiError {}

impl FromServerFnError for UiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Self::new(0, "The server did not answer. Check the connection and try again."),
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => {
                fail(Self::new(400, "The form could not be read. Reload the page and try again."))
            }
            // On the server it is the request's body that could not be read; in the browser, the answer's.
            ServerFnErrorErr::Deserialization(cause) if cfg!(feature = "ssr") => fail(if cause.contains("length limit") {
                Self::new(413, "The form is larger than this server takes. Send less and try again.")
            } else {
                Self::new(400, "The form could not be read. Reload the page and try again.")
            }),
            _ => Self::new(500, "The answer could not be read. Reload the page and try again."),
        }
    }
}

/// In the browser an error has no request of its own.
#[cfg(not(feature = "ssr"))]
fn fail(error: UiError) -> UiError {
    error
}

/// Sets the status of the page that is being rendered; in the browser there is none.
#[cfg(not(feature = "ssr"))]
pub fn set_status(_status: u16) {}
