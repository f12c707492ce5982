//! What a job in a sandbox can see and reach, tried from inside.

use std::{fs, net::TcpListener, os::unix::fs::symlink};

use crate::world::{World, run};
use domain::ports::sandbox::{Exit, Network, Sandbox, SandboxError};
use sandbox::{Bubblewrap, BubblewrapConfig, Plain, PlainConfig};

#[tokio::test]
async fn bubblewrap_works_here() {
    let world = World::new();
    let sandbox = world.bubblewrap();
    sandbox.check().await.unwrap();
    assert!(sandbox.isolates());
}

#[tokio::test]
async fn a_missing_bubblewrap_is_named_with_its_package() {
    let sandbox = Bubblewrap::new(BubblewrapConfig { search_path: vec!["/nonexistent".into()], ..BubblewrapConfig::default() });
    let error = sandbox.check().await.unwrap_err();
    assert!(error.to_string().contains("apt-get install bubblewrap"), "{error}");
}

#[tokio::test]
async fn only_the_own_workspace_and_git_data_are_seen() {
    let world = World::new();
    let data = world.data.display();
    assert_eq!(
        world.inside(&format!("pwd; ls -A {data} {data}/workspaces {data}/git/project")).await,
        format!(
            "{}\n{data}:\ngit\nworkspaces\n\n{data}/git/project:\nHEAD\n\n{data}/workspaces:\none\n",
            world.workspace.display()
        )
    );
    assert_eq!(world.inside("ls -A /; ls -A /home /var").await,
        world.inside("for f in bin dev etc home lib lib32 lib64 libx32 opt proc sbin tmp usr var; do [ -e /$f ] && echo $f; done; ls -A /home /var").await);
    assert_eq!(world.inside("ls /root /run /srv /sys /mnt /boot 2>&1 | grep -vc 'No such file'").await, "0\n[Code(1)]");
    assert_eq!(
        world
            .inside("ls -A $HOME /tmp | grep -v :; cat /etc/shadow 2>/dev/null; ls /etc/ssl/private 2>/dev/null; id -un")
            .await
            .lines()
            .last(),
        Some("user")
    );
}

#[tokio::test]
async fn a_data_directory_inside_of_what_is_seen_is_covered() {
    let Ok(root) = tempfile::tempdir_in("/opt") else { return };
    let (data, workspace) = (root.path().join("data"), root.path().join("data/workspaces/one"));
    fs::create_dir_all(&workspace).unwrap();
    fs::write(data.join("loki.db"), "the database").unwrap();
    let world = World::new();
    let sandbox = Bubblewrap::new(BubblewrapConfig { hidden: vec![data.clone()], ..world.config() });
    let mut job = world.shell(&format!("ls -A {0}; touch made; touch {0}/x 2>/dev/null || echo refused", data.display()));
    job.workspace.clone_from(&workspace);
    let output = run(&sandbox, job).await.unwrap();
    assert_eq!((output.text.as_str(), output.exit), ("workspaces\nrefused\n", Exit::Code(0)));
    assert!(workspace.join("made").exists());
}

#[tokio::test]
async fn a_workspace_below_any_temporary_folder_is_at_its_own_path() {
    for folder in ["/tmp", "/var/tmp"] {
        let Ok(root) = tempfile::tempdir_in(folder) else { continue };
        let world = World::new();
        let mut job = world.shell("pwd -P; touch made; hostname 2>/dev/null || cat /proc/sys/kernel/hostname");
        job.workspace = root.path().to_owned();
        let output = run(&world.bubblewrap(), job).await.unwrap();
        assert_eq!(output.text, format!("{}\nlocalhost\n", root.path().display()));
        assert!(root.path().join("made").exists());
    }
}

#[tokio::test]
async fn the_environment_is_the_jobs_alone() {
    let world = World::new();
    let mut job = world.shell("env | sort; tr '\\0' '\\n' </proc/1/environ; tr '\\0' ' ' </proc/1/cmdline | grep -c hunter[2]");
    job.env = vec![("API_KEY".to_owned(), "hunter2".to_owned()), ("PATH".to_owned(), "/evil".to_owned())];
    let output = run(&world.bubblewrap(), job).await.unwrap();
    let expected = format!(
        "API_KEY=hunter2\nHOME=/home/user\nLANG=C.UTF-8\nLOGNAME=user\nPATH=/usr/local/bin:/usr/bin:/bin\nPWD={}\nTMPDIR=/tmp\nUSER=user\n0\n",
        world.workspace.display()
    );
    assert_eq!(output.text, expected);
}

#[tokio::test]
async fn keys_are_on_no_command_line() {
    let world = World::new();
    let mut job = world.shell("echo ready; cat");
    job.env = vec![("API_KEY".to_owned(), "key-in-no-cmdline".to_owned())];
    let mut process = world.bubblewrap().spawn(job).await.unwrap();
    let mut ready = [0; 6];
    tokio::io::AsyncReadExt::read_exact(&mut process.stdout, &mut ready).await.unwrap();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let arguments = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&arguments).contains("key-in-no-cmdline"), "{}", entry.path().display());
    }
}

#[tokio::test]
async fn variables_cannot_become_options() {
    let world = World::new();
    for (name, value) in [("A", "b\0--bind\0/\0/x"), ("A=B", "c"), ("", "c"), ("A\0B", "c")] {
        let mut job = world.shell("true");
        job.env = vec![(name.to_owned(), value.to_owned())];
        assert!(matches!(run(&world.bubblewrap(), job).await, Err(SandboxError::Start { .. })), "{name:?}");
    }
}

#[tokio::test]
async fn only_workspace_home_and_temporary_folders_are_writable() {
    let world = World::new();
    let places = format!(
        "/x /usr/x /usr/local/x /etc/x /opt/x /home/x /dev/x /var/x {0}/x {1}/.git {1}/x $HOME/x /tmp/x /var/tmp/y /dev/shm/x",
        world.git.display(),
        world.workspace.display()
    );
    let script = format!("for f in {places}; do (echo y >>$f) 2>/dev/null && echo $f; done; cat .git");
    let expected = format!(
        "{0}/x\n/home/user/x\n/tmp/x\n/var/tmp/y\n/dev/shm/x\ngitdir: {1}\n",
        world.workspace.display(),
        world.git.display()
    );
    assert_eq!(world.inside(&script).await, expected);
    assert_eq!(fs::read_to_string(world.workspace.join("x")).unwrap(), "y\n");
    assert_eq!(world.inside("rm -f .git 2>/dev/null || mv .git old 2>/dev/null || echo stays").await, "stays\n");
}

#[tokio::test]
async fn a_git_folder_in_the_workspace_is_read_only() {
    let world = World::new();
    fs::remove_file(world.workspace.join(".git")).unwrap();
    fs::create_dir_all(world.workspace.join(".git/hooks")).unwrap();
    let script = "touch .git/hooks/post-commit 2>/dev/null || mv .git other 2>/dev/null || echo refused";
    assert_eq!(world.inside(script).await, "refused\n");
}

#[tokio::test]
async fn mounts_cannot_be_undone() {
    let world = World::new();
    let git = world.git.display();
    let script = format!(
        "mount -o remount,rw,bind {git} 2>/dev/null && echo remounted; umount {git} 2>/dev/null && echo unmounted; \
         unshare -Ur true 2>/dev/null && echo nested; unshare -m true 2>/dev/null && echo mounts; \
         for f in $(find /proc/[a-z]* -type f -not -path '*/self/*' 2>/dev/null); do [ -w $f ] && echo $f; done; grep -E 'Cap(Prm|Eff|Bnd|Amb)|NoNewPrivs' /proc/self/status"
    );
    let none = "0000000000000000";
    assert_eq!(
        world.inside(&script).await,
        format!("CapPrm:\t{none}\nCapEff:\t{none}\nCapBnd:\t{none}\nCapAmb:\t{none}\nNoNewPrivs:\t1\n")
    );
}

#[tokio::test]
async fn no_descriptor_and_no_process_of_the_server_is_handed_on() {
    let world = World::new();
    // The last is the folder being listed; the processes are init and the shell.
    assert_eq!(world.inside("echo $(ls /proc/self/fd); echo /proc/[0-9]*").await, "0 1 2 3\n/proc/1 /proc/2\n");
}

#[tokio::test]
async fn the_network_is_reached_only_where_allowed() {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut job = world.shell("");
    job.argv = ["bash", "-c", &format!("(: </dev/tcp/127.0.0.1/{port}) 2>/dev/null && echo connected || echo refused")]
        .map(Into::into)
        .to_vec();
    for (network, text) in [(Network::Off, "refused\n"), (Network::Host, "connected\n")] {
        job.network = network;
        assert_eq!(run(&world.bubblewrap(), job.clone()).await.unwrap().text, text, "{network:?}");
    }
    job.argv = ["cat", "/etc/resolv.conf"].map(Into::into).to_vec();
    if let Ok(resolvers) = fs::read_to_string("/etc/resolv.conf") {
        assert_eq!(run(&world.bubblewrap(), job).await.unwrap().text, resolvers);
    }
}

#[tokio::test]
async fn links_in_the_workspace_lead_to_nothing() {
    let world = World::new();
    for (name, target) in
        [("database", world.data.join("loki.db")), ("shadow", "/etc/shadow".into()), ("two", world.data.join("workspaces/two"))]
    {
        symlink(target, world.workspace.join(name)).unwrap();
    }
    assert_eq!(world.inside("cat database shadow two/secret 2>/dev/null").await, "[Code(1)]");
}

#[tokio::test]
async fn paths_that_would_open_too_much_are_refused() {
    let world = World::new();
    let link = world.data.join("workspaces/link");
    symlink(&world.workspace, &link).unwrap();
    let to_data = world.data.join("to-data");
    symlink(&world.data, &to_data).unwrap();

    for readable in [
        world.data.clone(),
        world.data.join("workspaces"),
        world.workspace.clone(),
        "/".into(),
        "/proc".into(),
        to_data,
        "relative".into(),
        world.data.join("git/.."),
    ] {
        let mut job = world.shell("true");
        job.readable = vec![readable.clone()];
        assert!(matches!(run(&world.bubblewrap(), job).await, Err(SandboxError::Start { .. })), "{}", readable.display());
    }
    for workspace in [link, world.data.clone(), world.data.join("nothing"), world.data.join("loki.db")] {
        let mut job = world.shell("true");
        job.workspace.clone_from(&workspace);
        assert!(matches!(run(&world.bubblewrap(), job).await, Err(SandboxError::Start { .. })), "{}", workspace.display());
    }
    for home in [world.data.clone(), world.workspace.clone(), world.data.join("workspaces")] {
        let mut job = world.shell("true");
        job.home = Some(home.clone());
        assert!(matches!(run(&world.bubblewrap(), job).await, Err(SandboxError::Start { .. })), "{}", home.display());
    }
}

#[tokio::test]
async fn a_home_outlives_its_jobs() {
    let world = World::new();
    let mut job = world.shell("echo kept >$HOME/session; echo $HOME");
    let home = world.data.join("homes/one");
    job.home = Some(home.clone());
    assert_eq!(run(&world.bubblewrap(), job).await.unwrap().text, format!("{}\n", home.display()));
    assert_eq!(fs::read_to_string(home.join("session")).unwrap(), "kept\n");
}

#[tokio::test]
async fn programs_of_toolchains_and_readable_folders_are_found() {
    use std::os::unix::fs::PermissionsExt;
    let (world, tools) = (World::new(), tempfile::tempdir().unwrap());
    for (folder, program) in [("toolchain/bin", "compile"), ("agent/bin", "agent")] {
        let folder = tools.path().join(folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(program), "#!/bin/sh\necho $0\n").unwrap();
        fs::set_permissions(folder.join(program), fs::Permissions::from_mode(0o755)).unwrap();
    }
    symlink(tools.path().join("agent"), tools.path().join("current")).unwrap();
    let toolchains = vec![tools.path().join("toolchain"), tools.path().join("missing")];
    let sandbox = Bubblewrap::new(BubblewrapConfig { toolchains, ..world.config() });
    let mut job = world.shell("compile && agent && touch $(dirname $(command -v agent))/x 2>/dev/null || echo read-only");
    job.readable.push(tools.path().join("current"));
    let tools = tools.path().display();
    assert_eq!(
        run(&sandbox, job).await.unwrap().text,
        format!("{tools}/toolchain/bin/compile\n{tools}/current/bin/agent\nread-only\n")
    );
}

#[tokio::test]
async fn variables_of_toolchains_reach_every_job_and_its_own_win() {
    let world = World::new();
    let env = vec![("TOOLS".to_owned(), "/opt/tools".to_owned()), ("MODE".to_owned(), "usual".to_owned())];
    let confined = Bubblewrap::new(BubblewrapConfig { env: env.clone(), ..world.config() });
    let plain = Plain::new(PlainConfig { env, ..world.plain_config() });
    let mut job = world.shell("echo $TOOLS $MODE");
    job.env = vec![("MODE".to_owned(), "own".to_owned())];
    assert_eq!(run(&confined, job.clone()).await.unwrap().text, "/opt/tools own\n");
    assert_eq!(run(&plain, job).await.unwrap().text, "/opt/tools own\n");
}
