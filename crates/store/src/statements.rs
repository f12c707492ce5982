//! What the database is asked, in the log: `LOKI_LOG=info,store::statements=trace`. Each line stands with the request that it is for.

use sea_orm::DatabaseConnection;
use tracing::Level;

/// Logs every statement but those that begin and end transactions, without its values, if the log takes that. Otherwise nothing
/// stands in the way of any.
pub(crate) fn log(db: &mut DatabaseConnection) {
    if tracing::enabled!(Level::TRACE) {
        db.set_metric_callback(|info| tracing::trace!(sql = info.statement.sql.as_str(), "asked"));
    }
}
