//! How jobs end: by themselves, at their limits, and with everything that they started.

use std::{process::Stdio, time::Duration};

use crate::world::{World, detached, eventually, processes_with, run, unique_seconds};
use domain::ports::sandbox::{Exit, Sandbox, SandboxError};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio_util::sync::CancellationToken;

/// Both kinds of sandbox end jobs alike.
async fn in_both(test: impl AsyncFn(&World, &dyn Sandbox)) {
    let world = World::new();
    test(&world, &world.bubblewrap()).await;
    test(&world, &world.plain()).await;
}

async fn output(sandbox: &dyn Sandbox, world: &World, script: &str) -> (String, Exit) {
    let output = sandbox.run(world.shell(script), 4096, &CancellationToken::new()).await.unwrap();
    (output.text, output.exit)
}

#[tokio::test]
async fn exits_are_told_apart() {
    in_both(async |world, sandbox| {
        for (script, exit) in [
            ("true", Exit::Code(0)),
            ("exit 7", Exit::Code(7)),
            ("exit 137", Exit::Signal(9)),
            ("kill -9 $$", Exit::Signal(9)),
            ("kill -TERM $$", Exit::Signal(15)),
            ("exit 255", Exit::Code(255)),
        ] {
            assert_eq!(output(sandbox, world, script).await.1, exit, "{script}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_missing_program_is_an_error() {
    in_both(async |world, sandbox| {
        for argv in [vec![], vec!["no-such-program".into()], vec!["./nothing".into()], vec!["/nothing".into()]] {
            let mut job = world.shell("");
            job.argv = argv;
            let result = sandbox.run(job, 99, &CancellationToken::new()).await;
            assert!(matches!(result, Err(SandboxError::Start { .. })), "{result:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_no_program_is_an_error() {
    let world = World::new();
    let mut job = world.shell("");
    job.argv = vec!["./.git".into()];
    let error = run(&world.bubblewrap(), job).await.unwrap_err().to_string();
    assert!(error.contains("Permission denied"), "{error}");
}

#[tokio::test]
async fn outputs_come_in_their_order_and_as_text() {
    in_both(async |world, sandbox| {
        let script = "for i in 1 2 3; do echo out$i; echo err$i >&2; done; printf '\\303'; sleep 0.05; printf '\\251\\377'";
        assert_eq!(output(sandbox, world, script).await.0, "out1\nerr1\nout2\nerr2\nout3\nerr3\né\u{fffd}");
    })
    .await;
}

#[tokio::test]
async fn a_flood_is_cut_in_the_middle() {
    in_both(async |world, sandbox| {
        let job = world.shell("echo first; head -c 100000000 /dev/zero | tr '\\0' x; echo; echo last");
        let output = sandbox.run(job, 1000, &CancellationToken::new()).await.unwrap();
        assert!(output.truncated && output.text.len() < 1100, "{}", output.text.len());
        assert!(output.text.starts_with("first\nxxx") && output.text.ends_with("xxx\nlast\n"), "{}", output.text);
        assert!(output.text.contains("99999012 bytes left out"), "{}", output.text);
    })
    .await;
}

#[tokio::test]
async fn a_job_is_talked_to() {
    in_both(async |world, sandbox| {
        let mut process = sandbox.spawn(world.shell("cat; echo problem >&2; exit 3")).await.unwrap();
        process.stdin.write_all(b"hello").await.unwrap();
        drop(process.stdin);
        let (mut out, mut err) = (String::new(), String::new());
        process.stdout.read_to_string(&mut out).await.unwrap();
        process.stderr.read_to_string(&mut err).await.unwrap();
        let exit = process.handle.wait(&CancellationToken::new()).await;
        assert_eq!((out.as_str(), err.as_str(), exit), ("hello", "problem\n", Exit::Code(3)));
        assert_eq!(process.handle.wait(&CancellationToken::new()).await, exit);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_left_after_the_end() {
    in_both(async |world, sandbox| {
        let seconds = unique_seconds();
        let exit = output(sandbox, world, &format!("{} exit 4", detached(&seconds))).await.1;
        assert_eq!((exit, processes_with(&seconds)), (Exit::Code(4), 0));
    })
    .await;
}

#[tokio::test]
async fn nothing_is_left_after_time_is_up() {
    in_both(async |world, sandbox| {
        let seconds = unique_seconds();
        let mut job = world.shell(&format!("{} wait", detached(&seconds)));
        job.limits.wall = Duration::from_millis(400);
        let output = sandbox.run(job, 99, &CancellationToken::new()).await.unwrap();
        assert_eq!((output.exit, processes_with(&seconds)), (Exit::TimedOut, 0));
    })
    .await;
}

#[tokio::test]
async fn nothing_is_left_after_cancelling() {
    in_both(async |world, sandbox| {
        let (seconds, cancel) = (unique_seconds(), CancellationToken::new());
        let mut process = sandbox.spawn(world.shell(&format!("{} sleep {seconds}", detached(&seconds)))).await.unwrap();
        eventually("all six sleep", || processes_with(&seconds) >= 6).await;
        cancel.cancel();
        assert_eq!((process.handle.wait(&cancel).await, processes_with(&seconds)), (Exit::Cancelled, 0));
    })
    .await;
}

#[tokio::test]
async fn nothing_is_left_of_a_dropped_job() {
    in_both(async |world, sandbox| {
        let seconds = unique_seconds();
        let process = sandbox.spawn(world.shell(&format!("{} sleep {seconds}", detached(&seconds)))).await.unwrap();
        eventually("all six sleep", || processes_with(&seconds) >= 6).await;
        drop(process);
        eventually("nothing is left", || processes_with(&seconds) == 0).await;
    })
    .await;
}

/// This test is its own helper: with the variable it is a server that starts a job and waits.
#[tokio::test]
async fn nothing_is_left_of_a_killed_server() {
    const ROLE: &str = "SANDBOX_TEST_SECONDS";
    if let Some(seconds) = std::env::var_os(ROLE) {
        let world = World::new();
        let script = format!("{} sleep {}", detached(seconds.to_str().unwrap()), seconds.to_str().unwrap());
        let mut process = world.bubblewrap().spawn(world.shell(&script)).await.unwrap();
        process.handle.wait(&CancellationToken::new()).await;
        return;
    }
    let seconds = unique_seconds();
    let mut server = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "endings::nothing_is_left_of_a_killed_server"])
        .env(ROLE, &seconds)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    eventually("the server's job runs", || processes_with(&seconds) >= 6).await;
    server.kill().await.unwrap();
    eventually("nothing is left", || processes_with(&seconds) == 0).await;
}

#[tokio::test]
async fn a_job_outlives_the_thread_that_asked_for_it() {
    let world = World::new();
    let sandbox = world.bubblewrap();
    let (job, runtime) = (world.shell("read line; echo $line"), tokio::runtime::Handle::current());
    let asked = std::thread::spawn(move || runtime.block_on(sandbox.spawn(job)).unwrap());
    let mut process = tokio::task::spawn_blocking(|| asked.join().unwrap()).await.unwrap();
    process.stdin.write_all(b"alive\n").await.unwrap();
    let mut line = String::new();
    BufReader::new(&mut process.stdout).read_line(&mut line).await.unwrap();
    assert_eq!((line.as_str(), process.handle.wait(&CancellationToken::new()).await), ("alive\n", Exit::Code(0)));
}
