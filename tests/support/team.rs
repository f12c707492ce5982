//! People with accounts of their own, and teams of them.

use protocol::{access::Role, teams::Team};
use serde_json::json;

use crate::{Actor, TestApp, actor::Credentials, app::PASSWORD, command};

impl TestApp {
    /// A person with an account and that role in the installation, signed in to a browser; their address is
    /// `NAME@example.org`.
    pub async fn person(&self, name: &str, role: Role) -> Actor<'_> {
        let email = format!("{name}@example.org");
        let arguments = ["user", "create", "--email", &email, "--name", name, "--role", role.as_str(), "--password-stdin"];
        self.offline(&arguments, PASSWORD);
        self.signs_in(&email).await
    }

    /// The browser of somebody who signs in with the password that everybody has.
    pub async fn signs_in(&self, email: &str) -> Actor<'_> {
        let answer = self.nobody().send_form("/login", &[("email", email), ("password", PASSWORD)]).await.expect(303);
        let cookie = answer.cookie("loki_login").expect("a login");
        Actor::new(self, Credentials::Cookie(cookie))
    }

    /// What a command on the data directory prints.
    pub fn prints(&self, arguments: &[&str]) -> String {
        command::stdout(&self.offline(arguments, "")).trim().to_owned()
    }
}

impl Actor<'_> {
    /// Makes a team with these people, by the part of their address before the @.
    pub async fn makes_team(&self, name: &str, members: &[(&str, Role)]) -> Team {
        let team: Team = self.post("/api/v2/teams", &json!({"name": name})).await.expect(201).json();
        for (member, role) in members {
            let body = json!({"email": format!("{member}@example.org"), "role": role});
            self.post(&format!("/api/v2/teams/{}/members", team.id), &body).await.expect(201);
        }
        team
    }
}
