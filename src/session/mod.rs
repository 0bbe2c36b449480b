//! A known person's time on a site: learns them, and notices when it is somebody else.
//!
//! ```text
//! events ─▶ Profile ─▶ log-odds ─▶ Trust (0 to 100) ─▶ Guard ─▶ notices: challenge, face, lock, idle, end
//!            learns only while trust is high
//! ```
//!
//! Like the rest of the core it reads no clock: events bring their time, [`Session::tick`] brings the present.

mod context;
mod guard;
mod trust;

pub use context::Context;
pub use guard::{Guard, Notice, Policy, State};
pub use trust::{ALARM, Reason, Signal, Trust};

use crate::presence::SAME_PERSON_SIMILARITY;
use crate::profile::{
    BLOCK_MOVES, FaceTemplate, Group, MOVEMENTS_JUDGED, Movement, Movements, Observation, Observer, Profile, STRIDE,
    Signature,
};
use crate::trace::{Event, Kind};
use std::collections::VecDeque;

/// One session of one person.
#[derive(Clone, Debug)]
pub struct Session {
    profile: Profile,
    trust: Trust,
    guard: Guard,
    movements: Movements,
    /// Those judged together.
    recent: VecDeque<Signature>,
    observer: Observer,
    /// Observations of each group until there are enough to judge.
    waiting: [Vec<Observation>; Group::ALL.len()],
    /// Movements since a whole block, which is what is learnt.
    strides: usize,
    moves: u64,
    made_up: u32,
    /// Time of the last event, s; idleness was counted up to there.
    active: f64,
    notices: VecDeque<Notice>,
    changed: bool,
}

impl Session {
    /// Begins at `now`, in seconds of the clock that events use.
    pub fn new(profile: Profile, policy: Policy, now: f64) -> Self {
        Self {
            profile,
            trust: Trust::default(),
            guard: Guard::new(policy, now),
            movements: Movements::default(),
            recent: VecDeque::new(),
            observer: Observer::default(),
            waiting: Default::default(),
            strides: 0,
            moves: 0,
            made_up: 0,
            active: now,
            notices: VecDeque::new(),
            changed: false,
        }
    }

    /// Takes what happened. Events of one session are in time order.
    pub fn take(&mut self, event: &Event) {
        if self.guard.state() == State::Ended || !event.t.is_finite() {
            return;
        }
        if !event.trusted {
            // What scripts make up is neither learnt nor judged; a lot of it is a mark of a program.
            self.made_up += 1;
            if self.made_up.is_multiple_of(MANY_MADE_UP) {
                self.weigh(Signal::Environment, -1.1 * ALARM);
            }
            return;
        }
        let now = event.t / 1000.0;
        self.trust.idle((now - self.active - UNNOTICED_S).max(0.0));
        self.active = self.active.max(now);
        let back = self.guard.act(now);
        self.tell(back);
        self.moves += u64::from(matches!(event.kind, Kind::Move(_)));
        if let Some(movement) = self.movements.push(event) {
            self.look_at(&movement);
        }
        self.observer.push(event).for_each(|observation| self.observe(observation));
    }

    fn look_at(&mut self, movement: &Movement) {
        // Movements overlap: together they count as often as whole blocks.
        let share = STRIDE as f64 / BLOCK_MOVES as f64;
        self.strides = (self.strides + 1) % (BLOCK_MOVES / STRIDE);
        let whole_block = self.strides == 0;
        // While somebody is learnt, nothing but whole blocks is of use.
        let signature = (whole_block || !self.profile.is_learning()).then(|| movement.signature());
        if let Some(signature) = &signature {
            self.judge(signature, share);
        }
        let facts = movement.facts();
        if let Some(log_odds) = self.profile.weigh_facts(&facts) {
            self.weigh(Signal::Manner, log_odds * share);
        }
        if !self.may_learn() {
            return;
        }
        self.profile.learn_facts(facts);
        if let Some(signature) = signature.filter(|_| whole_block) {
            self.profile.learn_movement(signature);
            self.changed = true;
        }
    }

    fn judge(&mut self, signature: &Signature, share: f64) {
        if self.recent.len() == MOVEMENTS_JUDGED {
            self.recent.pop_front();
        }
        self.recent.push_back(signature.clone());
        if self.recent.len() == MOVEMENTS_JUDGED
            && let Some(log_odds) = self.profile.weigh_movement(&self.recent)
        {
            self.weigh(Signal::Pointer, log_odds * share);
        }
    }

    fn observe(&mut self, observation: Observation) {
        let group = observation.habit.group();
        let waiting = &mut self.waiting[group as usize];
        waiting.push(observation);
        if waiting.len() < group.judged() {
            return;
        }
        let seen = std::mem::take(waiting);
        if let Some(log_odds) = self.profile.weigh_habits(group, &seen) {
            self.weigh(Signal::of(group), log_odds);
        }
        if self.may_learn() {
            self.profile.learn_habits(group, &seen);
            self.changed = true;
        }
    }

    /// Only what is surely the person's is learnt; at the beginning, what nothing speaks against.
    fn may_learn(&self) -> bool {
        let least = if self.profile.is_learning() { LEAST_TO_ENROL } else { LEAST_TO_ADAPT };
        self.guard.state() == State::Open && self.trust.score() >= least
    }

    fn weigh(&mut self, signal: Signal, log_odds: f64) {
        self.trust.weigh(signal, log_odds);
        let asked = self.guard.trust(self.trust.score());
        self.tell(asked);
    }

    /// Time has passed: `now` in seconds of the clock that events use.
    pub fn tick(&mut self, now: f64) {
        let notice = self.guard.tick(now);
        self.tell(notice);
    }

    /// What surrounds the session; `unix` in seconds since 1970.
    pub fn surround(&mut self, context: Context, unix: f64) {
        for (signal, log_odds) in context::compare(&mut self.profile.home, context, unix) {
            self.weigh(signal, log_odds);
        }
        self.changed = true;
    }

    /// A challenge that was asked for was passed. Whoever passes it while the mouse moves as somebody else's has
    /// another mouse: it is learnt as one more.
    pub fn pass(&mut self) {
        self.confirmed(Signal::Challenge);
    }

    fn confirmed(&mut self, signal: Signal) {
        let Some(notice) = self.guard.pass() else { return };
        let moved = self.trust.reasons().iter().any(|reason| reason.signal == Signal::Pointer && reason.weight < 0.0);
        if moved {
            self.profile.add_hand();
            self.changed = true;
        }
        self.trust.confirm(signal);
        self.recent.clear();
        self.tell(Some(notice));
    }

    /// A challenge or face check that was asked for was failed.
    pub fn fail(&mut self) {
        let notice = self.guard.fail();
        if notice.is_some() {
            self.trust.weigh(Signal::Challenge, -ALARM / 4.0);
        }
        self.tell(notice);
    }

    /// A live face, by its embedding: whether it is the registered one, where there is one.
    pub fn face(&mut self, embedding: &[f32]) -> Option<bool> {
        let same = self.profile.face.as_ref()?.similarity(embedding) >= SAME_PERSON_SIMILARITY;
        if same {
            if matches!(self.guard.state(), State::Challenge | State::Face) {
                self.confirmed(Signal::Face);
            } else {
                self.trust.weigh(Signal::Face, ALARM / 2.0);
            }
        } else {
            self.weigh(Signal::Face, -1.1 * ALARM);
            let notice = self.guard.fail();
            self.tell(notice);
        }
        Some(same)
    }

    /// Registers a face for later checks, or forgets it.
    pub fn register_face(&mut self, face: Option<FaceTemplate>) {
        self.profile.face = face;
        self.changed = true;
    }

    /// The server, which alone can, says to go on after a lock.
    pub fn unlock(&mut self) {
        if let Some(notice) = self.guard.unlock() {
            self.trust = Trust::default();
            self.recent.clear();
            self.tell(Some(notice));
        }
    }

    /// The person leaves.
    pub fn end(&mut self) {
        let notice = self.guard.end();
        self.tell(notice);
    }

    /// Trust, 0 to 100.
    pub fn score(&self) -> u8 {
        self.trust.score()
    }

    /// What trust rests on, strongest first.
    pub fn reasons(&self) -> Vec<Reason> {
        self.trust.reasons()
    }

    /// Where the session stands.
    pub fn state(&self) -> State {
        self.guard.state()
    }

    /// Moves seen.
    pub fn moves(&self) -> u64 {
        self.moves
    }

    /// The next thing to tell the host page.
    pub fn notice(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }

    /// What is known of the person.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Whether the profile changed since this was last asked.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    fn tell(&mut self, notice: Option<Notice>) {
        if self.notices.len() == MOST_NOTICES {
            self.notices.pop_front();
        }
        self.notices.extend(notice);
    }
}

/// Events made up by scripts, after which a program is held to drive the page.
const MANY_MADE_UP: u32 = 50;
/// A shorter pause is reading, s.
const UNNOTICED_S: f64 = 30.0;
/// Trust above which a person is learnt, and above which what is known is refined.
const LEAST_TO_ENROL: u8 = 60;
const LEAST_TO_ADAPT: u8 = 90;
const MOST_NOTICES: usize = 32;
