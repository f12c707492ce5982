//! The figures as Prometheus reads them (text exposition format 0.0.4).

use std::{
    fmt::{Display, Write as _},
    sync::atomic::Ordering,
};

use store::StoreError;

use super::{BOUNDS, Counted, Key, Metrics};
use crate::edge::Edge;

/// Everything that is measured.
pub async fn text(edge: &Edge) -> Result<String, StoreError> {
    let mut page = Page::default();
    let settings = &edge.cx.settings;
    let uptime = edge.cx.clock.now().millis_since(settings.started_at) / 1000;
    page.metric("loki_build_info", "gauge", "The version that runs; the value is always 1.");
    page.sample("loki_build_info", &[("version", settings.version)], 1);
    page.metric("loki_uptime_seconds", "gauge", "Seconds since the server started.");
    page.sample("loki_uptime_seconds", &[], uptime);

    from_database(edge, &mut page).await?;
    from_process(&edge.metrics, &mut page);
    Ok(page.0)
}

async fn from_database(edge: &Edge, page: &mut Page) -> Result<(), StoreError> {
    let tx = edge.cx.store.read().await?;
    let runs = tx.runs().count_by_status().await?;
    let events = tx.events().last_seq().await?;
    let active = tx.runs().count_active().await?;
    let (iterations, tasks) = tx.run_parts().totals().await?;

    page.metric("loki_runs_total", "gauge", "Runs by how they stand.");
    for (status, count) in &runs {
        page.sample("loki_runs_total", &[("status", status)], count);
    }
    page.metric("loki_session_status", "gauge", "1 while a run is active, 0 otherwise.");
    page.sample("loki_session_status", &[], u8::from(active > 0));
    page.metric("loki_agents_active", "gauge", "Runs that are not over.");
    page.sample("loki_agents_active", &[], active);
    page.metric("loki_iterations_total", "gauge", "Iterations of all runs that are kept; fewer when a project is deleted.");
    page.sample("loki_iterations_total", &[], iterations);
    page.metric("loki_tasks_completed_total", "gauge", "Tasks of these runs that were verified and committed.");
    page.sample("loki_tasks_completed_total", &[], tasks);
    page.metric("loki_events_total", "counter", "Events in the log.");
    page.sample("loki_events_total", &[], events);
    Ok(())
}

fn from_process(metrics: &Metrics, page: &mut Page) {
    page.metric("loki_sockets", "gauge", "Open event sockets.");
    page.sample("loki_sockets", &[], metrics.sockets.load(Ordering::Relaxed));

    page.metric(
        "loki_http_request_duration_seconds",
        "histogram",
        "Requests by route, from their first line to the answer's head.",
    );
    for (key, counted) in &metrics.counted() {
        page.histogram("loki_http_request_duration_seconds", key, counted);
    }
}

/// The text as it grows.
#[derive(Debug, Default)]
struct Page(String);

impl Page {
    fn metric(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    fn histogram(&mut self, name: &str, (route, method, status): &Key, counted: &Counted) {
        let status = status.to_string();
        let labels = [("route", route.as_str()), ("method", *method), ("status", status.as_str())];
        for (bound, count) in BOUNDS.iter().zip(&counted.buckets) {
            let bound = bound.to_string();
            self.sample(&format!("{name}_bucket"), &[&labels[..], &[("le", &bound)]].concat(), count);
        }
        self.sample(&format!("{name}_bucket"), &[&labels[..], &[("le", "+Inf")]].concat(), counted.count);
        self.sample(&format!("{name}_sum"), &labels, counted.seconds);
        self.sample(&format!("{name}_count"), &labels, counted.count);
    }
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::{Method, StatusCode};

    use super::*;

    #[test]
    fn requests_are_counted_in_every_bucket_that_holds_them() {
        let metrics = Metrics::default();
        metrics.request("/api/projects/{id}", &Method::GET, StatusCode::OK, Duration::from_millis(3));
        metrics.request("/api/projects/{id}", &Method::GET, StatusCode::OK, Duration::from_secs(60));
        let mut page = Page::default();
        from_process(&metrics, &mut page);

        let labels = r#"route="/api/projects/{id}",method="GET",status="200""#;
        for (bound, count) in [("0.0025", 0), ("0.005", 1), ("30", 1), ("+Inf", 2)] {
            let line = format!("loki_http_request_duration_seconds_bucket{{{labels},le=\"{bound}\"}} {count}\n");
            assert!(page.0.contains(&line), "{line} is not in\n{}", page.0);
        }
    }
}
