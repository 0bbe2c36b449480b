//! A profile from a vault or a parcel: refused, or one that can be asked and written again.
#![no_main]

use vouchsafe::profile::{Centroid, FACTS, Profile};
use vouchsafe::session::{Policy, Session};
use vouchsafe::trace::{Event, Kind, Pointer};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(profile) = Profile::from_bytes(data) else { return };
    let written = profile.to_bytes();
    assert_eq!(Profile::from_bytes(&written).map(|again| again.to_bytes().len()), Some(written.len()));
    let unusual = profile.weigh_facts(&[7; FACTS]);
    assert!(unusual.is_none_or(f64::is_finite));
    assert!(Centroid::new(&[]).is_none());
    let mut session = Session::new(profile, Policy::default(), 0.0);
    for i in 0..520 {
        let pointer = Pointer::mouse((i * 3 % 700) as f32, (i % 90) as f32);
        session.take(&Event { t: f64::from(i) * 17.0, kind: Kind::Move(pointer), trusted: true });
    }
    assert!(session.score() <= 100);
});
