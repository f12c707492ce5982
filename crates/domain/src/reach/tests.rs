//! Who reaches what, as a table.

use uuid::Uuid;

use super::*;
use crate::access::scopes as of;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn person(role: Role, teams: &[(u128, Role)], shares: &[(u128, Role)]) -> Reach {
    let grants = Grants {
        teams: teams.iter().map(|(team, role)| (TeamId(id(*team)), *role)).collect(),
        shares: shares.iter().map(|(project, role)| (ProjectId(id(*project)), *role)).collect(),
        owns: false,
    };
    Reach::of_person(UserId(id(1)), role, grants)
}

const PROJECT: u128 = 7;

fn on(reach: &Reach, owner: Owner) -> Vec<Scope> {
    reach.on(ProjectId(id(PROJECT)), owner).list()
}

#[test]
fn the_greatest_role_that_applies_counts() {
    use Role::{Admin, Auditor, Operator, Viewer};
    let (mine, other) = (Owner::User(UserId(id(1))), Owner::User(UserId(id(2))));
    let team = Owner::Team(TeamId(id(3)));
    let all = Scopes::of(of(Admin)).list();
    let operator = Scopes::of(of(Operator)).list();
    let cases: [(Reach, Owner, Vec<Scope>); 12] = [
        (person(Viewer, &[], &[]), Owner::Installation, vec![Scope::Read]),
        (person(Viewer, &[], &[]), other, vec![]),
        (person(Operator, &[], &[]), team, vec![]),
        (person(Admin, &[], &[]), other, all.clone()),
        (person(Admin, &[], &[]), team, all.clone()),
        (person(Viewer, &[], &[]), mine, all.clone()),
        (person(Viewer, &[(3, Operator)], &[]), team, operator.clone()),
        (person(Viewer, &[(4, Operator)], &[]), team, vec![]),
        (person(Operator, &[(3, Viewer)], &[]), team, vec![Scope::Read]),
        (person(Viewer, &[], &[(PROJECT, Operator)]), other, operator),
        (person(Viewer, &[], &[(PROJECT + 1, Operator)]), other, vec![]),
        (person(Viewer, &[(3, Viewer), (3, Auditor)], &[]), team, vec![Scope::Read, Scope::Audit]),
    ];
    for (number, (reach, owner, expected)) in cases.into_iter().enumerate() {
        assert_eq!(on(&reach, owner), expected, "case {number}");
    }
}

#[test]
fn a_token_reaches_no_further_than_its_maker_its_scopes_and_its_limits() {
    let team = Owner::Team(TeamId(id(3)));
    let ada = person(Role::Viewer, &[(3, Role::Operator)], &[]);
    let read = Scopes::of(&[Scope::Read]);
    assert_eq!(on(&ada.clone().held_to(read, TokenLimits::default()), team), [Scope::Read]);
    assert_eq!(on(&ada.clone().held_to(read, TokenLimits::default()), Owner::User(UserId(id(2)))), []);
    let only_project = TokenLimits { projects: [ProjectId(id(PROJECT))].into(), ..TokenLimits::default() };
    let other_team = TokenLimits { teams: [TeamId(id(4))].into(), ..TokenLimits::default() };
    let this_team = TokenLimits { teams: [TeamId(id(3))].into(), ..TokenLimits::default() };
    assert_eq!(on(&ada.clone().held_to(read, only_project), Owner::Installation), [Scope::Read]);
    assert_eq!(on(&ada.clone().held_to(read, other_team.clone()), team), []);
    assert_eq!(on(&ada.held_to(read, this_team.clone()), team), [Scope::Read]);
    let admin = Reach::of_scopes(Scopes::ALL);
    assert_eq!(on(&admin.clone().held_to(Scopes::ALL, this_team), Owner::Installation), []);
    assert_eq!(admin.held_to(Scopes::ALL, other_team).in_team(TeamId(id(3))), Scopes::NONE);
    // Made on the command line: nobody's teams, and nothing of anybody's own.
    let program = Reach::of_scopes(Scopes::of(of(Role::Operator)));
    assert!(on(&program, team).is_empty() && program.is_plain() && !on(&program, Owner::Installation).is_empty());
}

#[test]
fn what_was_taken_away_is_missing_and_what_came_takes_nothing_away() {
    use Role::{Admin, Operator, Viewer};
    let owns = |role: Role| Reach::of_person(UserId(id(1)), role, Grants { owns: true, ..Grants::default() });
    let held = |reach: &Reach, scopes: &[Scope], team: u128| {
        reach.clone().held_to(Scopes::of(scopes), TokenLimits { teams: [TeamId(id(team))].into(), ..TokenLimits::default() })
    };
    let (nothing, all, control) = (&Reach::NOTHING, &Reach::EVERYTHING, &[Scope::Control][..]);
    let (viewer, operator, admin) = (&person(Viewer, &[], &[]), &person(Operator, &[], &[]), &person(Admin, &[], &[]));
    let (in_team, less) = (&person(Viewer, &[(3, Operator)], &[]), &person(Viewer, &[(3, Viewer)], &[]));
    let (in_two, shared) = (&person(Viewer, &[(3, Operator), (4, Viewer)], &[]), &person(Viewer, &[], &[(PROJECT, Operator)]));
    let (mine, other) = (&owns(Viewer), &Reach::of_person(UserId(id(2)), Viewer, Grants { owns: true, ..Grants::default() }));
    let (of_team, of_other) = (&held(in_two, control, 3), &held(in_two, control, 4));
    let reads = &held(in_two, &[Scope::Read], 3);
    let cases: [(&Reach, &Reach, bool); 24] = [
        (nothing, nothing, true),
        (all, admin, true),
        (admin, all, true),
        (viewer, nothing, true),
        (nothing, viewer, false),
        // The role in the installation.
        (operator, viewer, true),
        (viewer, operator, false),
        (operator, admin, false),
        // In a team: a greater role, another team, a smaller role, none.
        (in_two, in_team, true),
        (in_team, in_two, false),
        (less, in_team, false),
        (viewer, in_team, false),
        (operator, in_team, false),
        // A share that came, and one that went.
        (shared, viewer, true),
        (viewer, shared, false),
        // Projects of one's own: the first, the last, somebody else's.
        (mine, viewer, true),
        (viewer, mine, true),
        (other, mine, false),
        // An admin's role opens all of that.
        (admin, in_two, true),
        (admin, mine, true),
        // A token: what is held to less, to something else, to fewer scopes.
        (in_two, of_team, true),
        (of_team, in_two, false),
        (of_other, of_team, false),
        (reads, of_team, false),
    ];
    for (number, (now, before, expected)) in cases.into_iter().enumerate() {
        assert_eq!(now.covers(before), expected, "case {number}: {now:?} and {before:?}");
    }
}

#[test]
fn a_scope_is_looked_for_where_it_is_there() {
    let places = |reach: &Reach, scope: Scope| match reach.having(scope) {
        Visible::All => None,
        seen @ Visible::Some { installation, person, everything, .. } => {
            Some((installation, person.is_some(), everything, seen.teams()))
        }
    };
    let teams = |numbers: &[u128]| numbers.iter().map(|number| TeamId(id(*number))).collect::<Vec<_>>();
    let ada = person(Role::Viewer, &[(3, Role::Auditor), (4, Role::Operator)], &[]);
    assert_eq!(places(&ada, Scope::Read), Some((true, true, false, teams(&[3, 4]))));
    assert_eq!(places(&ada, Scope::Audit), Some((false, true, false, teams(&[3]))));
    assert_eq!(places(&person(Role::Auditor, &[], &[]), Scope::Audit), Some((true, true, false, teams(&[]))));
    let admin = person(Role::Admin, &[], &[]);
    assert_eq!(places(&admin, Scope::Audit), None);
    // A token that is held to a team, and reads the trail alone.
    let limits = TokenLimits { teams: [TeamId(id(5))].into(), ..TokenLimits::default() };
    let token = admin.held_to(Scopes::of(&[Scope::Audit]), limits);
    assert_eq!(places(&token, Scope::Audit), Some((true, true, true, teams(&[5]))));
    assert_eq!(places(&token, Scope::Read), Some((false, false, false, teams(&[]))));
}

#[test]
fn anywhere_is_what_is_open_somewhere_within_the_limits() {
    use Role::{Admin, Auditor, Operator, Viewer};
    let (read, all) = (vec![Scope::Read], Scopes::ALL.list());
    let (operator, auditor) = (Scopes::of(of(Operator)).list(), Scopes::of(of(Auditor)).list());
    let check = |reach: &Reach, expected: &[Scope]| {
        assert_eq!(reach.anywhere().list(), expected, "{reach:?}");
        let on = [Owner::Installation, Owner::User(UserId(id(1))), Owner::Team(TeamId(id(3))), Owner::Team(TeamId(id(4)))];
        for (project, owner) in [PROJECT, PROJECT + 1].into_iter().flat_map(|project| on.map(|owner| (project, owner))) {
            let owns = reach.owns || !matches!(owner, Owner::User(_));
            let there = reach.on(ProjectId(id(project)), owner);
            assert!(!owns || reach.anywhere().covers(there), "{owner:?}: {there:?} of {reach:?}");
        }
        assert!(reach.anywhere().covers(reach.in_installation()), "{reach:?}");
    };
    let projects = |projects: &[u128]| projects.iter().map(|project| ProjectId(id(*project))).collect();
    let teams = |teams: &[u128]| teams.iter().map(|team| TeamId(id(*team))).collect();
    let of_project = |project: u128| TokenLimits { projects: projects(&[project]), ..TokenLimits::default() };
    let of_team = |team: u128| TokenLimits { teams: teams(&[team]), ..TokenLimits::default() };

    check(&Reach::NOTHING, &[]);
    check(&Reach::EVERYTHING, &all);
    check(&Reach::of_scopes(Scopes::of(of(Operator))), &operator);
    check(&person(Viewer, &[], &[]), &read);
    check(&person(Viewer, &[(3, Auditor)], &[]), &auditor);
    check(&person(Viewer, &[], &[(PROJECT, Operator)]), &operator);
    let owner = Reach::of_person(UserId(id(1)), Viewer, Grants { owns: true, ..Grants::default() });
    check(&owner, &all);

    let read_only = Scopes::of(&[Scope::Read]);
    let ada = person(Viewer, &[(3, Auditor)], &[(PROJECT, Operator)]);
    let both = TokenLimits { projects: projects(&[PROJECT + 1]), teams: teams(&[4]) };
    let everything = Scopes::of(&[Scope::Control, Scope::Audit]).list();
    let held: [(Reach, Scopes, TokenLimits, &[Scope]); 15] = [
        (ada.clone(), read_only, TokenLimits::default(), &read),
        (ada.clone(), Scopes::ALL, TokenLimits::default(), &everything),
        // Whose the project is, is not known: it may be the team's, where they audit.
        (ada.clone(), Scopes::ALL, of_project(PROJECT), &everything),
        (ada.clone(), read_only, of_project(PROJECT), &read),
        // The share is of another project.
        (ada.clone(), Scopes::ALL, of_project(PROJECT + 1), &auditor),
        // What is shared may be a project of that team.
        (ada.clone(), Scopes::ALL, of_team(4), &operator),
        (ada, Scopes::ALL, both, &everything),
        (person(Viewer, &[(3, Operator), (4, Auditor)], &[]), Scopes::ALL, of_team(4), &auditor),
        (person(Viewer, &[(3, Operator), (4, Auditor)], &[]), Scopes::ALL, of_team(3), &operator),
        // In a team the role in the installation opens nothing, and in the installation a held token only reads.
        (person(Operator, &[(3, Viewer)], &[]), Scopes::ALL, of_team(3), &read),
        (person(Operator, &[(3, Viewer)], &[]), Scopes::ALL, of_project(PROJECT), &operator),
        (Reach::of_scopes(Scopes::of(of(Operator))), Scopes::ALL, of_team(3), &read),
        // Their own projects are no team's.
        (owner.clone(), Scopes::ALL, of_team(3), &read),
        (owner, Scopes::ALL, of_project(PROJECT), &all),
        (person(Admin, &[], &[]), Scopes::of(of(Operator)), of_team(3), &operator),
    ];
    for (maker, scopes, limits, expected) in held {
        check(&maker.held_to(scopes, limits), expected);
    }
}

#[test]
fn somewhere_within_the_limits_is_what_the_owners_of_its_projects_say() {
    use Role::{Admin, Auditor, Operator, Viewer};
    let (mine, team, open) = (Owner::User(UserId(id(1))), Owner::Team(TeamId(id(3))), Owner::Installation);
    let grants = |role: Role| Grants {
        teams: vec![(TeamId(id(3)), role)],
        shares: vec![(ProjectId(id(PROJECT + 1)), Auditor)],
        owns: true,
    };
    let ada = |role: Role| Reach::of_person(UserId(id(1)), Viewer, grants(role));
    let projects = |number: u128| TokenLimits { projects: [ProjectId(id(number))].into(), ..TokenLimits::default() };
    let teams = |number: u128| TokenLimits { teams: [TeamId(id(number))].into(), ..TokenLimits::default() };
    let (read, all) = (vec![Scope::Read], Scopes::ALL.list());
    let (operator, auditor) = (Scopes::of(of(Operator)).list(), Scopes::of(of(Auditor)).list());
    // What it is held to, whose PROJECT is, and whose the shared one.
    let cases: [(Reach, TokenLimits, Owner, Owner, Vec<Scope>); 9] = [
        (ada(Operator), projects(PROJECT), open, open, read.clone()),
        (ada(Operator), projects(PROJECT), team, open, operator.clone()),
        (ada(Operator), projects(PROJECT), mine, open, all),
        (ada(Operator), projects(PROJECT + 1), open, open, auditor.clone()),
        (ada(Operator), teams(3), open, open, operator),
        (ada(Operator), teams(4), open, mine, read.clone()),
        // What is shared may be a project of the team.
        (ada(Viewer), teams(4), open, Owner::Team(TeamId(id(4))), auditor),
        (ada(Viewer), teams(3), open, open, read.clone()),
        (
            person(Admin, &[], &[]).held_to(Scopes::of(&[Scope::Read]), TokenLimits::default()),
            projects(PROJECT),
            open,
            open,
            read,
        ),
    ];
    for (number, (maker, limits, owner, shared, expected)) in cases.into_iter().enumerate() {
        let reach = maker.held_to(Scopes::ALL, limits);
        let owners = [(PROJECT, owner), (PROJECT + 1, shared)].map(|(project, owner)| (ProjectId(id(project)), owner));
        let owners = owners.into_iter().filter(|(project, _)| reach.in_question().contains(project)).collect();
        assert_eq!(reach.somewhere(&owners).list(), expected, "case {number}");
        assert!(reach.anywhere().covers(reach.somewhere(&owners)), "case {number}");
    }
    assert_eq!(ada(Viewer).in_question(), []);
    assert_eq!(ada(Viewer).somewhere(&HashMap::new()), ada(Viewer).anywhere());
}

#[test]
fn what_may_not_be_known_is_hidden_and_what_may_is_denied() {
    assert_eq!(enough(Scopes::NONE, Action::ReadProjects), Err(Refusal::Hidden));
    assert_eq!(enough(Scopes::of(&[Scope::Admin]), Action::ShareProject), Err(Refusal::Hidden));
    let read = Scopes::of(&[Scope::Read]);
    assert_eq!(enough(read, Action::ReadRuns), Ok(()));
    assert_eq!(enough(read, Action::StartRun), Err(Refusal::Denied(Denied { needs: Scope::Control })));
}
