//! The set-up of this server, line by line.

use domain::{
    access::{self, Action},
    actor::Actor,
    teams::NewProjects,
};
use protocol::server::{Setting, SettingGroup as Group};

use super::{Database, ServedAt};
use crate::{
    Cx, Error, Settings,
    mail::{self, Standing},
};

/// How this server is set up, as far as an admin should know.
pub async fn settings(cx: &Cx, actor: &Actor) -> Result<Vec<Setting>, Error> {
    access::require(actor, Action::ReadSettings)?;
    let (settings, served_at) = (&cx.settings, &cx.settings.served_at);
    let mut lines = vec![
        line(Group::Server, "Version", settings.version, ""),
        Setting { at: Some(settings.started_at), ..line(Group::Server, "Running since", "", "") },
        line(Group::Server, "Data directory", settings.data_dir.display().to_string(), "--data-dir, LOKI_DATA_DIR"),
    ];
    lines.extend(reached(served_at));
    lines.push(line(Group::Runs, "Isolation of agents and checks", isolation(cx), "--no-sandbox, LOKI_NO_SANDBOX"));
    lines.extend(work(settings));
    lines.extend(mail_lines(mail::standing(cx).await?));
    lines.push(line(Group::Audit, "Audit trail is kept", kept(served_at.audit_days), "--audit-days, LOKI_AUDIT_DAYS"));
    lines.extend(served_at.others.iter().cloned());
    // Those of one group stay as they came.
    lines.sort_by_key(|line| line.group);
    Ok(lines)
}

fn reached(served_at: &ServedAt) -> Vec<Setting> {
    let listen = served_at.listen.map_or_else(|| "nowhere".to_owned(), |address| address.to_string());
    let tls =
        if served_at.tls { "ends in front of this server; cookies are Secure" } else { "none: browsers come over plain HTTP" };
    let proxies = if served_at.proxies.is_empty() {
        "none: the address of a connection is the client's".to_owned()
    } else {
        served_at.proxies.join(", ")
    };
    let database = match served_at.database {
        Database::Sqlite => "SQLite",
        Database::Postgres => "PostgreSQL",
    };
    vec![
        line(Group::Server, "Database", database, "--database-url, LOKI_DATABASE_URL"),
        line(Group::Reach, "Listens on", listen, "--listen, LOKI_LISTEN"),
        line(Group::Reach, "Browsers reach it at", served_at.public_url.clone(), "--public-url, LOKI_PUBLIC_URL"),
        line(Group::Reach, "TLS", tls, "--tls-terminated, LOKI_TLS_TERMINATED"),
        line(Group::Reach, "Trusted proxies", proxies, "--trusted-proxies, LOKI_TRUSTED_PROXIES"),
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
        line(Group::Runs, "Packages are installed", installs, "--no-install, LOKI_NO_INSTALL"),
        line(Group::Runs, "Runs that work at the same time", settings.max_runs.to_string(), "--max-runs, LOKI_MAX_RUNS"),
        line(Group::Runs, "An agent may be silent for", stall, "--stall-seconds, LOKI_STALL_SECONDS"),
        line(Group::Projects, "New projects belong to", owner, "--new-projects, LOKI_NEW_PROJECTS"),
        line(Group::Projects, "Folders that projects may be opened from", roots, "--allow-root, LOKI_ALLOW_ROOT"),
        line(Group::Projects, "Commits are by", committer, "--commit-name, --commit-email"),
    ]
}

fn mail_lines(standing: Option<Standing>) -> Vec<Setting> {
    let options = "--mail-url, --mail-from, --mail-password-file";
    let Some(standing) = standing else {
        return vec![line(Group::Mail, "Mail", "none is sent: links are shown once, to be handed over", options)];
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
        line(Group::Mail, "Mail", standing.server, options),
        Setting { at, ..line(Group::Mail, "Last test mail", tried, "") },
        Setting { at: oldest, ..line(Group::Mail, "Mail that waits", waiting, "") },
        line(Group::Mail, "Mail that did not arrive in seven days", failed, ""),
    ]
}

fn kept(days: Option<u32>) -> String {
    days.map_or_else(|| "for ever".to_owned(), |days| format!("{days} days, then removed; what stays is still proved"))
}

/// A line of the set-up in words.
pub fn line(group: Group, name: &str, value: impl Into<String>, set_by: &str) -> Setting {
    Setting { group, name: name.to_owned(), value: value.into(), at: None, set_by: set_by.to_owned() }
}
