//! Pages and forms of browsers, which no document lists.

use domain::access::Action::{ManageAllSecrets, ManageSecrets, ManageTokens, ManageUsers, ReadAudit, ReadSettings, ShareProject};

use super::rows::{
    Needs::{Login, Nothing},
    Row, form, page,
};

pub(super) fn rows() -> Vec<Row> {
    vec![
        page("/", Login, 200),
        page("/projects", Login, 200),
        page("/projects/new", Login, 200),
        page("/projects/:id", Login, 404),
        page("/projects/:id/secrets", ManageSecrets, 404).refused(404),
        page("/projects/:id/audit", ReadAudit, 404).refused(404),
        page("/teams/:id/audit", ReadAudit, 404).refused(404),
        page("/runs", Login, 200),
        page("/runs/:id", Login, 404),
        page("/templates", Login, 200),
        page("/templates/:name", Login, 200).at("/templates/cli-tool"),
        page("/profile", Login, 200),
        page("/profile/factors", Login, 200),
        page("/profile/factors/codes", Login, 200),
        // For whoever may not open a page of the section there is none.
        page("/admin", ReadAudit, 200).refused(404),
        page("/admin/users", ManageUsers, 200).refused(404),
        page("/admin/users/:id", ManageUsers, 404).refused(404),
        page("/admin/tokens", ManageTokens, 200).refused(404),
        page("/admin/tokens/new", ManageTokens, 200).refused(404),
        page("/admin/tokens/:id", ManageTokens, 404).refused(404),
        page("/admin/audit", ReadAudit, 200).refused(404),
        page("/admin/audit/verify", ReadAudit, 200).refused(404),
        page("/admin/audit/:seq", ReadAudit, 404).at("/admin/audit/999999999").refused(404),
        page("/admin/roles", ReadAudit, 200).refused(404),
        page("/admin/providers", ReadSettings, 200).refused(404),
        page("/admin/limits", ReadSettings, 200).refused(404),
        page("/admin/settings", ReadSettings, 200).refused(404),
        page("/admin/secrets", ManageAllSecrets, 200).refused(404),
        page("/admin/*page", Login, 404).at("/admin/nothing"),
        page("/*any", Login, 404).at("/there/is/no/such/page"),
        // Only with `LOKI_GALLERY=1`.
        page("/*any", Login, 404).at("/gallery"),
        // Who is signed in is led away from it.
        page("/login", Nothing, 303).unknown(200),
        page("/forgot", Nothing, 303).unknown(200),
        page("/setup", Nothing, 200),
        // Without the link's secret.
        page("/reset", Nothing, 401),
        page("/docs", Nothing, 200),
        page("/openapi.json", Nothing, 200),
        page("/login/with/{provider}", Nothing, 404),
        page("/login/callback/{provider}", Nothing, 404),
        // Nobody did the first step.
        page("/login/factor", Nothing, 303),
        form("/login/factor", Nothing, 303),
        // Empty forms: the page again.
        form("/login", Nothing, 401),
        form("/setup", Nothing, 401),
        form("/reset", Nothing, 401),
        // No mail is set up.
        form("/forgot", Nothing, 409),
        page("/teams", Login, 200),
        page("/teams/:id", Login, 404),
        page("/teams/:id/secrets", Login, 404),
        page("/projects/:id/sharing", ShareProject, 404).refused(404),
        page("/invite", Nothing, 401),
        form("/invite", Nothing, 401),
        page("/account/confirm", Login, 200),
        // Without a proof.
        form("/account/confirm", Login, 422),
        page("/account/sign-in-methods", Login, 200),
        form("/account/sign-in-methods/link/{provider}", Login, 404),
        form("/account/sign-in-methods/unlink", Login, 422),
        // Comes last: it ends the login.
        form("/logout", Nothing, 303),
    ]
}
