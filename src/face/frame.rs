use super::FaceError;
use super::geometry::{Affine, Point};
use std::cell::OnceCell;

/// A picture: RGBA, row-major, `width * height * 4` bytes. Alpha is not looked at.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    width: usize,
    height: usize,
    rgba: &'a [u8],
}

/// Most pixels a picture may have: a 64-megapixel photograph.
pub const MAX_PIXELS: usize = 64_000_000;

impl<'a> Frame<'a> {
    /// Errors: [`FaceError::FrameTooLarge`] past [`MAX_PIXELS`] or without pixels,
    /// [`FaceError::FrameSize`] where the buffer does not match.
    pub fn new(width: usize, height: usize, rgba: &'a [u8]) -> Result<Self, FaceError> {
        let pixels = width.checked_mul(height).filter(|pixels| (1..=MAX_PIXELS).contains(pixels));
        let Some(pixels) = pixels else { return Err(FaceError::FrameTooLarge { width, height }) };
        if rgba.len() != pixels * 4 {
            return Err(FaceError::FrameSize { width, height, bytes: rgba.len() });
        }
        Ok(Self { width, height, rgba })
    }

    /// Pixels a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The pixels.
    pub fn rgba(&self) -> &'a [u8] {
        self.rgba
    }
}

/// A frame with smaller copies of itself, made when needed: a patch is sampled from the copy nearest to
/// its own scale, so that fine detail does not turn into noise.
pub(super) struct Picture<'a> {
    frame: Frame<'a>,
    halves: [OnceCell<Level>; MOST_HALVES],
}

struct Level {
    width: usize,
    height: usize,
    rgba: Vec<u8>,
}

/// Orders of channels for [`Picture::planes`].
pub(super) const RGB: [usize; 3] = [0, 1, 2];
pub(super) const BGR: [usize; 3] = [2, 1, 0];

/// 64 megapixels halved this often fit any model's input.
const MOST_HALVES: usize = 6;

impl<'a> Picture<'a> {
    pub(super) fn new(frame: Frame<'a>) -> Self {
        Self { frame, halves: Default::default() }
    }

    pub(super) fn width(&self) -> f32 {
        self.frame.width as f32
    }

    pub(super) fn height(&self) -> f32 {
        self.frame.height as f32
    }

    /// Samples `width * height` patch pixels through `map` (patch px to picture px), bilinear, black
    /// outside; calls `put(index, [r, g, b])` with values from 0 to 255, row by row.
    pub(super) fn sample(&self, map: &Affine, width: usize, height: usize, mut put: impl FnMut(usize, [f32; 3])) {
        let halvings = libm::floorf(libm::log2f(map.scale().max(1.0)) + 0.25) as usize;
        let (level, source) = self.level(halvings.min(MOST_HALVES));
        let shrink = 1.0 / (1u32 << level) as f32;
        let [a, _, _, d, _, _] = map.0;
        let (dx, dy) = (a * shrink, d * shrink);
        let mut index = 0;
        for row in 0..height {
            let start = map.apply(Point::new(0.0, row as f32));
            // Pixel centres: half a pixel in is half a pixel in at every level.
            let (mut x, mut y) = ((start.x + 0.5) * shrink - 0.5, (start.y + 0.5) * shrink - 0.5);
            for _ in 0..width {
                put(index, source.bilinear(x, y));
                index += 1;
                x += dx;
                y += dy;
            }
        }
    }

    /// A square patch as a network takes it channel by channel: `[3][size][size]`, values from 0 to 255.
    pub(super) fn planes(&self, map: &Affine, size: usize, order: [usize; 3]) -> Vec<f32> {
        let plane = size * size;
        let mut input = vec![0.0; 3 * plane];
        self.sample(map, size, size, |i, rgb| {
            for (at, channel) in order.into_iter().enumerate() {
                input[at * plane + i] = rgb[channel];
            }
        });
        input
    }

    /// A square patch as a network takes it pixel by pixel: `[size][size][3]`, RGB, each value through `scale`.
    pub(super) fn pixels(&self, map: &Affine, size: usize, scale: impl Fn(f32) -> f32) -> Vec<f32> {
        let mut input = vec![0.0; 3 * size * size];
        self.sample(map, size, size, |i, rgb| input[i * 3..i * 3 + 3].copy_from_slice(&rgb.map(&scale)));
        input
    }

    /// Luma of a square patch, 0 to 255 (ITU-R BT.601 weights).
    pub(super) fn luma(&self, map: &Affine, size: usize) -> Vec<f32> {
        let mut luma = vec![0.0; size * size];
        self.sample(map, size, size, |i, [r, g, b]| luma[i] = 0.299 * r + 0.587 * g + 0.114 * b);
        luma
    }

    fn level(&self, halvings: usize) -> (usize, Source<'_>) {
        let mut source = Source { width: self.frame.width, height: self.frame.height, rgba: self.frame.rgba };
        for (done, half) in self.halves.iter().enumerate().take(halvings) {
            if source.width < 2 || source.height < 2 {
                return (done, source);
            }
            let level = half.get_or_init(|| source.halved());
            source = Source { width: level.width, height: level.height, rgba: &level.rgba };
        }
        (halvings, source)
    }
}

#[derive(Clone, Copy)]
struct Source<'a> {
    width: usize,
    height: usize,
    rgba: &'a [u8],
}

impl Source<'_> {
    fn halved(&self) -> Level {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut rgba = Vec::with_capacity(width * height * 4);
        for y in 0..height {
            let upper = &self.rgba[2 * y * self.width * 4..][..width * 8];
            let lower = &self.rgba[(2 * y + 1) * self.width * 4..][..width * 8];
            for (u, l) in upper.chunks_exact(8).zip(lower.chunks_exact(8)) {
                for c in 0..4 {
                    let sum = u16::from(u[c]) + u16::from(u[c + 4]) + u16::from(l[c]) + u16::from(l[c + 4]);
                    rgba.push(((sum + 2) / 4) as u8);
                }
            }
        }
        Level { width, height, rgba }
    }

    fn bilinear(&self, x: f32, y: f32) -> [f32; 3] {
        let (x0, y0) = (libm::floorf(x), libm::floorf(y));
        let inside = x0 >= 0.0 && y0 >= 0.0 && x0 < (self.width - 1) as f32 && y0 < (self.height - 1) as f32;
        if inside {
            let (fx, fy) = (x - x0, y - y0);
            let at = (y0 as usize * self.width + x0 as usize) * 4;
            let (upper, lower) = (&self.rgba[at..at + 7], &self.rgba[at + self.width * 4..][..7]);
            return [0, 1, 2].map(|c| {
                let top = f32::from(upper[c]) * (1.0 - fx) + f32::from(upper[c + 4]) * fx;
                let bottom = f32::from(lower[c]) * (1.0 - fx) + f32::from(lower[c + 4]) * fx;
                top * (1.0 - fy) + bottom * fy
            });
        }
        self.bilinear_at_edge(x, y)
    }

    #[cold]
    fn bilinear_at_edge(&self, x: f32, y: f32) -> [f32; 3] {
        let mut sum = [0.0; 3];
        if !(x > -1.0 && y > -1.0 && x < self.width as f32 && y < self.height as f32) {
            return sum;
        }
        let (x0, y0) = (libm::floorf(x), libm::floorf(y));
        for (px, wx) in [(x0, 1.0 - (x - x0)), (x0 + 1.0, x - x0)] {
            for (py, wy) in [(y0, 1.0 - (y - y0)), (y0 + 1.0, y - y0)] {
                if px >= 0.0 && py >= 0.0 && px < self.width as f32 && py < self.height as f32 {
                    let at = (py as usize * self.width + px as usize) * 4;
                    for (sum, value) in sum.iter_mut().zip(&self.rgba[at..]) {
                        *sum += f32::from(*value) * wx * wy;
                    }
                }
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_that_does_not_match_is_refused() {
        assert_eq!(Frame::new(2, 2, &[0; 15]).unwrap_err(), FaceError::FrameSize { width: 2, height: 2, bytes: 15 });
        assert!(matches!(Frame::new(0, 5, &[]), Err(FaceError::FrameTooLarge { .. })));
        assert!(matches!(Frame::new(usize::MAX, 2, &[]), Err(FaceError::FrameTooLarge { .. })));
    }

    #[test]
    fn sampling_without_a_change_gives_the_picture_back() {
        let rgba: Vec<u8> = (0..5 * 4 * 4).map(|i| i as u8).collect();
        let picture = Picture::new(Frame::new(5, 4, &rgba).unwrap());
        let mut seen = vec![[0.0; 3]; 20];
        picture.sample(&Affine([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]), 5, 4, |i, rgb| seen[i] = rgb);
        for (i, rgb) in seen.iter().enumerate() {
            assert_eq!(*rgb, [0, 1, 2].map(|c| f32::from(rgba[i * 4 + c])), "pixel {i}");
        }
    }

    #[test]
    fn a_shrunk_picture_averages_instead_of_picking() {
        // One white pixel in a checkerboard of 8 x 8: a quarter of the size must be grey, not black or white.
        let rgba: Vec<u8> = (0..64).flat_map(|i| [if (i % 8 + i / 8) % 2 == 0 { 255 } else { 0 }; 4]).collect();
        let picture = Picture::new(Frame::new(8, 8, &rgba).unwrap());
        picture.sample(&Affine([4.0, 0.0, 1.5, 0.0, 4.0, 1.5]), 2, 2, |_, rgb| {
            assert!((rgb[0] - 127.5).abs() < 2.0, "{rgb:?}");
        });
    }

    #[test]
    fn outside_is_black_and_one_pixel_is_enough() {
        let picture = Picture::new(Frame::new(1, 1, &[9, 9, 9, 255]).unwrap());
        let mut seen = Vec::new();
        picture.sample(&Affine([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]), 2, 1, |_, rgb| seen.push(rgb));
        assert_eq!(seen, [[9.0; 3], [0.0; 3]]);
        picture.sample(&Affine([f32::NAN; 6]), 2, 1, |_, rgb| assert_eq!(rgb, [0.0; 3]));
        picture.sample(&Affine([1e30, 0.0, -1e30, 0.0, 1e30, 0.0]), 2, 1, |_, _| {});
    }
}
