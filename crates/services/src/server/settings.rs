//! The set-up of this server, line by line.

use domain::{
    access::{self, Action},
    actor::Actor,
    teams::NewProjects,
};
use protocol::server::Setting;

use super::{Database, Reach};
use crate::{
    Cx, Error, Settings,
    mail::{self, Standing},
};

/// How this server is set up, as far as an admin should know.
pub async fn settings(cx: &Cx, actor: &Actor) -> Result<Vec<Setting>, Error> {
    access::require(actor, Action::ReadSettings)?;
    let (settings, reach) = (&cx.settings, &cx.settings.reach);
    let mut lines = vec![
        line("Version", settings.version, ""),
        Setting { at: Some(settings.started_at), ..line("Running since", "", "") },
        line("Data directory", settings.data_dir.display().to_string(), "--data-dir, LOKI_DATA_DIR"),
    ];
    lines.extend(reached(reach));
    lines.push(line("Isolation of agents and checks", isolation(cx), "--no-sandbox, LOKI_NO_SANDBOX"));
    lines.extend(work(settings));
    lines.extend(mail_lines(mail::standing(cx).await?));
    lines.push(line("Audit trail is kept", kept(reach.audit_days), "--audit-days, LOKI_AUDIT_DAYS"));
    lines.extend(reach.others.iter().cloned());
    Ok(lines)
}

fn reached(reach: &Reach) -> Vec<Setting> {
    let listen = reach.listen.map_or_else(|| "nowhere".to_owned(), |address| address.to_string());
    let tls = if reach.tls { "ends in front of this server; cookies are Secure" } else { "none: browsers come over plain HTTP" };
    let proxies = if reach.proxies.is_empty() {
        "none: the address of a connection is the client's".to_owned()
    } else {
        reach.proxies.join(", ")
    };
    let database = match reach.database {
        Database::Sqlite => "SQLite",
        Database::Postgres => "PostgreSQL",
    };
    vec![
        line("Database", database, "--database-url, LOKI_DATABASE_URL"),
        line("Listens on", listen, "--listen, LOKI_LISTEN"),
        line("Browsers reach it at", reach.public_url.clone(), "--public-url, LOKI_PUBLIC_URL"),
        line("TLS", tls, "--tls-terminated, LOKI_TLS_TERMINATED"),
        line("Trusted proxies", proxies, "--trusted-proxies, LOKI_TRUSTED_PROXIES"),
    ]
}

fn isolation(cx: &Cx) -> &'static str {
    if cx.sandbox.isolates() { "on: bubblewrap" } else { "off: they run with this server's own rights" }
}

fn work(settings: &Settings) -> Vec<Setting> {
    let installs = if settings.installs { "from lock files, before checks" } else { "never: checks have no network" };
    let roots: Vec<String> = settings.allowed_roots.iter().map(|root| root.display().to_string()).collect();
    let roots = if roots.is_empty() { "none".to_owned() } else { roots.join(", ") };
    let stall = settings.stall.map_or_else(|| "the default".to_owned(), |stall| format!("{} seconds", stall.as_secs()));
    let owner = match settings.new_projects {
        NewProjects::OfTheInstallation => "the installation: everybody sees them",
        NewProjects::OfTheirMaker => "whoever makes them",
    };
    let committer = format!("{} <{}>", settings.commit_name, settings.commit_email);
    vec![
        line("Packages are installed", installs, "--no-install, LOKI_NO_INSTALL"),
        line("Runs that work at the same time", settings.max_runs.to_string(), "--max-runs, LOKI_MAX_RUNS"),
        line("An agent may be silent for", stall, "--stall-seconds, LOKI_STALL_SECONDS"),
        line("New projects belong to", owner, "--new-projects, LOKI_NEW_PROJECTS"),
        line("Folders that projects may be opened from", roots, "--allow-root, LOKI_ALLOW_ROOT"),
        line("Commits are by", committer, "--commit-name, --commit-email"),
    ]
}

fn mail_lines(standing: Option<Standing>) -> Vec<Setting> {
    let options = "--mail-url, --mail-from, --mail-password-file";
    let Some(standing) = standing else {
        return vec![line("Mail", "none is sent: links are shown once, to be handed over", options)];
    };
    let (waiting, oldest) = standing.waiting.map_or_else(
        || ("none".to_owned(), None),
        |(count, oldest, problem)| {
            let said = if problem.is_empty() { String::new() } else { format!("the last failure: {problem}; ") };
            (format!("{count}; {said}the oldest one was written"), Some(oldest))
        },
    );
    let failed = standing
        .failed
        .map_or_else(|| "none".to_owned(), |(count, to, problem)| format!("{count}; the last one to {to}: {problem}"));
    let (tried, at) = standing.trial.map_or_else(
        || ("none".to_owned(), None),
        |trial| {
            let said = trial.problem.map_or_else(
                || "the mail server took it; look whether it arrives".to_owned(),
                |problem| format!("it was not sent: {problem}"),
            );
            (format!("{said}; to {}", trial.to), Some(trial.at))
        },
    );
    vec![
        line("Mail", standing.server, options),
        Setting { at, ..line("Last test mail", tried, "") },
        Setting { at: oldest, ..line("Mail that waits", waiting, "") },
        line("Mail that did not arrive in seven days", failed, ""),
    ]
}

fn kept(days: Option<u32>) -> String {
    days.map_or_else(|| "for ever".to_owned(), |days| format!("{days} days, then removed; what stays is still proved"))
}

/// A line of the set-up in words.
pub fn line(name: &str, value: impl Into<String>, set_by: &str) -> Setting {
    Setting { name: name.to_owned(), value: value.into(), at: None, set_by: set_by.to_owned() }
}
