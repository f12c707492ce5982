//! The log on standard error, as text for people or JSON for machines.

use std::io::IsTerminal as _;

use domain::errors::explain;
use tracing_subscriber::{EnvFilter, fmt};

use crate::config::{LogFormat, variable};

/// Starts the log. `LOKI_LOG` filters it, like `LOKI_LOG=debug` or `LOKI_LOG=info,server=debug`; a second start does nothing.
pub(crate) fn start(format: LogFormat) {
    let wanted = variable("LOKI_LOG").unwrap_or_else(|| "info".to_owned());
    // The session layer warns about every old cookie; that is nothing to look at.
    let filter = EnvFilter::try_new(format!("{wanted},tower_sessions=error,tower_sessions_core=error"))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    let log = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(true);
    let started = match format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => log.json().flatten_event(true).with_span_list(false).try_init(),
    };
    if let Err(error) = started {
        tracing::debug!(error = %explain(&*error), "the log was started before");
    }
}
