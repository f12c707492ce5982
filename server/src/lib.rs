//! The composition root and the edge: the command line, HTTP, sockets and pages. The only crate that knows axum, but
//! for what `app`'s server functions answer with.

pub mod api;
pub mod assets;
pub mod auth;
pub mod breaches;
pub mod cached;
pub mod cli;
pub mod config;
pub mod edge;
pub mod error;
pub mod extract;
pub mod guard;
pub mod metrics;
pub mod openapi;
pub mod pages;
pub mod router;
pub mod shutdown;
pub mod telemetry;
mod too_large;
pub mod wiring;
pub mod ws;
