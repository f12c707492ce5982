//! The composition root and the edge: the command line, HTTP, sockets and pages. The only crate that knows axum, but
//! for what `app`'s server functions answer with.
//!
//! `main.rs` needs `cli::main` alone. What else is public is so because of the handlers: the OpenAPI document's attribute writes a
//! public struct beside each of them, and they name the rest.

pub mod api;
pub mod assets;
pub mod auth;
mod breaches;
pub mod cached;
pub mod cli;
pub mod config;
pub mod edge;
pub mod error;
pub mod extract;
pub mod guard;
pub mod metrics;
mod openapi;
mod pages;
mod router;
mod shutdown;
mod telemetry;
mod too_large;
mod wiring;
pub mod ws;
