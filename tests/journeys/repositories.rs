//! What a team keeps in its repository counts: its name on commits, its templates and settings, and what it commits meanwhile.

use protocol::{
    runs::{GateVerdict, RunStatus, Verdict},
    templates::{TemplateBody, TemplateList},
};
use serde_json::json;
use tests::{Setup, TestApp, command, eventually, specs};

use crate::{control::slow, folder::Folder};

// GI-02
#[tokio::test]
async fn commits_are_by_whom_the_server_says() {
    let setup = Setup::default().argument("--commit-name").argument("Release Bot").argument("--commit-email");
    let app = setup.argument("bot@example.org").start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    project.starts_run().await.is_verified().await;

    let identities = project.git(&["log", "--format=%an <%ae> %cn <%ce>", "main"]);
    let expected = "Release Bot <bot@example.org> Release Bot <bot@example.org>";
    assert!(identities.lines().all(|line| line == expected), "{identities}");
}

// GI-02
#[tokio::test]
async fn commits_are_signed_with_the_key_that_the_server_has() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    let mut keygen = std::process::Command::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", "loki@example.org", "-f"]).arg(&key);
    assert!(command::run(keygen, "").status.success());
    let app = Setup::default().argument("--commit-signing-key").argument(key.to_string_lossy()).start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    project.starts_run().await.is_verified().await;

    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    let allowed = folder.path().join("allowed");
    std::fs::write(&allowed, format!("loki@localhost {public}")).unwrap();
    let setting = format!("gpg.ssh.allowedSignersFile={}", allowed.display());
    let told = project.git(&["-c", &setting, "log", "--format=%G? %GS", "main"]);
    assert!(told.lines().count() >= 2 && told.lines().all(|line| line == "G loki@localhost"), "{told}");
}

// TW-05
#[tokio::test]
async fn templates_of_a_repository_are_listed_and_used() {
    let folder = Folder::new();
    folder.write(
        ".loki/templates/house.md",
        "---\nname: house\ntitle: House style\ndescription: \"How we \\e[31mgreet.\"\nvariables:\n  - name: project_name\n    description: The name\n---\n# {{ project_name }}\n\n- `greet NAME` prints `Hello, NAME!`\n",
    );
    folder.write(".loki/templates/broken.md", "no front matter\n");
    folder.write(
        ".loki/templates/cli-tool.md",
        "---\nname: cli-tool\ntitle: Our own\ndescription: In place of loki's.\n---\n# Ours\n\n- `greet NAME` prints `Hello, NAME!`\n",
    );
    folder.commit();
    let app = folder.setup().start().await;
    let user = app.operator().await;
    let project = user.has_project().in_folder(&folder.path()).create().await;

    let path = format!("/api/templates?limit=200&project_id={}", project.id());
    let list: TemplateList = user.get(&path).await.expect(200).json();
    let of = |name: &str| list.templates.iter().filter(|template| template.name == name).collect::<Vec<_>>();
    assert_eq!(of("house").len(), 1);
    assert_eq!(of("cli-tool").iter().map(|template| template.title.as_str()).collect::<Vec<_>>(), ["Our own"]);
    assert_eq!(list.templates.len(), 14);
    let body: TemplateBody = user.get(&format!("/api/templates/house?project_id={}", project.id())).await.expect(200).json();
    assert!(body.source.contains("{{ project_name }}"), "{}", body.source);
    user.get("/api/templates/house").await.expect(404);
    let fault = user.get(&format!("/api/templates/broken?project_id={}", project.id())).await.expect(404);
    assert!(fault.detail().contains(".loki/templates/broken.md cannot be used: "), "{}", fault.detail());
    let fault = project.asks_to_start(json!({"template": "broken"})).await.expect(422);
    assert!(fault.detail().contains("no valid front matter"), "{}", fault.detail());
    let shown = user.loki(&["template", "list", "--project", &project.id().to_string()]);
    assert!(command::stdout(&shown).contains("How we greet."), "{}{}", command::stdout(&shown), command::stderr(&shown));
    assert!(!command::stdout(&shown).contains('\u{1b}'), "a terminal would obey it: {}", command::stdout(&shown).escape_debug());

    let run = project.starts_with(json!({"template": "house"})).await;
    let finished = run.is_verified().await;
    assert_eq!(finished.title, "Greeter");
    assert!(folder.path().join(".loki/templates/house.md").is_file(), "the team's files stay");
}

#[tokio::test]
async fn a_folder_without_a_repository_says_what_to_do_and_can_be_given_again() {
    let folder = Folder::new();
    let plain = folder.root.path().join("plain");
    std::fs::create_dir(&plain).unwrap();
    std::fs::write(plain.join("notes.txt"), "of somebody\n").unwrap();
    let app = folder.setup().start().await;
    let user = app.operator().await;

    let problem = user.has_project().in_folder(&plain).create_in_vain().await;
    assert!(problem.contains("git init") && problem.contains("first commit"), "{problem}");
    command::git(&plain, &["init", "--quiet", "--initial-branch=main"]);
    let problem = user.has_project().in_folder(&plain).create_in_vain().await;
    assert!(problem.contains("make a first commit"), "{problem}");
    command::git(&plain, &["add", "--all"]);
    command::git(&plain, &["commit", "--quiet", "--message=First"]);
    let project = user.has_project().in_folder(&plain).create().await;
    assert_eq!(project.subjects(), ["First"]);

    // Now it is somebody's.
    let again = user.post("/api/projects", &json!({"name": "Again", "path": plain})).await.expect(409);
    assert!(again.detail().contains("already"), "{}", again.detail());
}

// A spec that was built already needs no change, which is no failure: loki saw every example hold.
#[tokio::test]
async fn a_spec_that_was_built_already_holds_without_a_change() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::GREET).create().await;
    project.starts_run().await.is_verified().await;
    let before = project.git(&["rev-parse", "main"]);

    let again = project.starts_run().await;
    let finished = again.finishes().await;

    assert_eq!(finished.verdict, Some(Verdict::VerifiedWithGaps), "{:?}\n{}", finished.reason, again.log_text().await);
    let timeline = again.timeline().await;
    assert_eq!(finished.tasks_done, 3);
    assert!(timeline.tasks.iter().all(|task| task.commit.is_none() && task.attempts == 1), "{:#?}", timeline.tasks);
    assert_eq!(project.git(&["rev-parse", "main"]), before);
    let diff = again.gate("diff", |_| true).await;
    assert_eq!(diff.verdict, GateVerdict::Inconclusive);

    // What nobody could see hold stays a claim.
    let half = user.has_project().with_spec(specs::HALF).create().await;
    half.starts_run().await.finishes().await;
    assert_eq!(half.starts_run().await.finishes().await.verdict, Some(Verdict::NotVerified));
}

// Folders deeper than any path: whoever removes them must not go down level by level.
#[tokio::test]
async fn tests_that_leave_bottomless_folders_harm_neither_server_nor_disk() {
    let folder = Folder::new();
    folder
        .write("tests/run.sh", "python3 -c \"\nimport os\nfor _ in range(20000):\n os.mkdir('d'); os.chdir('d')\n\"\n[ -d d ]\n");
    folder.write("Makefile", "test:\n\tsh tests/run.sh\n");
    folder.commit();
    let app = folder.setup().start().await;
    let user = app.operator().await;
    let project = folder.opened_by(&user).await;

    let run = project.starts_with(json!({"limits": {"iterations": 1}})).await;
    run.finishes().await;

    app.get("/health").await.expect(200);
    // What it finds at a start, it must live through as well.
    app.kill();
    app.start_again();
    app.get("/health").await.expect(200);
    run.worktree_is_put_away().await;
}

/// A stand-in for Claude Code that makes folders which no path reaches.
const DIGS: &str = r#"#!/bin/sh
if [ "$1" = --version ]; then echo '2.1.197 (Claude Code)'; exit 0; fi
cat > /dev/null
python3 -c "
import os
for _ in range(3000): os.mkdir('deeper'); os.chdir('deeper')
open('file', 'w').write('x')
"
printf '{"type":"result","subtype":"success","is_error":false,"result":"Done","total_cost_usd":0.01}\n'
"#;

#[tokio::test]
async fn work_that_no_path_reaches_is_out_of_scope() {
    let folder = tempfile::tempdir().unwrap();
    let agent = folder.path().join("claude");
    std::fs::write(&agent, DIGS).unwrap();
    std::fs::set_permissions(&agent, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let app = Setup::default().variable("LOKI_AGENT_CLAUDE", &agent.to_string_lossy()).start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;

    let run = project.starts_with(json!({"provider": "claude", "limits": {"iterations": 2}})).await;
    let finished = run.finishes().await;

    assert_eq!(finished.status, RunStatus::Finished, "{:?}", finished.reason);
    let gates = run.timeline().await.gates;
    let found = gates.iter().filter(|gate| gate.name == "scope" && gate.summary.starts_with("A path is too long: deeper/"));
    assert_eq!(found.map(|gate| gate.iteration).collect::<Vec<_>>(), [1, 2], "{gates:#?}");
    run.worktree_is_put_away().await;
}

fn is_empty(folder: &std::path::Path) -> Option<()> {
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none()).then_some(())
}

#[tokio::test]
async fn a_deleted_project_is_gone_at_once_and_its_folders_soon() {
    let app = TestApp::start().await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    run.is_verified().await;
    run.worktree_is_put_away().await;
    let run_dir = app.data_dir().join("runs").join(run.id.to_string());
    std::fs::create_dir_all(run_dir.join("home/kept")).unwrap();
    std::fs::set_permissions(&run_dir, std::os::unix::fs::PermissionsExt::from_mode(0o500)).unwrap();
    let removed = app.data_dir().join("removed");

    user.delete(&format!("/api/projects/{}", project.id())).await.expect(204);

    assert!(!project.path().exists() && !run_dir.exists());
    eventually("what was put away is removed", async || is_empty(&removed)).await;

    // What a crash left there goes at the next start.
    app.kill();
    std::fs::create_dir_all(removed.join("projects-of-before/with/folders")).unwrap();
    app.start_again();
    eventually("what was put away before is removed", async || is_empty(&removed)).await;
}

// The project's tests run before the examples, in the same folder, and may write what they like.
#[tokio::test]
async fn tests_cannot_put_another_program_under_the_examples() {
    let folder = Folder::new();
    folder.write("greet", "#!/bin/sh\necho TODO\n");
    folder.write("Makefile", "test:\n\tsh tests/run.sh\n");
    folder.write("tests/run.sh", "printf '#!/bin/sh\\necho \"Hello, $1!\"\\n' >greet; chmod +x greet; [ -x greet ]\n");
    folder.commit();
    let app = folder.setup().demo("--misbehave unrelated").start().await;
    let user = app.operator().await;
    let project = folder.opened_by(&user).await;

    let run = project.starts_with(json!({"limits": {"iterations": 1}})).await;
    let finished = run.finishes().await;

    assert_eq!(finished.verdict, Some(Verdict::NotVerified), "{}", run.log_text().await);
    assert!(run.failed_gates().await.iter().any(|gate| gate == "acceptance"), "{:#?}", run.timeline().await.gates);
}

#[tokio::test]
async fn work_that_is_being_verified_shows_in_the_diff() {
    let folder = Folder::new();
    folder.write("Makefile", "test:\n\tsleep 20\n");
    folder.commit();
    let app = folder.setup().start().await;
    let user = app.operator().await;
    let project = folder.opened_by(&user).await;

    let run = project.starts_run().await;

    let has_greet = async || run.diff().await.files.iter().any(|file| file.path == "greet").then_some(());
    eventually("the work is in the diff", has_greet).await;
    assert!(!run.now().await.status.is_over());
}

// EC-007
#[tokio::test]
async fn an_empty_folder_becomes_a_repository_and_files_without_one_stay_as_they_are() {
    let folder = Folder::new();
    let root = folder.root.path();
    let [empty, plain, bare] = ["empty", "plain", "bare"].map(|name| root.join(name));
    for path in [&empty, &plain, &bare] {
        std::fs::create_dir(path).unwrap();
    }
    std::fs::write(plain.join("notes.txt"), "mine").unwrap();
    command::git(&bare, &["init", "--quiet"]);
    let app = folder.setup().start().await;
    let user = app.operator().await;

    let project = user.has_project().in_folder(&empty).with_spec(specs::ONE).create().await;
    project.starts_run().await.is_verified().await;
    assert!(command::git(&empty, &["log", "--format=%s", "main"]).lines().count() >= 2);

    for (path, holds) in [(&plain, "notes.txt"), (&bare, ".git")] {
        let problem = user.has_project().in_folder(path).with_spec(specs::ONE).create_in_vain().await;
        assert!(problem.contains("git") || problem.contains("no commit"), "{}: {problem}", path.display());
        let left: Vec<_> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, [holds], "nothing was added or taken away");
    }
}

#[tokio::test]
async fn tests_of_a_project_that_is_a_worktree_itself_may_ask_git() {
    let folder = Folder::new();
    folder.write(".loki/config/quality-gates.json", r#"{"commands": {"test": ["sh", "check.sh"]}}"#);
    // The clean copy, in which the whole is checked, is no repository.
    folder.write("check.sh", "if [ -e .git ]; then git log -1 || exit 1; fi\nsh tests/run.sh\n");
    folder.commit();
    let side = folder.root.path().join("side");
    folder.git(&["worktree", "add", "--quiet", "-b", "side", &side.to_string_lossy()]);
    let app = folder.setup().start().await;
    let user = app.operator().await;
    let project = user.has_project().in_folder(&side).with_spec(specs::ONE).create().await;

    let run = project.starts_with(json!({"limits": {"iterations": 1}})).await;
    run.finishes().await;

    let tests = run.gate("tests", |gate| gate.iteration == 1).await;
    assert_eq!(tests.verdict, GateVerdict::Passed, "{tests:#?}");
}

// TW-06
#[tokio::test]
async fn a_coverage_threshold_is_held_against_what_the_tests_report() {
    for (printed, verdict) in [("TOTAL 10 1 90%", GateVerdict::Passed), ("TOTAL 10 6 40%", GateVerdict::Failed)] {
        let folder = Folder::new();
        folder.write(
            ".loki/config/quality-gates.json",
            r#"{"coverage_threshold": 85, "max_critical": 0, "commands": {"test": ["sh", "report.sh"]}}"#,
        );
        folder.write("report.sh", &format!("sh tests/run.sh || exit 1\necho '{printed}'\n"));
        folder.commit();
        let app = folder.setup().start().await;
        let user = app.operator().await;
        let project = folder.opened_by(&user).await;

        let run = project.starts_with(json!({"limits": {"iterations": 1}})).await;
        let finished = run.finishes().await;

        let coverage = run.gate("coverage", |_| true).await;
        assert_eq!(coverage.verdict, verdict, "{coverage:#?}");
        assert_eq!(finished.verdict == Some(Verdict::NotVerified), verdict == GateVerdict::Failed, "{}", run.log_text().await);
    }
}

// TW-06
#[tokio::test]
async fn settings_that_nobody_could_keep_are_a_finding() {
    let folder = Folder::new();
    folder.write(".loki/config/quality-gates.json", r#"{"max_critical": 3}"#);
    folder.commit();
    let app = folder.setup().start().await;
    let user = app.operator().await;
    let project = folder.opened_by(&user).await;

    let run = project.starts_run().await;
    run.finishes().await;

    let gates = run.timeline().await.gates;
    assert!(gates.iter().any(|gate| gate.summary.contains("max_critical must be 0")), "{gates:#?}");
}

// CU-010
#[tokio::test]
async fn settings_that_change_during_a_run_count_from_the_next_one_on() {
    let app = slow(2).await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    run.says("Thinking, step 2").await;

    let file = project.path().join(".loki/config/quality-gates.json");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, r#"{"commands": {"test": ["false"]}}"#).unwrap();
    project.git(&["add", "--all"]);
    project.git(&["commit", "--quiet", "--message=Stricter"]);
    let finished = run.finishes().await;

    // What came in meanwhile was not checked together with it, and the receipt says so.
    assert_eq!(finished.verdict, Some(Verdict::VerifiedWithGaps), "{}", run.log_text().await);
    let next = project.starts_with(json!({"prd_text": specs::ONE_MORE, "limits": {"iterations": 1}})).await;
    assert_eq!(next.finishes().await.verdict, Some(Verdict::NotVerified));
}

// EP-013, GI-04
#[tokio::test]
async fn a_conflict_with_what_was_committed_meanwhile_is_told_and_loses_nothing() {
    let app = slow(2).await;
    let user = app.operator().await;
    let project = user.has_project().with_spec(specs::ONE).create().await;
    let run = project.starts_run().await;
    run.says("Thinking, step 2").await;

    std::fs::write(project.path().join("greet"), "#!/bin/sh\necho mine\n").unwrap();
    project.git(&["add", "--all"]);
    project.git(&["commit", "--quiet", "--message=Mine"]);
    let finished = run.finishes().await;

    let note = run.receipt().await.facts.delivery.unwrap_or_default();
    assert!(note.contains("stay on") && note.contains("greet"), "{note}");
    assert_eq!(std::fs::read_to_string(project.path().join("greet")).unwrap(), "#!/bin/sh\necho mine\n");
    assert!(project.git(&["log", "--format=%s", &finished.branch.unwrap()]).contains("feat: "));
    assert_eq!(project.git(&["status", "--porcelain"]), "");
}

// EC-014
#[tokio::test]
async fn a_check_that_takes_too_long_is_stopped_and_never_green() {
    let folder = Folder::new();
    folder.write(".loki/config/quality-gates.json", r#"{"commands": {"test": ["sleep", "600"]}, "timeout_seconds": 1}"#);
    folder.commit();
    let app = folder.setup().start().await;
    let user = app.operator().await;
    let project = folder.opened_by(&user).await;

    let run = project.starts_run().await;
    let finished = run.finishes().await;

    assert_eq!(finished.verdict, Some(Verdict::VerifiedWithGaps), "{}", run.log_text().await);
    let tests = run.gate("tests", |_| true).await;
    assert_eq!(tests.verdict, GateVerdict::Inconclusive);
    assert!(tests.summary.contains("took longer than 1 s"), "{tests:#?}");
    app.assert_no_process_left().await;
}

#[tokio::test]
async fn a_tool_that_is_not_there_is_named_and_never_green() {
    let folder = Folder::new();
    folder.write(".loki/config/quality-gates.json", r#"{"commands": {"test": ["no-such-tool", "--all"]}}"#);
    folder.commit();
    let app = folder.setup().start().await;
    let user = app.operator().await;
    let project = folder.opened_by(&user).await;

    let run = project.starts_run().await;
    let finished = run.finishes().await;

    assert_eq!((finished.status, finished.verdict), (RunStatus::Finished, Some(Verdict::VerifiedWithGaps)));
    let gaps = run.receipt().await.gaps.join("\n");
    assert!(gaps.contains("no-such-tool") && gaps.contains("not installed"), "{gaps}");
}

// EC-003, EC-004
#[tokio::test]
async fn a_repository_of_many_and_binary_files_is_worked_on() {
    let folder = Folder::new();
    for number in 0..1_200 {
        folder.write(&format!("data/{}/{number}.txt", number % 40), &format!("{number}\n"));
    }
    std::fs::write(folder.path().join("image.png"), (0..=255).cycle().take(300_000).collect::<Vec<u8>>()).unwrap();
    folder.commit();
    let app: TestApp = folder.setup().start().await;
    let user = app.operator().await;
    let project = folder.opened_by(&user).await;

    let run = project.starts_run().await;
    run.is_verified().await;

    assert!(run.diff().await.files.len() < 10);
    assert_eq!(project.git(&["ls-files", "data"]).lines().count(), 1_200);
}

// GI-07, GI-08
#[tokio::test]
async fn what_the_worktree_does_not_hold_is_said() {
    let folder = Folder::new();
    let module = folder.root.path().join("module");
    std::fs::create_dir(&module).unwrap();
    command::git(&module, &["init", "--quiet", "--initial-branch=main"]);
    command::git(&module, &["commit", "--quiet", "--allow-empty", "--message=Module"]);
    folder.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &module.to_string_lossy(), "vendored"]);
    folder.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
    folder.write("model.bin", pointer);
    folder.commit();
    let head = folder.git(&["rev-parse", "HEAD:vendored"]);
    let app = folder.setup().start().await;
    let user = app.operator().await;
    let project = folder.opened_by(&user).await;

    let run = project.starts_run().await;
    run.is_verified().await;

    let phases = run.timeline().await.phases;
    let summary = phases.iter().map(|phase| phase.summary.as_str()).collect::<Vec<_>>().join("\n");
    assert!(summary.contains("submodules vendored are empty") && summary.contains("pointers"), "{summary}");
    assert_eq!(project.git(&["rev-parse", "main:vendored"]), head, "the submodule stays where it was");
    assert_eq!(project.git(&["show", "main:model.bin"]), pointer.trim_end());
}
