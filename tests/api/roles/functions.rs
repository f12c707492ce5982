//! Server functions: what the interface asks from the browser. Each has an `endpoint` of its own below `/ui/`.

use domain::access::Action::{
    ControlRun, ManageAllSecrets, ManageSecrets, ManageTeam, ManageTeams, ManageTokens, ManageUsers, ReadAgents, ReadAudit,
    ReadProjects, ReadRuns, ReadSettings, ReadTeams, ReadTemplates, ShareProject, StartRun, WriteProject,
};

use super::rows::{
    Needs::{Login, Nothing},
    Row, does, reads,
};

const NEW_PROJECT: &str = "form[name]=Tried&form[source]=empty&form[template]=&form[prd_text]=&form[brief]=&form[git_url]=\
                           &form[path]=&form[delivery]=merge";
const START: &str = "form[project_id]=ID&form[spec]=&form[prd_text]=x&form[template]=&form[provider]=demo&form[model]=\
                     &form[cost_usd]=&form[minutes]=&form[iterations]=";

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn rows() -> Vec<Row> {
    vec![
        // What is not there is not there for anybody, whatever their role: those rows say 404 twice.
        reads("/ui/viewer", Login, 200),
        reads("/ui/ways-in", Nothing, 200),
        reads("/ui/setup_link", Nothing, 200).at("/ui/setup_link?secret="),
        reads("/ui/agents", ReadAgents, 200),
        reads("/ui/projects", ReadProjects, 200).at("/ui/projects?after="),
        reads("/ui/new_project", ReadTemplates, 200),
        reads("/ui/project", ReadProjects, 404).at("/ui/project?id=ID"),
        does("/ui/create_project", WriteProject, 200).with(NEW_PROJECT),
        does("/ui/update_project", WriteProject, 404)
            .with("id=ID&form[name]=A&form[description]=&form[delivery]=merge&form[prd_text]=")
            .refused(404),
        // Its name is read first, and there is none.
        does("/ui/delete_project", WriteProject, 404).with("id=ID&confirm=yes").refused(404),
        reads("/ui/home", ReadRuns, 200),
        reads("/ui/inbox", ReadRuns, 200),
        reads("/ui/run_list", ReadRuns, 200).at("/ui/run_list?state=&project=&sort=-cost&after="),
        reads("/ui/run", ReadRuns, 404).at("/ui/run?id=ID"),
        reads("/ui/run_diff", ReadRuns, 404).at("/ui/run_diff?id=ID&wanted=true"),
        reads("/ui/run_log", ReadRuns, 404).at("/ui/run_log?id=ID&before=5"),
        does("/ui/pause_run", ControlRun, 404).with("id=ID&tab=").refused(404),
        does("/ui/resume_run", ControlRun, 404).with("id=ID&tab=").refused(404),
        does("/ui/stop_run", ControlRun, 404).with("id=ID&tab=").refused(404),
        does("/ui/replay_run", StartRun, 404).with("id=ID").refused(404),
        does("/ui/start_run", StartRun, 404).with(START).refused(404),
        reads("/ui/templates", ReadTemplates, 200),
        reads("/ui/template", ReadTemplates, 200).at("/ui/template?name=cli-tool"),
        reads("/ui/profile", Login, 200),
        // Not typed the same way twice.
        does("/ui/change_password", Login, 400).with("form[current]=a&form[new]=b&form[again]=c"),
        does("/ui/end_login", Login, 404).with("id=ID"),
        does("/ui/end_other_logins", Login, 200),
        reads("/ui/factors", Login, 200),
        reads("/ui/recovery_codes", Login, 200),
        // Without a proof.
        does("/ui/begin_factor", Login, 400).with("name=A&proof="),
        does("/ui/confirm_factor", Login, 404).with("id=ID&code=000000"),
        does("/ui/begin_passkey", Login, 400).with("name=A&proof="),
        does("/ui/confirm_passkey", Login, 400).with("id=ID&credential=x"),
        does("/ui/remove_factor", Login, 404).with("id=ID&proof=x"),
        does("/ui/replace_recovery_codes", Login, 409).with("proof=x"),
        reads("/ui/users", ManageUsers, 200).at("/ui/users?q=&after=").refused(404),
        reads("/ui/user", ManageUsers, 404).at("/ui/user?id=ID").refused(404),
        does("/ui/change_role", ManageUsers, 404).with("id=ID&role=viewer"),
        does("/ui/switch_user", ManageUsers, 404).with("id=ID&off=yes"),
        does("/ui/end_logins_of", ManageUsers, 404).with("id=ID"),
        does("/ui/remove_user", ManageUsers, 404).with("id=ID&confirm=x"),
        // No email address.
        does("/ui/invite_user", ManageUsers, 400).with("email=nobody&role=viewer"),
        reads("/ui/teams", ReadTeams, 200).at("/ui/teams?q=&after="),
        reads("/ui/team", ReadTeams, 404).at("/ui/team?id=ID&q=&after="),
        // Without a name.
        does("/ui/create_team", ManageTeams, 400).with("name="),
        does("/ui/rename_team", ManageTeam, 404).with("id=ID&name=A").refused(404),
        does("/ui/add_member", ManageTeam, 404).with("id=ID&email=a@example.org&role=viewer").refused(404),
        does("/ui/set_member_role", ManageTeam, 404).with("id=ID&user=ID&role=viewer").refused(404),
        does("/ui/remove_member", ManageTeam, 404).with("id=ID&user=ID").refused(404),
        does("/ui/invite_to_team", ManageTeam, 404).with("id=ID&email=&role=viewer").refused(404),
        does("/ui/withdraw_invitation", ManageTeam, 404).with("id=ID&invitation=ID").refused(404),
        does("/ui/withdraw_user_invitation", ManageTeam, 404).with("invitation=ID").refused(404),
        does("/ui/remove_team", ManageTeam, 404).with("id=ID").refused(404),
        reads("/ui/sharing", ShareProject, 404).at("/ui/sharing?id=ID").refused(404),
        does("/ui/share_project", ShareProject, 404)
            .with("id=ID&role=viewer&owner[kind]=person&owner[email]=a@example.org")
            .refused(404),
        does("/ui/set_share_role", ShareProject, 404).with("id=ID&share=ID&role=viewer").refused(404),
        does("/ui/unshare_project", ShareProject, 404).with("id=ID&share=ID").refused(404),
        does("/ui/give_project", ShareProject, 404).with("id=ID&owner[kind]=installation").refused(404),
        // Who may not open them hears that there are none.
        reads("/ui/admin_pages", ReadAudit, 200).refused(404),
        reads("/ui/admin_roles", ReadAudit, 200).refused(404),
        reads("/ui/sign_in_providers", ReadSettings, 200).refused(404),
        does("/ui/check_provider", ReadSettings, 404).with("id=nobody").refused(404),
        reads("/ui/admin_limits", ReadSettings, 200).refused(404),
        reads("/ui/admin_settings", ReadSettings, 200).refused(404),
        // No mail is set up.
        does("/ui/send_test_mail", ReadSettings, 409).refused(404),
        reads("/ui/audit", ReadAudit, 200).at("/ui/audit?filter[q]=&after=").refused(404),
        reads("/ui/audit_news", ReadAudit, 200).at("/ui/audit_news?filter[q]=&since=0").refused(404),
        reads("/ui/audit_entry", ReadAudit, 200).at("/ui/audit_entry?seq=1").refused(404),
        reads("/ui/audit", ReadAudit, 404).at("/ui/audit?filter[project_id]=ID&after=").refused(404),
        reads("/ui/audit_news", ReadAudit, 404).at("/ui/audit_news?filter[project_id]=ID&since=0").refused(404),
        reads("/ui/audit_entry", ReadAudit, 404).at("/ui/audit_entry?seq=1&project_id=ID").refused(404),
        reads("/ui/audit", ReadAudit, 404).at("/ui/audit?filter[team_id]=ID&after=").refused(404),
        reads("/ui/audit_verdict", ReadAudit, 200).refused(404),
        reads("/ui/tokens", ManageTokens, 200).at("/ui/tokens?q=&all=&after=").refused(404),
        reads("/ui/token", ManageTokens, 404).at("/ui/token?id=ID").refused(404),
        reads("/ui/new_token", ManageTokens, 200).refused(404),
        does("/ui/create_token", ManageTokens, 200).with("form[name]=Tried&form[role]=viewer").refused(404),
        does("/ui/update_token", ManageTokens, 404).with("id=ID&form[description]=A").refused(404),
        does("/ui/rotate_token", ManageTokens, 404).with("id=ID&grace_hours=1").refused(404),
        does("/ui/revoke_token", ManageTokens, 404).with("id=ID").refused(404),
        reads("/ui/secrets", ManageAllSecrets, 200).at("/ui/secrets?project=").refused(404),
        does("/ui/set_secret", ManageSecrets, 404).with("form[project]=ID&form[name]=A&form[value]=12345678").refused(404),
        does("/ui/remove_secret", ManageSecrets, 404).with("project=ID&name=A").refused(404),
        // The address of all of them; a name that is none.
        reads("/ui/{*name}", Nothing, 400).at("/ui/nothing"),
    ]
}
