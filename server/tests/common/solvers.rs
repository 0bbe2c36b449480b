//! Programs that answer puzzles, as somebody would write them who has looked at a few: what the puzzles are worth.

use base64ct::{Base64, Encoding};
use serde_json::Value;

#[allow(dead_code, reason = "the list alone")]
#[path = "../../src/step_up/question.rs"]
mod question;

/// The answer that a program finds to what `POST /step-up` showed; the empty text where there is nothing to find.
pub(crate) fn answer(shown: &Value) -> String {
    match shown["kind"].as_str() {
        Some("pictures") => pictures(shown),
        Some("fit") => fit(shown),
        Some("question") => words(shown),
        _ => String::new(),
    }
}

/// Thickens the dashes until they touch, and pours colour out of the dot: what reaches the edge was outside.
fn pictures(shown: &Value) -> String {
    let sheet = image::load_from_memory(&bytes(&shown["sheet"])).unwrap().to_luma8();
    let (side, across) = (shown["side"].as_u64().unwrap() as u32, shown["across"].as_u64().unwrap() as u32);
    let inside = (0..across * across).filter(|at| {
        let (left, top) = (at % across * side, at / across * side);
        let cell = |x: usize, y: usize| i32::from(sheet.get_pixel(left + x as u32, top + y as u32).0[0]);
        dot_is_inside(side as usize, &cell)
    });
    inside.map(|at| at.to_string()).collect::<Vec<_>>().join(",")
}

fn dot_is_inside(side: usize, luma: &dyn Fn(usize, usize) -> i32) -> bool {
    let all = || (0..side).flat_map(move |y| (0..side).map(move |x| (x, y)));
    let mut sorted: Vec<i32> = all().map(|(x, y)| luma(x, y)).collect();
    sorted.sort_unstable();
    let paper = sorted[sorted.len() / 2];
    let furthest = all().map(|(x, y)| (luma(x, y) - paper).abs()).max().unwrap();
    let ink: Vec<bool> = all().map(|(x, y)| (luma(x, y) - paper).abs() * 2 > furthest).collect();
    let disc = |x: usize, y: usize, radius: i32| {
        let near = move |d: i32, at: usize| usize::try_from(at as i32 + d).ok().filter(|at| *at < side);
        (-radius..=radius)
            .flat_map(move |dy| (-radius..=radius).map(move |dx| (dx, dy)))
            .filter(move |(dx, dy)| dx * dx + dy * dy <= radius * radius)
            .filter_map(move |(dx, dy)| Some((near(dx, x)?, near(dy, y)?)))
    };
    // Lines are thinner than the dot.
    let solid: Vec<_> = all().filter(|(x, y)| disc(*x, *y, 3).all(|(x, y)| ink[y * side + x])).collect();
    if solid.is_empty() {
        return false;
    }
    let middle = |axis: fn(&(usize, usize)) -> usize| solid.iter().map(axis).sum::<usize>() / solid.len();
    let dot = (middle(|at| at.0), middle(|at| at.1));
    let mut wall = vec![false; side * side];
    for (x, y) in all().filter(|(x, y)| ink[y * side + x]) {
        let own = (x as i32 - dot.0 as i32).pow(2) + (y as i32 - dot.1 as i32).pow(2) <= 7 * 7;
        if !own {
            disc(x, y, 3).for_each(|(x, y)| wall[y * side + x] = true);
        }
    }
    let mut open = vec![dot];
    while let Some((x, y)) = open.pop() {
        if wall[y * side + x] {
            continue;
        }
        wall[y * side + x] = true;
        if x == 0 || y == 0 || x + 1 == side || y + 1 == side {
            return false;
        }
        open.extend([(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)]);
    }
    true
}

/// Looks where the outline of the piece lies on bright edges around dark ground.
fn fit(shown: &Value) -> String {
    let picture = image::load_from_memory(&bytes(&shown["picture"])).unwrap().to_luma8();
    let piece = image::load_from_memory(&bytes(&shown["piece"])).unwrap().to_rgba8();
    let side = shown["side"].as_u64().unwrap() as u32;
    let covers = |x: u32, y: u32| x < side && y < side && piece.get_pixel(x, y).0[3] > 127;
    let mut within = Vec::new();
    let mut around = Vec::new();
    for y in 0..side {
        for x in 0..side {
            let next =
                covers(x + 1, y) && covers(x, y + 1) && covers(x.wrapping_sub(1), y) && covers(x, y.wrapping_sub(1));
            match (covers(x, y), next) {
                (true, true) if (x + y) % 2 == 0 => within.push((x, y)),
                (true, false) => around.push((x, y)),
                _ => {}
            }
        }
    }
    let mean = |points: &[(u32, u32)], left: u32, top: u32| {
        let sum: u32 = points.iter().map(|(x, y)| u32::from(picture.get_pixel(left + x, top + y).0[0])).sum();
        f64::from(sum) / points.len() as f64
    };
    let corners =
        (0..=picture.height() - side).flat_map(|top| (0..=picture.width() - side).map(move |left| (left, top)));
    let scored = corners.map(|(left, top)| (mean(&around, left, top) - mean(&within, left, top), left, top));
    let (_, left, top) = scored.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
    format!("{left},{top}")
}

/// Has the list of words.
fn words(shown: &Value) -> String {
    let text = shown["text"].as_str().unwrap();
    let categories = &question::language(shown["language"].as_str()).categories;
    let asked = categories.iter().find(|category| category.text == text).unwrap();
    let words = shown["words"].as_array().unwrap().iter().enumerate();
    let right = words.filter(|(_, word)| asked.words.iter().any(|known| known == word.as_str().unwrap()));
    right.map(|(at, _)| at.to_string()).collect::<Vec<_>>().join(",")
}

fn bytes(text: &Value) -> Vec<u8> {
    Base64::decode_vec(text.as_str().unwrap()).unwrap()
}
