//! Teams, who is in them and who is invited.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use protocol::{
    UserId,
    teams::{Invitation, Member, Team},
};
use serde::{Deserialize, Serialize};

use super::{
    UiError,
    ask::Ask,
    flash::Flash,
    owners::{Offer, OwnerForm},
};

/// A page of the list of teams.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamsPage {
    pub teams: Vec<Team>,
    pub next: Option<String>,
    /// Whether whoever asks may make one.
    pub may_make: bool,
    pub flash: Flash,
}

/// What the page of a team shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamPage {
    pub team: Team,
    /// By email address, at most 50.
    pub members: Vec<Member>,
    /// Where the next ones begin.
    pub next: Option<String>,
    /// Who looks.
    pub me: Option<UserId>,
    pub may_manage: bool,
    /// Whether whoever asks reads what the audit trail says of it.
    pub may_audit: bool,
    /// Those that still count, newest first, at most 20, for whoever manages the team.
    pub invitations: Vec<Invitation>,
    /// Where the next ones begin.
    pub next_invitation: Option<String>,
    /// The link of an invitation that was made just now; shown once.
    pub link: Option<String>,
    /// Who can get the team's projects.
    pub heirs: Offer,
    pub flash: Flash,
}

/// A page of the teams that have `q` in their name; an empty `after` is the first page, and without a column in `sort` the newest
/// come first.
#[server(name = ReadTeams, prefix = "/ui", endpoint = "teams", input = GetUrl)]
pub async fn teams(q: String, #[server(default)] sort: String, after: String) -> Result<TeamsPage, UiError> {
    use domain::access::{Action, may};

    use super::{asked, context};

    let (cx, actor) = context()?;
    let query = protocol::page::PageQuery { after: (!after.is_empty()).then_some(after), limit: Some(50) };
    let page = asked(services::teams::list(&cx, &actor, &q, super::order(&sort, domain::sort::TEAMS), &query).await)?;
    let may_make = may(&actor, Action::ManageTeams);
    Ok(TeamsPage { teams: page.teams, next: page.next, may_make, flash: super::flash::take() })
}

/// A team with the members who have `q` in their name or email address, from behind `after` on; without a column in `sort` by
/// their email addresses. Of the invitations those with `q`, from behind `invitations` on.
#[server(name = ReadTeam, prefix = "/ui", endpoint = "team", input = GetUrl)]
pub async fn team(
    id: String,
    q: String,
    #[server(default)] sort: String,
    after: String,
    #[server(default)] invitations: String,
) -> Result<TeamPage, UiError> {
    use domain::{access::Action, actor::Actor};
    use services::accounts::Unseen;

    use super::{asked, context};

    let (cx, actor) = context()?;
    let team = asked(services::teams::get(&cx, &actor, known(&id)?).await)?;
    let members = asked(services::teams::members(&cx, &actor, team.id).await)?;
    let (members, next) = match super::order(&sort, domain::sort::MEMBERS) {
        None => page_of(members, &q, &after),
        Some(sort) => asked(sorted(members, &q, sort, after))?,
    };
    let mut page = TeamPage {
        members,
        next,
        me: actor.person(),
        may_manage: actor.reach().in_team(team.id).has(Action::ManageTeam.scope()),
        may_audit: actor.reach().in_team(team.id).has(Action::ReadAudit.scope()),
        invitations: Vec::new(),
        next_invitation: None,
        link: None,
        heirs: Offer::default(),
        flash: super::flash::take(),
        team,
    };
    if page.may_manage {
        let invited = super::invited(&cx, &actor, Some(page.team.id), (&q, invitations)).await?;
        (page.invitations, page.next_invitation) = (invited.items, invited.next);
        let person = domain::access::may(&actor, Action::ManageUsers);
        page.heirs = Offer { person, ..super::owners::offer(&cx, &actor, Some(page.team.id)).await? };
        if let Actor::User { login, .. } = actor {
            page.link = cx.unseen_secrets.take(login, Unseen::Invitation(page.team.id), cx.clock.now());
        }
    }
    Ok(page)
}

/// Makes a team and goes to it.
#[server(prefix = "/ui", endpoint = "create_team")]
pub async fn create_team(name: String) -> Result<(), UiError> {
    use super::{asked, context, flash::refused};
    use crate::routes::to;

    let (cx, actor) = context()?;
    match asked(services::teams::create(&cx, &actor, protocol::teams::NameTeam { name: name.clone() }).await) {
        Ok(team) => {
            leptos_axum::redirect(&to::team(team.id));
            Ok(())
        }
        Err(error) => Err(refused(error, to::TEAMS, vec![("name", &name)])),
    }
}

/// Gives a team another name.
#[server(prefix = "/ui", endpoint = "rename_team")]
pub async fn rename_team(id: String, name: String) -> Result<(), UiError> {
    use super::{asked, context};

    let (cx, actor) = context()?;
    let id = known(&id)?;
    let renamed = services::teams::rename(&cx, &actor, id, protocol::teams::NameTeam { name: name.clone() }).await;
    back(id, asked(renamed), vec![("form", "name"), ("name", &name)])
}

/// Adds somebody who has an account to a team.
#[server(prefix = "/ui", endpoint = "add_member")]
pub async fn add_member(id: String, email: String, role: String) -> Result<(), UiError> {
    use super::{asked, context};

    let (cx, actor) = context()?;
    let id = known(&id)?;
    let command = protocol::teams::AddMember { user_id: None, email: Some(email.clone()), role: Some(of(&role)?) };
    let added = services::teams::add_member(&cx, &actor, id, command).await;
    back(id, asked(added), vec![("form", "add"), ("email", &email), ("role", &role)])
}

/// Gives a member another role.
#[server(prefix = "/ui", endpoint = "set_member_role")]
pub async fn set_member_role(id: String, user: String, role: String) -> Result<(), UiError> {
    use super::{asked, context};

    let (cx, actor) = context()?;
    let id = known(&id)?;
    let given = services::teams::set_role(&cx, &actor, id, somebody(&user)?, of(&role)?).await;
    back(id, asked(given), Vec::new())
}

/// Removes somebody from a team; everybody may leave by themselves.
#[server(prefix = "/ui", endpoint = "remove_member")]
pub async fn remove_member(id: String, user: String) -> Result<(), UiError> {
    use super::{asked, context};
    use crate::routes::to;

    let (cx, actor) = context()?;
    let (id, user) = (known(&id)?, somebody(&user)?);
    match asked(services::teams::remove_member(&cx, &actor, id, user).await) {
        Ok(()) if actor.user_id() == Some(user) => {
            leptos_axum::redirect(to::TEAMS);
            Ok(())
        }
        removed => back(id, removed, Vec::new()),
    }
}

/// Makes a link that leads into a team; with an email address it is for that person alone.
#[server(prefix = "/ui", endpoint = "invite_to_team")]
pub async fn invite_to_team(id: String, email: String, role: String) -> Result<(), UiError> {
    use domain::{actor::Actor, links};
    use protocol::teams::Invite;
    use services::accounts::Unseen;

    use super::{asked, context};

    let (cx, actor) = context()?;
    let id = known(&id)?;
    let for_one = Some(email.trim().to_owned()).filter(|email| !email.is_empty());
    let command = Invite { email: for_one, team_id: Some(id), team_role: Some(of(&role)?), ..Invite::default() };
    let made = asked(services::accounts::invite_by_link(&cx, &actor, command).await);
    if let (Ok((_, secret)), Actor::User { login, .. }) = (&made, &actor) {
        let link = links::invite(&super::public_url(), secret);
        cx.unseen_secrets.keep(*login, Unseen::Invitation(id), link, cx.clock.now());
    }
    back(id, made, vec![("form", "invite"), ("email", &email), ("role", &role)])
}

/// Takes an invitation into a team back.
#[server(prefix = "/ui", endpoint = "withdraw_invitation")]
pub async fn withdraw_invitation(id: String, invitation: String) -> Result<(), UiError> {
    use super::{asked, context};

    let (cx, actor) = context()?;
    back(known(&id)?, asked(services::accounts::withdraw(&cx, &actor, &invitation).await), Vec::new())
}

/// Removes a team; its projects go to the heir.
#[server(prefix = "/ui", endpoint = "remove_team")]
pub async fn remove_team(id: String, #[server(default)] owner: OwnerForm) -> Result<(), UiError> {
    use super::{asked, context, flash::refused, owners};
    use crate::routes::to;

    let (cx, actor) = context()?;
    let id = known(&id)?;
    let removed = match owners::heir(&cx, &actor, &owner).await {
        Ok(heir) => asked(services::teams::delete(&cx, &actor, id, heir).await),
        Err(error) => Err(error),
    };
    match removed {
        Ok(()) => {
            leptos_axum::redirect(to::TEAMS);
            Ok(())
        }
        Err(error) => {
            let typed = [("form", "remove")].into_iter().chain(owner.typed()).collect();
            Err(refused(error, &to::team(id), typed))
        }
    }
}

/// Asks for [`teams`].
pub fn ask_teams(q: &str, sort: &str, after: &str) -> Ask<TeamsPage> {
    let fields = [("q", q), ("sort", sort), ("after", after)];
    Ask::new("teams", &fields, || teams(q.to_owned(), sort.to_owned(), after.to_owned()))
}

/// Asks for [`team`].
pub fn ask_team(id: &str, q: &str, sort: &str, after: &str, invitations: &str) -> Ask<TeamPage> {
    let fields = [("id", id), ("q", q), ("sort", sort), ("after", after), ("invitations", invitations)];
    let asked = [id, q, sort, after, invitations].map(str::to_owned);
    Ask::new("team", &fields, || {
        let [id, q, sort, after, invitations] = asked;
        team(id, q, sort, after, invitations)
    })
}

/// The members who have `q` in their name or email address.
#[cfg(feature = "ssr")]
fn fitting(members: Vec<Member>, q: &str) -> impl Iterator<Item = Member> {
    use domain::sort::name_key;

    let (name, email) = (name_key(q.trim()), q.trim().to_lowercase());
    members.into_iter().filter(move |member| name_key(&member.name).contains(&name) || member.email.contains(&email))
}

/// A page of them in an order that somebody asked for.
#[cfg(feature = "ssr")]
fn sorted(
    members: Vec<Member>,
    q: &str,
    sort: domain::sort::Sort,
    after: String,
) -> Result<(Vec<Member>, Option<String>), services::Error> {
    let query = protocol::page::PageQuery { after: (!after.is_empty()).then_some(after), limit: Some(50) };
    let key = |member: &Member| match sort.by.name {
        "role" => member.role.as_str().to_owned(),
        _ => domain::sort::name_key(&member.name),
    };
    let cursor = |member: &Member| domain::sort::Cursor { key: key(member), id: member.user_id };
    let page = services::page::of_whole(fitting(members, q).collect(), &query, sort, cursor)?;
    Ok((page.items, page.next))
}

/// Of the members, who are sorted by email address, those of a page, and where the next one begins.
#[cfg(feature = "ssr")]
fn page_of(members: Vec<Member>, q: &str, after: &str) -> (Vec<Member>, Option<String>) {
    const MOST: usize = 50;
    let mut found: Vec<Member> = fitting(members, q).filter(|member| member.email.as_str() > after).collect();
    let more = found.len() > MOST;
    found.truncate(MOST);
    let next = found.last().filter(|_| more).map(|last| last.email.clone());
    (found, next)
}

/// Goes back to the page of the team; `typed` is what a refused form shows again.
#[cfg(feature = "ssr")]
fn back<T>(id: protocol::TeamId, done: Result<T, UiError>, typed: Vec<(&str, &str)>) -> Result<(), UiError> {
    let page = crate::routes::to::team(id);
    match done {
        Ok(_) => {
            leptos_axum::redirect(&page);
            Ok(())
        }
        Err(error) => Err(super::flash::refused(error, &page, typed)),
    }
}

/// The id in an address; anything that is none names no team.
#[cfg(feature = "ssr")]
pub(super) fn known(id: &str) -> Result<protocol::TeamId, UiError> {
    super::id_of(id, "There is no such team.")
}

#[cfg(feature = "ssr")]
fn somebody(id: &str) -> Result<UserId, UiError> {
    super::id_of(id, "There is no such member.")
}

/// The role that a form names.
#[cfg(feature = "ssr")]
pub(super) fn of(role: &str) -> Result<protocol::access::Role, UiError> {
    protocol::access::Role::parse(role).ok_or_else(|| super::fail(UiError::new(400, "Choose one of the roles.")))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use protocol::access::Role;

    use super::*;

    #[test]
    fn members_are_found_by_words_and_paged_by_address() {
        let member = |number: usize| Member {
            user_id: "00000000-0000-0000-0000-000000000001".parse().unwrap(),
            name: if number == 7 { "Gráce".to_owned() } else { "Alan".to_owned() },
            email: format!("p{number:03}@example.org"),
            role: Role::Viewer,
            given: None,
            by_rules: None,
        };
        let all: Vec<Member> = (0..120).map(member).collect();
        let emails =
            |(found, next): (Vec<Member>, Option<String>)| (found.len(), found.first().map(|first| first.email.clone()), next);

        let address = |number: usize| Some(format!("p{number:03}@example.org"));
        assert_eq!(emails(page_of(all.clone(), "", "")), (50, address(0), address(49)));
        assert_eq!(emails(page_of(all.clone(), "", "p099@example.org")), (20, address(100), None));
        for words in [" gra", "GRÁ", "grâ"] {
            assert_eq!(emails(page_of(all.clone(), words, "")), (1, address(7), None), "{words}");
        }
        assert_eq!(emails(page_of(all, "P01", "")), (10, address(10), None));
    }
}
