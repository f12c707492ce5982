//! The one shape of every error that leaves the server.

use serde::{Deserialize, Serialize};

/// What went wrong, in words for the person who asked, and the id to find it in the logs by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiError {
    /// What happened, why, and what to do. Never holds secrets or internals.
    pub detail: String,
    /// The `x-request-id` of the request.
    pub request_id: String,
}
