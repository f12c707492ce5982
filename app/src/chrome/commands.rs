//! What the command palette offers: places, projects, runs, and a few things to do.

use protocol::runs::Run;

use crate::{browser::lower_case, routes::to, server_fns::projects::ProjectLine};

/// What happens when a command is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Does {
    Go(String),
    /// Presses a button of the page, which a selector finds.
    Press(&'static str),
    ShowKeys,
}

/// A line of the palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) label: String,
    /// What kind of thing it is.
    pub(super) kind: &'static str,
    pub(super) does: Does,
}

impl Command {
    fn go(label: impl Into<String>, kind: &'static str, place: impl Into<String>) -> Self {
        Self { label: label.into(), kind, does: Does::Go(place.into()) }
    }

    fn act(label: &str, does: Does) -> Self {
        Self { label: label.to_owned(), kind: "command", does }
    }
}

/// What is always there.
pub(super) fn fixed() -> Vec<Command> {
    vec![
        Command::go("Go to home", "page", to::HOME),
        Command::go("Go to projects", "page", to::PROJECTS),
        Command::go("Go to runs", "page", to::RUNS),
        Command::go("Go to templates", "page", to::TEMPLATES),
        Command::go("Go to teams", "page", to::TEAMS),
        Command::go("New project", "command", to::NEW_PROJECT),
        Command::act("Use the dark theme", Does::Press("[data-choice=dark]")),
        Command::act("Use the light theme", Does::Press("[data-choice=light]")),
        Command::act("Use the system's theme", Does::Press("[data-choice=system]")),
        Command::act("Show the keys", Does::ShowKeys),
        Command::act("Sign out", Does::Press("#sign-out button")),
    ]
}

/// The pages of the admin section that are open to whoever looks.
pub(super) fn admin(places: &[String]) -> impl Iterator<Item = Command> {
    places.iter().map(|place| Command::go(to::admin_name(place), "admin page", place.as_str()))
}

/// Projects and recent runs, by name.
pub(super) fn found(projects: &[ProjectLine], runs: &[Run]) -> Vec<Command> {
    let projects = projects.iter().map(|project| Command::go(project.name.clone(), "project", to::project(project.id)));
    let runs = runs
        .iter()
        .map(|run| Command::go(format!("{} · {} run {}", run.title, run.project_name, run.number), "run", to::run(run.id)));
    projects.chain(runs).collect()
}

/// The first dozen commands that hold every word of `text`.
pub(super) fn matching(commands: &[Command], text: &str) -> Vec<Command> {
    let text = lower_case(text);
    let words: Vec<&str> = text.split_whitespace().collect();
    let fits = |command: &&Command| {
        let label = format!("{} {}", lower_case(&command.label), command.kind);
        words.iter().all(|word| label.contains(word))
    };
    commands.iter().filter(fits).take(12).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::{fixed, matching};

    #[test]
    fn every_word_has_to_be_there_in_any_order() {
        let labels = |text: &str| matching(&fixed(), text).into_iter().map(|command| command.label).collect::<Vec<_>>();

        assert_eq!(labels("theme DARK"), ["Use the dark theme"]);
        assert_eq!(labels("page runs"), ["Go to runs"]);
        assert_eq!(labels("").len(), 11);
        assert!(labels("nothing like it").is_empty());
    }
}
