//! Points, boxes and the affine maps that cut a straightened patch out of a picture.

/// A place in a picture, px, x to the right, y down; integers are pixel centres.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Down.
    pub y: f32,
}

/// A box in a picture, px.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

/// `[a b c; d e f]`: from a patch's px to the picture's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Affine(pub(super) [f32; 6]);

impl Point {
    /// A point.
    pub const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    /// Euclidean distance, px.
    pub fn distance(self, other: Self) -> f32 {
        libm::hypotf(self.x - other.x, self.y - other.y)
    }

    pub(super) fn middle(self, other: Self) -> Self {
        Self::new((self.x + other.x) / 2.0, (self.y + other.y) / 2.0)
    }
}

impl Rect {
    /// The middle of the box.
    pub fn center(&self) -> Point {
        Point::new(self.x + self.w / 2.0, self.y + self.h / 2.0)
    }

    /// Area, px².
    pub fn area(&self) -> f32 {
        self.w.max(0.0) * self.h.max(0.0)
    }

    /// The smallest box around all points; `None` without points.
    pub fn around(points: impl IntoIterator<Item = Point>) -> Option<Self> {
        let mut points = points.into_iter();
        let first = points.next()?;
        let (low, high) = points.fold((first, first), |(low, high), p| {
            (Point::new(low.x.min(p.x), low.y.min(p.y)), Point::new(high.x.max(p.x), high.y.max(p.y)))
        });
        Some(Self { x: low.x, y: low.y, w: high.x - low.x, h: high.y - low.y })
    }

    /// What both cover.
    pub fn intersection(&self, other: &Self) -> f32 {
        let w = (self.x + self.w).min(other.x + other.w) - self.x.max(other.x);
        let h = (self.y + self.h).min(other.y + other.h) - self.y.max(other.y);
        w.max(0.0) * h.max(0.0)
    }

    /// Intersection over union, 0 to 1.
    pub fn overlap(&self, other: &Self) -> f32 {
        let both = self.intersection(other);
        both / (self.area() + other.area() - both + f32::EPSILON)
    }
}

impl Affine {
    pub(super) fn apply(&self, p: Point) -> Point {
        let [a, b, c, d, e, f] = self.0;
        Point::new(a * p.x + b * p.y + c, d * p.x + e * p.y + f)
    }

    /// Picture px a patch px.
    pub(super) fn scale(&self) -> f32 {
        let [a, b, _, d, e, _] = self.0;
        libm::sqrtf((a * e - b * d).abs())
    }

    /// A square of `side` picture px around `center`, turned by `angle` radians clockwise, as a patch of
    /// `size` px.
    pub(super) fn square(center: Point, side: f32, angle: f32, size: usize) -> Self {
        let k = side / size as f32;
        let (sin, cos) = (libm::sinf(angle), libm::cosf(angle));
        let half = side / 2.0;
        Self([
            cos * k,
            -sin * k,
            center.x - cos * half + sin * half,
            sin * k,
            cos * k,
            center.y - sin * half - cos * half,
        ])
    }

    /// The turn, scale and shift that brings `from` (patch px) nearest to `to` (picture px) in least
    /// squares. Source: Umeyama 1991, in two dimensions, without reflection.
    pub(super) fn similarity(from: &[Point], to: &[Point]) -> Self {
        let n = from.len().min(to.len()).max(1) as f32;
        let mean = |points: &[Point]| {
            let sum = points.iter().fold(Point::default(), |s, p| Point::new(s.x + p.x, s.y + p.y));
            Point::new(sum.x / n, sum.y / n)
        };
        let (mf, mt) = (mean(from), mean(to));
        let (mut dot, mut cross, mut spread) = (0.0, 0.0, f32::EPSILON);
        for (f, t) in from.iter().zip(to) {
            let (fx, fy, tx, ty) = (f.x - mf.x, f.y - mf.y, t.x - mt.x, t.y - mt.y);
            dot += fx * tx + fy * ty;
            cross += fx * ty - fy * tx;
            spread += fx * fx + fy * fy;
        }
        let (a, b) = (dot / spread, cross / spread);
        Self([a, -b, mt.x - a * mf.x + b * mf.y, b, a, mt.y - b * mf.x - a * mf.y])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_similarity_is_found_from_any_points_it_moved(
            angle in -3.0f32..3.0, scale in 0.2f32..8.0, dx in -500.0f32..500.0, dy in -500.0f32..500.0,
        ) {
            let truth = Affine([
                scale * angle.cos(), -scale * angle.sin(), dx, scale * angle.sin(), scale * angle.cos(), dy,
            ]);
            let from = [Point::new(38.0, 51.0), Point::new(73.0, 51.0), Point::new(56.0, 71.0), Point::new(41.0, 92.0)];
            let to = from.map(|p| truth.apply(p));
            let found = Affine::similarity(&from, &to);
            prop_assert!((found.scale() - scale).abs() < 1e-3 * scale);
            for p in from {
                prop_assert!(found.apply(p).distance(truth.apply(p)) < 0.02 * scale.max(1.0));
            }
        }

        #[test]
        fn overlap_is_symmetric_and_at_most_one(
            x in -50f32..50.0, y in -50f32..50.0, w in 0f32..80.0, h in 0f32..80.0,
        ) {
            let (a, b) = (Rect { x, y, w, h }, Rect { x: 0.0, y: 0.0, w: 40.0, h: 40.0 });
            prop_assert!((a.overlap(&b) - b.overlap(&a)).abs() < 1e-6);
            prop_assert!((0.0..=1.0 + 1e-6).contains(&a.overlap(&b)));
        }
    }

    #[test]
    fn a_square_patch_is_centred_and_turned() {
        let map = Affine::square(Point::new(100.0, 50.0), 40.0, 0.0, 20);
        assert_eq!(map.apply(Point::new(10.0, 10.0)), Point::new(100.0, 50.0));
        assert_eq!(map.apply(Point::new(0.0, 0.0)), Point::new(80.0, 30.0));
        let turned = Affine::square(Point::new(100.0, 50.0), 40.0, core::f32::consts::FRAC_PI_2, 20);
        assert!(turned.apply(Point::new(0.0, 0.0)).distance(Point::new(120.0, 30.0)) < 1e-3);
    }
}
