//! A picture with holes, and a piece cut from one of them: put it back where it came from. Moved by pointer, finger or
//! arrow keys; a pointer that moves it is fresh movement for the behaviour engine.

use super::draw::{Canvas, Ink};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use std::f32::consts::TAU;

/// Size of the picture, pixels.
pub(super) const WIDTH: u32 = 300;
pub(super) const HEIGHT: u32 = 180;
/// Width and height of the piece's own picture, pixels.
pub(super) const PIECE: u32 = 64;

pub(super) struct Fit {
    pub(super) picture: Canvas,
    pub(super) piece: Canvas,
    /// Where the top left corner of the piece belongs.
    pub(super) corner: (i32, i32),
}

pub(super) fn draw(random: &mut ChaCha8Rng) -> Fit {
    let (width, height, half) = (WIDTH as f32, HEIGHT as f32, PIECE as f32 / 2.0);
    let mut picture = Canvas::new(WIDTH, HEIGHT);
    let mut colour =
        || Ink::new(random.random_range(0.1..0.95), random.random_range(0.1..0.95), random.random_range(0.1..0.95));
    picture.fill((0.0, 0.0), (width, height), &colour());
    let colours: Vec<Ink> = (0..70).map(|_| colour()).collect();
    for ink in colours {
        let middle = (random.random_range(0.0..width), random.random_range(0.0..height));
        let blob = blob(middle, random.random_range(8.0..42.0), random);
        picture.shape(&blob, &ink.faded(random.random_range(0.45..0.9)));
    }
    // One in each third of the width, so that holes never touch and never lie where the piece waits.
    let mut thirds = [0.0, 1.0, 2.0_f32];
    for last in (1..3).rev() {
        thirds.swap(last, random.random_range(0..=last));
    }
    let holes = thirds.map(|third| {
        let room = (width - 2.0 * half) / 3.0;
        let x = half + third * room + random.random_range(half * 0.5..room - half * 0.4);
        let middle = (x.round(), random.random_range(half..height - half).round());
        (middle, blob(middle, half * 0.72, random))
    });
    let (middle, shape) = &holes[0];
    let corner = (middle.0 - half, middle.1 - half);
    let mut piece = Canvas::new(PIECE, PIECE);
    piece.cut_out(&picture, shape, (-corner.0, -corner.1));
    let moved: Vec<_> = shape.iter().map(|(x, y)| (x - corner.0, y - corner.1)).collect();
    piece.edge(&moved, 2.5, &Ink::new(0.0, 0.0, 0.0));
    piece.edge(&moved, 1.2, &Ink::new(1.0, 1.0, 1.0));
    for (_, shape) in &holes {
        picture.shape(shape, &Ink::new(0.08, 0.08, 0.08).faded(0.72));
        picture.edge(shape, 1.6, &Ink::new(1.0, 1.0, 1.0).faded(0.85));
    }
    Fit { picture, piece, corner: (corner.0 as i32, corner.1 as i32) }
}

/// Near enough for a shaky hand.
pub(super) fn fits(corner: (i32, i32), put: (i32, i32)) -> bool {
    let apart = |a: i32, b: i32| a.saturating_sub(b).unsigned_abs() <= TOLERANCE;
    apart(corner.0, put.0) && apart(corner.1, put.1)
}

fn blob(middle: (f32, f32), size: f32, random: &mut ChaCha8Rng) -> Vec<(f32, f32)> {
    let waves =
        [2.0, 3.0, 4.0_f32].map(|turns| (turns, random.random_range(0.05..0.17), random.random_range(0.0..TAU)));
    (0..72)
        .map(|step| {
            let angle = step as f32 / 72.0 * TAU;
            let wobble: f32 = waves.iter().map(|(turns, height, phase)| height * (turns * angle + phase).cos()).sum();
            (middle.0 + size * (1.0 + wobble) * angle.cos(), middle.1 + size * (1.0 + wobble) * angle.sin())
        })
        .collect()
}

const TOLERANCE: u32 = 8;
