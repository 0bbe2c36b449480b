//! A session over recorded people: the owner is left alone, somebody else is noticed.
#![cfg(all(not(target_arch = "wasm32"), feature = "cli"))]

mod shared;

use vouchsafe::profile::{FaceTemplate, Profile};
use vouchsafe::session::{Context, Notice, Policy, Session, Signal, State};
use vouchsafe::trace::{Event, KeyClass, Kind, Pointer, codec};

/// The two sessions of a SapiMouse user, or `None` where the data are not here.
fn recorded(user: u32) -> Option<[Vec<Event>; 2]> {
    let text = shared::data_set("human-pointer")?;
    let session = |length| {
        let id = format!("\"sapimouse-user{user}-{length}\"");
        let line = text.lines().find(|line| line.contains(&id)).expect("the user");
        codec::decode(line).expect("a trace").trace.events
    };
    Some([session("3min"), session("1min")])
}

fn feed(session: &mut Session, events: &[Event], from: f64) -> f64 {
    let origin = events[0].t;
    events.iter().for_each(|event| session.take(&Event { t: event.t - origin + from, ..*event }));
    from + events[events.len() - 1].t - origin + 500.0
}

fn notices(session: &mut Session) -> Vec<Notice> {
    std::iter::from_fn(|| session.notice()).collect()
}

#[test]
fn a_takeover_is_noticed_and_the_owner_is_not() {
    let (Some(owner), Some(other)) = (recorded(73), recorded(78)) else { return };
    let mut session = Session::new(Profile::default(), Policy::default(), 0.0);
    let end = feed(&mut session, &owner[0], 0.0);
    assert!(session.profile().enrolled() == 1.0 && session.take_changed());
    let end = feed(&mut session, &owner[1], end);
    assert_eq!((session.state(), session.score() >= 90), (State::Open, true));
    assert_eq!(notices(&mut session), []);
    let before = session.moves();
    let mut now = end;
    for event in other[1].iter().take_while(|_| session.state() == State::Open).collect::<Vec<_>>() {
        now = event.t - other[1][0].t + end;
        session.take(&Event { t: now, ..*event });
        if session.state() != State::Open {
            break;
        }
    }
    let moves = session.moves() - before;
    assert!(session.state() == State::Challenge && moves < 1000, "{moves} moves, trust {}", session.score());
    assert_eq!(notices(&mut session), [Notice::Challenge]);
    assert_eq!(session.reasons()[0].signal, Signal::Pointer);
    // Nothing is learnt of somebody in doubt.
    let learnt = session.profile().to_bytes();
    feed(&mut session, &other[0], now);
    assert_eq!(session.profile().to_bytes(), learnt);
    for _ in 0..3 {
        session.fail();
    }
    assert_eq!(session.state(), State::Locked);
    assert_eq!(notices(&mut session), [Notice::Failed { left: 2 }, Notice::Failed { left: 1 }, Notice::Locked]);
}

#[test]
fn a_confirmed_new_mouse_is_learnt_beside_the_old_one() {
    let (Some(owner), Some(mouse)) = (recorded(73), recorded(78)) else { return };
    let mut session = Session::new(Profile::default(), Policy::default(), 0.0);
    let end = feed(&mut session, &owner[0], 0.0);
    let end = feed(&mut session, &mouse[1], end);
    assert_eq!(session.state(), State::Challenge);
    session.pass();
    assert_eq!((session.state(), session.profile().is_learning()), (State::Open, true));
    let end = feed(&mut session, &mouse[0], end);
    assert!(!session.profile().is_learning());
    let end = feed(&mut session, &mouse[1], end);
    feed(&mut session, &owner[1], end);
    assert_eq!(session.state(), State::Open, "{:?}", session.reasons());
}

fn moved(t: f64, trusted: bool) -> Event {
    Event { t, kind: Kind::Move(Pointer::mouse((t / 7.0) as f32 % 900.0, 5.0)), trusted }
}

#[test]
fn events_a_script_made_up_are_not_learnt_and_many_of_them_are_a_mark_of_a_program() {
    let mut session = Session::new(Profile::default(), Policy::default(), 0.0);
    for i in 0..5000 {
        session.take(&moved(f64::from(i) * 16.7, false));
    }
    assert_eq!((session.profile().enrolled(), session.state()), (0.0, State::Challenge));
    assert_eq!(session.reasons()[0].signal, Signal::Environment);
}

#[test]
fn keys_alone_keep_a_session_open_and_are_never_held_against_a_missing_mouse() {
    let mut session = Session::new(Profile::default(), Policy { idle_after: 600.0, ..Policy::default() }, 0.0);
    for i in 0..4000u32 {
        let t = f64::from(i) * 190.0;
        let class = if i % 6 == 5 { KeyClass::Space } else { KeyClass::Letter };
        session.take(&Event { t, kind: Kind::KeyDown(class), trusted: true });
        let held = 70.0 + f64::from(i * 37 % 50);
        session.take(&Event { t: t + held, kind: Kind::KeyUp(class), trusted: true });
        session.tick((t + held) / 1000.0);
    }
    assert_eq!((session.state(), session.score()), (State::Open, 100));
    assert_eq!(notices(&mut session), []);
}

#[test]
fn idleness_is_warned_of_and_ends_the_session_even_after_a_long_sleep() {
    let mut session = Session::new(Profile::default(), Policy::default(), 0.0);
    session.take(&moved(1000.0, true));
    session.tick(850.0);
    session.take(&moved(860_000.0, true));
    session.tick(870.0);
    session.tick(9_999.0);
    let told = notices(&mut session);
    assert_eq!(told, [Notice::Idle { seconds: 51.0 }, Notice::Back, Notice::Ended { idle: true }]);
    session.take(&moved(10_000_000.0, true));
    session.pass();
    session.unlock();
    assert_eq!((session.state(), session.moves()), (State::Ended, 2));
}

#[test]
fn surroundings_that_cannot_be_ask_and_those_that_change_only_count() {
    let mut session = Session::new(Profile::default(), Policy::default(), 0.0);
    let at = |latitude, longitude, zone: &str| Context {
        latitude: Some(latitude),
        longitude: Some(longitude),
        time_zone: Some(zone.into()),
        ..Context::default()
    };
    session.surround(at(52.5, 13.4, "Europe/Berlin"), 1_800_000_000.0);
    session.surround(at(52.5, 13.4, "Europe/Lisbon"), 1_800_000_100.0);
    assert_eq!((session.state(), session.score()), (State::Open, 70));
    session.surround(at(35.7, 139.7, "Asia/Tokyo"), 1_800_003_600.0);
    assert_eq!(session.state(), State::Challenge);
    assert_eq!(session.reasons()[0].signal, Signal::Travel);
}

#[test]
fn a_face_can_confirm_and_another_face_counts_as_a_failure() {
    let mut session = Session::new(Profile::default(), Policy { face_below: 60, ..Policy::default() }, 0.0);
    let face = |sign: f32| (0..128).map(|i| if i % 3 == 0 { sign } else { 1.0 }).collect::<Vec<f32>>();
    session.register_face(FaceTemplate::new(&face(1.0), [1; 32]));
    session.surround(Context { automated: true, ..Context::default() }, 0.0);
    assert_eq!(session.state(), State::Face);
    session.face(&face(-5.0));
    session.face(&[f32::NAN; 128]);
    assert_eq!(notices(&mut session), [Notice::Face, Notice::Failed { left: 2 }, Notice::Failed { left: 1 }]);
    session.face(&face(0.9));
    assert_eq!((session.state(), notices(&mut session)), (State::Open, vec![Notice::Confirmed]));
}
