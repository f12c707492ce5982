//! Whether mail arrives.

use axum::{Json, extract::State};
use protocol::{ApiError, server::MailTrial};

use crate::{api::Refusals, auth::Signed, edge::Edge, error::HttpError};

/// Sends a test mail to the person who asks, at once and once
///
/// A token has no address and is refused. Between two of them lie ten seconds.
#[utoipa::path(post, path = "/api/v2/mail/test", tag = "system",
    responses((status = 200, body = MailTrial, description = "What the mail server said against it stands in `problem`"),
        (status = 409, body = ApiError, description = "No mail is set up"), Refusals))]
pub async fn send_test(State(edge): State<Edge>, Signed(actor): Signed) -> Result<Json<MailTrial>, HttpError> {
    Ok(Json(services::mail::try_out(&edge.cx, &actor).await?))
}
