//! What is counted at the edge: requests by route with their durations, and open sockets.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::http::{Method, StatusCode};

pub mod figures;

/// Upper bounds of the buckets, in seconds.
const BOUNDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// Counters of this process.
#[derive(Debug, Default)]
pub struct Metrics {
    /// By route: the pattern, never the address, so that their number is bounded. Written to only for a series that is new.
    requests: RwLock<HashMap<String, Vec<Series>>>,
    sockets: AtomicI64,
}

/// Requests of one route that have method and status in common.
#[derive(Debug)]
struct Series {
    method: &'static str,
    status: u16,
    times: Histogram,
}

/// How long requests took, each counted in the first bucket that holds it; the one after the last bound takes the rest.
#[derive(Debug, Default)]
struct Histogram {
    buckets: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
}

impl Histogram {
    fn count(&self, took: Duration) {
        let seconds = took.as_secs_f64();
        let first = BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(BOUNDS.len());
        if let Some(bucket) = self.buckets.get(first) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// What a series has counted up to a moment, as Prometheus has it: each bucket holds those before it too.
#[derive(Clone, Debug, PartialEq)]
struct Counted {
    buckets: Vec<u64>,
    count: u64,
    seconds: f64,
}

/// Which series: route, method, status.
type Key = (String, &'static str, u16);

impl Metrics {
    /// Counts an answered request.
    pub fn request(&self, route: &str, method: &Method, status: StatusCode, took: Duration) {
        let (method, status) = (known(method), status.as_u16());
        let of = |series: &Series| series.method == method && series.status == status;
        {
            let requests = self.requests.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(series) = requests.get(route).and_then(|series| series.iter().find(|series| of(series))) {
                return series.times.count(took);
            }
        }
        let mut requests = self.requests.write().unwrap_or_else(PoisonError::into_inner);
        let series = requests.entry(route.to_owned()).or_default();
        // Another request may have added it in between.
        if let Some(series) = series.iter().find(|series| of(series)) {
            return series.times.count(took);
        }
        let times = Histogram::default();
        times.count(took);
        series.push(Series { method, status, times });
    }

    fn counted(&self) -> BTreeMap<Key, Counted> {
        let requests = self.requests.read().unwrap_or_else(PoisonError::into_inner);
        let series = requests.iter().flat_map(|(route, series)| series.iter().map(move |series| (route, series)));
        series
            .map(|(route, Series { method, status, times })| {
                let mut count = 0;
                let mut buckets: Vec<u64> = Vec::with_capacity(BOUNDS.len());
                for bucket in &times.buckets {
                    count += bucket.load(Ordering::Relaxed);
                    buckets.push(count);
                }
                buckets.truncate(BOUNDS.len());
                let seconds = Duration::from_micros(times.micros.load(Ordering::Relaxed)).as_secs_f64();
                ((route.clone(), *method, *status), Counted { buckets, count, seconds })
            })
            .collect()
    }

    /// Counts a socket for as long as the answer lives.
    pub fn socket(self: &Arc<Self>) -> OpenSocket {
        self.sockets.fetch_add(1, Ordering::Relaxed);
        OpenSocket(Arc::clone(self))
    }
}

/// An open socket.
#[derive(Debug)]
pub struct OpenSocket(Arc<Metrics>);

impl Drop for OpenSocket {
    fn drop(&mut self) {
        self.0.sockets.fetch_sub(1, Ordering::Relaxed);
    }
}

fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
