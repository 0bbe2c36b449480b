//! What is known of one person, as it lies in the vault.

use super::face::FaceTemplate;
use super::facts::Facts;
use super::hand::Hand;
use super::reader::Reader;
use super::{Centroid, Group, Habits, Observation, Signature};
use serde::Serialize;

/// What was learnt of a person on this device. It holds no positions, no keys and no times of day.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    hands: Vec<Hand>,
    /// What was enrolled, and what was learnt later: the second counts for half at most.
    habits: [Habits; 2],
    /// A face, where one was registered.
    pub face: Option<FaceTemplate>,
    /// Where and how the person was last seen.
    pub home: Home,
}

/// What changes when somebody travels, or when it is not them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Home {
    /// IANA name of the time zone.
    pub zone: Option<String>,
    /// The browser's first language.
    pub language: Option<String>,
    /// Roughly where the server saw the person, and when.
    pub place: Option<Place>,
}

/// A place as a server can tell it from an address: to a tenth of a degree.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Place {
    /// Degrees north.
    pub latitude: f32,
    /// Degrees east.
    pub longitude: f32,
    /// Seconds since 1970.
    pub at: f64,
}

impl Profile {
    /// 0 to 1: how much of what judging movement takes is there.
    pub fn enrolled(&self) -> f64 {
        self.hands.iter().map(Hand::enrolled).fold(0.0, f64::max)
    }

    /// Whether the latest hand still learns.
    pub fn is_learning(&self) -> bool {
        self.hands.last().is_none_or(|hand| hand.enrolled() < 1.0)
    }

    /// Another device or way of holding it: what comes is learnt, not judged, until it is known too.
    pub fn add_hand(&mut self) {
        if !self.is_learning() {
            // The one least like the person enrolled first is not known; the second goes, the first stays.
            if self.hands.len() == MOST_HANDS {
                self.hands.remove(1);
            }
            self.hands.push(Hand::default());
        }
    }

    /// How much likelier these blocks are with this person than with others, natural logarithm; `None` while the
    /// movement is being learnt.
    pub fn weigh_movement<'a>(&self, signatures: impl IntoIterator<Item = &'a Signature>) -> Option<f64> {
        if self.is_learning() {
            return None;
        }
        let seen = Centroid::new(signatures)?;
        let scores = self.hands.iter().filter_map(|hand| hand.score(&seen));
        scores.reduce(f64::max).map(|score| MOVEMENT.log_odds(score))
    }

    /// The same, by the isolation forest.
    pub fn weigh_facts(&self, facts: &Facts) -> Option<f64> {
        if self.is_learning() {
            return None;
        }
        let unusual = self.hands.iter().filter_map(|hand| hand.unusual(facts));
        unusual.reduce(f64::min).map(|unusual| FACTS.log_odds(unusual))
    }

    /// The same of observations of one group, [`Group::judged`] at once.
    pub fn weigh_habits(&self, group: Group, seen: &[Observation]) -> Option<f64> {
        let [anchor, later] = &self.habits;
        let enough = |habits: &Habits| habits.learnt(group) >= group.learnt();
        let first = anchor.weigh(seen).filter(|_| enough(anchor))?;
        let ratio = if enough(later) { (first + later.weigh(seen)?) / 2.0 } else { first };
        Some(HABITS[group as usize].log_odds(ratio))
    }

    /// Learns a block: enrols it, or lets it in if it is surely this person's.
    pub fn learn_movement(&mut self, signature: Signature) {
        if self.hands.is_empty() {
            self.hands.push(Hand::default());
        }
        let learning = self.hands.last_mut().filter(|hand| !hand.is_anchored());
        match learning {
            Some(hand) => hand.enrol(signature),
            None => {
                let Some(seen) = Centroid::new([&signature]) else { return };
                let score = |hand: &Hand| hand.score(&seen).unwrap_or(f64::MIN);
                if let Some(nearest) = self.hands.iter_mut().max_by(|a, b| score(a).total_cmp(&score(b))) {
                    nearest.adapt(signature, &seen);
                }
            }
        }
    }

    /// Learns facts while the hand they come from is being enrolled.
    pub fn learn_facts(&mut self, facts: Facts) {
        if let Some(hand) = self.hands.last_mut().filter(|hand| !hand.is_anchored()) {
            hand.enrol_facts(facts);
        }
    }

    /// Learns observations of one group: enrols them, or lets them in if what was enrolled finds them likely.
    pub fn learn_habits(&mut self, group: Group, seen: &[Observation]) {
        let [anchor, later] = &mut self.habits;
        if anchor.learnt(group) < group.anchored() {
            seen.iter().for_each(|one| anchor.learn(*one));
        } else if anchor.weigh(seen).is_some_and(|ratio| ratio > 0.0) {
            seen.iter().for_each(|one| later.learn(*one));
        }
    }

    /// What is known, in numbers a person can read.
    pub fn summary(&self) -> Summary<'_> {
        let learnt = |group| self.habits.iter().map(|habits| habits.learnt(group)).sum();
        Summary {
            mice: self.hands.iter().map(Hand::blocks).collect(),
            keys: learnt(Group::Typing),
            presses: learnt(Group::Clicks),
            turns: learnt(Group::Scroll),
            face: self.face.is_some(),
            home: &self.home,
            bytes: self.to_bytes().len(),
        }
    }

    /// As the vault keeps it: `b"VSP1"`, then hands, habits, face and home, little-endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.push(self.hands.len() as u8);
        self.hands.iter().for_each(|hand| hand.write(&mut bytes));
        self.habits.iter().for_each(|habits| bytes.extend(habits.to_bytes()));
        let (salt, face) = self.face.as_ref().map_or(([0; 32], &[][..]), |face| (face.salt, &face.projected));
        bytes.extend((face.len() as u16).to_le_bytes());
        bytes.extend(salt);
        bytes.extend(face.iter().map(|value| *value as u8));
        for text in [&self.home.zone, &self.home.language] {
            let text = text.as_deref().unwrap_or_default();
            bytes.push(text.len().min(MOST_TEXT) as u8);
            bytes.extend(text.bytes().take(MOST_TEXT));
        }
        let place = self.home.place;
        bytes.push(u8::from(place.is_some()));
        if let Some(Place { latitude, longitude, at }) = place {
            bytes.extend(latitude.to_le_bytes());
            bytes.extend(longitude.to_le_bytes());
            bytes.extend(at.to_le_bytes());
        }
        bytes
    }

    /// The other way; `None` for anything [`Profile::to_bytes`] did not write.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = Reader(bytes.strip_prefix(MAGIC)?);
        let hands = usize::from(rest.byte()?);
        if hands > MOST_HANDS {
            return None;
        }
        let hands = (0..hands).map(|_| Hand::read(&mut rest)).collect::<Option<_>>()?;
        let mut habits = || Habits::from_bytes(rest.take(Habits::BYTES)?);
        let habits = [habits()?, habits()?];
        let length = rest.number()?;
        let salt = rest.take(32)?.try_into().ok()?;
        let projected = rest.take(length)?.iter().map(|byte| *byte as i8).collect();
        let face = (length > 0).then_some(FaceTemplate { salt, projected });
        let mut text = || {
            let length = usize::from(rest.byte()?);
            let text = String::from_utf8(rest.take(length)?.to_vec()).ok()?;
            Some((!text.is_empty()).then_some(text))
        };
        let (zone, language) = (text()?, text()?);
        let place = match rest.byte()? {
            0 => None,
            _ => Some(Place {
                latitude: rest.floats(1)?[0],
                longitude: rest.floats(1)?[0],
                at: f64::from_le_bytes(rest.take(8)?.try_into().ok()?),
            }),
        };
        rest.0.is_empty().then_some(Self { hands, habits, face, home: Home { zone, language, place } })
    }
}

/// What is known of a person, counted.
#[derive(Clone, Debug, Serialize)]
pub struct Summary<'a> {
    /// Blocks of 128 moves learnt of each mouse.
    pub mice: Vec<usize>,
    /// Times of keys learnt.
    pub keys: u32,
    /// Times of buttons learnt.
    pub presses: u32,
    /// Turns of the wheel, and times between them, learnt.
    pub turns: u32,
    /// Whether a face was registered.
    pub face: bool,
    /// Where and how the person was last seen.
    pub home: &'a Home,
    /// Size of the profile.
    pub bytes: usize,
}

/// From a score to natural log-odds.
struct Calibration {
    slope: f64,
    /// The score at which neither is likelier.
    even: f64,
    /// The most that one finding counts against the person, and for them.
    most: [f64; 2],
}

impl Calibration {
    fn log_odds(&self, score: f64) -> f64 {
        (self.slope * (score - self.even)).clamp(-self.most[0], self.most[1])
    }
}

/// By logistic regression: movement and clicks on SapiMouse users 61 to 70, typing on BKSD. The forest's slope is
/// halved, because it sees the same moves as the network.
const MOVEMENT: Calibration = Calibration { slope: 3.6, even: 1.5, most: [3.0, 3.0] };
const FACTS: Calibration = Calibration { slope: -0.34, even: 0.4, most: [1.0, 0.5] };
/// In the order of [`Group::ALL`]. Wheel and attention by rule and softly: there were no recordings to fix them on.
const HABITS: [Calibration; 4] = [
    Calibration { slope: 8.0, even: 0.08, most: [1.5, 1.5] },
    Calibration { slope: 11.0, even: 0.03, most: [1.5, 1.0] },
    Calibration { slope: 0.5, even: 0.2, most: [0.2, 0.2] },
    Calibration { slope: 0.5, even: 0.0, most: [0.1, 0.1] },
];

/// Movements that are judged together.
pub const MOVEMENTS_JUDGED: usize = 12;
/// Devices, or ways of holding one, of a person.
const MOST_HANDS: usize = 4;
const MOST_TEXT: usize = 64;
const MAGIC: &[u8] = b"VSP1";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Habit;
    use proptest::prelude::*;

    /// Near one of two directions: `share` of the second.
    fn block(share: f32, i: u8) -> Signature {
        let mut bytes = [0; Signature::BYTES];
        bytes[..4].copy_from_slice(&8.0f32.to_le_bytes());
        for (k, byte) in bytes[4..].iter_mut().enumerate() {
            let first = if k % 2 == 0 { 90.0 } else { -60.0 };
            let second = if k % 3 == 0 { -90.0 } else { 70.0 };
            let wobble = ((usize::from(i) * 31 + k * 17) % 21) as f32 - 10.0;
            *byte = (first * (1.0 - share) + second * share + wobble) as i8 as u8;
        }
        Signature::from_bytes(&bytes).unwrap()
    }

    fn known(share: f32) -> Profile {
        let mut profile = Profile::default();
        (0..60).for_each(|i| profile.learn_movement(block(share, i)));
        profile
    }

    #[test]
    fn another_wheel_counts_a_little() {
        let mut profile = known(0.0);
        let turns = |px: f64| [Observation { habit: Habit::WheelTurn, value: px }; 60];
        assert!(profile.weigh_habits(Group::Scroll, &turns(120.0)).is_none());
        (0..4).for_each(|_| profile.learn_habits(Group::Scroll, &turns(120.0)));
        assert_eq!(profile.weigh_habits(Group::Scroll, &turns(120.0)), Some(0.2));
        assert_eq!(profile.weigh_habits(Group::Scroll, &turns(4.0)), Some(-0.2));
        assert_eq!((profile.summary().turns, profile.summary().keys), (240, 0));
    }

    #[test]
    fn nothing_is_judged_before_there_is_enough() {
        let mut profile = Profile::default();
        for i in 0..15 {
            profile.learn_movement(block(0.0, i));
            assert!(profile.weigh_movement(&[block(1.0, 0)]).is_none(), "{i}");
        }
        assert!(profile.enrolled() > 0.9 && profile.is_learning());
        profile.learn_movement(block(0.0, 15));
        assert!(profile.weigh_movement(&[block(1.0, 0)]).unwrap() < 0.0);
        assert!(profile.weigh_movement(&[block(0.0, 99)]).unwrap() > 0.0);
        let keys = [Observation { habit: Habit::LetterHeld, value: 90.0 }; 100];
        assert!(Group::ALL.iter().all(|group| profile.weigh_habits(*group, &keys).is_none()));
    }

    #[test]
    fn what_changes_slowly_within_a_person_is_followed() {
        let mut profile = known(0.0);
        let before = profile.weigh_movement(&[block(0.15, 7)]).unwrap();
        (0..200).for_each(|i| profile.learn_movement(block(0.15, i)));
        assert!(profile.weigh_movement(&[block(0.15, 7)]).unwrap() >= before);
    }

    #[test]
    fn nobody_leads_a_profile_away_step_by_step() {
        let mut profile = known(0.0);
        for step in 0..2000u32 {
            profile.learn_movement(block(step as f32 / 2000.0, step as u8));
        }
        (0..=255).for_each(|i| profile.learn_movement(block(1.0, i)));
        let weigh = |share| profile.weigh_movement(&[block(share, 3), block(share, 4)]).unwrap();
        assert!(weigh(0.0) > 1.0, "the person is lost: {}", weigh(0.0));
        assert!(weigh(1.0) < -1.0, "the other got in: {}", weigh(1.0));
    }

    #[test]
    fn another_hand_is_learnt_beside_the_first() {
        let mut profile = known(0.0);
        assert!(profile.weigh_movement(&[block(1.0, 1)]).unwrap() < 0.0);
        profile.add_hand();
        assert!(profile.weigh_movement(&[block(1.0, 1)]).is_none());
        (0..60).for_each(|i| profile.learn_movement(block(1.0, i)));
        assert!(profile.weigh_movement(&[block(1.0, 1)]).unwrap() > 0.0);
        assert!(profile.weigh_movement(&[block(0.0, 1)]).unwrap() > 0.0);
        for _ in 0..9 {
            profile.add_hand();
            (0..60).for_each(|i| profile.learn_movement(block(0.5, i)));
        }
        assert_eq!(profile.hands.len(), MOST_HANDS);
        assert!(profile.weigh_movement(&[block(0.0, 1)]).unwrap() > 0.0, "the first hand stays");
    }

    fn full() -> Profile {
        let mut profile = known(0.2);
        profile.add_hand();
        (0..70).for_each(|i| profile.learn_movement(block(0.9, i)));
        (0..200).for_each(|i| profile.learn_facts([i; 25]));
        let times: Vec<_> =
            (0..500).map(|i| Observation { habit: Habit::ALL[i % 7], value: 80.0 + i as f64 % 40.0 }).collect();
        profile.learn_habits(Group::Typing, &times);
        profile.face = Some(FaceTemplate { salt: [7; 32], projected: vec![1; 96] });
        let place = Some(Place { latitude: 52.5, longitude: 13.4, at: 1e9 });
        profile.home = Home { zone: Some("Europe/Berlin".into()), language: Some("de".into()), place };
        profile
    }

    #[test]
    fn a_profile_comes_back_from_its_bytes_and_stays_small() {
        let bytes = full().to_bytes();
        let read = Profile::from_bytes(&bytes).expect("what was written");
        assert_eq!(read.to_bytes(), bytes);
        assert_eq!((&read.face, &read.home), (&full().face, &full().home));
        assert_eq!(read.weigh_movement(&[block(0.2, 1)]), full().weigh_movement(&[block(0.2, 1)]));
        assert!(bytes.len() < 20_000, "{}", bytes.len());
        assert!(Profile::from_bytes(&Profile::default().to_bytes()).is_some());
    }

    #[test]
    fn a_profile_cut_or_continued_anywhere_is_refused() {
        let bytes = full().to_bytes();
        assert!((0..bytes.len()).step_by(13).all(|end| Profile::from_bytes(&bytes[..end]).is_none()));
        assert!(Profile::from_bytes(&[bytes, vec![0]].concat()).is_none());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(place in 0usize..8000, with in proptest::collection::vec(any::<u8>(), 1..40)) {
            let mut bytes = full().to_bytes();
            let place = place % bytes.len();
            let end = (place + with.len()).min(bytes.len());
            bytes[place..end].copy_from_slice(&with[..end - place]);
            if let Some(profile) = Profile::from_bytes(&bytes) {
                let _ = profile.weigh_movement(&[block(0.0, 1)]);
                let _ = profile.weigh_facts(&[1; 25]);
            }
        }
    }
}
