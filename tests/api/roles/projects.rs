//! Roles in teams and on shared projects: every row whose id stands for a project or a run is tried on one that is there, by
//! people of the team that it belongs to, by people with whom it is shared, and by somebody who may not know of it.

use protocol::{access::Role, teams::Team};
use serde_json::{Value, json};
use tests::{Actor, ProjectHandle, Setup, TestApp, specs};

use super::{
    Caller, Transport, request,
    rows::{For, Needs, Row, Thing, UNKNOWN},
    table,
};

/// The word that the row for deletion sends: a name that differs is refused before the role is asked for.
const NAME: &str = "yes";
/// Who may change nothing comes first and finds everything as it was made.
const ORDER: [Role; 4] = [Role::Viewer, Role::Auditor, Role::Operator, Role::Admin];

/// Somebody with a role on the project, and in the installation one that would open more, or less.
struct Person<'a> {
    name: String,
    role: Role,
    actor: Actor<'a>,
}

/// What the rows ask for, by the ids of what is there.
struct Place {
    project: String,
    run: String,
}

/// Status and words of an answer; a page has no words.
type Said = (u16, String);

#[tokio::test]
async fn roles_in_teams_and_on_projects_open_what_the_table_says() {
    open_what_the_table_says(setup().start().await).await;
}

#[tokio::test]
async fn roles_in_teams_and_on_projects_open_what_the_table_says_on_postgres() {
    open_what_the_table_says(setup().on_postgres().start().await).await;
}

/// The runs go on until the end: a project with one that is active cannot be deleted by those who may.
fn setup() -> Setup {
    Setup::default().demo("--pace 30000").argument("--limits").argument("off")
}

async fn open_what_the_table_says(app: TestApp) {
    let ada = app.first_admin().await;
    let (members, guests) = (people(&app, "member").await, people(&app, "guest").await);
    let stranger = Person { name: "eve".to_owned(), role: Role::Operator, actor: app.person("eve", Role::Operator).await };
    let named: Vec<(&str, Role)> = members.iter().map(|person| (person.name.as_str(), person.role)).collect();
    let team = ada.makes_team("Backend", &named).await;
    let others = ada.makes_team("Research", &[]).await;
    let (of_team, shared) = (makes_project(&ada, &team).await, makes_project(&ada, &others).await);
    for guest in &guests {
        let body = json!({"email": format!("{}@example.org", guest.name), "role": guest.role});
        ada.post(&format!("/api/v2/projects/{}/shares", shared.id()), &body).await.expect(201);
    }

    let tries = async |project: &ProjectHandle<'_>, those: &[Person<'_>]| {
        let place = Place { project: project.id().to_string(), run: project.starts_run().await.id.to_string() };
        let mut wrong = held_to(&app, &place, &stranger, None).await;
        for person in those {
            wrong.extend(held_to(&app, &place, person, Some(person.role)).await);
        }
        wrong
    };
    let (in_team, by_share) = (tries(&of_team, &members).await, tries(&shared, &guests).await);

    assert!(in_team.is_empty() && by_share.is_empty(), "{in_team:#?}\n{by_share:#?}");
}

async fn people<'a>(app: &'a TestApp, kind: &str) -> Vec<Person<'a>> {
    let mut people = Vec::new();
    for role in ORDER {
        let name = format!("{kind}-{}", role.as_str());
        let elsewhere = if matches!(role, Role::Admin | Role::Operator) { Role::Viewer } else { Role::Operator };
        let actor = app.person(&name, elsewhere).await;
        people.push(Person { name, role, actor });
    }
    people
}

async fn makes_project<'a>(ada: &'a Actor<'a>, team: &Team) -> ProjectHandle<'a> {
    let owner = json!({"kind": "team", "id": team.id});
    ada.has_project().named(NAME).with_spec(specs::ONE).with("owner", owner).create().await
}

/// What is not as the table says for somebody who has that role there, or none.
async fn held_to(app: &TestApp, place: &Place, person: &Person<'_>, role: Option<Role>) -> Vec<String> {
    // Whoever came into a team or got a share has another cookie from the next request on.
    person.actor.get("/api/status").await.expect(200);
    let caller = Caller { role, transport: Transport::Cookie, secret: person.actor.secret() };
    let mut wrong = Vec::new();
    for (row, thing) in table().into_iter().filter_map(|row| Some((row, row.names()?))) {
        assert_eq!(row.allowed, 404, "{} {}: an id of nothing names nothing", row.method, row.path);
        let id = match thing {
            Thing::Project => &place.project,
            Thing::Run => &place.run,
        };
        let (nothing, got) = (said(app, &caller, &row, UNKNOWN).await, said(app, &caller, &row, id).await);
        let is_right = match role {
            // What one may not know of is answered like what is not there.
            None => nothing.0 == 404 && got == nothing,
            // It may still be wrong, or not now; but it is not for want of a role.
            Some(role) if row.needs.has(role) => {
                // Giving it to the installation takes a role there, too, and people are told so in the same words.
                let takes_another = row.path == "/ui/give_project";
                got != nothing && !matches!(got.0, 401 | 500) && (takes_another || !is_refused(&row, &got))
            }
            Some(_) => is_refused(&row, &got),
        };
        if !is_right {
            wrong.push(format!("{}: {} {}: {got:?}, and where nothing is {nothing:?}", person.name, row.method, row.path));
        }
    }
    wrong
}

/// Whether the answer says that the role or the scope is missing which the row takes. A project can be refused to its admin for
/// another one: giving it to the installation takes a role there.
fn is_refused(row: &Row, (status, words): &Said) -> bool {
    // Scopes are the words of programs; people are told of their role.
    let missing = match row.needs.scope() {
        Some(scope) if !row.path.starts_with("/ui/") => format!("the scope \"{}\"", scope.as_str()),
        _ => "Your role does not allow this".to_owned(),
    };
    *status == 403 && (row.client == For::People || words.contains(&missing))
}

async fn said(app: &TestApp, caller: &Caller, row: &Row, id: &str) -> Said {
    let response = request(app, caller, row, id).send().await.unwrap();
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap_or_default();
    (status, body["detail"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn every_row_of_a_project_or_run_is_known_as_one() {
    let of = |thing: Thing| table().iter().filter(|row| row.names() == Some(thing)).count();
    let (projects, runs) = (of(Thing::Project), of(Thing::Run));
    assert!(projects >= 20 && runs >= 15, "{projects} of projects, {runs} of runs");
    assert!(table().iter().all(|row| row.names().is_none() || row.needs != Needs::Nothing));
}
