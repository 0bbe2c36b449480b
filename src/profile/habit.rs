//! Times and amounts that are somebody's own: how long keys and buttons are held, how keys follow each other, how long a
//! hand waits on its target before it presses, how the wheel turns, how soon somebody is back at work.
//!
//! What is known of a person is a histogram a habit, what is known of people another; an observation speaks for the
//! person by how much likelier it is there than here.

use crate::trace::{Event, KeyClass, Kind};

/// One kind of time or amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// How long a letter is held, ms.
    LetterHeld,
    /// How long the space bar is held, ms.
    SpaceHeld,
    /// How long any other key that writes is held, ms.
    OtherHeld,
    /// From letter to letter, press to press, ms.
    WithinWord,
    /// From letter to space, press to press, ms.
    IntoSpace,
    /// From space to letter, press to press, ms.
    AfterSpace,
    /// From press to press of any other pair, ms.
    OtherPair,
    /// How long a button is held, ms.
    ButtonHeld,
    /// From the last movement to the press of a button, ms.
    Settled,
    /// How far the wheel turns at once, px: a mouse's notch, or a trackpad's glide.
    WheelTurn,
    /// From turn to turn of the wheel, ms.
    WheelPause,
    /// From coming back to the page to doing something, ms.
    Return,
}

/// Habits that are judged together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Keys.
    Typing,
    /// Buttons.
    Clicks,
    /// The wheel.
    Scroll,
    /// Coming back.
    Attention,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Typing, Self::Clicks, Self::Scroll, Self::Attention];

    /// How many observations are judged at once: of typing about 50 keys, of clicks about 15.
    pub fn judged(self) -> usize {
        match self {
            Self::Typing => 100,
            Self::Clicks => 30,
            Self::Scroll => 60,
            Self::Attention => 5,
        }
    }

    /// How many make it known.
    pub(super) fn learnt(self) -> u32 {
        4 * self.judged() as u32
    }

    /// After how many others are only let in.
    pub(super) fn anchored(self) -> u32 {
        4 * self.learnt()
    }
}

impl Habit {
    /// All, in the order of `models/habits.bin` and of a stored profile.
    pub const ALL: [Self; 12] = [
        Self::LetterHeld,
        Self::SpaceHeld,
        Self::OtherHeld,
        Self::WithinWord,
        Self::IntoSpace,
        Self::AfterSpace,
        Self::OtherPair,
        Self::ButtonHeld,
        Self::Settled,
        Self::WheelTurn,
        Self::WheelPause,
        Self::Return,
    ];

    /// What it is judged with.
    pub fn group(self) -> Group {
        match self {
            Self::ButtonHeld | Self::Settled => Group::Clicks,
            Self::WheelTurn | Self::WheelPause => Group::Scroll,
            Self::Return => Group::Attention,
            _ => Group::Typing,
        }
    }

    /// Least and greatest logarithm told apart.
    fn range(self) -> (f64, f64) {
        match self {
            Self::LetterHeld | Self::SpaceHeld | Self::OtherHeld => (2.5, 6.0),
            Self::WithinWord | Self::IntoSpace | Self::AfterSpace | Self::OtherPair => (2.5, 7.3),
            _ => (0.0, 8.0),
        }
    }

    fn bin(self, value: f64) -> usize {
        let (low, high) = self.range();
        let share = (libm::log(value.max(1.0)) - low) / (high - low);
        ((share * BINS as f64).max(0.0) as usize).min(BINS - 1)
    }
}

/// One time or amount of one habit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// Which.
    pub habit: Habit,
    /// How long or how much, in the habit's unit.
    pub value: f64,
}

/// Events in, observations out.
#[derive(Clone, Debug, Default)]
pub struct Observer {
    open: Vec<(KeyClass, f64)>,
    last_key: Option<(KeyClass, f64)>,
    last_move: Option<f64>,
    last_turn: Option<f64>,
    pressed: Option<f64>,
    back: Option<f64>,
}

impl Observer {
    /// What `event` ends: none, one or two observations.
    pub fn push(&mut self, event: &Event) -> impl Iterator<Item = Observation> + use<> {
        let t = event.t;
        let time = |habit, ms: f64| (ms > 0.0 && ms < PAUSE_MS).then_some(Observation { habit, value: ms });
        let returned = match event.kind {
            Kind::Focus | Kind::Visible => {
                self.back = Some(t);
                None
            }
            Kind::Blur | Kind::Hidden => {
                self.back = None;
                None
            }
            _ => self.back.take().and_then(|since| {
                let value = t - since;
                (value > 0.0).then_some(Observation { habit: Habit::Return, value })
            }),
        };
        let mut turned = None;
        let ended = match event.kind {
            Kind::KeyDown(KeyClass::Modifier) | Kind::KeyUp(KeyClass::Modifier) => None,
            Kind::KeyDown(class) => {
                if self.open.len() == MOST_OPEN {
                    self.open.remove(0);
                }
                self.open.push((class, t));
                let before = self.last_key.replace((class, t));
                before.and_then(|(before, since)| time(pair(before, class), t - since))
            }
            Kind::KeyUp(class) => {
                let index = self.open.iter().position(|(open, _)| *open == class);
                index.and_then(|index| time(held(class), t - self.open.remove(index).1))
            }
            Kind::Move(_) => {
                self.last_move = Some(t);
                None
            }
            Kind::Down(_) => {
                self.pressed = Some(t);
                self.last_move.and_then(|since| time(Habit::Settled, t - since))
            }
            Kind::Up(_) => self.pressed.take().and_then(|since| time(Habit::ButtonHeld, t - since)),
            Kind::Wheel { delta_y } => {
                turned = Some(Observation { habit: Habit::WheelTurn, value: f64::from(delta_y.abs()) });
                self.last_turn.replace(t).and_then(|since| time(Habit::WheelPause, t - since))
            }
            _ => None,
        };
        [returned, ended, turned].into_iter().flatten()
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
        counts[seen.habit.bin(seen.value)] += 1;
    }

    /// How many observations of a group were learnt.
    pub fn learnt(&self, group: Group) -> u32 {
        let counts = Habit::ALL.into_iter().zip(&self.counts).filter(|(habit, _)| habit.group() == group);
        counts.flat_map(|(_, counts)| counts).map(|count| u32::from(*count)).sum()
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
            let (habit, bin) = (one.habit as usize, one.habit.bin(one.value));
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
        events.iter().flat_map(|event| observer.push(event)).map(|one| (one.habit, one.value)).collect()
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
    fn the_wheel_tells_how_far_and_how_often_and_a_return_how_soon() {
        let turn = |t| at(t, Kind::Wheel { delta_y: -120.0 });
        let events =
            [at(0.0, Kind::Focus), turn(700.0), turn(760.0), turn(9000.0), at(9100.0, Kind::Blur), turn(9200.0)];
        let expected = [
            (Habit::Return, 700.0),
            (Habit::WheelTurn, 120.0),
            (Habit::WheelPause, 60.0),
            (Habit::WheelTurn, 120.0),
            (Habit::WheelTurn, 120.0),
            (Habit::WheelPause, 200.0),
            (Habit::WheelTurn, 120.0),
        ];
        assert_eq!(seen(&events), expected);
    }

    #[test]
    fn keys_never_let_go_are_forgotten() {
        let mut observer = Observer::default();
        for i in 0..1000 {
            let _ = observer.push(&at(f64::from(i), Kind::KeyDown(KeyClass::Letter)));
        }
        assert_eq!(observer.open.len(), MOST_OPEN);
    }

    fn quick(ms: f64, count: usize) -> Vec<Observation> {
        (0..count).map(|i| Observation { habit: Habit::WithinWord, value: ms + (i % 7) as f64 * ms / 40.0 }).collect()
    }

    #[test]
    fn a_person_is_likelier_than_people_with_their_own_times_and_less_with_others() {
        let mut habits = Habits::default();
        assert!(habits.weigh(&quick(110.0, 50)).unwrap().abs() < 1e-9);
        quick(110.0, 300).into_iter().for_each(|one| habits.learn(one));
        assert!(habits.weigh(&quick(110.0, 50)).unwrap() > 0.5);
        assert!(habits.weigh(&quick(400.0, 50)).unwrap() < -0.5);
        assert_eq!((habits.weigh(&[]), Group::ALL.map(|group| habits.learnt(group))), (None, [300, 0, 0, 0]));
    }

    #[test]
    fn what_is_learnt_stays_bounded_and_comes_back_from_its_bytes() {
        let mut habits = Habits::default();
        quick(110.0, 100_000).into_iter().for_each(|one| habits.learn(one));
        assert!(habits.learnt(Group::Typing) <= MOST_COUNTED);
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
