//! How a pointer travels: the shape and the speed of strokes, and how alike they are.
//!
//! Everything here is free of scale (px cancel out) and on one clock ([`super::path`]), so another
//! screen, pixel ratio or sampling rate moves it little. Pauses between strokes, screen size, event
//! spacing and sub-pixel format are left out on purpose: in recorded data they are accidents of the
//! recording.

use super::FeatureSpec;
use super::model::Models;
use super::path::{Paths, Press, STEP_MS, Stroke, distance};
use super::stats::{correlation, deviation, iqr, ln_floor, mean, median, skewness};
use crate::trace::PointerDevice;

/// Fewer strokes than this say nothing.
pub(super) const MIN_STROKES: usize = 2;

/// Facts of the mouse's strokes; `None` below [`MIN_STROKES`], and where no hand moved it. One value for each of [`SPECS`].
pub(super) fn features(paths: &Paths) -> Option<Vec<Option<f64>>> {
    let strokes: Vec<&Stroke> = paths.strokes.iter().filter(|s| s.device == PointerDevice::Mouse).collect::<Vec<_>>();
    if strokes.len() < MIN_STROKES || paths.moves == 0 {
        return None;
    }
    let facts: Vec<[Option<f64>; STROKE_FACTS]> = strokes.iter().map(|s| stroke_facts(s)).collect::<Vec<_>>();
    let mut out = Vec::with_capacity(SPECS.len());
    for i in 0..STROKE_FACTS {
        let mut column: Vec<f64> = facts.iter().filter_map(|f| f[i]).collect::<Vec<_>>();
        out.push(median(&mut column));
        out.push(iqr(&mut column));
    }
    out.extend(session_facts(&strokes));
    out.extend(rest_facts(&strokes, &paths.presses));
    out.extend(stroke_scores(&facts));
    Some(out)
}

/// The bytes of one stroke's facts, as the stroke model reads them.
pub(super) fn stroke_bytes(stroke: &Stroke) -> [u8; STROKE_FACTS] {
    quantised(&stroke_facts(stroke))
}

fn quantised(facts: &[Option<f64>; STROKE_FACTS]) -> [u8; STROKE_FACTS] {
    std::array::from_fn(|i| SPECS[2 * i].quantise(facts[i]))
}

/// How much like a person's each stroke is by itself, summed up: many a program gives itself away in
/// every stroke a little, or in one stroke a lot, and medians over the session hide both.
fn stroke_scores(facts: &[[Option<f64>; STROKE_FACTS]]) -> [Option<f64>; 5] {
    let model = Models::shipped().stroke;
    let mut scores: Vec<f64> =
        facts.iter().filter_map(|facts| model.log_odds(&quantised(facts))).map(f64::from).collect::<Vec<_>>();
    let total: f64 = scores.iter().sum();
    let middle = median(&mut scores);
    [
        mean(&scores).map(|_| total / (scores.len() as f64).sqrt()),
        mean(&scores),
        scores.iter().copied().reduce(f64::min),
        scores.iter().copied().reduce(f64::max),
        middle,
    ]
}

/// One number each for one stroke, in the order of the first half of [`SPECS`].
fn stroke_facts(stroke: &Stroke) -> [Option<f64>; STROKE_FACTS] {
    let speeds = stroke.speeds();
    let n = speeds.len();
    let chord = stroke.chord();
    let peak = speeds.iter().copied().fold(0.0, f64::max);
    let average = stroke.length / n as f64;
    let peak_at = speeds.iter().position(|v| *v == peak).unwrap_or(0) as f64 / n as f64;
    let reach = (chord > 0.3 * stroke.length).then_some(chord);
    let lateral = reach.map(|_| lateral(stroke));
    let turns = turning(stroke, average);
    let (power_slope, power_fit) = power_law(stroke, &speeds, average);
    let shake = shake(stroke);
    [
        // Duration, ln ms.
        Some(libm::log(stroke.duration())),
        // Straightness: chord over path, 0 to 1 (Gamboa & Fred 2004).
        Some(chord / stroke.length),
        // Largest distance from the chord over the chord, ln.
        lateral.as_ref().map(|d| ln_floor(max_abs(d), 1e-3)),
        // One-sidedness of the bow: 1 for a C, near 0 for an S.
        lateral.as_ref().and_then(|d| one_sidedness(d)),
        // When the speed peaks, as a share of the duration.
        Some(peak_at),
        // Peak over mean speed, ln. 1.875 before the logarithm for minimum jerk (Flash & Hogan 1985).
        Some(ln_floor(peak / average, 1.0)),
        // Speed peaks a second: submovements (Meyer et al. 1988).
        Some(submovements(&speeds, peak) as f64 / (stroke.duration() / 1000.0)),
        // Dimensionless jerk, ln (Hogan & Sternad 2009).
        dimensionless_jerk(stroke, peak),
        // Mean absolute turn per step, ln rad.
        mean(&turns).map(|_| ln_floor(turns.iter().map(|a| a.abs()).sum::<f64>() / turns.len() as f64, 1e-3)),
        // How often the turn changes its sign, share of steps.
        sign_changes(&turns),
        // Share of the duration spent on the last and first tenth of the path.
        Some(share_of_time(&speeds, stroke.length, true)),
        Some(share_of_time(&speeds, stroke.length, false)),
        // Root mean square distance of the progress curve from minimum jerk, ln.
        Some(ln_floor(minimum_jerk_residual(&speeds, stroke.length), 1e-3)),
        // Speed at the end and at the start over the peak.
        mean(&speeds[n - 3..]).map(|v| v / peak),
        mean(&speeds[..3]).map(|v| v / peak),
        // Exponent and fit of the power law between speed and curvature; -1/3 for free movement
        // (Lacquaniti, Terzuolo & Viviani 1983).
        power_slope,
        power_fit,
        // Fast part of the speed over its mean, ln: what a moving average of five steps leaves.
        Some(ln_floor(roughness(&speeds) / average, 1e-3)),
        // Lag-1 autocorrelation of that fast part.
        rough_memory(&speeds),
        // Fast part of the sideways position over the mean step, ln.
        lateral.as_ref().map(|d| ln_floor(roughness(d) * chord / average, 1e-3)),
        // Share of the inner steps slower than a twentieth of the peak.
        Some(speeds[1..n - 1].iter().filter(|v| **v < 0.05 * peak).count() as f64 / (n - 2) as f64),
        // Angle between the early direction and the chord, ln rad.
        reach.map(|_| ln_floor(early_angle(stroke), 1e-2)),
        // How far it went past the end along the chord, over the chord, ln.
        reach.map(|_| ln_floor(overshoot(stroke, chord), 1e-3)),
        // Skewness of the speed over the steps.
        skewness(&speeds),
        // Fine sideways shake: that of the slow half over that of the fast half, ln, and its correlation
        // with the speed. A hand's noise grows with its force (Harris & Wolpert 1998); what is drawn on top
        // of a curve, or left by rounding it, does not.
        slow_over_fast(&shake),
        correlation(&shake),
    ]
}

/// Which side of the movement a feature speaks of, in plain words.
pub(super) fn aspect(feature: usize) -> &'static str {
    match feature {
        SCORES.. => "its single strokes",
        RESTS..SCORES => "how it rests between movements",
        BOWS..RESTS => "the shape of its path",
        REPEATS..BOWS => "its strokes repeat each other",
        SESSION..REPEATS => "how its speed fits the distance",
        stroke => match stroke / 2 {
            0 => "how long its strokes take",
            1..=3 | 21 | 22 => "the shape of its path",
            8 | 9 | 15 | 16 => "how it takes its bends",
            6 | 7 | 20 => "how smoothly it goes",
            17..=19 | 24 | 25 => "its fine shake",
            _ => "how it speeds up and slows down",
        },
    }
}

/// How many facts a stroke has.
pub(super) const STROKE_FACTS: usize = 26;
/// Where [`SPECS`] has the first fact about the strokes together.
const SESSION: usize = 2 * STROKE_FACTS;
/// Where it has the distance of the nearest other stroke, twice.
const REPEATS: usize = SESSION + 4;
/// Where it has which side bows prefer.
const BOWS: usize = SESSION + 6;
/// Where it has the number of strokes.
pub(super) const STROKES: usize = SESSION + 7;
/// Where it has what happens between movements.
const RESTS: usize = SESSION + 8;
/// Where it has what the stroke model says: everything before is measured.
pub(super) const SCORES: usize = RESTS + 3;

/// Facts about the strokes together.
fn session_facts(strokes: &[&Stroke]) -> [Option<f64>; 8] {
    let reaches: Vec<(f64, f64, f64)> = strokes
        .iter()
        .map(|s| {
            let peak = s.speeds().iter().copied().fold(0.0, f64::max);
            (libm::log(s.length), libm::log(s.duration()), ln_floor(peak, 0.01))
        })
        .collect::<Vec<_>>();
    let pairs =
        |f: fn(&(f64, f64, f64)) -> (f64, f64)| -> Vec<(f64, f64)> { reaches.iter().map(f).collect::<Vec<_>>() };
    let mean_speeds: Vec<f64> = reaches.iter().map(|r| r.0 - r.1).collect::<Vec<_>>();
    let speed_profiles: Vec<[f64; PROFILE]> = strokes.iter().map(|s| progress(s)).collect::<Vec<_>>();
    let bows: Vec<[f64; PROFILE]> =
        strokes.iter().filter(|s| s.chord() > 0.3 * s.length).map(|s| bow(s)).collect::<Vec<_>>();
    let bends: Vec<f64> =
        strokes.iter().filter(|s| s.chord() > 0.3 * s.length).filter_map(|s| mean(&lateral(s))).collect::<Vec<_>>();
    [
        // Does a longer way take longer, and go faster? (Fitts 1954)
        correlation(&pairs(|r| (r.0, r.1))),
        correlation(&pairs(|r| (r.0, r.2))),
        // Spread of the mean speed, ln, and its memory from stroke to stroke.
        deviation(&mean_speeds),
        correlation(&mean_speeds.windows(2).map(|w| (w[0], w[1])).collect::<Vec<_>>()),
        // How near the most similar other stroke comes, typically: progress and bow. A fixed easing
        // or a replayed path repeats itself.
        nearest(&speed_profiles).map(|d| ln_floor(d, 1e-3)),
        nearest(&bows).map(|d| ln_floor(d, 1e-3)),
        // Does the bow prefer one side? |mean| over mean |.|.
        (bends.len() >= 3).then(|| {
            let total: f64 = bends.iter().map(|b| b.abs()).sum();
            if total > 0.0 { bends.iter().sum::<f64>().abs() / total } else { 0.0 }
        }),
        // How many strokes this rests on, ln.
        Some(libm::log(strokes.len() as f64)),
    ]
}

/// What the pointer does between movements: a resting hand is never quite still, and what it does not
/// move it does not report.
fn rest_facts(strokes: &[&Stroke], presses: &[Press]) -> [Option<f64>; 3] {
    let (mut rests, mut resent, mut crept) = (0, 0, 0);
    for rest in strokes.iter().filter_map(|s| s.rest) {
        rests += 1;
        resent += u32::from(rest.resent);
        crept += u32::from(rest.crept);
    }
    let (mut held, mut moved) = (0, 0);
    for press in presses {
        if press.device == PointerDevice::Mouse && press.hold.is_some() && press.drift < DRAG_PX {
            held += 1;
            moved += u32::from(press.crept);
        }
    }
    let share = |part: u32, whole: u32| (whole > 0).then(|| f64::from(part) / f64::from(whole));
    [
        // Movements whose first position is where the pointer already was: programs send a path's first point.
        share(resent, rests),
        // Movements before which it crept a little: idle drift and corrections.
        share(crept, rests),
        // Presses during which it moved.
        share(moved, held),
    ]
}

/// Further than this between down and up is a drag, px.
const DRAG_PX: f64 = 12.0;

/// Speed at each move, px/ms, and how far it lies beside the line between its neighbours, px. On the moves
/// as they came: the common clock smooths this away.
fn shake(stroke: &Stroke) -> Vec<(f64, f64)> {
    stroke
        .moves
        .windows(3)
        .filter_map(|w| {
            let [(t0, a), (t1, b), (t2, c)] = [w[0], w[1], w[2]];
            let along = distance(a, c);
            // Where it stood still, or a frame was dropped, a neighbour says nothing.
            (along > 1.2 && (t1 - t0).max(t2 - t1) < NEIGHBOUR_MS && t2 > t0).then(|| {
                let across = (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0]);
                (along / (t2 - t0), across.abs() / along)
            })
        })
        .collect::<Vec<_>>()
}

/// Moves further apart than this are no neighbours: one and a half frames at 30 Hz, ms.
const NEIGHBOUR_MS: f64 = 50.0;

fn slow_over_fast(shake: &[(f64, f64)]) -> Option<f64> {
    let middle = median(&mut shake.iter().map(|(speed, _)| *speed).collect::<Vec<_>>())?;
    let (mut sums, mut counts) = ([0.0; 2], [0.0; 2]);
    for (speed, across) in shake {
        let half = usize::from(*speed > middle);
        sums[half] += across;
        counts[half] += 1.0;
    }
    // About what rounding to whole pixels leaves, so that it does not rule where nothing shakes.
    let floor = 0.5;
    let size = |half: usize| sums[half] / counts[half] + floor;
    (shake.len() >= 6 && counts[1] > 0.0).then(|| libm::log(size(0) / size(1)))
}

/// Signed distances from the chord, over the chord.
fn lateral(stroke: &Stroke) -> Vec<f64> {
    let (a, b) = (stroke.points[0], stroke.points[stroke.points.len() - 1]);
    let chord = distance(a, b);
    let (ux, uy) = ((b[0] - a[0]) / chord, (b[1] - a[1]) / chord);
    stroke.points.iter().map(|p| ((p[0] - a[0]) * uy - (p[1] - a[1]) * ux) / chord).collect::<Vec<_>>()
}

fn max_abs(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |m, v| m.max(v.abs()))
}

fn one_sidedness(lateral: &[f64]) -> Option<f64> {
    let total: f64 = lateral.iter().map(|d| d.abs()).sum();
    (total > 1e-6).then(|| lateral.iter().sum::<f64>().abs() / total)
}

/// Turns between steps that are long enough to have a direction, rad.
fn turning(stroke: &Stroke, average: f64) -> Vec<f64> {
    let steps: Vec<[f64; 2]> =
        stroke.points.windows(2).map(|w| [w[1][0] - w[0][0], w[1][1] - w[0][1]]).collect::<Vec<_>>();
    steps
        .windows(2)
        .filter(|w| w.iter().all(|s| s[0] * s[0] + s[1] * s[1] > 0.04 * average * average))
        .map(|w| turn(w[0], w[1]))
        .collect::<Vec<_>>()
}

fn turn(a: [f64; 2], b: [f64; 2]) -> f64 {
    libm::atan2(a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1])
}

fn sign_changes(turns: &[f64]) -> Option<f64> {
    (turns.len() >= 4).then(|| {
        let changes = turns.windows(2).filter(|w| w[0] * w[1] < 0.0).count();
        changes as f64 / (turns.len() - 1) as f64
    })
}

/// Local maxima of the speed that stand out of their valleys by a tenth of the peak.
fn submovements(speeds: &[f64], peak: f64) -> usize {
    let (mut count, mut low, mut high, mut rising) = (0, 0.0, 0.0, true);
    for &v in speeds {
        if rising {
            high = f64::max(high, v);
            if v < high - 0.1 * peak {
                count += 1;
                rising = false;
                low = v;
            }
        } else {
            low = f64::min(low, v);
            if v > low + 0.1 * peak {
                rising = true;
                high = v;
            }
        }
    }
    count + usize::from(rising && high - low > 0.1 * peak)
}

fn dimensionless_jerk(stroke: &Stroke, peak: f64) -> Option<f64> {
    let p = &stroke.points;
    (p.len() >= 5).then(|| {
        let sum: f64 = p
            .windows(4)
            .map(|w| {
                let jerk = |i: usize| w[3][i] - 3.0 * w[2][i] + 3.0 * w[1][i] - w[0][i];
                jerk(0) * jerk(0) + jerk(1) * jerk(1)
            })
            .sum();
        let steps = stroke.duration() / STEP_MS;
        ln_floor(sum * steps * steps * steps / (peak * peak), 1e-3)
    })
}

fn share_of_time(speeds: &[f64], length: f64, last: bool) -> f64 {
    let mut covered = 0.0;
    let mut steps = 0;
    let mut walk = |v: &f64| {
        if covered < 0.1 * length {
            covered += v;
            steps += 1;
        }
    };
    if last {
        speeds.iter().rev().for_each(&mut walk)
    } else {
        speeds.iter().for_each(&mut walk)
    }
    f64::from(steps) / speeds.len() as f64
}

fn minimum_jerk_residual(speeds: &[f64], length: f64) -> f64 {
    let n = speeds.len() as f64;
    let (mut sum, mut covered) = (0.0, 0.0);
    for (i, v) in speeds.iter().enumerate() {
        covered += v;
        let t = (i + 1) as f64 / n;
        let ideal = t * t * t * (10.0 - 15.0 * t + 6.0 * t * t);
        let gap = covered / length - ideal;
        sum += gap * gap;
    }
    (sum / n).sqrt()
}

/// Slope and correlation of ln speed on ln curvature.
fn power_law(stroke: &Stroke, speeds: &[f64], average: f64) -> (Option<f64>, Option<f64>) {
    let pairs: Vec<(f64, f64)> = stroke
        .points
        .windows(3)
        .zip(speeds.windows(2))
        .filter_map(|(p, v)| {
            let speed = (v[0] + v[1]) / 2.0;
            if v[0] < 0.2 * average || v[1] < 0.2 * average {
                return None;
            }
            let bend = turn([p[1][0] - p[0][0], p[1][1] - p[0][1]], [p[2][0] - p[1][0], p[2][1] - p[1][1]]).abs();
            (bend > 1e-3).then(|| (libm::log(bend / speed), libm::log(speed)))
        })
        .collect::<Vec<_>>();
    if pairs.len() < 6 {
        return (None, None);
    }
    let n = pairs.len() as f64;
    let (mx, my) = (pairs.iter().map(|p| p.0).sum::<f64>() / n, pairs.iter().map(|p| p.1).sum::<f64>() / n);
    let xx: f64 = pairs.iter().map(|p| (p.0 - mx) * (p.0 - mx)).sum();
    let xy: f64 = pairs.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum();
    ((xx > 1e-9).then(|| xy / xx), correlation(&pairs))
}

/// What is left of `values` after a moving average of five.
fn rough(values: &[f64]) -> Vec<f64> {
    values.windows(5).map(|w| w[2] - (w[0] + w[1] + w[2] + w[3] + w[4]) / 5.0).collect::<Vec<_>>()
}

fn roughness(values: &[f64]) -> f64 {
    let rest = rough(values);
    (rest.iter().map(|v| v * v).sum::<f64>() / rest.len().max(1) as f64).sqrt()
}

fn rough_memory(speeds: &[f64]) -> Option<f64> {
    let rest = rough(speeds);
    let power: f64 = rest.iter().map(|v| v * v).sum();
    (rest.len() >= 4 && power > 1e-9).then(|| rest.windows(2).map(|w| w[0] * w[1]).sum::<f64>() / power)
}

fn early_angle(stroke: &Stroke) -> f64 {
    let p = &stroke.points;
    let (a, b) = (p[0], p[p.len() - 1]);
    let early = p.iter().copied().find(|q| distance(a, *q) > 0.2 * stroke.length).unwrap_or(b);
    turn([early[0] - a[0], early[1] - a[1]], [b[0] - a[0], b[1] - a[1]]).abs()
}

fn overshoot(stroke: &Stroke, chord: f64) -> f64 {
    let p = &stroke.points;
    let (a, b) = (p[0], p[p.len() - 1]);
    let (ux, uy) = ((b[0] - a[0]) / chord, (b[1] - a[1]) / chord);
    let furthest = p.iter().map(|q| (q[0] - a[0]) * ux + (q[1] - a[1]) * uy).fold(0.0, f64::max);
    (furthest - chord).max(0.0) / chord
}

const PROFILE: usize = 12;

/// Share of the path covered at twelve equal times.
fn progress(stroke: &Stroke) -> [f64; PROFILE] {
    let speeds = stroke.speeds();
    let mut sums = Vec::with_capacity(speeds.len() + 1);
    sums.push(0.0);
    for v in &speeds {
        sums.push(sums[sums.len() - 1] + v / stroke.length);
    }
    sampled(&sums)
}

/// Distance from the chord at twelve equal times, over the chord, sign of the larger side positive.
fn bow(stroke: &Stroke) -> [f64; PROFILE] {
    let lateral = lateral(stroke);
    let side = if lateral.iter().sum::<f64>() < 0.0 { -1.0 } else { 1.0 };
    sampled(&lateral).map(|d| d * side)
}

fn sampled(values: &[f64]) -> [f64; PROFILE] {
    let mut out = [0.0; PROFILE];
    for (i, slot) in out.iter_mut().enumerate() {
        let at = (i + 1) as f64 / (PROFILE + 1) as f64 * (values.len() - 1) as f64;
        let low = at as usize;
        let high = (low + 1).min(values.len() - 1);
        *slot = values[low] + (values[high] - values[low]) * (at - low as f64);
    }
    out
}

/// Median over the profiles of the distance to the nearest other one. Looks at the newest 64.
fn nearest(profiles: &[[f64; PROFILE]]) -> Option<f64> {
    let profiles = &profiles[profiles.len().saturating_sub(64)..];
    if profiles.len() < 3 {
        return None;
    }
    let mut gaps = vec![f64::INFINITY; profiles.len()];
    for (i, a) in profiles.iter().enumerate() {
        for (j, b) in profiles[..i].iter().enumerate() {
            let sum: f64 = a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum();
            gaps[i] = gaps[i].min(sum);
            gaps[j] = gaps[j].min(sum);
        }
    }
    for gap in &mut gaps {
        *gap = (*gap / PROFILE as f64).sqrt();
    }
    median(&mut gaps)
}

/// Median and interquartile range of each stroke fact, then the session facts, what happens between
/// movements, then the stroke scores.
pub(super) const SPECS: [FeatureSpec; SCORES + 5] = [
    FeatureSpec::new(4.8, 8.7),
    FeatureSpec::new(0.0, 2.5),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 0.8),
    FeatureSpec::new(-7.0, 1.0),
    FeatureSpec::new(0.0, 4.0),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 0.8),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 0.8),
    FeatureSpec::new(0.0, 2.5),
    FeatureSpec::new(0.0, 1.5),
    FeatureSpec::new(0.0, 10.0),
    FeatureSpec::new(0.0, 8.0),
    FeatureSpec::new(0.0, 16.0),
    FeatureSpec::new(0.0, 8.0),
    FeatureSpec::new(-7.0, 1.0),
    FeatureSpec::new(0.0, 4.0),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 0.8),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 0.8),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 0.8),
    FeatureSpec::new(-6.0, 0.0),
    FeatureSpec::new(0.0, 3.0),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 0.8),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 0.8),
    FeatureSpec::new(-1.5, 1.0),
    FeatureSpec::new(0.0, 1.5),
    FeatureSpec::new(-1.0, 1.0),
    FeatureSpec::new(0.0, 1.5),
    FeatureSpec::new(-7.0, 0.5),
    FeatureSpec::new(0.0, 3.0),
    FeatureSpec::new(-1.0, 1.0),
    FeatureSpec::new(0.0, 1.2),
    FeatureSpec::new(-7.0, 0.5),
    FeatureSpec::new(0.0, 4.0),
    FeatureSpec::new(0.0, 0.8),
    FeatureSpec::new(0.0, 0.8),
    FeatureSpec::new(-4.7, 1.2),
    FeatureSpec::new(0.0, 4.0),
    FeatureSpec::new(-7.0, 1.0),
    FeatureSpec::new(0.0, 6.0),
    FeatureSpec::new(-2.0, 4.0),
    FeatureSpec::new(0.0, 3.0),
    FeatureSpec::new(-2.5, 1.2),
    FeatureSpec::new(0.0, 2.5),
    FeatureSpec::new(-1.0, 1.0),
    FeatureSpec::new(0.0, 1.5),
    FeatureSpec::new(-1.0, 1.0),
    FeatureSpec::new(-1.0, 1.0),
    FeatureSpec::new(0.0, 2.0),
    FeatureSpec::new(-1.0, 1.0),
    FeatureSpec::new(-6.0, -0.5),
    FeatureSpec::new(-7.0, 0.5),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 6.0),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(-12.0, 12.0),
    FeatureSpec::new(-5.0, 5.0),
    FeatureSpec::new(-5.0, 5.0),
    FeatureSpec::new(-5.0, 5.0),
    FeatureSpec::new(-5.0, 5.0),
];

/// What each of [`SPECS`] is, with its unit.
pub(super) const NAMES: [&str; SPECS.len()] = [
    "stroke duration, median, ln ms",
    "stroke duration, spread, ln ms",
    "straightness, median",
    "straightness, spread",
    "largest deviation over chord, median, ln",
    "largest deviation over chord, spread, ln",
    "one-sidedness of the bow, median",
    "one-sidedness of the bow, spread",
    "time of peak speed, median",
    "time of peak speed, spread",
    "peak over mean speed, median, ln",
    "peak over mean speed, spread, ln",
    "submovements, median, 1/s",
    "submovements, spread, 1/s",
    "dimensionless jerk, median, ln",
    "dimensionless jerk, spread, ln",
    "turn per step, median, ln rad",
    "turn per step, spread, ln rad",
    "turn sign changes, median",
    "turn sign changes, spread",
    "time on the last tenth, median",
    "time on the last tenth, spread",
    "time on the first tenth, median",
    "time on the first tenth, spread",
    "distance from minimum jerk, median, ln",
    "distance from minimum jerk, spread, ln",
    "speed at the end over peak, median",
    "speed at the end over peak, spread",
    "speed at the start over peak, median",
    "speed at the start over peak, spread",
    "power-law exponent, median",
    "power-law exponent, spread",
    "power-law correlation, median",
    "power-law correlation, spread",
    "speed roughness, median, ln",
    "speed roughness, spread, ln",
    "memory of speed roughness, median",
    "memory of speed roughness, spread",
    "sideways roughness, median, ln",
    "sideways roughness, spread, ln",
    "near-stops inside a stroke, median",
    "near-stops inside a stroke, spread",
    "early direction error, median, ln rad",
    "early direction error, spread, ln rad",
    "overshoot over chord, median, ln",
    "overshoot over chord, spread, ln",
    "speed skewness, median",
    "speed skewness, spread",
    "sideways shake, slow over fast, median, ln",
    "sideways shake, slow over fast, spread, ln",
    "sideways shake against speed, median correlation",
    "sideways shake against speed, spread of the correlation",
    "length against duration, correlation",
    "length against peak speed, correlation",
    "mean speed, spread, ln",
    "mean speed, memory from stroke to stroke",
    "nearest other progress curve, ln",
    "nearest other bow, ln",
    "bow prefers one side",
    "strokes, ln",
    "movements that begin where the pointer already was, share",
    "movements after a little drift, share",
    "presses with a little drift, share",
    "stroke scores, sum over root of count, log-odds",
    "stroke scores, mean, log-odds",
    "stroke scores, lowest, log-odds",
    "stroke scores, highest, log-odds",
    "stroke scores, median, log-odds",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behavior::path::Paths;
    use crate::trace::{Event, Kind, Pointer};

    /// A straight minimum-jerk reach of `ms`, sampled every `step` ms, scaled by `scale`.
    fn reach(from: f64, ms: f64, step: f64, scale: f64) -> Vec<Event> {
        let count = (ms / step) as usize;
        (0..=count)
            .map(|i| {
                let s = i as f64 / count as f64;
                let x = scale * 400.0 * s * s * s * (10.0 - 15.0 * s + 6.0 * s * s);
                let y = scale * 30.0 * (s * std::f64::consts::PI).sin();
                let kind = Kind::Move(Pointer::mouse(x as f32, y as f32));
                Event { t: from + ms * s, kind, trusted: true }
            })
            .collect()
    }

    fn facts(events: &[Event]) -> [Option<f64>; STROKE_FACTS] {
        let paths = Paths::of(events);
        assert_eq!(paths.strokes.len(), 1);
        stroke_facts(&paths.strokes[0])
    }

    #[test]
    fn a_minimum_jerk_reach_measures_as_the_literature_says() {
        let facts = facts(&reach(0.0, 800.0, 16.7, 1.0));
        assert!((facts[4].unwrap() - 0.5).abs() < 0.05, "speed peaks half-way");
        assert!((libm::exp(facts[5].unwrap()) - 1.875).abs() < 0.1, "peak over mean");
        assert!(libm::exp(facts[12].unwrap()) < 0.02, "distance from minimum jerk");
        assert_eq!(facts[6].unwrap(), 1.0 / 0.8, "one submovement");
    }

    #[test]
    fn a_stroke_measures_alike_at_other_rates_and_scales() {
        let reference = facts(&reach(0.0, 800.0, 1000.0 / 60.0, 1.0));
        for (step, scale) in [(8.0, 1.0), (1000.0 / 30.0, 1.0), (1000.0 / 60.0, 2.0), (1000.0 / 60.0, 0.5)] {
            let other = facts(&reach(12_345.0, 800.0, step, scale));
            for (i, (a, b)) in reference.iter().zip(&other).enumerate() {
                let (Some(a), Some(b)) = (a, b) else { continue };
                let (spec, name) = (SPECS[2 * i], NAMES[2 * i]);
                let gap = (a - b).abs() / (spec.high - spec.low);
                assert!(gap < 0.12, "{} at {step} ms, scale {scale}: {a} became {b}", name);
            }
        }
    }

    #[test]
    fn strokes_that_repeat_one_easing_have_near_neighbours() {
        let mut events = Vec::new();
        for i in 0..5 {
            events.extend(reach(f64::from(i) * 3000.0, 800.0, 16.7, 1.0));
        }
        let all = features(&Paths::of(&events)).unwrap();
        assert!(all[REPEATS].unwrap() < -4.5);
        assert_eq!(all.len(), SPECS.len());
    }

    fn path(from: f64, places: impl Iterator<Item = (f64, f64)>) -> Vec<Event> {
        let event = |(i, (x, y)): (usize, (f64, f64))| {
            let kind = Kind::Move(Pointer::mouse(x.round() as f32, y.round() as f32));
            Event { t: from + i as f64 * 1000.0 / 60.0, kind, trusted: true }
        };
        places.enumerate().map(event).collect()
    }

    #[test]
    fn what_happens_between_movements_is_counted() {
        let line = |from: f64, start: f64| path(from, (0..40).map(move |i| (start + f64::from(i) * 8.0, 50.0)));
        let rests = |events: &[Event]| features(&Paths::of(events)).unwrap()[RESTS..SCORES].to_vec();
        let again = [line(0.0, 0.0), line(2000.0, 312.0)].concat();
        assert_eq!(rests(&again), [Some(1.0), Some(0.0), None], "the first move is where the last ended");
        let crept = [line(0.0, 0.0), path(1200.0, [(315.0, 50.0)].into_iter()), line(2000.0, 318.0)].concat();
        assert_eq!(rests(&crept), [Some(0.0), Some(1.0), None]);
        let at =
            |t: f64, kind: fn(Pointer) -> Kind, x: f32| Event { t, kind: kind(Pointer::mouse(x, 50.0)), trusted: true };
        let mut pressed = line(0.0, 0.0);
        for (t, within) in [(1000.0, 313.0), (1500.0, 312.0)] {
            pressed.extend([
                at(t, Kind::Down, 312.0),
                at(t + 40.0, Kind::Move, within),
                at(t + 90.0, Kind::Up, within),
            ]);
        }
        pressed.extend(line(2500.0, 320.0));
        assert_eq!(rests(&pressed)[2], Some(0.5), "one press of two moved");
    }

    #[test]
    fn shake_that_grows_with_speed_is_told_from_shake_that_does_not() {
        // Slow, fast, slow; every other move lies to the other side.
        let speed = |i: f64| 2.0 + 12.0 * (i / 60.0 * std::f64::consts::PI).sin();
        let shaken = |size: fn(f64) -> f64| {
            let mut x = 0.0;
            path(
                0.0,
                (0..60).map(move |i| {
                    x += speed(f64::from(i));
                    (x, 100.0 + if i % 2 == 0 { 1.0 } else { -1.0 } * size(speed(f64::from(i))))
                }),
            )
        };
        let (like_a_hand, drawn_on) = (facts(&shaken(|speed| 0.3 * speed)), facts(&shaken(|_| 2.0)));
        assert!(like_a_hand[24].unwrap() < -0.3 && like_a_hand[25].unwrap() > 0.8, "{like_a_hand:?}");
        assert!(drawn_on[24].unwrap() > -0.1 && drawn_on[25].unwrap() < 0.5, "{drawn_on:?}");
    }
}
