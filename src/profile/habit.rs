//! Times that are somebody's own: how long keys and buttons are held, how keys follow each other, how long a hand
//! waits on its target before it presses.
//!
//! What is known of a person is a histogram a habit, what is known of people another; an observation speaks for the
//! person by how much likelier it is there than here.

use crate::trace::{Event, KeyClass, Kind};

/// One kind of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// How long a letter is held.
    LetterHeld,
    /// How long the space bar is held.
    SpaceHeld,
    /// How long any other key that writes is held.
    OtherHeld,
    /// From letter to letter, press to press.
    WithinWord,
    /// From letter to space, press to press.
    IntoSpace,
    /// From space to letter, press to press.
    AfterSpace,
    /// From press to press of any other pair.
    OtherPair,
    /// How long a button is held.
    ButtonHeld,
    /// From the last movement to the press of a button.
    Settled,
}

impl Habit {
    /// All, in the order of `models/habits.bin` and of a stored profile.
    pub const ALL: [Self; 9] = [
        Self::LetterHeld,
        Self::SpaceHeld,
        Self::OtherHeld,
        Self::WithinWord,
        Self::IntoSpace,
        Self::AfterSpace,
        Self::OtherPair,
        Self::ButtonHeld,
        Self::Settled,
    ];

    /// Whether it is one of the keys; else of a button.
    pub fn is_typing(self) -> bool {
        !matches!(self, Self::ButtonHeld | Self::Settled)
    }

    /// Least and greatest ln ms told apart.
    fn range(self) -> (f64, f64) {
        match self {
            Self::LetterHeld | Self::SpaceHeld | Self::OtherHeld => (2.5, 6.0),
            Self::WithinWord | Self::IntoSpace | Self::AfterSpace | Self::OtherPair => (2.5, 7.3),
            Self::ButtonHeld | Self::Settled => (0.0, 8.0),
        }
    }

    fn bin(self, ms: f64) -> usize {
        let (low, high) = self.range();
        let share = (libm::log(ms.max(1.0)) - low) / (high - low);
        ((share * BINS as f64).max(0.0) as usize).min(BINS - 1)
    }
}

/// One time of one habit, ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// Which.
    pub habit: Habit,
    /// How long.
    pub ms: f64,
}

/// Events in, observations out.
#[derive(Clone, Debug, Default)]
pub struct Observer {
    open: Vec<(KeyClass, f64)>,
    last_key: Option<(KeyClass, f64)>,
    last_move: Option<f64>,
    pressed: Option<f64>,
}

impl Observer {
    /// What `event` ends.
    pub fn push(&mut self, event: &Event) -> Option<Observation> {
        let t = event.t;
        let observation = |habit, ms: f64| (ms > 0.0 && ms < PAUSE_MS).then_some(Observation { habit, ms });
        match event.kind {
            Kind::KeyDown(KeyClass::Modifier) | Kind::KeyUp(KeyClass::Modifier) => None,
            Kind::KeyDown(class) => {
                if self.open.len() == MOST_OPEN {
                    self.open.remove(0);
                }
                self.open.push((class, t));
                let (before, since) = self.last_key.replace((class, t))?;
                observation(pair(before, class), t - since)
            }
            Kind::KeyUp(class) => {
                let index = self.open.iter().position(|(open, _)| *open == class)?;
                let (_, since) = self.open.remove(index);
                observation(held(class), t - since)
            }
            Kind::Move(_) => {
                self.last_move = Some(t);
                None
            }
            Kind::Down(_) => {
                self.pressed = Some(t);
                observation(Habit::Settled, t - self.last_move?)
            }
            Kind::Up(_) => observation(Habit::ButtonHeld, t - self.pressed.take()?),
            _ => None,
        }
    }
}

fn held(class: KeyClass) -> Habit {
    match class {
        KeyClass::Letter => Habit::LetterHeld,
        KeyClass::Space => Habit::SpaceHeld,
        _ => Habit::OtherHeld,
    }
}

fn pair(first: KeyClass, second: KeyClass) -> Habit {
    match (first, second) {
        (KeyClass::Letter, KeyClass::Letter) => Habit::WithinWord,
        (KeyClass::Letter, KeyClass::Space) => Habit::IntoSpace,
        (KeyClass::Space, KeyClass::Letter) => Habit::AfterSpace,
        _ => Habit::OtherPair,
    }
}

/// How often each time of each habit was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Habits {
    counts: [[u16; BINS]; Habit::ALL.len()],
}

impl Default for Habits {
    fn default() -> Self {
        Self { counts: [[0; BINS]; Habit::ALL.len()] }
    }
}

impl Habits {
    /// Learns one time. A habit seen very often forgets its older half.
    pub fn learn(&mut self, seen: Observation) {
        let counts = &mut self.counts[seen.habit as usize];
        if counts.iter().map(|count| u32::from(*count)).sum::<u32>() >= MOST_COUNTED {
            counts.iter_mut().for_each(|count| *count /= 2);
        }
        counts[seen.habit.bin(seen.ms)] += 1;
    }

    /// How many times of typing, and how many of pressing buttons, were learnt.
    pub fn learnt(&self) -> (u32, u32) {
        let of = |typing: bool| {
            let counts = Habit::ALL.into_iter().zip(&self.counts).filter(|(habit, _)| habit.is_typing() == typing);
            counts.flat_map(|(_, counts)| counts).map(|count| u32::from(*count)).sum()
        };
        (of(true), of(false))
    }

    /// Mean natural logarithm of how much likelier each time is with this person than with people; `None` of nothing.
    pub fn weigh(&self, seen: &[Observation]) -> Option<f64> {
        if seen.is_empty() {
            return None;
        }
        let people = people();
        let mut known: [Option<[f64; BINS]>; Habit::ALL.len()] = Default::default();
        let mut sum = 0.0;
        for one in seen {
            let (habit, bin) = (one.habit as usize, one.habit.bin(one.ms));
            let person = known[habit].get_or_insert_with(|| self.shares(one.habit, &people[habit]));
            sum += libm::log(person[bin] / people[habit][bin]);
        }
        Some(sum / seen.len() as f64)
    }

    /// The person's histogram, smoothed, and people's where little was seen.
    fn shares(&self, habit: Habit, people: &[f64; BINS]) -> [f64; BINS] {
        let counts = &self.counts[habit as usize];
        let total: f64 = counts.iter().map(|count| f64::from(*count)).sum();
        let near = |bin: usize| {
            let reach = SMOOTH.len() / 2;
            let taps = SMOOTH.iter().enumerate().filter_map(|(k, weight)| {
                let count = counts.get((bin + k).checked_sub(reach)?)?;
                Some(weight * f64::from(*count))
            });
            taps.sum::<f64>()
        };
        std::array::from_fn(|bin| (near(bin) + PRIOR * people[bin]) / (total + PRIOR))
    }

    /// Two bytes a bin, little-endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.counts.iter().flatten().flat_map(|count| count.to_le_bytes()).collect()
    }

    /// The other way; `None` for another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != Self::BYTES {
            return None;
        }
        let mut habits = Self::default();
        let counts = habits.counts.iter_mut().flatten();
        counts.zip(bytes.chunks_exact(2)).for_each(|(count, pair)| *count = u16::from_le_bytes([pair[0], pair[1]]));
        Some(habits)
    }

    /// What [`Habits::to_bytes`] takes.
    pub const BYTES: usize = Habit::ALL.len() * BINS * 2;
}

/// Shares of people's times, a row a habit, each row's sum 1; from `models/habits.bin`: little-endian 16-bit weights.
fn people() -> &'static [[f64; BINS]; Habit::ALL.len()] {
    static PEOPLE: std::sync::OnceLock<[[f64; BINS]; Habit::ALL.len()]> = std::sync::OnceLock::new();
    PEOPLE.get_or_init(|| {
        let mut rows = [[1.0; BINS]; Habit::ALL.len()];
        for (row, bytes) in rows.iter_mut().zip(SHIPPED.chunks_exact(BINS * 2)) {
            row.iter_mut()
                .zip(bytes.chunks_exact(2))
                .for_each(|(value, pair)| *value = f64::from(u16::from_le_bytes([pair[0], pair[1]])) + 1.0);
            let sum: f64 = row.iter().sum();
            row.iter_mut().for_each(|value| *value /= sum);
        }
        rows
    })
}

const SHIPPED: &[u8; Habits::BYTES] = include_bytes!("../../models/habits.bin");

/// Bins of a histogram.
const BINS: usize = 24;
/// Times as many as people's own histogram counts for in a person's.
const PRIOR: f64 = 10.0;
/// A time counts in its bin and in those beside it.
const SMOOTH: [f64; 5] = [0.05, 0.25, 0.4, 0.25, 0.05];
/// A habit remembers about this many times.
const MOST_COUNTED: u32 = 4096;
/// A longer wait is thinking, ms.
const PAUSE_MS: f64 = 1500.0;
/// More keys are never down at once.
const MOST_OPEN: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Pointer;

    fn at(t: f64, kind: Kind) -> Event {
        Event { t, kind, trusted: true }
    }

    fn seen(events: &[Event]) -> Vec<(Habit, f64)> {
        let mut observer = Observer::default();
        events.iter().filter_map(|event| observer.push(event)).map(|one| (one.habit, one.ms)).collect()
    }

    #[test]
    fn keys_that_overlap_are_each_held_for_their_own_time() {
        use KeyClass::{Letter, Space};
        let events = [
            at(0.0, Kind::KeyDown(Letter)),
            at(90.0, Kind::KeyDown(Space)),
            at(110.0, Kind::KeyUp(Letter)),
            at(170.0, Kind::KeyUp(Space)),
            at(200.0, Kind::KeyDown(Letter)),
        ];
        let expected = [
            (Habit::IntoSpace, 90.0),
            (Habit::LetterHeld, 110.0),
            (Habit::SpaceHeld, 80.0),
            (Habit::AfterSpace, 110.0),
        ];
        assert_eq!(seen(&events), expected);
    }

    #[test]
    fn buttons_tell_how_long_a_hand_waits_and_holds() {
        let p = Pointer::mouse(1.0, 1.0);
        let events = [at(0.0, Kind::Move(p)), at(150.0, Kind::Down(p)), at(240.0, Kind::Up(p)), at(250.0, Kind::Up(p))];
        assert_eq!(seen(&events), [(Habit::Settled, 150.0), (Habit::ButtonHeld, 90.0)]);
    }

    #[test]
    fn keys_never_let_go_are_forgotten() {
        let mut observer = Observer::default();
        for i in 0..1000 {
            observer.push(&at(f64::from(i), Kind::KeyDown(KeyClass::Letter)));
        }
        assert_eq!(observer.open.len(), MOST_OPEN);
    }

    fn quick(ms: f64, count: usize) -> Vec<Observation> {
        (0..count).map(|i| Observation { habit: Habit::WithinWord, ms: ms + (i % 7) as f64 * ms / 40.0 }).collect()
    }

    #[test]
    fn a_person_is_likelier_than_people_with_their_own_times_and_less_with_others() {
        let mut habits = Habits::default();
        assert!(habits.weigh(&quick(110.0, 50)).unwrap().abs() < 1e-9);
        quick(110.0, 300).into_iter().for_each(|one| habits.learn(one));
        assert!(habits.weigh(&quick(110.0, 50)).unwrap() > 0.5);
        assert!(habits.weigh(&quick(400.0, 50)).unwrap() < -0.5);
        assert_eq!((habits.weigh(&[]), habits.learnt()), (None, (300, 0)));
    }

    #[test]
    fn what_is_learnt_stays_bounded_and_comes_back_from_its_bytes() {
        let mut habits = Habits::default();
        quick(110.0, 100_000).into_iter().for_each(|one| habits.learn(one));
        assert!(habits.learnt().0 <= MOST_COUNTED);
        assert_eq!(Habits::from_bytes(&habits.to_bytes()), Some(habits));
        assert_eq!(Habits::from_bytes(&[0; 3]), None);
    }

    #[test]
    fn people_are_spread_over_every_time() {
        assert!(
            people()
                .iter()
                .all(|row| row.iter().all(|share| *share > 0.0) && (row.iter().sum::<f64>() - 1.0).abs() < 1e-9)
        );
        let row = &people()[Habit::LetterHeld as usize];
        let commonest = (0..BINS).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap();
        assert!(commonest.abs_diff(Habit::LetterHeld.bin(95.0)) <= 1, "{commonest}");
    }
}
