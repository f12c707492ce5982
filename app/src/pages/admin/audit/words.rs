//! Entries of the audit trail as a person would tell them: who did what to which thing.

use protocol::audit::AuditEntry;

use crate::server_fns::admin::audit::Line;

/// Verbs whose past is another word than their own with `d` or `ed`.
const PAST: &[(&str, &str)] =
    &[("begin", "began to set up"), ("reset", "reset"), ("rotate", "replaced"), ("set", "set"), ("stop", "stopped")];

/// What was done, to be read behind who did it: `created project Greeter`, `signed in ×3`; of a request the route that was asked
/// for.
pub(super) fn did(line: &Line) -> String {
    let mut words = line.words();
    if line.entry.count > 1 {
        words.push_str(&format!(" ×{}", line.entry.count));
    }
    words
}

/// The whole sentence.
pub(super) fn told(line: &Line) -> String {
    if is_request(&line.entry) { did(line) } else { format!("{} {}", who(&line.entry), did(line)) }
}

/// Who it was, as they were called then.
pub(super) fn who(entry: &AuditEntry) -> String {
    let name = if entry.actor_name.is_empty() { entry.actor.as_str() } else { entry.actor_name.as_str() };
    if entry.token_id.is_some() { format!("token {name}") } else { name.to_owned() }
}

fn is_request(entry: &AuditEntry) -> bool {
    entry.action == "request"
}

impl Line {
    /// A field of what was changed, as it came to be or as it was before it went; ids by their names.
    fn said(&self, field: &str) -> Option<&str> {
        let change = self.entry.details.get(field)?;
        let value = if change.to.is_empty() { &change.from } else { &change.to };
        Some(self.names.get(value).unwrap_or(value).as_str())
    }

    /// The thing's name, or its id. What an invitation by link is about is nobody yet.
    fn thing(&self) -> &str {
        let entry = &self.entry;
        let id = entry.resource_id.as_deref().unwrap_or_default();
        let invites = entry.action == "invite" || entry.resource_type == "invitation";
        self.name.as_deref().unwrap_or(if invites && !id.contains('@') { "whoever has the link" } else { id })
    }

    /// The field in a sentence, behind what leads to it; nothing where the entry does not have it.
    fn with(&self, lead: &str, field: &str) -> String {
        self.said(field).map_or_else(String::new, |said| format!(" {lead} {said}"))
    }

    fn words(&self) -> String {
        let entry = &self.entry;
        if is_request(entry) {
            return entry.resource_id.clone().unwrap_or_default();
        }
        self.of_people().or_else(|| self.of_mail_and_logins()).unwrap_or_else(|| self.plain())
    }

    /// Who is with whom in what.
    fn of_people(&self) -> Option<String> {
        let (entry, thing) = (&self.entry, self.thing());
        let user = || self.said("user").unwrap_or("somebody");
        let words = match (entry.action.as_str(), entry.resource_type.as_str()) {
            ("set_member", "team") => match entry.details.get("role").filter(|role| role.to.is_empty()) {
                Some(role) => format!("took the role {} in team {thing} from {}", role.from, user()),
                // The oldest entries do not say whom.
                None => format!("gave {}{} in team {thing}", user(), self.with("the role", "role")),
            },
            ("remove_member", "team") => {
                let is_own = entry.details.get("user").is_some_and(|user| entry.user_id.as_ref() == Some(&user.from));
                if is_own { format!("left team {thing}") } else { format!("took {} out of team {thing}", user()) }
            }
            ("rename", "team") => match entry.details.get("name") {
                Some(name) => format!("renamed team {} to {}", name.from, name.to),
                None => format!("renamed team {thing}"),
            },
            ("share", "project") => format!("shared project {thing}{}{}", self.with("with", "with"), self.with("as", "role")),
            ("unshare", "project") => format!("stopped sharing project {thing}{}", self.with("with", "with")),
            ("transfer", "project") => match self.said("owner") {
                Some("installation") => format!("gave project {thing} to the installation"),
                Some(owner) => format!("gave project {thing} to {owner}"),
                None => format!("gave project {thing} to another owner"),
            },
            ("invite", "user") => format!("invited {thing}{}", self.with("to team", "team")),
            ("withdraw", "invitation") => format!("withdrew the invitation of {thing}"),
            _ => return None,
        };
        Some(words)
    }

    /// What is about no thing that anybody would call by a name.
    fn of_mail_and_logins(&self) -> Option<String> {
        let (entry, thing) = (&self.entry, self.thing());
        let words = match (entry.action.as_str(), entry.resource_type.as_str()) {
            ("sign_in", _) if !entry.success => "tried to sign in".to_owned(),
            ("sign_out", _) if !entry.success => "tried to sign somebody out".to_owned(),
            ("sign_in", _) => "signed in".to_owned(),
            ("sign_out", _) => "signed out".to_owned(),
            ("revoke", "login") => format!("ended a login{}", self.with("of", "user")),
            ("send", "mail") => format!("sent a mail to {thing}"),
            ("test", "mail") => format!("sent a test mail to {thing}"),
            ("refuse", "mail") => format!("had a mail to {thing} refused"),
            ("give_up", "mail") => format!("gave up on a mail to {thing}"),
            ("use", "recovery_code") => format!("took a recovery code of {thing}"),
            ("issue", "password_reset") => format!("made a link for a new password of {thing}"),
            (verb, kind @ ("password" | "factors" | "recovery_codes")) if !thing.is_empty() => {
                format!("{} the {} of {thing}", past(verb), plain(kind))
            }
            ("mint", "access_token") => format!("made an access token{}", self.with("for", "scopes")),
            ("prune", "audit") => format!("removed {thing} from the audit trail"),
            ("export", "audit") => "exported the audit trail".to_owned(),
            ("rotate", "vault") => "replaced the vault's key".to_owned(),
            _ => return None,
        };
        Some(words)
    }

    fn plain(&self) -> String {
        let words = [past(&self.entry.action), plain(&self.entry.resource_type), self.thing().to_owned()];
        words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

fn plain(word: &str) -> String {
    word.replace('_', " ")
}

fn past(verb: &str) -> String {
    let known = PAST.iter().find(|(now, _)| *now == verb).map(|(_, past)| (*past).to_owned());
    known.unwrap_or_else(|| format!("{}{}", plain(verb), if verb.ends_with('e') { "d" } else { "ed" }))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use protocol::{
        Timestamp,
        audit::{AuditChange, AuditEntry},
    };

    use super::{Line, did, told};

    const GRACE: &str = "0198c000-0000-7000-8000-000000000001";

    fn line(what: &str, name: &str, changes: &[(&str, &str, &str)]) -> Line {
        let (action, kind) = what.split_once(' ').unwrap_or_default();
        let change = |(name, from, to): &(&str, &str, &str)| {
            ((*name).to_owned(), AuditChange { from: (*from).to_owned(), to: (*to).to_owned() })
        };
        let entry = AuditEntry {
            seq: 1,
            timestamp: Timestamp::from_millis(0),
            action: action.to_owned(),
            resource_type: kind.to_owned(),
            resource_id: Some("the-id".to_owned()),
            actor: format!("user:{GRACE}"),
            actor_name: "Grace".to_owned(),
            user_id: Some(GRACE.to_owned()),
            token_id: None,
            login_id: None,
            ip_address: None,
            user_agent: None,
            request_id: None,
            outcome: "done".to_owned(),
            success: true,
            error: None,
            status: None,
            count: 1,
            details: changes.iter().map(change).collect(),
            integrity_hash: String::new(),
        };
        let names = [(GRACE, "Grace (g@example.org)"), ("user x", "Ada"), ("team y", "team Ops")];
        let names = names.map(|(id, name)| (id.to_owned(), name.to_owned())).into();
        Line { entry, name: (!name.is_empty()).then(|| name.to_owned()), names }
    }

    #[test]
    fn entries_are_told_as_sentences() {
        let check = |what, name, changes: &[(&str, &str, &str)], expected: &str| {
            assert_eq!(did(&line(what, name, changes)), expected);
        };
        check("create project", "Greeter", &[], "created project Greeter");
        check("delete project", "", &[], "deleted project the-id");
        check("start run", "3 of Greeter", &[], "started run 3 of Greeter");
        check("stop run", "3 of Greeter", &[], "stopped run 3 of Greeter");
        check("set secret", "KEY of Greeter", &[], "set secret KEY of Greeter");
        check("rename team", "New", &[("name", "Old", "New")], "renamed team Old to New");
        let member = ("user", "", GRACE);
        let made = "gave Grace (g@example.org) the role admin in team Ops";
        check("set_member team", "Ops", &[member, ("role", "viewer", "admin")], made);
        let lost = "took the role admin in team Ops from Grace (g@example.org)";
        check("set_member team", "Ops", &[member, ("role", "admin", "")], lost);
        check("set_member team", "Ops", &[("role", "", "admin")], "gave somebody the role admin in team Ops");
        check("remove_member team", "Ops", &[("user", GRACE, "")], "left team Ops");
        check("remove_member team", "Ops", &[("user", "user x", "")], "took Ada out of team Ops");
        check("join team", "Ops", &[member], "joined team Ops");
        let shared = [("with", "", "team y"), ("role", "", "viewer")];
        check("share project", "Greeter", &shared, "shared project Greeter with team Ops as viewer");
        check("unshare project", "Greeter", &[("with", "user x", "")], "stopped sharing project Greeter with Ada");
        check("transfer project", "Greeter", &[("owner", "user x", "team y")], "gave project Greeter to team Ops");
        check("transfer project", "Greeter", &[("owner", "user x", "installation")], "gave project Greeter to the installation");
        check("invite user", "a@example.org", &[("team", "", "Ops")], "invited a@example.org to team Ops");
        check("invite user", "", &[("team", "", "Ops")], "invited whoever has the link to team Ops");
        check("withdraw invitation", "", &[], "withdrew the invitation of whoever has the link");
        check("send mail", "a@example.org", &[], "sent a mail to a@example.org");
        check("revoke login", "", &[], "ended a login");
        check("revoke login", "", &[("user", "", GRACE)], "ended a login of Grace (g@example.org)");
        check("change password", "Ada", &[], "changed the password of Ada");
        check("replace recovery_codes", "Ada", &[], "replaced the recovery codes of Ada");
        check("export audit", "", &[], "exported the audit trail");
        check("rotate token", "ci", &[], "replaced token ci");
        check("sign_in login", "", &[], "signed in");
    }

    #[test]
    fn who_did_it_stands_first_and_a_request_is_its_route() {
        assert_eq!(told(&line("create team", "Ops", &[])), "Grace created team Ops");
        let mut request = line("request route", "", &[]);
        request.entry.resource_id = Some("GET /projects".to_owned());
        request.entry.count = 3;
        assert_eq!(told(&request), "GET /projects ×3");
    }
}
