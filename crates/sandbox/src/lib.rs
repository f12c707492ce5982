//! Runs agents, tests, builds and linters where they can reach nothing that is not theirs.
//!
//! [`Bubblewrap`] gives every job its own user, pid, ipc, uts, cgroup and (unless it may use the network) network namespace, a
//! read-only system without home folders and state, no capabilities, and limits. [`Plain`] is for `--no-sandbox`: a clean
//! environment, limits and an orderly end, but no isolation.
//!
//! # Which limits hold
//!
//! | limit | `Bubblewrap` | `Plain` |
//! |---|---|---|
//! | wall time | always | always |
//! | memory of each process | `RLIMIT_DATA`: what it may write to privately; not `RLIMIT_AS`, since V8, Java and WebAssembly reserve far more address space than they use | the same |
//! | memory of all together | where the memory controller of cgroup v1 or v2 is writable | no |
//! | processes | as a user: `RLIMIT_NPROC`, counted in the job's own namespace; as root the kernel ignores that, there the pids controller | no |
//! | file size, no core dumps | always | always |
//! | `/tmp`, `/dev/shm` and a temporary home | 2 GiB, 1 GiB and 2 GiB | no |
//!
//! [`Bubblewrap::enforced`] says which of them hold on this machine. With [`Network::Host`] a job also reaches what listens on
//! the machine's loopback address and its abstract sockets.
//!
//! [`Network::Host`]: domain::ports::sandbox::Network::Host

mod bubblewrap;
mod cgroups;
mod guardian;
mod limits;
mod output;
mod paths;
mod plain;
mod spawner;

pub use bubblewrap::{Bubblewrap, BubblewrapConfig};
pub use cgroups::Enforced;
pub use plain::{Plain, PlainConfig};
