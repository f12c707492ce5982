//! Starting a run.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::UiError;

/// The form that starts a run. Numbers are text, because an empty field of a form is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StartForm {
    pub project_id: String,
    /// `project`, `paste` or `template`.
    pub spec: String,
    pub prd_text: String,
    pub template: String,
    pub provider: String,
    pub model: String,
    pub cost_usd: String,
    pub minutes: String,
    pub iterations: String,
}

/// Starts a run and goes to it.
#[server(prefix = "/ui", endpoint = "start_run")]
pub async fn start_run(form: StartForm) -> Result<(), UiError> {
    use super::{asked, context, fail, flash::refused, projects::known};
    use crate::routes::to;

    let (cx, actor) = context()?;
    let project = known(&form.project_id)?;
    let command = match form.command(project) {
        Ok(command) => command,
        Err(error) => {
            return Err(refused(fail(error), &to::project(project), form.typed()));
        }
    };
    match asked(services::runs::start(&cx, &actor, command).await) {
        Ok(run) => {
            leptos_axum::redirect(&to::run(run.id));
            Ok(())
        }
        Err(error) => Err(refused(error, &to::project(project), form.typed())),
    }
}

#[cfg(feature = "ssr")]
impl StartForm {
    fn command(&self, project_id: protocol::ProjectId) -> Result<protocol::runs::StartRun, UiError> {
        use std::collections::BTreeMap;

        use protocol::{agents::ProviderId, runs::Limits};

        let provider = ProviderId::parse(&self.provider).ok_or_else(|| UiError::new(400, "Choose an agent for the run."))?;
        let given = |spec: &str, text: &str| (self.spec == spec).then(|| text.to_owned());
        let model = self.model.trim();
        Ok(protocol::runs::StartRun {
            project_id,
            prd_text: given("paste", &self.prd_text),
            prd_path: None,
            template: given("template", &self.template),
            variables: BTreeMap::new(),
            provider,
            model: (!model.is_empty()).then(|| model.to_owned()),
            limits: Some(Limits {
                iterations: number(&self.iterations, "Iterations must be a whole number.")?,
                minutes: number(&self.minutes, "Minutes must be a whole number.")?,
                cost_usd: number(&self.cost_usd, "The cost ceiling must be an amount in US dollars, like 2.50.")?,
            }),
            request_id: None,
        })
    }

    fn typed(&self) -> Vec<(&str, &str)> {
        vec![
            ("spec", &self.spec),
            ("template", &self.template),
            ("provider", &self.provider),
            ("model", &self.model),
            ("cost_usd", &self.cost_usd),
            ("minutes", &self.minutes),
            ("iterations", &self.iterations),
            ("prd_text", &self.prd_text),
        ]
    }
}

/// A number, or nothing for an empty field.
#[cfg(feature = "ssr")]
fn number<T: std::str::FromStr>(text: &str, problem: &str) -> Result<Option<T>, UiError> {
    let text = text.trim().trim_start_matches('$');
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| UiError::new(400, problem))
}

#[cfg(all(test, feature = "ssr"))]
#[expect(clippy::unwrap_used, reason = "a test fails where something is missing")]
mod tests {
    use protocol::{ProjectId, agents::ProviderId, runs::Limits};

    use super::*;

    fn project() -> ProjectId {
        "01936f00-0000-7000-8000-000000000000".parse().unwrap()
    }

    fn form() -> StartForm {
        StartForm {
            spec: "project".to_owned(),
            provider: "demo".to_owned(),
            prd_text: "typed before".to_owned(),
            ..StartForm::default()
        }
    }

    #[test]
    fn empty_fields_ask_for_nothing_of_their_own() {
        let command = form().command(project()).unwrap();

        assert_eq!((command.prd_text, command.template, command.model), (None, None, None));
        assert_eq!(command.provider, ProviderId::Demo);
        assert_eq!(command.limits, Some(Limits::default()));
    }

    #[test]
    fn limits_are_read_as_people_write_them() {
        let form = StartForm { cost_usd: " $2.50 ".to_owned(), minutes: "45".to_owned(), ..form() };

        let limits = form.command(project()).unwrap().limits;

        assert_eq!(limits, Some(Limits { iterations: None, minutes: Some(45), cost_usd: Some(2.5) }));
    }

    #[test]
    fn a_word_is_no_number_and_the_field_is_named() {
        let form = StartForm { minutes: "soon".to_owned(), ..form() };

        let error = form.command(project()).unwrap_err();

        assert_eq!(error, UiError::new(400, "Minutes must be a whole number."));
    }
}
