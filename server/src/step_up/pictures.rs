//! Nine pictures of a closed, wobbly line drawn in dashes, and a dot: choose those where the dot lies inside. Whether
//! something lies inside is seen at a glance and has to be worked out by a program (Ullman, "Visual routines", 1984);
//! nothing here comes from a gallery, and no two pictures are alike.

use super::draw::{self, Canvas};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use std::f32::consts::TAU;

/// Width and height of a picture, pixels.
pub(super) const SIDE: u32 = 120;
/// How many stand in a row, and how many rows there are.
pub(super) const ACROSS: u32 = 3;

/// A sheet of nine, and in which of them the dot lies inside.
pub(super) struct Pictures {
    pub(super) sheet: Canvas,
    pub(super) inside: [bool; 9],
}

pub(super) fn draw(random: &mut ChaCha8Rng) -> Pictures {
    let mut inside = [false; 9];
    // Three to six of them, so that neither "none" nor "all" is ever right.
    let wanted = random.random_range(3..=6);
    while inside.iter().filter(|is| **is).count() < wanted {
        inside[random.random_range(0..9)] = true;
    }
    let mut sheet = Canvas::new(SIDE * ACROSS, SIDE * ACROSS);
    for (at, is) in (0..).zip(inside) {
        let corner = ((at % ACROSS * SIDE) as f32, (at / ACROSS * SIDE) as f32);
        picture(&mut sheet, corner, is, random);
    }
    Pictures { sheet, inside }
}

/// At most one mistake: people slip.
pub(super) fn fits(inside: &[bool; 9], chosen: &[bool; 9]) -> bool {
    inside.iter().zip(chosen).filter(|(is, was)| is != was).count() <= MOST_MISTAKES
}

fn picture(sheet: &mut Canvas, corner: (f32, f32), inside: bool, random: &mut ChaCha8Rng) {
    let side = SIDE as f32;
    let dark_on_light = random.random_bool(0.5);
    let (paper, ink) = draw::pair(random, dark_on_light);
    sheet.fill(corner, (side, side), &paper);
    for _ in 0..40 {
        let at = (corner.0 + random.random_range(0.0..side), corner.1 + random.random_range(0.0..side));
        sheet.disc(at, random.random_range(0.5..1.4), &ink.faded(0.35));
    }
    let line = Loop::draw(random);
    let dot = line.dot(inside, random);
    let at = |(x, y): (f32, f32)| (corner.0 + x, corner.1 + y);
    for _ in 0..random.random_range(1..=3) {
        let stray = stray(dot, random);
        sheet.dashes(&stray.map(at), false, &ink, random);
    }
    let points: Vec<_> = line.points.iter().map(|point| at(*point)).collect();
    sheet.dashes(&points, true, &ink, random);
    sheet.disc(at(dot), 5.5, &paper);
    sheet.disc(at(dot), 4.5, &ink);
}

/// A closed line: a circle whose radius wobbles.
struct Loop {
    middle: (f32, f32),
    base: f32,
    waves: [(f32, f32); 5],
    points: Vec<(f32, f32)>,
}

impl Loop {
    fn draw(random: &mut ChaCha8Rng) -> Self {
        let side = SIDE as f32;
        let middle = (side / 2.0 + random.random_range(-9.0..9.0), side / 2.0 + random.random_range(-9.0..9.0));
        // Slow waves are tall, quick ones small: bays as deep as the shape allows, and no spikes.
        let waves = [2.0, 3.0, 4.0, 5.0, 6.0_f32]
            .map(|turns| (random.random_range(0.08..0.30) / turns.sqrt(), random.random_range(0.0..TAU)));
        let mut line = Self { middle, base: random.random_range(30.0..36.0), waves, points: Vec::new() };
        line.points = (0..240)
            .map(|step| {
                let angle = step as f32 / 240.0 * TAU;
                let radius = line.radius(angle);
                (middle.0 + radius * angle.cos(), middle.1 + radius * angle.sin())
            })
            .collect();
        line
    }

    fn radius(&self, angle: f32) -> f32 {
        let wobble =
            (2..).zip(self.waves).map(|(turns, (height, phase))| height * (turns as f32 * angle + phase).cos());
        (self.base * (1.0 + wobble.sum::<f32>())).clamp(13.0, 50.0)
    }

    /// A point well inside or well outside, and both near the line and far from it: the distance from the middle
    /// alone tells nothing.
    fn dot(&self, inside: bool, random: &mut ChaCha8Rng) -> (f32, f32) {
        let side = SIDE as f32;
        loop {
            let at = (random.random_range(10.0..side - 10.0), random.random_range(10.0..side - 10.0));
            let (dx, dy) = (at.0 - self.middle.0, at.1 - self.middle.1);
            let from_middle = (dx * dx + dy * dy).sqrt();
            let within = from_middle < self.radius(dy.atan2(dx));
            let clearance = self.points.iter().map(|(x, y)| ((x - at.0).powi(2) + (y - at.1).powi(2)).sqrt());
            let clear = clearance.fold(f32::INFINITY, f32::min);
            let reach = self.base * 1.35;
            if within == inside && (10.0..24.0).contains(&clear) && from_middle < reach {
                return at;
            }
        }
    }
}

/// A short open line away from the dot.
fn stray(dot: (f32, f32), random: &mut ChaCha8Rng) -> [(f32, f32); 24] {
    let side = SIDE as f32;
    loop {
        let mut at = (random.random_range(6.0..side - 6.0), random.random_range(6.0..side - 6.0));
        let (mut heading, bend) = (random.random_range(0.0..TAU), random.random_range(-0.09..0.09));
        let line = [(); 24].map(|()| {
            at = (at.0 + 1.7 * heading.cos(), at.1 + 1.7 * heading.sin());
            heading += bend;
            at
        });
        let apart = |(x, y): &(f32, f32)| (x - dot.0).powi(2) + (y - dot.1).powi(2) > 14.0 * 14.0;
        let on_paper = |(x, y): &(f32, f32)| (4.0..side - 4.0).contains(x) && (4.0..side - 4.0).contains(y);
        if line.iter().all(|point| apart(point) && on_paper(point)) {
            return line;
        }
    }
}

const MOST_MISTAKES: usize = 1;
