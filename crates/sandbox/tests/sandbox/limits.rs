//! What a job may use up.

use crate::world::{World, run};
use domain::ports::sandbox::{Exit, Sandbox};
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn memory_is_bounded() {
    let world = World::new();
    for sandbox in [&world.bubblewrap() as &dyn Sandbox, &world.plain()] {
        for (megabytes, fits) in [(20, true), (400, false)] {
            let script = format!("head -c {megabytes}000000 /dev/zero | tail -c {megabytes}000000 | wc -c");
            let mut job = world.shell(&script);
            job.limits.memory = 200 << 20;
            let output = sandbox.run(job, 4096, &CancellationToken::new()).await.unwrap();
            assert_eq!(output.text.contains(&format!("{megabytes}000000\n")), fits, "{}: {}", sandbox.isolates(), output.text);
        }
    }
}

#[tokio::test]
async fn address_space_that_is_only_reserved_is_free() {
    let world = World::new();
    let mut job = world.shell("");
    job.argv = [
        "perl",
        "-e",
        "require 'syscall.ph' if 0; my $a = syscall(9, 0, 64*2**30, 0, 0x4022, -1, 0); print $a == -1 ? 'no' : 'yes'",
    ]
    .map(Into::into)
    .to_vec();
    job.limits.memory = 1 << 30;
    if cfg!(target_arch = "x86_64") {
        assert_eq!(run(&world.bubblewrap(), job).await.unwrap().text, "yes");
    }
}

#[tokio::test]
async fn processes_are_bounded() {
    let world = World::new();
    let sandbox = world.bubblewrap();
    if !sandbox.enforced().processes {
        return;
    }
    let script = "i=0; while [ $i -lt 100 ]; do sleep 30 & i=$((i+1)); done; echo all";
    let mut job = world.shell(script);
    job.limits.processes = 50;
    let output = run(&sandbox, job.clone()).await.unwrap();
    assert!(matches!(output.exit, Exit::Code(code) if code != 0) && !output.text.contains("all"), "{output:?}");
    job.limits.processes = 150;
    let output = run(&sandbox, job).await.unwrap();
    assert_eq!((output.text.as_str(), output.exit), ("all\n", Exit::Code(0)));
}

#[tokio::test]
async fn files_are_bounded_and_nothing_dumps_core() {
    let world = World::new();
    for sandbox in [&world.bubblewrap() as &dyn Sandbox, &world.plain()] {
        let mut job = world.shell("ulimit -c; head -c 3000000 /dev/zero >big; stat -c %s big");
        job.limits.file_size = 1 << 20;
        let output = sandbox.run(job, 4096, &CancellationToken::new()).await.unwrap();
        assert!(output.text.starts_with("0\n") && output.text.ends_with("1048576\n"), "{}", output.text);
    }
}

#[tokio::test]
async fn temporary_folders_are_bounded() {
    let world = World::new();
    let output = world.inside("df -k --output=size /tmp /dev/shm $HOME | tail -n 3").await;
    assert_eq!(output.split_whitespace().collect::<Vec<_>>(), ["2097152", "1048576", "2097152"]);
}

#[tokio::test]
async fn no_group_is_left_behind() {
    let world = World::new();
    let name = format!("loki-job-{}-", std::process::id());
    assert_eq!(world.inside("true").await, "");
    for folder in ["/sys/fs/cgroup/pids", "/sys/fs/cgroup/memory"] {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        // Other tests of this file run beside this one; those that have ended leave none.
        assert!(entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(&name)).count() < 12);
    }
}
