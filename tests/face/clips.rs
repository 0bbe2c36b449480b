//! Clips for a camera that is not there: a photograph brought to life by moving the points of its mesh, and
//! the attacks on it.

use image::{Rgb, RgbImage};
use std::path::Path;
use vouchsafe::face::liveness::Prompt;
use vouchsafe::face::{Ask, Face, FaceEngine, Frame};

pub(crate) const WIDTH: u32 = 640;
pub(crate) const HEIGHT: u32 = 480;

/// Frames a second, as Chromium plays the files.
pub(crate) const FPS: f64 = 30.0;

/// A face in front of a camera that can be moved.
pub(crate) struct Actor {
    picture: RgbImage,
    points: Vec<[f32; 3]>,
    triangles: Vec<[usize; 3]>,
    eye_span: f32,
}

/// How a face is moved from where the photograph has it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Move {
    /// Degrees; positive brings the nose to the picture's left.
    pub(crate) yaw: f32,
    /// Degrees; positive looks down.
    pub(crate) pitch: f32,
    /// 0 open to 1 closed.
    pub(crate) blink: f32,
    /// 0 as it is to 1 wide open.
    pub(crate) mouth: f32,
    /// 0 as it is to 1.
    pub(crate) smile: f32,
    /// 0 as it is; 0.3 is a third nearer.
    pub(crate) nearer: f32,
    /// Px to the right and down.
    pub(crate) shift: [f32; 2],
}

impl Actor {
    /// The largest face of `photo`, a quarter of the frame wide.
    pub(crate) fn new(engine: &mut FaceEngine, photo: &Path) -> Self {
        let photo = image::open(photo).unwrap_or_else(|error| panic!("{}: {error}", photo.display())).to_rgb8();
        let face = largest(engine, &photo).expect("a face in the photograph");
        let scale = 150.0 / face.bounds.w;
        let center = face.bounds.center();
        let picture = RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
            let at = |p: f32, middle: f32, center: f32| center + (p - middle) / scale;
            sample(&photo, at(x as f32, WIDTH as f32 / 2.0, center.x), at(y as f32, HEIGHT as f32 / 2.0, center.y))
        });
        let face = largest(engine, &picture).expect("the face after scaling");
        let mesh = face.mesh.expect("a mesh");
        let triangles = delaunay(&mesh.points);
        Self { picture, eye_span: mesh.eye_span(), points: mesh.points, triangles }
    }

    /// The photograph as it is.
    pub(crate) fn still(&self) -> &RgbImage {
        &self.picture
    }

    /// The face moved, the rest of the picture drawn along.
    pub(crate) fn act(&self, moved: &Move) -> RgbImage {
        let targets: Vec<[f32; 3]> = self.deformed(moved);
        // Where each point of the new picture comes from, on a grid, then in between.
        let mut anchors: Vec<([f32; 2], [f32; 2])> = targets
            .iter()
            .zip(&self.points)
            .map(|(to, from)| ([to[0], to[1]], [from[0] - to[0], from[1] - to[1]]))
            .collect();
        for i in 0..=16 {
            let (x, y) = (WIDTH as f32 * i as f32 / 16.0, HEIGHT as f32 * i as f32 / 16.0);
            for at in [[x, 0.0], [x, HEIGHT as f32], [0.0, y], [WIDTH as f32, y]] {
                anchors.push((at, [0.0, 0.0]));
            }
        }
        let (columns, rows) = (WIDTH as usize / GRID + 2, HEIGHT as usize / GRID + 2);
        let grid: Vec<[f32; 2]> = (0..rows * columns)
            .map(|i| displacement(&anchors, (i % columns * GRID) as f32, (i / columns * GRID) as f32))
            .collect();
        let mut picture = RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
            let (column, row) = (x as usize / GRID, y as usize / GRID);
            let (fx, fy) = ((x as usize % GRID) as f32 / GRID as f32, (y as usize % GRID) as f32 / GRID as f32);
            let corner = |dx: usize, dy: usize| grid[(row + dy) * columns + column + dx];
            let mix = |i: usize| {
                let top = corner(0, 0)[i] * (1.0 - fx) + corner(1, 0)[i] * fx;
                let bottom = corner(0, 1)[i] * (1.0 - fx) + corner(1, 1)[i] * fx;
                top * (1.0 - fy) + bottom * fy
            };
            sample(&self.picture, x as f32 + mix(0), y as f32 + mix(1))
        });
        self.draw(&mut picture, &targets);
        for outline in EYES {
            if moved.blink > 0.05 {
                close(&mut picture, &targets, outline, moved.blink);
            }
        }
        if moved.mouth > 0.05 {
            let inside: Vec<[f32; 2]> = INNER_LIPS.iter().map(|i| [targets[*i][0], targets[*i][1]]).collect();
            fill(&mut picture, &inside, |_, _| Rgb([45, 18, 18]));
        }
        picture
    }

    /// The face's own triangles over it, the far ones first.
    fn draw(&self, picture: &mut RgbImage, targets: &[[f32; 3]]) {
        let depth = |t: &[usize; 3]| t.iter().map(|i| targets[*i][2]).sum::<f32>();
        let mut order: Vec<&[usize; 3]> = self.triangles.iter().collect();
        order.sort_by(|a, b| depth(b).total_cmp(&depth(a)));
        for [i, j, k] in order {
            let (a, b, c) = (targets[*i], targets[*j], targets[*k]);
            let (u, v, w) = (self.points[*i], self.points[*j], self.points[*k]);
            let area = |a: [f32; 3], b: [f32; 3], c: [f32; 3]| {
                (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
            };
            let whole = area(a, b, c);
            // What is turned away is not seen.
            if whole * area(u, v, w) <= 0.0 {
                continue;
            }
            let low = |axis: usize| a[axis].min(b[axis]).min(c[axis]).max(0.0) as u32;
            let high = |axis: usize, most: u32| (a[axis].max(b[axis]).max(c[axis]).max(0.0) as u32 + 1).min(most - 1);
            for y in low(1)..=high(1, HEIGHT) {
                for x in low(0)..=high(0, WIDTH) {
                    let at = [x as f32, y as f32, 0.0];
                    let shares = [area(at, b, c) / whole, area(a, at, c) / whole, area(a, b, at) / whole];
                    if shares.iter().all(|share| *share >= -0.001) {
                        let from = |axis: usize| u[axis] * shares[0] + v[axis] * shares[1] + w[axis] * shares[2];
                        picture.put_pixel(x, y, sample(&self.picture, from(0), from(1)));
                    }
                }
            }
        }
    }

    fn deformed(&self, moved: &Move) -> Vec<[f32; 3]> {
        let mut points = self.points.clone();
        let span = self.eye_span;
        let lips = (self.points[13][1] + self.points[14][1]) / 2.0;
        let chin = self.points[152][1];
        for (i, point) in points.iter_mut().enumerate() {
            let below = ((self.points[i][1] - lips) / (chin - lips)).clamp(0.0, 1.0);
            let lower_lip = LOWER_LIP.contains(&i);
            if lower_lip || (below > 0.25 && !UPPER_LIP.contains(&i)) {
                point[1] += moved.mouth * span * 0.4 * if lower_lip { 1.0 } else { below.sqrt() };
            }
        }
        for (corner, side) in [(61, -1.0), (291, 1.0)] {
            let at = self.points[corner];
            for (i, point) in points.iter_mut().enumerate() {
                let distance = ((self.points[i][0] - at[0]).hypot(self.points[i][1] - at[1])) / (span * 0.3);
                let weight = (-distance * distance).exp() * moved.smile * span;
                point[0] += side * weight * 0.1;
                point[1] -= weight * 0.08;
            }
        }
        let middle = |axis: usize| (self.points[234][axis] + self.points[454][axis]) / 2.0;
        let (cx, cy, cz) = (middle(0), middle(1), middle(2));
        let (sy, cosy) = moved.yaw.to_radians().sin_cos();
        let (sp, cosp) = moved.pitch.to_radians().sin_cos();
        for point in &mut points {
            let [x, y, z] = [point[0] - cx, point[1] - cy, point[2] - cz];
            let (x, z) = (x * cosy + z * sy, z * cosy - x * sy);
            let (y, z) = (y * cosp - z * sp, z * cosp + y * sp);
            let scale = 1.0 + moved.nearer;
            *point = [cx + x * scale + moved.shift[0], cy + y * scale + moved.shift[1], cz + z * scale];
        }
        points
    }
}

/// What a prompt asks for, done for `share` (0 to 1).
pub(crate) fn gesture(prompt: Prompt, share: f32) -> Move {
    let none = Move::default();
    match prompt {
        Prompt::TurnLeft => Move { yaw: -36.0 * share, ..none },
        Prompt::TurnRight => Move { yaw: 36.0 * share, ..none },
        Prompt::LookUp => Move { pitch: -24.0 * share, ..none },
        Prompt::Blink => Move { blink: share, ..none },
        Prompt::OpenMouth => Move { mouth: share, ..none },
        Prompt::Smile => Move { smile: share, ..none },
        Prompt::MoveCloser => Move { nearer: 0.35 * share, ..none },
    }
}

/// A person who does `prompts` one after the other: a calm look, a movement and back, a pause.
pub(crate) fn performance(prompts: &[Prompt]) -> Vec<Move> {
    let mut moves = vec![Move::default(); (1.6 * FPS) as usize];
    for prompt in prompts {
        let length = (if *prompt == Prompt::Blink { 0.35 } else { 1.4 } * FPS) as usize;
        for i in 0..length {
            // Up, a moment there, and back.
            let share = (1.6 * (i as f32 / length as f32 * std::f32::consts::PI).sin()).min(1.0);
            moves.push(gesture(*prompt, share));
        }
        moves.extend(vec![Move::default(); (0.9 * FPS) as usize]);
    }
    // Nobody holds quite still.
    for (i, moved) in moves.iter_mut().enumerate() {
        let t = i as f32 / FPS as f32;
        moved.shift = [2.0 * (t * 1.3).sin(), 1.5 * (t * 1.7 + 1.0).sin()];
        moved.yaw += 1.5 * (t * 0.9).sin();
    }
    moves
}

/// A picture seen on a flat sheet moved in front of grey.
pub(crate) fn sheet(picture: &RgbImage, moved: &Move) -> RgbImage {
    let (sy, cosy) = moved.yaw.to_radians().sin_cos();
    let (sp, cosp) = moved.pitch.to_radians().sin_cos();
    // The camera is 1.8 frame widths away.
    let distance = WIDTH as f32 * 1.8;
    let (cx, cy) = (WIDTH as f32 / 2.0, HEIGHT as f32 / 2.0);
    // The sheet's two axes and the way to it, as the camera sees them.
    let (across, down) = ([cosy, sp * sy, -cosp * sy], [0.0, cosp, sp]);
    let away = distance / (1.0 + moved.nearer);
    RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let ray = [(x as f32 - cx - moved.shift[0]) / distance, (y as f32 - cy - moved.shift[1]) / distance, 1.0];
        // ray * t = away + across * u + down * v, by Cramer's rule.
        let det = |a: [f32; 3], b: [f32; 3], c: [f32; 3]| {
            a[0] * (b[1] * c[2] - b[2] * c[1]) - b[0] * (a[1] * c[2] - a[2] * c[1]) + c[0] * (a[1] * b[2] - a[2] * b[1])
        };
        let (minus_across, minus_down, to) = (across.map(|v| -v), down.map(|v| -v), [0.0, 0.0, away]);
        let whole = det(ray, minus_across, minus_down);
        let (u, v) = (det(ray, to, minus_down) / whole, det(ray, minus_across, to) / whole);
        let from = [cx + u, cy + v];
        let inside = from[0] >= 60.0 && from[0] < WIDTH as f32 - 60.0 && from[1] >= 0.0 && from[1] < HEIGHT as f32;
        if inside { sample(picture, from[0], from[1]) } else { Rgb([118, 120, 122]) }
    })
}

/// As seen on a screen: a bezel, a grid of pixels that beats with the camera's, less contrast.
pub(crate) fn screen(picture: &RgbImage) -> RgbImage {
    RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        if !(50..WIDTH - 50).contains(&x) || !(30..HEIGHT - 30).contains(&y) {
            return Rgb([14, 14, 16]);
        }
        let beat = 8.0 * ((x as f32 * 1.31 + y as f32 * 0.27).sin() * (y as f32 * 1.17).cos());
        Rgb(picture.get_pixel(x, y).0.map(|c| (28.0 + f32::from(c) * 0.82 + beat).clamp(0.0, 255.0) as u8))
    })
}

/// Two pictures side by side in one frame.
pub(crate) fn beside(left: &RgbImage, right: &RgbImage) -> RgbImage {
    RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let (from, x) = if x < WIDTH / 2 { (left, x) } else { (right, x - WIDTH / 2) };
        *from.get_pixel(x + WIDTH / 4, y)
    })
}

/// With the noise of a camera; other noise for each `frame`.
pub(crate) fn noisy(mut picture: RgbImage, frame: usize) -> RgbImage {
    let mut state = (frame as u32).wrapping_mul(2_654_435_761) ^ 0x9e37_79b9;
    for channel in picture.iter_mut() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 24) as i32 % 7 - 3;
        *channel = (i32::from(*channel) + noise).clamp(0, 255) as u8;
    }
    picture
}

/// As Chromium's fake camera reads it: JPEG pictures one after the other.
pub(crate) fn mjpeg(frames: &[RgbImage]) -> Vec<u8> {
    let mut file = Vec::new();
    for frame in frames {
        let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 88);
        frame.write_with_encoder(encoder).expect("a picture that encodes");
    }
    file
}

pub(crate) fn rgba(picture: &RgbImage) -> Vec<u8> {
    picture.pixels().flat_map(|p| [p[0], p[1], p[2], 255]).collect()
}

pub(crate) fn largest(engine: &mut FaceEngine, picture: &RgbImage) -> Option<Face> {
    let rgba = rgba(picture);
    let frame = Frame::new(picture.width() as usize, picture.height() as usize, &rgba).expect("a frame");
    engine.analyze(frame, Ask::default()).expect("an analysis").into_iter().next()
}

/// Bowyer 1981, Watson 1981, on x and y.
fn delaunay(points: &[[f32; 3]]) -> Vec<[usize; 3]> {
    let n = points.len();
    let mut all: Vec<[f64; 2]> = points.iter().map(|p| [f64::from(p[0]), f64::from(p[1])]).collect();
    all.extend([[-1e5, -1e5], [1e5, -1e5], [0.0, 1e5]]);
    let inside = |t: &[usize; 3], p: [f64; 2]| {
        let [a, b, c] = t.map(|i| [all[i][0] - p[0], all[i][1] - p[1]]);
        let square = |v: [f64; 2]| v[0] * v[0] + v[1] * v[1];
        let det = square(a) * (b[0] * c[1] - c[0] * b[1]) - square(b) * (a[0] * c[1] - c[0] * a[1])
            + square(c) * (a[0] * b[1] - b[0] * a[1]);
        let turn = (all[t[1]][0] - all[t[0]][0]) * (all[t[2]][1] - all[t[0]][1])
            - (all[t[1]][1] - all[t[0]][1]) * (all[t[2]][0] - all[t[0]][0]);
        det * turn.signum() > 0.0
    };
    let mut triangles = vec![[n, n + 1, n + 2]];
    for (point, place) in all.iter().enumerate().take(n) {
        let (bad, good): (Vec<_>, Vec<_>) = triangles.into_iter().partition(|t| inside(t, *place));
        triangles = good;
        for t in &bad {
            for (i, j) in [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])] {
                // An edge of one removed triangle only is on the hole's rim.
                let shared = bad.iter().filter(|o| o.contains(&i) && o.contains(&j)).count() > 1;
                if !shared {
                    triangles.push([i, j, point]);
                }
            }
        }
    }
    triangles.retain(|t| t.iter().all(|i| *i < n));
    triangles
}

/// Inverse distance weighting. Source: Shepard 1968, with power 4.
fn displacement(anchors: &[([f32; 2], [f32; 2])], x: f32, y: f32) -> [f32; 2] {
    let (mut sum, mut total) = ([0.0, 0.0], 0.0);
    for (at, by) in anchors {
        let square = (at[0] - x).powi(2) + (at[1] - y).powi(2) + 1.0;
        let weight = 1.0 / (square * square);
        sum = [sum[0] + by[0] * weight, sum[1] + by[1] * weight];
        total += weight;
    }
    [sum[0] / total, sum[1] / total]
}

fn sample(picture: &RgbImage, x: f32, y: f32) -> Rgb<u8> {
    let (width, height) = (picture.width() as f32 - 1.001, picture.height() as f32 - 1.001);
    let (x, y) = (x.clamp(0.0, width), y.clamp(0.0, height));
    let (x0, y0) = (x as u32, y as u32);
    let (fx, fy) = (x.fract(), y.fract());
    let at = |dx: u32, dy: u32, c: usize| f32::from(picture.get_pixel(x0 + dx, y0 + dy)[c]);
    Rgb([0, 1, 2].map(|c| {
        let top = at(0, 0, c) * (1.0 - fx) + at(1, 0, c) * fx;
        let bottom = at(0, 1, c) * (1.0 - fx) + at(1, 1, c) * fx;
        (top * (1.0 - fy) + bottom * fy) as u8
    }))
}

/// Draws the skin below an eye, mirrored, down over it, `share` of the way, with a line of lashes.
fn close(picture: &mut RgbImage, points: &[[f32; 3]], outline: [usize; 16], share: f32) {
    let outline: Vec<[f32; 2]> = outline.iter().map(|i| [points[*i][0], points[*i][1]]).collect();
    // First and ninth are the corners; up to there it is the lower lid, then the upper one backwards.
    let edge: Vec<[f32; 2]> = (1..8)
        .map(|i| {
            let (lower, upper) = (outline[i], outline[16 - i]);
            [upper[0] + (lower[0] - upper[0]) * share, upper[1] + (lower[1] + 1.5 - upper[1]) * share]
        })
        .collect();
    let corners = |edge: &[[f32; 2]]| [&outline[..1], edge, &outline[8..9]].concat();
    let mut lid: Vec<[f32; 2]> = corners(&edge);
    lid.extend(outline[9..].iter().map(|p| [p[0], p[1] - 5.0]));
    let skin = picture.clone();
    let mirror = outline[4][1] + 3.0;
    fill(picture, &lid, |x, y| *skin.get_pixel(x, ((2.0 * mirror - y as f32) as u32).min(HEIGHT - 1)));
    let mut lashes = corners(&edge);
    lashes.extend(edge.iter().rev().map(|p| [p[0], p[1] + 2.5]));
    fill(picture, &lashes, |_, _| Rgb([62, 40, 34]));
}

/// Even-odd rule.
fn fill(picture: &mut RgbImage, polygon: &[[f32; 2]], color: impl Fn(u32, u32) -> Rgb<u8>) {
    for y in 0..HEIGHT {
        let level = y as f32;
        let mut crossings: Vec<f32> = Vec::new();
        for (i, a) in polygon.iter().enumerate() {
            let b = polygon[(i + 1) % polygon.len()];
            if (a[1] <= level) != (b[1] <= level) {
                crossings.push(a[0] + (level - a[1]) / (b[1] - a[1]) * (b[0] - a[0]));
            }
        }
        crossings.sort_by(f32::total_cmp);
        for pair in crossings.chunks_exact(2) {
            for x in pair[0].max(0.0) as u32..(pair[1].max(0.0) as u32).min(WIDTH) {
                picture.put_pixel(x, y, color(x, y));
            }
        }
    }
}

const GRID: usize = 8;

// MediaPipe's numbering.
/// Outline of an eye from one corner along the lower lid to the other and back along the upper lid.
const EYES: [[usize; 16]; 2] = [
    [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246],
    [362, 382, 381, 380, 374, 373, 390, 249, 263, 466, 388, 387, 386, 385, 384, 398],
];
const LOWER_LIP: [usize; 22] =
    [14, 87, 178, 88, 95, 317, 402, 318, 324, 17, 84, 181, 91, 314, 405, 321, 15, 16, 85, 86, 315, 316];
const UPPER_LIP: [usize; 20] =
    [13, 82, 81, 80, 191, 312, 311, 310, 415, 0, 37, 39, 40, 267, 269, 270, 78, 308, 61, 291];
const INNER_LIPS: [usize; 20] =
    [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95];
