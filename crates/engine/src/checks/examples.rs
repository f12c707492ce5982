//! The spec's examples, carried out by loki itself with values that the agent has not seen.

use std::{collections::BTreeMap, ffi::OsString, path::Path, time::Duration};

use domain::{
    ports::sandbox::{Exit, Job},
    specs::examples::{self, BoundExample, Example, Program, Seen},
};
use protocol::receipts::ExampleFact;
use services::{Cx, Error};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

use super::{Subject, commands, scratch::Scratch};

/// Wall time of one example.
const WALL: Duration = Duration::from_secs(20);
/// What is read of each stream, in bytes.
const KEEP: u64 = 256 << 10;

/// Carries out every example of the subject's tasks.
pub(super) async fn carry_out(
    subject: &Subject<'_>,
    files: &[String],
    cancel: &CancellationToken,
) -> Result<Vec<(u32, ExampleFact)>, Error> {
    let mut facts = Vec::new();
    for task in &subject.tasks {
        for example in &task.examples {
            facts.push((task.number, one(subject, files, example, cancel).await?));
        }
    }
    Ok(facts)
}

async fn one(
    subject: &Subject<'_>,
    files: &[String],
    example: &Example,
    cancel: &CancellationToken,
) -> Result<ExampleFact, Error> {
    let unknown = |why: &str| ExampleFact { text: example.describe(), held: None, seen: why.to_owned() };
    if let Some(why) = example.hindrance() {
        return Ok(unknown(why));
    }
    let bound = examples::bind(example, seed(subject.cx));
    let seen = if bound.argv.is_empty() {
        read_files(&subject.worktree, &bound)
    } else {
        let located = match locate(subject, files, &bound.argv) {
            // They would have to be put among the project's own.
            Located::Command(command) if command.in_worktree && !bound.files.is_empty() => {
                return Ok(unknown("loki gives no files to a build tool"));
            }
            Located::Command(command) => run(subject, &bound, command, cancel).await?,
            Located::Missing(why) => {
                return Ok(ExampleFact { text: example.describe(), held: Some(false), seen: why });
            }
            Located::Unknown(why) => return Ok(unknown(&why)),
        };
        match located {
            Some(seen) => seen,
            None => return Ok(unknown("it took too long or was stopped")),
        }
    };
    let (held, seen) = match examples::evaluate(&bound, &seen) {
        Ok(()) => (true, "as expected".to_owned()),
        Err(difference) => (false, without_secrets(subject, &bound, seen).unwrap_or(difference)),
    };
    let hide = |text| subject.given.masks().mask(text);
    Ok(ExampleFact { text: hide(example.describe()), held: Some(held), seen: hide(seen) })
}

/// The difference in words that tell no secret. It is told anew, since it may have been cut in the middle of one.
fn without_secrets(subject: &Subject<'_>, bound: &BoundExample, seen: Seen) -> Option<String> {
    let masks = subject.given.masks();
    if masks.is_empty() {
        return None;
    }
    let hide = |text| masks.mask(text);
    let files = seen.files.into_iter().map(|(path, text)| (path, hide(text))).collect();
    let hidden = Seen { stdout: hide(seen.stdout), stderr: hide(seen.stderr), code: seen.code, files };
    Some(examples::evaluate(bound, &hidden).err().unwrap_or_else(|| "it differs in a secret".to_owned()))
}

/// Values are new each time: what can be computed from something that the agent sees, it can write into its program.
fn seed(cx: &Cx) -> u64 {
    let mut random = [0; 8];
    cx.ids.random(&mut random);
    u64::from_be_bytes(random)
}

/// Where the program of an example is.
enum Located {
    Command(Command),
    /// It should be there and is not.
    Missing(String),
    /// It may be there, but loki does not know where to look.
    Unknown(String),
}

/// What is run, and where.
struct Command {
    argv: Vec<OsString>,
    /// In the worktree's top, instead of an empty folder.
    in_worktree: bool,
}

/// Where compilers of well-known languages put a program.
const BUILT: [&str; 4] = ["target/debug", "target/release", "dist", "build"];
/// Files of build systems that may put a program anywhere.
const BUILD_SYSTEMS: [&str; 5] = ["Cargo.toml", "package.json", "pyproject.toml", "go.mod", "CMakeLists.txt"];

fn locate(subject: &Subject<'_>, files: &[String], argv: &[String]) -> Located {
    let words = |from: usize| argv.iter().skip(from).map(OsString::from);
    let find = |path: &str| files::resolve(&subject.worktree, path).filter(|found| found.is_file());
    match examples::program(argv) {
        Program::Own { name } => {
            let built = BUILT.iter().map(|folder| format!("{folder}/{name}"));
            match examples::program_candidates(&name).into_iter().chain(built).find_map(|path| find(&path)) {
                Some(path) => {
                    let argv = interpreter(&path).into_iter().chain([path.into_os_string()]).chain(words(1)).collect();
                    Located::Command(Command { argv, in_worktree: false })
                }
                None if BUILD_SYSTEMS.iter().any(|file| files.iter().any(|found| found == file)) => {
                    Located::Unknown(format!("loki does not know where this project's build puts {name}"))
                }
                None => {
                    Located::Missing(format!("there is no program {name}; it is looked for at {name}, bin/{name} and the like"))
                }
            }
        }
        Program::Script { interpreter, file } => match find(&file) {
            Some(path) => {
                let argv = [interpreter.into(), path.into_os_string()].into_iter().chain(words(2)).collect();
                Located::Command(Command { argv, in_worktree: false })
            }
            None => Located::Missing(format!("there is no file {file}")),
        },
        Program::Tool { .. } => Located::Command(Command { argv: words(0).collect(), in_worktree: true }),
        Program::NotRunnable { reason } => Located::Unknown(reason.to_owned()),
    }
}

/// What runs a file that is not executable by itself.
fn interpreter(path: &Path) -> Option<OsString> {
    use std::os::unix::fs::PermissionsExt;
    let executable = std::fs::symlink_metadata(path).is_ok_and(|data| data.permissions().mode() & 0o111 != 0);
    match path.extension().and_then(|extension| extension.to_str()) {
        _ if executable => None,
        Some("py") => Some("python3".into()),
        Some("js" | "mjs") => Some("node".into()),
        Some("sh") => Some("sh".into()),
        _ => None,
    }
}

async fn run(
    subject: &Subject<'_>,
    bound: &BoundExample,
    command: Command,
    cancel: &CancellationToken,
) -> Result<Option<Seen>, Error> {
    if command.in_worktree {
        let job = job(subject, &subject.worktree, command);
        let seen = talk(subject, job, bound, cancel).await?;
        return Ok(seen.map(|seen| Seen { files: read_files(&subject.worktree, bound).files, ..seen }));
    }
    let run_dir = subject.cx.settings.run_dir(subject.record.id);
    let scratch = Scratch::fresh(run_dir, bound.files.clone()).await?;
    let job = Job { home: Some(scratch.path().to_owned()), ..job(subject, scratch.path(), command) };
    let seen = talk(subject, job, bound, cancel).await;
    let files = read_files(scratch.path(), bound).files;
    scratch.remove().await?;
    Ok(seen?.map(|seen| Seen { files, ..seen }))
}

fn job(subject: &Subject<'_>, folder: &Path, command: Command) -> Job {
    let argv = ["env".into(), "-C".into(), folder.into()].into_iter().chain(command.argv).collect();
    commands::job(subject, argv, Vec::new(), WALL)
}

/// Starts the command, gives it its input, and reads both streams apart.
async fn talk(subject: &Subject<'_>, job: Job, bound: &BoundExample, cancel: &CancellationToken) -> Result<Option<Seen>, Error> {
    let spawned = subject.cx.sandbox.spawn(job).await;
    let mut process = spawned.map_err(|error| Error::Unavailable(error.to_string()))?;
    let input = bound.stdin.clone().unwrap_or_default();
    let mut stdin = process.stdin;
    let write = async move {
        // A program that does not read its input is free to: a broken pipe is no finding.
        if stdin.write_all(input.as_bytes()).await.is_ok() && stdin.shutdown().await.is_err() {
            tracing::debug!("an example's input could not be closed");
        }
        drop(stdin);
    };
    let (stdout, stderr) = (read_stream(process.stdout), read_stream(process.stderr));
    let (exit, stdout, stderr, ()) = tokio::join!(process.handle.wait(cancel), stdout, stderr, write);
    Ok(match exit {
        Exit::Code(code) => Some(Seen { stdout, stderr, code: Some(code), files: BTreeMap::new() }),
        Exit::Signal(_) => Some(Seen { stdout, stderr, code: None, files: BTreeMap::new() }),
        Exit::TimedOut | Exit::Cancelled => None,
    })
}

async fn read_stream(stream: Box<dyn tokio::io::AsyncRead + Send + Unpin>) -> String {
    let mut bytes = Vec::new();
    let mut limited = stream.take(KEEP);
    if limited.read_to_end(&mut bytes).await.is_err() {
        tracing::debug!("a stream of an example broke off");
    }
    // The rest is read and forgotten, so that the program is not stopped by a full pipe.
    let mut rest = limited.into_inner();
    if tokio::io::copy(&mut rest, &mut tokio::io::sink()).await.is_err() {
        tracing::debug!("a stream of an example broke off");
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn read_files(folder: &Path, bound: &BoundExample) -> Seen {
    let files = bound.expect_files.iter().filter_map(|file| {
        let text = files::read(folder, &file.path)?;
        Some((file.path.clone(), text))
    });
    Seen { files: files.collect(), ..Seen::default() }
}
