//! `loki doctor`: what is installed, what is missing, what to do.

use std::{
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use ::mail::Smtp;
use clap::Args;
use domain::{
    audit::AuditKey,
    links,
    ports::{breaches::Breaches as _, issuers::Answered, mailer::Mailer as _},
    sign_in::Provisioning,
};
use protocol::server::SignOut;
use rustix::fs::statvfs;
use serde::Serialize;
use store::{Store, Way};
use tokio::process::Command;

use super::{
    Exit, Failure,
    print::{self, Printed},
};
use crate::{
    auth::providers::{
        Failure::{Refused, Unreachable},
        IdentityProviders, KnownProvider,
    },
    breaches::RangeServer,
    config::{
        ConfigError, DataArgs, DataConfig,
        agents::AgentsConfig,
        audit_key, data_dir, hosts,
        sign_in::{Problem, SignInError},
    },
    wiring::{self, Outside},
};

/// Worktrees of this version have fixes that older ones lack.
const GIT: (u32, u32) = (2, 38);
/// Below this a run is likely to find the disk full.
const ROOM: u64 = 1 << 30;

#[derive(Args, Debug)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    data: DataArgs,
    /// The address under which browsers reach the server: providers are then asked whether they lead back there
    #[arg(long, env = "LOKI_PUBLIC_URL", value_name = "URL", value_parser = hosts::public_url)]
    public_url: Option<String>,
    #[command(flatten)]
    printed: Printed,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Check {
    name: String,
    ok: bool,
    /// Whether loki cannot work without it.
    needed: bool,
    /// What was found.
    found: String,
    /// What to do, when it is not all right.
    todo: Option<String>,
}

impl Check {
    fn good(name: &str, found: impl Into<String>) -> Self {
        Self { name: name.to_owned(), ok: true, needed: true, found: found.into(), todo: None }
    }

    fn bad(name: &str, found: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { name: name.to_owned(), ok: false, needed: true, found: found.into(), todo: Some(todo.into()) }
    }
}

/// A diagnosis only looks: folders that it needs on its way are gone after it, but for those that have something in them by then.
pub(super) async fn run(args: DoctorArgs) -> Result<Exit, Failure> {
    let unmade = unmade(&args.data);
    let exit = look(args, &unmade).await;
    for folder in &unmade {
        let _ = std::fs::remove_dir(folder);
    }
    exit
}

/// Which folders of the data directory are not there yet, the innermost first.
fn unmade(data: &DataArgs) -> Vec<PathBuf> {
    let scratch = data.folder().map(|folder| data_dir::scratch(&folder)).unwrap_or_default();
    scratch.ancestors().take_while(|path| !path.exists()).map(Path::to_path_buf).collect()
}

async fn look(args: DoctorArgs, unmade: &[PathBuf]) -> Result<Exit, Failure> {
    let agents = AgentsConfig::from_env()?;
    let mut checks = vec![git(&agents).await];
    match DataConfig::new(args.data) {
        Ok(data) => {
            checks.extend(data_dir(&data, unmade));
            checks.extend(database(&data));
            let (stored, keys) = vault_and_audit(&data).await;
            checks.extend(sandbox_and_agents(&data, &agents, &keys).await?);
            checks.extend(stored);
            checks.push(breached_passwords(&data).await);
            checks.push(mail(&data, args.public_url.as_deref()).await);
            checks.extend(providers(&data, args.public_url.as_deref()).await);
        }
        Err(ConfigError::Mail(problem)) => {
            checks.push(Check::bad("mail", problem, "docs/using/mail.md has all ways to set it up"));
        }
        Err(error) => {
            checks.push(Check::bad("data directory", Failure::of(&error).0, "give a folder that you may write to as --data-dir"));
        }
    }

    let good = checks.iter().all(|check| check.ok || !check.needed);
    if args.printed.json {
        print::json(&serde_json::json!({"ok": good, "version": wiring::VERSION, "checks": checks}));
    } else {
        for check in &checks {
            let mark = if check.ok {
                "ok     "
            } else if check.needed {
                "MISSING"
            } else {
                "absent "
            };
            print::line(&print::plain(&format!("{mark} {}: {}", check.name, check.found)));
            if let Some(todo) = &check.todo {
                print::line(&print::plain(&format!("        {todo}")));
            }
        }
    }
    Ok(if good { Exit::Done } else { Exit::Bad })
}

async fn git(agents: &AgentsConfig) -> Check {
    let install = format!("install git {}.{} or newer (Debian: apt-get install git)", GIT.0, GIT.1);
    let path = std::env::join_paths(&agents.search_path).unwrap_or_default();
    let output = Command::new("git").arg("--version").env_clear().env("PATH", path).output().await;
    let Ok(output) = output else { return Check::bad("git", "not found", install) };
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match version(&text) {
        Some(found) if found >= GIT => Check::good("git", text),
        Some(_) => Check::bad("git", format!("{text} is too old"), install),
        None => Check::bad("git", "it does not say its version", install),
    }
}

/// The first two numbers in the text.
fn version(text: &str) -> Option<(u32, u32)> {
    let word = text.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    let mut numbers = word.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn data_dir(data: &DataConfig, unmade: &[PathBuf]) -> Vec<Check> {
    let path = &data.data_dir;
    // Of one that is there, at most what is in it is not.
    let later = if unmade.len() > 1 { ", which the first start makes" } else { "" };
    let probe = path.join(format!("doctor-{}", std::process::id()));
    let written = std::fs::write(&probe, b"x").and_then(|()| std::fs::remove_file(&probe));
    let writable = match written {
        Ok(()) => Check::good("data directory", format!("{}{later}", path.display())),
        Err(error) => Check::bad(
            "data directory",
            format!("{}: {error}", path.display()),
            "give a folder that you may write to as --data-dir",
        ),
    };
    let mut checks = vec![writable, room("disk", path)];
    let device = |path: &Path| path.metadata().ok().map(|found| found.dev());
    let database = store::file(&data.database_url).and_then(|file| file.parent().map(Path::to_path_buf));
    let elsewhere = database.filter(|folder| device(folder).is_some_and(|own| Some(own) != device(path)));
    checks.extend(elsewhere.map(|folder| room("disk of the database", &folder)));
    checks
}

/// How much room there is where `path` lies.
fn room(name: &str, path: &Path) -> Check {
    match statvfs(path) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let found = format!("{} MiB free", free >> 20);
            let todo = "free at least 1 GiB: on a full disk runs wait";
            if free >= ROOM { Check::good(name, found) } else { Check::bad(name, found, todo) }
        }
        Err(error) => Check::bad(name, error.to_string(), format!("look at the disk of {}", path.display())),
    }
}

/// Whether whoever answers for a database on another machine has to show who it is.
fn database(data: &DataConfig) -> Option<Check> {
    match store::way(&data.database_url) {
        Ok(Way::Local) => None,
        Ok(way) => Some(match way.problem() {
            None => Check::good("database", "on another machine, and its certificate is checked"),
            Some((found, todo)) => Check { needed: false, ..Check::bad("database", found, todo) },
        }),
        Err(error) => Some(Check::bad("database", Failure::of(&error).0, "write it like postgres://loki@db.example.org/loki")),
    }
}

async fn sandbox_and_agents(data: &DataConfig, agents: &AgentsConfig, keys: &[String]) -> Result<Vec<Check>, Failure> {
    let outside = Outside::without_runs(agents);
    let sandbox = wiring::sandbox(data, &outside);
    let mut checks = vec![match sandbox.check().await {
        Ok(()) => Check::good("sandbox", "bubblewrap works"),
        Err(error) => {
            let todo = "runs start only with a sandbox: mend this, or start `loki serve --no-sandbox` for specs and agents that you trust";
            Check::bad("sandbox", Failure::of(&error).0, todo)
        }
    }];
    for agent in wiring::agents(data, agents, &sandbox)?.iter() {
        let mut info = agent.detect().await;
        services::agents::note_vault(&mut info, keys);
        let key = info.key.map(|key| key.title().to_owned());
        let place = [info.path, info.version, key].into_iter().flatten().collect::<Vec<_>>().join(", ");
        checks.push(Check {
            name: format!("agent {}", info.title),
            ok: info.available,
            // Any one agent is enough, and the demo is built in.
            needed: info.demo,
            found: if place.is_empty() { "not found".to_owned() } else { place },
            todo: info.problem,
        });
    }
    Ok(checks)
}

/// Whether secrets can be opened and whether the trail's key is that of all servers on the database, and the names of secrets that
/// agents are given.
async fn vault_and_audit(data: &DataConfig) -> (Vec<Check>, Vec<String>) {
    if data.is_new() {
        return (vec![Check::good("vault", "no secrets yet")], Vec::new());
    }
    let own = audit_key::find(&data.audit_key_file);
    let looked = async {
        let store = Store::open(&data.database_url).await?;
        let standing = services::vault::standing(&store, &data.vault_keys).await?;
        let keys = services::agents::vault_keys(&store).await?;
        let signs = own.as_ref().ok().and_then(Option::as_ref).map(AuditKey::public);
        let foreign = services::audit::foreign_signer(&store, &data.data_dir, signs).await?;
        store.close().await?;
        Ok::<_, services::Error>((standing, keys, foreign))
    };
    match looked.await {
        Err(error) => (vec![Check::bad("vault", Failure::of(&error).0, "look at the database first")], Vec::new()),
        Ok((standing, keys, foreign)) => {
            let check = match (standing.problem, standing.master) {
                (Some(problem), _) => Check::bad("vault", problem, "docs/using/secrets.md has all ways to give the key"),
                (None, Some(key)) => Check::good("vault", format!("{} secrets under the master key {key}", standing.secrets)),
                (None, None) => Check::good("vault", "no secrets yet"),
            };
            (vec![check, audit(own, foreign)], keys)
        }
    }
}

/// The key that this server signs checkpoints with.
fn audit(own: std::io::Result<Option<AuditKey>>, foreign: Option<String>) -> Check {
    match (own, foreign) {
        (Err(error), _) => Check::bad("audit key", error.to_string(), "give a file that you may read as --audit-key-file"),
        (Ok(_), Some(problem)) => {
            let todo = "give every server on this database the same file. What a key signed that is gone by now is proved with \
                        `loki audit verify --key`";
            Check { needed: false, ..Check::bad("audit key", problem, todo) }
        }
        (Ok(Some(key)), None) => Check::good("audit key", format!("checkpoints are signed with {}", key.public().id())),
        (Ok(None), None) => Check::good("audit key", "none yet: the first start makes one"),
    }
}

/// Which lists a new password may not be on. Of the address only the name is told: it may hold a key.
async fn breached_passwords(data: &DataConfig) -> Check {
    let check = |ok: bool, found: String, todo: &str| Check {
        name: "breached passwords".to_owned(),
        ok,
        needed: false,
        found,
        todo: (!ok).then(|| todo.to_owned()),
    };
    let Some(url) = &data.breached_passwords_url else {
        let found = "those of the built-in list are refused, others are not looked up";
        return check(false, found.to_owned(), "--breached-passwords-url names a server that knows them");
    };
    let host = reqwest::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let answered = match RangeServer::new(url) {
        Ok(server) => server.range("00000").await,
        Err(problem) => Err(problem),
    };
    match answered {
        Ok(_) => check(true, format!("those of the built-in list are refused, and those of {host}, which answers"), ""),
        Err(problem) => {
            let found = format!("those of the built-in list are refused; {host} is asked and does not answer: {problem}");
            check(false, found, "passwords are taken without it until it answers: look at its address, and at a proxy between")
        }
    }
}

/// Whether mail can be sent; without it links are handed over by people.
async fn mail(data: &DataConfig, public_url: Option<&str>) -> Check {
    let check = |ok: bool, found: String, todo: Option<String>| Check { name: "mail".to_owned(), ok, needed: false, found, todo };
    let Some(config) = &data.mail else {
        let todo =
            "links of invitations and for new passwords are shown once, to be handed over; docs/using/mail.md has them sent";
        return check(false, "not set up".to_owned(), Some(todo.to_owned()));
    };
    let smtp = match Smtp::new(&config.server, &config.from) {
        Ok(smtp) => smtp,
        Err(problem) => {
            return check(false, problem, Some("install the certificates of this system (ca-certificates)".to_owned()));
        }
    };
    let address = "give --public-url as the server has it: links in mails begin with it";
    match smtp.probe().await {
        Ok(()) => check(true, format!("{}: it answers", smtp.describe()), public_url.is_none().then(|| address.to_owned())),
        Err(problem) => {
            let todo = "no mail goes out until it answers: look at the name, the port, its certificate, and the account's password. \
                        What was written meanwhile is sent for a day";
            check(false, format!("{}: {problem}", smtp.describe()), Some(todo.to_owned()))
        }
    }
}

/// Each provider is asked whether it is there, all at once.
async fn providers(data: &DataConfig, public_url: Option<&str>) -> Vec<Check> {
    let configs = match data.providers() {
        Ok(configs) => configs,
        Err(SignInError::Problems(problems)) => {
            let bad = |problem: Problem| {
                let name = format!("sign-in {}, {}", problem.provider, problem.field);
                Check::bad(&name, problem.problem, todo(problem.field))
            };
            return problems.into_iter().map(bad).collect();
        }
        Err(error) => {
            return vec![Check::bad("sign-in", Failure::of(&error).0, "mend the file, or name another with --sign-in-file")];
        }
    };
    let providers = IdentityProviders::new(&configs, &std::sync::Arc::default());
    futures::future::join_all(providers.iter().map(|known| provider(known, public_url))).await
}

/// What to do about a field that is wrong.
fn todo(field: &str) -> &'static str {
    match field {
        "client_secret_file" => {
            "write the secret into that file, readable by the account that runs loki and nobody else (chmod 400), or name another"
        }
        "client_secret" | "client_secret_env" | "client_id" => {
            "the provider gave both when loki was registered there; docs/using/sign-in.md says where to put them"
        }
        "issuer" => "write it as the provider's discovery document does, with https:// and with its path",
        _ => "docs/using/sign-in.md has all fields and what they can be",
    }
}

async fn provider(known: &KnownProvider, public_url: Option<&str>) -> Check {
    let rules = known.rules();
    let base = public_url.unwrap_or("…");
    let back = links::callback(base, &rules.id);
    let there = links::back_channel(base, &rules.id);
    let (ok, says, todo) = match known.probe(public_url).await {
        Ok(answered) => {
            let todo =
                format!("the provider has to know the address {back}; --public-url asks it{}", signing_out(&answered, &there));
            (true, answered.says, todo)
        }
        Err(error @ Unreachable(_)) => {
            let todo = format!(
                "nobody can sign in with it until {}/.well-known/openid-configuration answers from this machine: look at the \
                 name, the port, a proxy between, its certificate, and whether the issuer is written exactly as there",
                rules.issuer.trim_end_matches('/')
            );
            (false, error.to_string(), todo)
        }
        Err(error @ Refused(_)) => {
            let todo = format!("compare with the registration at the provider: client_id, the secret, and the address {back}");
            (false, error.to_string(), todo)
        }
    };
    Check {
        name: format!("sign-in \"{}\"", rules.id),
        ok,
        needed: false,
        found: format!("{}, new accounts {}: {says}", rules.issuer, words(rules.provisioning)),
        todo: Some(todo),
    }
}

/// Whether both ends of a session end together.
fn signing_out(answered: &Answered, there: &str) -> String {
    match answered.sign_out {
        None => String::new(),
        Some(SignOut { tells: true, .. }) => format!(
            ". It tells of sign-outs (back-channel logout): register {there} there, with the session's id (sid), and they end \
             the logins here"
        ),
        Some(SignOut { tells: false, .. }) => {
            ". It tells nobody when people sign out there (no back-channel logout), so their logins here go on".to_owned()
        }
    }
}

fn words(provisioning: Provisioning) -> &'static str {
    match provisioning {
        Provisioning::Open => "for everybody it lets in",
        Provisioning::Invitation => "by invitation",
        Provisioning::Closed => "for nobody",
    }
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_are_read() {
        for (text, expected) in
            [("git version 2.39.5", Some((2, 39))), ("git version 2.51.0 (Apple Git-1)", Some((2, 51))), ("what", None)]
        {
            assert_eq!(version(text), expected, "{text}");
        }
    }
}
