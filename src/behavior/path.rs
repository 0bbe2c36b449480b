//! From raw moves to strokes: the pointer's path put on one clock, so that a 125 Hz mouse, a 60 Hz
//! screen and a 30 Hz remote desktop describe the same hand in the same numbers.

use crate::trace::{Event, Kind, Pointer, PointerDevice};

/// One uninterrupted movement, on a uniform clock of [`STEP_MS`] and lightly smoothed.
#[derive(Clone, Debug)]
pub(crate) struct Stroke {
    /// Start on the trace's clock, ms.
    pub(crate) start: f64,
    /// End on the trace's clock, ms.
    pub(crate) end: f64,
    /// Positions in px, [`STEP_MS`] apart; at least [`MIN_SAMPLES`] of them.
    pub(crate) points: Vec<[f64; 2]>,
    /// Path length in px, of the smoothed positions.
    pub(crate) length: f64,
    /// The moves as they came: ms and px.
    pub(crate) moves: Vec<(f64, [f64; 2])>,
    /// How the pointer got from what was seen before to here; `None` where nothing was.
    pub(crate) rest: Option<Rest>,
    /// What moved.
    pub(crate) device: PointerDevice,
}

/// What a pointer did between two movements.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rest {
    /// The first move led to where the pointer already was.
    pub(crate) resent: bool,
    /// It went somewhere else, but not far enough for a movement.
    pub(crate) crept: bool,
}

/// A press of a button or contact.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Press {
    /// When it went down, ms.
    pub(crate) t: f64,
    /// Where, px.
    pub(crate) at: [f64; 2],
    /// Until it went up, ms; `None` where it was not seen or where down and up carry the same time
    /// (some recorders know only "click").
    pub(crate) hold: Option<f64>,
    /// Distance between down and up, px.
    pub(crate) drift: f64,
    /// Whether it was anywhere else in between.
    pub(crate) crept: bool,
    /// Time since a mouse last moved or pressed, ms; `None` if none did before.
    pub(crate) settle: Option<f64>,
    /// Whether the movement that led here was faster than a hand, or what came here let go sooner than a finger that taps; never
    /// where moves were seen too seldom.
    pub(crate) rushed: bool,
    /// Whether it was elsewhere just before.
    just_came: bool,
    /// Whether the mouse came here from elsewhere and was hardly seen on the way; `None` for the first place seen, and
    /// where moves were seen too seldom.
    pub(crate) jumped: Option<bool>,
    /// What pressed.
    pub(crate) device: PointerDevice,
}

/// Everything pointer-like in a trace.
#[derive(Clone, Debug, Default)]
pub(crate) struct Paths {
    /// Movements long enough to say something.
    pub(crate) strokes: Vec<Stroke>,
    /// Presses in time order.
    pub(crate) presses: Vec<Press>,
    /// Moves of a mouse by a hand, after at most one per frame; none where keys moved it.
    pub(crate) moves: usize,
    /// Some events lie nearer than [`COARSE_MS`], so the clock is finer.
    pub(crate) fine: bool,
    /// Whether it crept since the last movement.
    crept: bool,
}

/// Moves with no pause between them.
#[derive(Default)]
struct Run {
    samples: Vec<Sample>,
    /// Where the pointer was before.
    from: Option<[f64; 2]>,
}

impl Paths {
    /// Reads the pointer events of a trace.
    pub(crate) fn of(events: &[Event]) -> Self {
        let mut paths = Self::default();
        let mut run = Run::default();
        // The last places the mouse was, from its last press on; newest last.
        let mut recent: Vec<Sample> = Vec::new();
        let mut held = false;
        let mut last = f64::NEG_INFINITY;
        let (mut often, mut seldom) = (0, 0);
        for event in events {
            paths.fine |= event.t > last && event.t - last < COARSE_MS;
            last = event.t;
            match event.kind {
                Kind::Move(p) => {
                    let sample = Sample::new(event.t, p);
                    if let Some(press) = paths.presses.last_mut().filter(|_| held) {
                        press.crept |= sample.at != press.at;
                    }
                    if let Some(last) = run.samples.last() {
                        if sample.t - last.t > PAUSE_MS || sample.device != last.device {
                            paths.close(&mut run);
                        } else if frame(last.t) == frame(sample.t) {
                            run.samples.pop();
                            paths.moves -= usize::from(p.device == PointerDevice::Mouse);
                        }
                    }
                    run.samples.push(sample);
                    if p.device != PointerDevice::Mouse {
                        continue;
                    }
                    paths.moves += 1;
                    let since = recent.last().map_or(0.0, |before| sample.t - before.t);
                    often += usize::from(since > 0.0 && since < SELDOM_MS.start);
                    seldom += usize::from(SELDOM_MS.contains(&since));
                    recent.push(sample);
                    if recent.len() > RECENT {
                        recent.drain(..RECENT / 2);
                    }
                }
                Kind::Down(p) => {
                    let sample = Sample::new(event.t, p);
                    let rushed = run.is_rushed();
                    paths.close(&mut run);
                    paths.press(sample, &recent, rushed);
                    if p.device == PointerDevice::Mouse {
                        recent = vec![sample];
                    }
                    run.from = Some(sample.at);
                    held = true;
                }
                Kind::Up(p) => {
                    let at = Sample::new(event.t, p).at;
                    paths.close(&mut run);
                    run.from = Some(at);
                    held = false;
                    if let Some(press) = paths.presses.last_mut().filter(|press| press.hold.is_none()) {
                        let hold = event.t - press.t;
                        if hold > 0.0 {
                            press.hold = Some(hold);
                            press.rushed |= press.just_came && hold < TAP_MS;
                            press.drift = distance(press.at, at);
                        }
                    }
                }
                Kind::Hidden | Kind::Blur => paths.close(&mut run),
                _ => {}
            }
        }
        paths.close(&mut run);
        if paths.moved_by_keys() {
            paths.moves = 0;
        }
        if seldom >= SELDOM_MOVES * paths.presses.len() && often * 3 < seldom {
            for press in &mut paths.presses {
                (press.jumped, press.rushed) = (None, false);
            }
        }
        paths
    }

    /// Whether keys moved the mouse, as systems offer to whoever cannot move one: along the compass's eight directions and
    /// no others, across as well as down.
    fn moved_by_keys(&self) -> bool {
        let (mut across, mut down, mut other) = (0, 0, 0);
        for stroke in self.strokes.iter().filter(|s| s.device == PointerDevice::Mouse) {
            for step in stroke.moves.windows(2) {
                let [dx, dy] = [0, 1].map(|i| libm::fabs(step[1].1[i] - step[0].1[i]));
                across += u32::from(dy == 0.0);
                down += u32::from(dx == 0.0);
                other += u32::from(dx != 0.0 && dy != 0.0 && dx != dy);
            }
        }
        // One step holds the turn where a key is changed. Counts chosen.
        across.min(down) >= 10 && other * 20 < across + down
    }

    fn press(&mut self, Sample { t, at, device }: Sample, recent: &[Sample], rushed: bool) {
        let approach = (recent.len() > usize::from(self.presses.is_empty())).then(|| approach(recent, t, at));
        self.presses.push(Press {
            t,
            at,
            hold: None,
            drift: 0.0,
            crept: false,
            rushed,
            just_came: approach.is_some_and(|(_, came)| came),
            settle: recent.last().map(|s| t - s.t),
            jumped: approach.map(|(jumped, _)| jumped),
            device,
        });
    }

    fn close(&mut self, run: &mut Run) {
        let Some(last) = run.samples.last().map(|s| s.at) else { return };
        if let Some(mut stroke) = Stroke::from_samples(&run.samples) {
            stroke.rest = run.from.map(|from| Rest { resent: run.samples[0].at == from, crept: self.crept });
            self.strokes.push(stroke);
            self.crept = false;
        } else {
            self.crept |= run.from.is_some_and(|from| run.samples.iter().any(|s| s.at != from));
        }
        run.samples.clear();
        run.from = Some(last);
    }
}

impl Run {
    /// Reaching for something and stopping there takes a hand longer, whatever the distance, and so does coming back after
    /// going past: of SapiMouse's 23,910 presses 23 came after a way like this, of Freihaut's 1,318 none. What counts is the
    /// last way without a turn back and without a stop.
    fn is_rushed(&self) -> bool {
        let Some((first, rest)) = self.samples.split_first() else { return false };
        let (mut length, mut start, mut end) = (0.0, first.t, first.t);
        let (mut last, mut before) = (first, [0.0; 2]);
        for next in rest {
            let (way, mut ahead) = (distance(last.at, next.at), [0.0; 2]);
            if way > STOP_PX {
                ahead = [next.at[0] - last.at[0], next.at[1] - last.at[1]];
                // Nothing is ahead of where it stood still.
                if ahead[0] * before[0] + ahead[1] * before[1] <= 0.0 {
                    (length, start) = (0.0, last.t);
                }
                length += way;
                end = next.t;
            }
            (last, before) = (next, ahead);
        }
        if start == first.t {
            length > RUSH_PX && last.t - start < RUSH_MS
        } else {
            length > RETURN_PX && end - start < RETURN_MS
        }
    }
}

impl Stroke {
    fn from_samples(run: &[Sample]) -> Option<Self> {
        let (first, last) = (run.first()?, run.last()?);
        let duration = last.t - first.t;
        if run.len() < MIN_MOVES || !(MIN_MS..=MAX_MS).contains(&duration) {
            return None;
        }
        let points = smooth(&resample(run, duration));
        let length: f64 = points.windows(2).map(|w| distance(w[0], w[1])).sum();
        let device = first.device;
        (length >= MIN_PX && points.len() >= MIN_SAMPLES).then_some(Self {
            start: first.t,
            end: last.t,
            points,
            length,
            moves: run.iter().map(|s| (s.t, s.at)).collect::<Vec<_>>(),
            rest: None,
            device,
        })
    }

    /// Straight distance from start to end, px.
    pub(crate) fn chord(&self) -> f64 {
        distance(self.points[0], self.points[self.points.len() - 1])
    }

    /// From start to end, ms.
    pub(crate) fn duration(&self) -> f64 {
        self.end - self.start
    }

    /// Speed between neighbouring positions, px per [`STEP_MS`].
    pub(crate) fn speeds(&self) -> Vec<f64> {
        self.points.windows(2).map(|w| distance(w[0], w[1])).collect::<Vec<_>>()
    }
}

pub(crate) fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    (dx * dx + dy * dy).sqrt()
}

#[derive(Clone, Copy)]
struct Sample {
    t: f64,
    at: [f64; 2],
    device: PointerDevice,
}

impl Sample {
    fn new(t: f64, p: Pointer) -> Self {
        Self { t, at: [f64::from(p.x), f64::from(p.y)], device: p.device }
    }
}

/// How a pointer that was `seen` came to its press at `at`: whether it jumped, and whether it was elsewhere just before.
///
/// It jumps where it is on its way for less long than a hand is. What it did where it began does not count, nor what it does
/// about its goal. Of SapiMouse's 23,910 presses 0.5 % are jumps; two of three are in 0.03 % of sessions of three.
fn approach(seen: &[Sample], t: f64, at: [f64; 2]) -> (bool, bool) {
    let gap = distance(seen[0].at, at);
    let (mut left, mut way, mut came) = (None, 0.0_f64, false);
    for (then, place) in seen.iter().map(|s| (s.t, s.at)).chain([(t, at)]) {
        let to_go = distance(place, at);
        came |= to_go > CAME_PX && t - then < CAME_MS;
        if to_go <= WAY_END * gap {
            way = way.max(left.take().map_or(0.0, |left| then - left));
        } else if to_go < (1.0 - WAY_END) * gap {
            left = left.or(Some(then));
        }
    }
    (gap > JUMP_PX && way < JUMP_MS, came)
}

fn frame(t: f64) -> i64 {
    (t * 60.0 / 1000.0) as i64
}

/// Linear between neighbours; where nothing came for [`STILL_MS`] the pointer stood still until one
/// frame before it moved again.
fn resample(run: &[Sample], duration: f64) -> Vec<[f64; 2]> {
    let count = (duration / STEP_MS) as usize + 1;
    let mut k = 0;
    (0..count)
        .map(|i| {
            let t = run[0].t + i as f64 * STEP_MS;
            while k + 2 < run.len() && run[k + 1].t <= t {
                k += 1;
            }
            let (a, b) = (run[k], run[k + 1]);
            let from = if b.t - a.t > STILL_MS { b.t - 1000.0 / 60.0 } else { a.t };
            let share = if b.t > from { ((t - from) / (b.t - from)).clamp(0.0, 1.0) } else { 1.0 };
            [a.at[0] + (b.at[0] - a.at[0]) * share, a.at[1] + (b.at[1] - a.at[1]) * share]
        })
        .collect::<Vec<_>>()
}

/// Binomial smoothing (1 2 1)/4, twice: a standard deviation of one step.
fn smooth(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut current = points.to_vec();
    for _ in 0..2 {
        let last = current.len() - 1;
        current = (0..=last)
            .map(|i| {
                let (a, b, c) = (current[i.saturating_sub(1)], current[i], current[(i + 1).min(last)]);
                [(a[0] + 2.0 * b[0] + c[0]) / 4.0, (a[1] + 2.0 * b[1] + c[1]) / 4.0]
            })
            .collect::<Vec<_>>();
    }
    current
}

/// The common clock, ms. Slow enough that 30 Hz recordings can follow.
pub(crate) const STEP_MS: f64 = 20.0;
/// No move for this long ends a stroke, ms.
const PAUSE_MS: f64 = 200.0;
/// No move for this long inside a stroke means the pointer stood still, ms.
const STILL_MS: f64 = 70.0;
/// Times that never lie nearer come from a clock too coarse to tell holds apart, or from a mouse that is asked too seldom, ms.
const COARSE_MS: f64 = 5.0;
/// Shortest stroke, in moves, ms and px of path.
const MIN_MOVES: usize = 5;
const MIN_MS: f64 = 120.0;
const MIN_PX: f64 = 25.0;
pub(crate) const MIN_SAMPLES: usize = 7;
/// A movement that covers more than this in less than that is rushed, px and ms, and so is what covers the second after a turn
/// back or a stop.
const RUSH_PX: f64 = 80.0;
const RUSH_MS: f64 = 110.0;
const RETURN_PX: f64 = 40.0;
const RETURN_MS: f64 = 60.0;
/// A button is held longer than this, ms. A tap on a touchpad is not, but then a finger has been lifted and put down again since
/// the pointer was further than that away, px, which takes it longer than that, ms: of 231 such taps by two of SapiMouse's people
/// the first came after 291.
const TAP_MS: f64 = 15.0;
const CAME_PX: f64 = 40.0;
const CAME_MS: f64 = 200.0;
/// A step of less stands still, px.
const STOP_PX: f64 = 2.0;
/// A press further than this from where the mouse was, px, is a jump where it was seen on its way for less than that, ms.
/// The way ends this share of it before and after.
const JUMP_PX: f64 = 60.0;
const JUMP_MS: f64 = 40.0;
const WAY_END: f64 = 0.125;
/// Where moves mostly lie this far apart, ms, and at least this many come to a press, whoever recorded them looked too seldom
/// to see how the mouse got anywhere. A program that jumps moves less. Chosen.
const SELDOM_MS: core::ops::Range<f64> = 60.0..400.0;
const SELDOM_MOVES: usize = 2;
/// A longer run is someone drawing circles, not reaching for something, ms.
const MAX_MS: f64 = 6000.0;
/// How many moves back a press looks.
const RECENT: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether keys moved a mouse in legs of twenty steps each, px a step, with a pause after each.
    fn by_keys(legs: &[[f32; 2]]) -> bool {
        let (mut t, mut at, mut events) = (0.0, [400.0, 400.0], Vec::new());
        for [dx, dy] in legs {
            for _ in 0..20 {
                at = [at[0] + dx, at[1] + dy];
                t += 17.0;
                events.push(Event { t, kind: Kind::Move(Pointer::mouse(at[0], at[1])), trusted: true });
            }
            t += 600.0;
        }
        Paths::of(&events).moves == 0
    }

    #[test]
    fn a_mouse_moved_by_keys_goes_across_and_down() {
        assert!(by_keys(&[[8.0, 0.0], [0.0, 5.0], [-4.0, -4.0], [3.0, 0.0]]));
        assert!(!by_keys(&[[8.0, 0.0], [-5.0, 0.0], [3.0, 0.0]]), "a slider");
        assert!(!by_keys(&[[0.0, 6.0], [0.0, 9.0]]), "a program from field to field");
        assert!(!by_keys(&[[8.0, 3.0], [0.0, 5.0], [6.0, 0.0]]));
    }
}
