//! Starts children from one thread that lives as long as the server.
//!
//! The kernel sends the "parent died" signal when the *thread* that forked ends. A runtime's threads come and go, and with
//! them would go healthy sandboxes.

use std::{
    fs, io,
    os::fd::BorrowedFd,
    sync::{Mutex, PoisonError},
};

use rustix::io::{FdFlags, fcntl_setfd};
use tokio::{
    process::{Child, Command},
    runtime::Handle,
    sync::{mpsc, oneshot},
};

struct Request {
    command: Command,
    runtime: Handle,
    answer: oneshot::Sender<io::Result<Child>>,
}

static SPAWNER: Mutex<Option<mpsc::Sender<Request>>> = Mutex::new(None);

/// Spawns `command`, which dies with this process if it asked to die with its parent.
pub(crate) async fn spawn(command: Command) -> io::Result<Child> {
    let (answer, child) = oneshot::channel();
    let request = Request { command, runtime: Handle::current(), answer };
    thread()?.send(request).await.map_err(|_| ended())?;
    child.await.map_err(|_| ended())?
}

fn ended() -> io::Error {
    io::Error::other("the thread that starts processes has ended")
}

fn thread() -> io::Result<mpsc::Sender<Request>> {
    let mut spawner = SPAWNER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(sender) = &*spawner {
        return Ok(sender.clone());
    }
    let (sender, mut requests) = mpsc::channel::<Request>(16);
    std::thread::Builder::new().name("sandbox-spawner".to_owned()).spawn(move || {
        keep_descriptors();
        while let Some(Request { mut command, runtime, answer }) = requests.blocking_recv() {
            let _runtime = runtime.enter();
            let child = command.spawn();
            // The command owns descriptors that only the child may keep; end-of-file depends on it.
            drop(command);
            // Nobody waits any more: dropping the child kills it.
            drop(answer.send(child));
        }
    })?;
    *spawner = Some(sender.clone());
    Ok(sender)
}

/// Keeps what whoever started the server left open (a supervisor's pipe, a listening socket) from reaching jobs. Everything
/// that the server opens itself is closed in its children already.
#[expect(unsafe_code, reason = "descriptors that this process was born with have no owner in it")]
fn keep_descriptors() {
    let numbers = fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    for number in numbers.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(|number| *number > 2) {
        // SAFETY: the number is not -1, and is used for one system call, which refuses it where it was closed meanwhile.
        let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
        let _ = fcntl_setfd(descriptor, FdFlags::CLOEXEC);
    }
}
