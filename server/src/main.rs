//! The `loki` binary: the command line decides what it is, a server or a client of one.

use std::process::ExitCode;

/// A page is thousands of small allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    server::cli::main()
}
