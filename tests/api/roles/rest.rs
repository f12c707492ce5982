//! The REST API, as its OpenAPI document lists it.

use domain::access::Action::{
    ControlRun, DeleteProject, ManageAllSecrets, ManageSecrets, ManageTeam, ManageTeams, ManageTokens, ManageUsers, ReadAgents,
    ReadAudit, ReadEvents, ReadMetrics, ReadProjects, ReadRuns, ReadSettings, ReadStatus, ReadTeams, ReadTemplates, ShareProject,
    StartRun, WriteProject,
};

use super::rows::{
    Needs::{Login, Nothing, Token},
    Row, delete, get, post, put, socket,
};

const SESSION: &str = r#"{"session_id": "ID"}"#;
const NEW_TOKEN: &str = r#"{"name": "Tried by a role", "role": "viewer"}"#;

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn rows() -> Vec<Row> {
    vec![
        // What is not there is not there for anybody, whatever their role: those rows say 404 twice.
        get("/health", Nothing, 200),
        get("/metrics", ReadMetrics, 200),
        get("/api/status", ReadStatus, 200),
        get("/api/events", ReadEvents, 200),
        get("/api/agents", ReadAgents, 200),
        get("/api/projects", ReadProjects, 200),
        post("/api/projects", WriteProject, 201).with(r#"{"name": "Tried by a role"}"#),
        get("/api/projects/{id}", ReadProjects, 404),
        put("/api/projects/{id}", WriteProject, 404).refused(404),
        delete("/api/projects/{id}", DeleteProject, 404).refused(404),
        post("/api/control/start", StartRun, 404)
            .with(r#"{"project_id": "ID", "provider": "demo", "prd_text": "Make it"}"#)
            .refused(404),
        post("/api/control/pause", ControlRun, 404).with(SESSION).refused(404),
        post("/api/control/resume", ControlRun, 404).with(SESSION).refused(404),
        post("/api/control/stop", ControlRun, 404).with(SESSION).refused(404),
        get("/api/v2/runs", ReadRuns, 200),
        get("/api/v2/runs/{id}", ReadRuns, 404),
        get("/api/v2/runs/{id}/timeline", ReadRuns, 404),
        get("/api/v2/runs/{id}/receipt", ReadRuns, 404),
        get("/api/v2/runs/{id}/diff", ReadRuns, 404),
        get("/api/v2/runs/{id}/log", ReadRuns, 404),
        get("/api/v2/runs/{id}/transcript", ReadRuns, 404),
        post("/api/v2/runs/{id}/cancel", ControlRun, 404).refused(404),
        post("/api/v2/runs/{id}/replay", StartRun, 404).refused(404),
        get("/api/templates", ReadTemplates, 200),
        get("/api/templates/{name}", ReadTemplates, 200).at("/api/templates/cli-tool"),
        get("/api/enterprise/tokens", ManageTokens, 200),
        post("/api/enterprise/tokens", ManageTokens, 201).with(NEW_TOKEN),
        delete("/api/enterprise/tokens/{id}", ManageTokens, 404),
        get("/api/v2/api-keys", ManageTokens, 200),
        post("/api/v2/api-keys", ManageTokens, 201).with(NEW_TOKEN),
        get("/api/v2/api-keys/{id}", ManageTokens, 404),
        put("/api/v2/api-keys/{id}", ManageTokens, 404),
        delete("/api/v2/api-keys/{id}", ManageTokens, 404),
        post("/api/v2/api-keys/{id}/rotate", ManageTokens, 404),
        get("/api/v2/projects/{id}/secrets", ManageSecrets, 404).refused(404),
        put("/api/v2/projects/{id}/secrets/{name}", ManageSecrets, 404).refused(404),
        delete("/api/v2/projects/{id}/secrets/{name}", ManageSecrets, 404).refused(404),
        get("/api/v2/secrets", ManageAllSecrets, 200),
        // An id is no name.
        put("/api/v2/secrets/{name}", ManageAllSecrets, 422),
        delete("/api/v2/secrets/{name}", ManageAllSecrets, 404),
        get("/api/enterprise/audit", ReadAudit, 200),
        get("/api/enterprise/audit/summary", ReadAudit, 200),
        get("/api/v2/audit", ReadAudit, 200),
        get("/api/v2/audit/verify", ReadAudit, 200),
        get("/api/v2/audit/export", ReadAudit, 200),
        get("/api/v2/audit/tail", ReadAudit, 200),
        // The part of a project or a team.
        get("/api/enterprise/audit", ReadAudit, 404).at("/api/enterprise/audit?project_id=ID").refused(404),
        get("/api/enterprise/audit/summary", ReadAudit, 404).at("/api/enterprise/audit/summary?project_id=ID").refused(404),
        get("/api/v2/audit", ReadAudit, 404).at("/api/v2/audit?project_id=ID").refused(404),
        get("/api/v2/audit", ReadAudit, 404).at("/api/v2/audit?team_id=ID").refused(404),
        get("/api/v2/audit/export", ReadAudit, 404).at("/api/v2/audit/export?project_id=ID").refused(404),
        get("/api/v2/logins", Login, 200),
        delete("/api/v2/logins", Login, 200),
        delete("/api/v2/logins/{id}", Login, 404),
        // Without its fields.
        put("/api/v2/password", Login, 422),
        // Of people alone, who have none here.
        get("/api/v2/factors", Login, 200).token(422),
        post("/api/v2/factors", Login, 422).with(r#"{"kind": "totp"}"#),
        post("/api/v2/factors/recovery-codes", Login, 409).with(r#"{"proof": "000000"}"#).token(422),
        post("/api/v2/factors/{id}/confirm", Login, 404).with(r#"{"code": "000000"}"#).token(422),
        post("/api/v2/factors/{id}/remove", Login, 404).with(r#"{"proof": "000000"}"#).token(422),
        post("/api/v2/factors/passkeys", Login, 422).with(r#"{"name": "Key"}"#),
        post("/api/v2/factors/passkeys/{id}/confirm", Login, 422).with(r#"{"credential": {}}"#),
        // Nobody did the first step.
        post("/api/v2/second-step/passkey", Nothing, 404),
        post("/api/v2/factors/reset", ManageUsers, 404).with(r#"{"email": "nobody@example.org"}"#),
        get("/api/v2/sign-in-providers", ReadSettings, 200),
        // Of no provider.
        post("/api/v2/sign-in-providers/{id}/check", ReadSettings, 404),
        // No mail is set up.
        post("/api/v2/mail/test", ReadSettings, 409),
        get("/api/v2/users", ManageUsers, 200),
        put("/api/v2/users/{id}", ManageUsers, 404),
        delete("/api/v2/users/{id}", ManageUsers, 404),
        delete("/api/v2/users/{id}/logins", ManageUsers, 404),
        post("/api/v2/access-tokens", Token, 201),
        get("/.well-known/jwks.json", Nothing, 200),
        get("/api/enterprise/status", Nothing, 200),
        get("/api/v2/teams", ReadTeams, 200),
        // Without a name that could be one.
        post("/api/v2/teams", ManageTeams, 422).with(r#"{"name": " "}"#),
        get("/api/v2/teams/{id}", ReadTeams, 404),
        put("/api/v2/teams/{id}", ManageTeam, 404).with(r#"{"name": "Tried by a role"}"#).refused(404),
        delete("/api/v2/teams/{id}", ManageTeam, 404).refused(404),
        get("/api/v2/teams/{id}/members", ReadTeams, 404),
        post("/api/v2/teams/{id}/members", ManageTeam, 404).refused(404),
        put("/api/v2/teams/{id}/members/{user}", ManageTeam, 404).with(r#"{"role": "viewer"}"#).refused(404),
        delete("/api/v2/teams/{id}/members/{user}", ManageTeam, 404).refused(404),
        get("/api/v2/teams/{id}/secrets", ReadTeams, 404),
        put("/api/v2/teams/{id}/secrets/{name}", ManageSecrets, 404).refused(404),
        delete("/api/v2/teams/{id}/secrets/{name}", ManageSecrets, 404).refused(404),
        get("/api/v2/projects/{id}/shares", ShareProject, 404).refused(404),
        post("/api/v2/projects/{id}/shares", ShareProject, 404).refused(404),
        delete("/api/v2/projects/{id}/shares/{share}", ShareProject, 404).refused(404),
        put("/api/v2/projects/{id}/owner", ShareProject, 404).refused(404),
        get("/api/v2/invitations", ManageUsers, 200),
        post("/api/v2/invitations", ManageUsers, 201),
        delete("/api/v2/invitations/{id}", ManageTeam, 404).refused(404),
        // Of no provider.
        post("/logout/back-channel/{provider}", Nothing, 404),
        // Without an upgrade, and with one.
        get("/ws", ReadEvents, 400),
        socket("/ws", ReadEvents),
    ]
}
