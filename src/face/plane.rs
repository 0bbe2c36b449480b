//! How far points are from lying on one plane.

use super::Point;

/// Root mean square distance, px of `to`, between `to` and the best projective map of `from`.
pub(super) fn residual(from: &[Point], to: &[Point]) -> f32 {
    let (from, _) = normalised(from);
    let (to, scale) = normalised(to);
    let Some(h) = homography(&from, &to) else { return 0.0 };
    let sum: f64 = from
        .iter()
        .zip(&to)
        .map(|(f, t)| {
            let w = h[6] * f.0 + h[7] * f.1 + 1.0;
            let (x, y) = ((h[0] * f.0 + h[1] * f.1 + h[2]) / w, (h[3] * f.0 + h[4] * f.1 + h[5]) / w);
            (x - t.0) * (x - t.0) + (y - t.1) * (y - t.1)
        })
        .sum();
    (libm::sqrt(sum / from.len().max(1) as f64) * scale) as f32
}

/// Middle at 0, mean distance 1; the scale taken out.
fn normalised(points: &[Point]) -> (Vec<(f64, f64)>, f64) {
    let n = points.len().max(1) as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), p| (x + f64::from(p.x), y + f64::from(p.y)));
    let (x, y) = (x / n, y / n);
    let moved: Vec<(f64, f64)> = points.iter().map(|p| (f64::from(p.x) - x, f64::from(p.y) - y)).collect();
    let scale = (moved.iter().map(|(x, y)| libm::hypot(*x, *y)).sum::<f64>() / n).max(f64::EPSILON);
    (moved.into_iter().map(|(x, y)| (x / scale, y / scale)).collect(), scale)
}

/// Eight numbers in least squares, the ninth being 1. Source: the direct linear transform, Hartley and
/// Zisserman 2004, section 4.1.
fn homography(from: &[(f64, f64)], to: &[(f64, f64)]) -> Option<[f64; 8]> {
    let mut normal = [[0.0; 9]; 8];
    for (&(x, y), &(u, v)) in from.iter().zip(to) {
        let rows = [([x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y], u), ([0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y], v)];
        for (row, value) in rows {
            for i in 0..8 {
                for j in 0..8 {
                    normal[i][j] += row[i] * row[j];
                }
                normal[i][8] += row[i] * value;
            }
        }
    }
    solve(normal)
}

/// Gaussian elimination with pivoting.
fn solve(mut m: [[f64; 9]; 8]) -> Option<[f64; 8]> {
    for column in 0..8 {
        let pivot = (column..8).max_by(|a, b| m[*a][column].abs().total_cmp(&m[*b][column].abs()))?;
        if m[pivot][column].abs() < 1e-12 {
            return None;
        }
        m.swap(column, pivot);
        for row in 0..8 {
            if row != column {
                let factor = m[row][column] / m[column][column];
                let pivot = m[column];
                m[row].iter_mut().zip(pivot).skip(column).for_each(|(v, p)| *v -= factor * p);
            }
        }
    }
    let mut solution = [0.0; 8];
    for (i, value) in solution.iter_mut().enumerate() {
        *value = m[i][8] / m[i][i];
    }
    Some(solution)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(depth: impl Fn(f32, f32) -> f32, turn: f32) -> Vec<Point> {
        let (sin, cos) = (libm::sinf(turn), libm::cosf(turn));
        let places = (0..25).map(|i| ((i % 5) as f32 * 20.0 - 40.0, (i / 5) as f32 * 20.0 - 40.0));
        places
            .map(|(x, y)| {
                let z = depth(x, y);
                let (u, w) = (x * cos + z * sin, 300.0 + z * cos - x * sin);
                Point::new(u * 300.0 / w, y * 300.0 / w)
            })
            .collect()
    }

    #[test]
    fn a_sheet_stays_flat_however_it_is_turned_and_a_nose_does_not() {
        let nose = |x: f32, y: f32| if x == 0.0 && y == 0.0 { -25.0 } else { 0.0 };
        let flat = residual(&grid(|_, _| 0.0, 0.0), &grid(|_, _| 0.0, 0.5));
        let deep = residual(&grid(nose, 0.0), &grid(nose, 0.5));
        assert!(flat < 0.05, "{flat}");
        assert!(deep > 1.0, "{deep}");
    }

    #[test]
    fn points_that_say_nothing_are_flat() {
        assert_eq!(residual(&[], &[]), 0.0);
        assert_eq!(residual(&[Point::new(1.0, 1.0); 20], &[Point::new(2.0, 2.0); 20]), 0.0);
    }
}
