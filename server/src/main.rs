//! The `loki` binary: the command line decides what it is, a server or a client of one.

use std::process::ExitCode;

fn main() -> ExitCode {
    server::cli::main()
}
