//! Which runs get a slot.

use domain::runs::{Asker, Ceilings, Hold, RunState};
use protocol::{agents::ProviderId, runs::Limits};

use super::*;

fn id(number: u8) -> RunId {
    format!("00000000-0000-7000-8000-0000000000{number:02x}").parse().unwrap()
}

fn queued(number: u8) -> RunRecord {
    RunRecord {
        id: id(number),
        project_id: ProjectId(id(0).0),
        project_name: "A project".to_owned(),
        number: u32::from(number),
        title: "A run".to_owned(),
        spec: String::new(),
        provider: ProviderId::Demo,
        model: None,
        started_by: "Ada".to_owned(),
        request_id: None,
        request_hash: None,
        sandboxed: true,
        state: RunState::queued(Ceilings::from_limits(Limits::default()).unwrap()),
        wish: None,
        journal_seq: 0,
        queued_at: Timestamp::from_millis(0),
        started_at: None,
        ended_at: None,
    }
}

fn wished(wish: Wish, record: RunRecord) -> RunRecord {
    RunRecord { wish: Some(wish), ..record }
}

fn held(mut record: RunRecord) -> RunRecord {
    record.state.hold = Some(Hold::Paused { by: "Ada".to_owned(), asker: Asker::Person });
    record
}

#[test]
fn while_all_slots_are_taken_only_stops_and_pauses_get_through() {
    let by = || "Ada".to_owned();
    let mut driven = Driven::default();
    driven.now.insert(id(1), Slot::Taken);
    let now = Instant::now();
    let cases = [
        (queued(2), None),
        (wished(Wish::Stop { by: by() }, queued(2)), Some(Slot::None)),
        (wished(Wish::Pause { by: by() }, queued(2)), Some(Slot::None)),
        (wished(Wish::Stop { by: by() }, held(queued(2))), Some(Slot::None)),
        (wished(Wish::Resume { by: by() }, held(queued(2))), None),
        (queued(1), None),
    ];
    for (record, room) in cases {
        assert_eq!(driven.room(&record, 1, now), room, "{:?} {:?}", record.wish, record.state.hold);
    }
    assert_eq!(driven.room(&wished(Wish::Resume { by: by() }, held(queued(2))), 2, now), Some(Slot::Taken));
}

#[test]
fn a_stop_takes_no_slot_from_others() {
    let mut driven = Driven::default();
    driven.now.insert(id(1), Slot::None);
    assert_eq!(driven.room(&queued(2), 1, Instant::now()), Some(Slot::Taken));
}

#[test]
fn a_run_whose_driver_fails_is_left_alone_for_longer_and_longer() {
    let (mut driven, now) = (Driven::default(), Instant::now());
    for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
        driven.failed(id(1), now);
        assert_eq!(driven.room(&queued(1), 1, now + Duration::from_millis(seconds * 1_000 - 1)), None);
        assert_eq!(driven.room(&queued(1), 1, now + Duration::from_secs(seconds)), Some(Slot::Taken), "{seconds} s");
    }
    driven.ended(id(1));
    driven.failed(id(1), now);
    assert_eq!(driven.room(&queued(1), 1, now + Duration::from_secs(1)), Some(Slot::Taken));
}

#[test]
fn after_a_database_that_could_not_be_written_runs_are_left_to_whoever_may_have_their_result_in_hand() {
    let (mut driven, at, now) = (Driven::default(), Instant::now(), Timestamp::from_millis(60_000));
    assert_eq!(driven.leases_end_before(now, at), now);
    driven.keep_out();
    // Before the first moment of all, no lease has ended.
    let none = Timestamp::from_millis(0);
    assert_eq!(driven.leases_end_before(now, at + Duration::from_mins(10)), none, "however long it lasts");
    driven.has_looked(at + Duration::from_secs(1));
    driven.has_looked(at + Duration::from_secs(2));
    for (seconds, expected) in [(1, none), (10, none), (11, now)] {
        assert_eq!(driven.leases_end_before(now, at + Duration::from_secs(seconds)), expected, "{seconds} s");
    }
    // Who waits has had several tries by then.
    assert!(driver::AGAIN_EVERY * 5 <= HEAD_START);
}
