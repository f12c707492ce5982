//! The `loki` binary: the command line decides what it is, a server or a client of one.

use std::process::ExitCode;

/// A page is thousands of small allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What browsers load, as `deploy/site.sh` packed it; empty in a build without one.
static SITE: &[u8] = include_bytes!(env!("LOKI_SITE"));

fn main() -> ExitCode {
    server::cli::main(SITE)
}
