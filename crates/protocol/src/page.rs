//! Lists are read by position: `?after=CURSOR&limit=N`, and the answer names the next cursor.

use serde::{Deserialize, Serialize};

/// Where a list goes on and how much of it is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
pub struct PageQuery {
    /// The `next` of the page before; absent for the first page.
    pub after: Option<String>,
    /// Rows on a page, 1 to 200; 50 when absent.
    pub limit: Option<u32>,
}
