//! What the puzzles are drawn with.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use tiny_skia::{Color, FillRule, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, StrokeDash, Transform};

/// A colour, 0 to 1 each.
#[derive(Clone, Copy)]
pub(super) struct Ink([f32; 4]);

impl Ink {
    pub(super) fn new(red: f32, green: f32, blue: f32) -> Self {
        Self([red, green, blue, 1.0].map(|part| part.clamp(0.0, 1.0)))
    }

    /// The same, seen through.
    pub(super) fn faded(self, opacity: f32) -> Self {
        let [red, green, blue, _] = self.0;
        Self([red, green, blue, opacity.clamp(0.0, 1.0)])
    }

    fn paint(self) -> Paint<'static> {
        let [red, green, blue, opacity] = self.0;
        let mut paint = Paint { anti_alias: true, ..Paint::default() };
        paint.set_color(Color::from_rgba(red, green, blue, opacity).unwrap_or(Color::BLACK));
        paint
    }
}

/// Paper and ink that differ in lightness by far more than 3 to 1, whatever their hues.
pub(super) fn pair(random: &mut ChaCha8Rng, dark_on_light: bool) -> (Ink, Ink) {
    let mut near = |low: f32, high: f32| {
        Ink::new(random.random_range(low..high), random.random_range(low..high), random.random_range(low..high))
    };
    let (light, dark) = (near(0.80, 0.98), near(0.05, 0.32));
    if dark_on_light { (light, dark) } else { (dark, light) }
}

/// Something to draw on.
pub(super) struct Canvas(Pixmap);

impl Canvas {
    /// Transparent; both sides are at least a pixel.
    pub(super) fn new(width: u32, height: u32) -> Self {
        let size =
            tiny_skia::IntSize::from_wh(width.max(1), height.max(1)).unwrap_or_else(|| unreachable!("not empty"));
        let bytes = vec![0; size.width() as usize * size.height() as usize * 4];
        Self(Pixmap::from_vec(bytes, size).unwrap_or_else(|| unreachable!("the size fits the bytes")))
    }

    pub(super) fn size(&self) -> (u32, u32) {
        (self.0.width(), self.0.height())
    }

    pub(super) fn fill(&mut self, corner: (f32, f32), size: (f32, f32), ink: &Ink) {
        if let Some(area) = Rect::from_xywh(corner.0, corner.1, size.0, size.1) {
            let paint = Paint { anti_alias: false, ..ink.paint() };
            self.0.fill_rect(area, &paint, Transform::identity(), None);
        }
    }

    pub(super) fn disc(&mut self, middle: (f32, f32), radius: f32, ink: &Ink) {
        if let Some(path) = PathBuilder::from_circle(middle.0, middle.1, radius) {
            self.0.fill_path(&path, &ink.paint(), FillRule::Winding, Transform::identity(), None);
        }
    }

    /// A line in dashes that begin anywhere.
    pub(super) fn dashes(&mut self, points: &[(f32, f32)], closed: bool, ink: &Ink, random: &mut ChaCha8Rng) {
        let Some(path) = outline(points, closed) else { return };
        let (mark, gap) = (random.random_range(4.5..6.5), random.random_range(4.0..5.5));
        let stroke = Stroke {
            width: random.random_range(2.2..3.0),
            dash: StrokeDash::new(vec![mark, gap], random.random_range(0.0..10.0)),
            ..Stroke::default()
        };
        self.0.stroke_path(&path, &ink.paint(), &stroke, Transform::identity(), None);
    }

    /// A filled shape.
    pub(super) fn shape(&mut self, points: &[(f32, f32)], ink: &Ink) {
        if let Some(path) = outline(points, true) {
            self.0.fill_path(&path, &ink.paint(), FillRule::Winding, Transform::identity(), None);
        }
    }

    /// The edge of a shape.
    pub(super) fn edge(&mut self, points: &[(f32, f32)], width: f32, ink: &Ink) {
        if let Some(path) = outline(points, true) {
            let stroke = Stroke { width, ..Stroke::default() };
            self.0.stroke_path(&path, &ink.paint(), &stroke, Transform::identity(), None);
        }
    }

    /// What `source` shows inside a shape, moved by `by`.
    pub(super) fn cut_out(&mut self, source: &Self, points: &[(f32, f32)], by: (f32, f32)) {
        let Some(path) = outline(points, true) else { return };
        let paint = Paint {
            anti_alias: true,
            shader: tiny_skia::Pattern::new(
                source.0.as_ref(),
                tiny_skia::SpreadMode::Pad,
                tiny_skia::FilterQuality::Nearest,
                1.0,
                Transform::identity(),
            ),
            ..Paint::default()
        };
        self.0.fill_path(&path, &paint, FillRule::Winding, Transform::from_translate(by.0, by.1), None);
    }

    /// As a JPEG file: for whole pictures.
    pub(super) fn jpeg(&self) -> Vec<u8> {
        let rgb: Vec<u8> = self.0.pixels().iter().flat_map(|p| [p.red(), p.green(), p.blue()]).collect();
        let mut file = Vec::new();
        let (width, height) = self.size();
        // Memory does not refuse to be written to, and the size fits.
        let _ = JpegEncoder::new_with_quality(&mut file, 72).write_image(&rgb, width, height, ExtendedColorType::Rgb8);
        file
    }

    /// As a PNG file: for what is not a rectangle.
    pub(super) fn png(&self) -> Vec<u8> {
        let rgba = self.0.clone().take_demultiplied();
        let mut file = Vec::new();
        let (width, height) = self.size();
        let _ = PngEncoder::new(&mut file).write_image(&rgba, width, height, ExtendedColorType::Rgba8);
        file
    }
}

fn outline(points: &[(f32, f32)], closed: bool) -> Option<Path> {
    let (first, rest) = points.split_first()?;
    let mut path = PathBuilder::new();
    path.move_to(first.0, first.1);
    for (x, y) in rest {
        path.line_to(*x, *y);
    }
    if closed {
        path.close();
    }
    path.finish()
}
