//! Measures what a permission check of a request costs when its actor is loaded, which is all of it: a check needs no database.
//! The person is in a hundred teams and has a thousand projects shared with them. Prints the mean of one check in microseconds,
//! for `make bench`.

#![expect(clippy::print_stdout, reason = "the figure is the program's output")]

use std::{hint::black_box, sync::Arc, time::Instant};

use domain::{
    access::Action,
    actor::{Actor, Origin},
    reach::{Grants, Reach, enough, require_somewhere},
};
use protocol::{LoginId, ProjectId, TeamId, UserId, access::Role, teams::Owner};
use uuid::Uuid;

const TEAMS: u128 = 100;
const SHARES: u128 = 1_000;
const ROUNDS: u32 = 1_000;

fn main() {
    let id = UserId(Uuid::from_u128(1));
    let grants = Grants {
        teams: (0..TEAMS).map(|number| (TeamId(Uuid::from_u128(number)), Role::Operator)).collect(),
        shares: (0..SHARES).map(|number| (ProjectId(Uuid::from_u128(number)), Role::Viewer)).collect(),
        owns: true,
    };
    let reach = Arc::new(Reach::of_person(id, Role::Viewer, grants));
    let actor = Actor::User {
        id,
        login: LoginId(Uuid::nil()),
        name: "Ada".to_owned(),
        email: "ada@example.org".to_owned(),
        role: Role::Viewer,
        reach,
        from: Origin::nowhere(),
    };
    // Every second project is nobody's that this person knows: the longest way through the rules.
    let asked: Vec<(ProjectId, Owner)> = (0..2 * SHARES)
        .map(|number| (ProjectId(Uuid::from_u128(number)), Owner::Team(TeamId(Uuid::from_u128(number % (2 * TEAMS))))))
        .collect();

    let began = Instant::now();
    let mut allowed = 0_u64;
    for _ in 0..ROUNDS {
        for (project, owner) in &asked {
            let may = require_somewhere(black_box(&actor), Action::StartRun).is_ok()
                && enough(actor.reach().on(*project, *owner), Action::StartRun).is_ok();
            allowed += u64::from(may);
        }
    }
    let checks = f64::from(ROUNDS) * f64::from(u32::try_from(asked.len()).unwrap_or(u32::MAX));
    println!(
        "{{\"checks\": {checks}, \"allowed\": {allowed}, \"microseconds\": {:.3}}}",
        began.elapsed().as_secs_f64() * 1e6 / checks
    );
}
