//! The 468-point face mesh (MediaPipe, Apache-2.0), and what its points say: turn of the head, openness of
//! eyes and mouth.

use super::FaceError;
use super::frame::Picture;
use super::geometry::{Affine, Point, Rect};
use super::network::Network;

/// Points in a [`Mesh`].
pub const POINTS: usize = 468;

/// A face as 468 points.
#[derive(Clone, Debug, PartialEq)]
pub struct Mesh {
    /// `[x, y, z]`: picture px; z towards the camera is smaller, on the scale of x, 0 about the head's middle.
    pub points: Vec<[f32; 3]>,
    /// How sure the network is that there is a face, 0 to 1.
    pub presence: f32,
}

/// How a head is turned, degrees. All three are 0 for a face that looks into the camera.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pose {
    /// Positive: nose to the picture's left (the person's own right, unless the picture is mirrored).
    pub yaw: f32,
    /// Positive: looking down.
    pub pitch: f32,
    /// Positive: head tilted clockwise in the picture.
    pub roll: f32,
}

pub(super) struct Mesher {
    network: Network,
}

/// A turned square of a picture that a face fills.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Region {
    center: Point,
    side: f32,
    roll: f32,
}

impl Mesher {
    pub(super) fn new(onnx: &[u8]) -> Result<Self, FaceError> {
        Ok(Self { network: Network::load("mesh", onnx, &[1, SIZE, SIZE, 3])? })
    }

    pub(super) fn fit(&self, picture: &Picture<'_>, region: &Region) -> Result<Mesh, FaceError> {
        let map = Affine::square(region.center, region.side, region.roll, SIZE);
        let input = picture.pixels(&map, SIZE, |c| c / 255.0);
        let outputs = self.network.run(&input)?;
        let [points, presence] = outputs.as_slice() else {
            return Err(FaceError::Inference { role: "mesh", what: "not two outputs".into() });
        };
        let depth = map.scale();
        let points = points
            .chunks_exact(3)
            .map(|p| {
                let flat = map.apply(Point::new(p[0], p[1]));
                [flat.x, flat.y, p[2] * depth]
            })
            .collect::<Vec<_>>();
        let presence = presence.first().map_or(0.0, |logit| 1.0 / (1.0 + libm::expf(-logit)));
        if points.len() != POINTS || points.iter().flatten().any(|v| !v.is_finite()) {
            return Err(FaceError::Inference { role: "mesh", what: "not 468 points".into() });
        }
        Ok(Mesh { points, presence })
    }
}

impl Region {
    /// Around a detector's box, `roll` radians clockwise.
    pub(super) fn of(bounds: &Rect, roll: f32) -> Self {
        Self { center: bounds.center(), side: bounds.w.max(bounds.h) * MARGIN, roll }
    }
}

impl Mesh {
    /// Where the face of the next frame is looked for: around this one.
    pub(super) fn region(&self) -> Region {
        let across = self.across();
        Region::of(&self.bounds(), libm::atan2f(across.y, across.x))
    }

    /// The box around all points.
    pub fn bounds(&self) -> Rect {
        Rect::around(self.points.iter().map(|p| Point::new(p[0], p[1]))).unwrap_or_default()
    }

    /// Point `index` without its depth; see MediaPipe's canonical face model for the numbering.
    pub fn at(&self, index: usize) -> Point {
        Point::new(self.points[index][0], self.points[index][1])
    }

    /// Turn of the head, from the axes temple to temple and forehead to chin.
    pub fn pose(&self) -> Pose {
        let axis = |from: usize, to: usize| {
            let (f, t) = (self.points[from], self.points[to]);
            [t[0] - f[0], t[1] - f[1], t[2] - f[2]]
        };
        let dot = |a: [f32; 3], b: [f32; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        let unit = |a: [f32; 3]| {
            let length = libm::sqrtf(dot(a, a)).max(f32::EPSILON);
            a.map(|v| v / length)
        };
        let across = unit(axis(RIGHT_TEMPLE, LEFT_TEMPLE));
        let down = axis(FOREHEAD, CHIN);
        let along = dot(across, down);
        let down = unit([0, 1, 2].map(|i| down[i] - across[i] * along));
        let degrees = |y: f32, x: f32| libm::atan2f(y, x).to_degrees();
        Pose {
            yaw: degrees(-across[2], libm::hypotf(across[0], across[1])),
            pitch: degrees(down[2], libm::hypotf(down[0], down[1])),
            roll: degrees(across[1], across[0]),
        }
    }

    /// Eye aspect ratio, right and left: height over width, about 0.3 open, under 0.15 closed; a person's
    /// own open eyes are the scale. Source: Soukupová and Čech 2016, on six mesh points an eye.
    pub fn eye_aspect_ratio(&self) -> [f32; 2] {
        [RIGHT_EYE, LEFT_EYE].map(|[p1, p2, p3, p4, p5, p6]| {
            let height = self.at(p2).distance(self.at(p6)) + self.at(p3).distance(self.at(p5));
            height / (2.0 * self.at(p1).distance(self.at(p4))).max(f32::EPSILON)
        })
    }

    /// Mouth aspect ratio: inner height over inner width; near 0 closed.
    pub fn mouth_aspect_ratio(&self) -> f32 {
        self.at(LIP_TOP).distance(self.at(LIP_BOTTOM))
            / self.at(LIP_RIGHT).distance(self.at(LIP_LEFT)).max(f32::EPSILON)
    }

    /// Width of the mouth over the distance of the eyes' outer corners; grows with a smile.
    pub fn mouth_width(&self) -> f32 {
        self.at(MOUTH_RIGHT).distance(self.at(MOUTH_LEFT)) / self.eye_span().max(f32::EPSILON)
    }

    /// How far the corners of the mouth stand above its middle, over the eyes' distance; grows with a smile.
    pub fn mouth_lift(&self) -> f32 {
        let middle = self.at(LIP_TOP).middle(self.at(LIP_BOTTOM));
        let corners = self.at(MOUTH_RIGHT).middle(self.at(MOUTH_LEFT));
        let (across, span) = (self.across(), self.eye_span().max(f32::EPSILON));
        ((middle.x - corners.x) * -across.y + (middle.y - corners.y) * across.x) / span
    }

    /// Between the outer corners of the eyes, px.
    pub fn eye_span(&self) -> f32 {
        self.at(RIGHT_EYE[0]).distance(self.at(LEFT_EYE[3]))
    }

    /// From the outer corner of the right eye to that of the left: what is level in the head's own turn, length 1.
    pub(super) fn across(&self) -> Point {
        let (right, left) = (self.at(RIGHT_EYE[0]), self.at(LEFT_EYE[3]));
        let span = right.distance(left).max(f32::EPSILON);
        Point::new((left.x - right.x) / span, (left.y - right.y) / span)
    }

    /// Both corners of each eye.
    pub(super) fn eye_corners(&self) -> [(Point, Point); 2] {
        [RIGHT_EYE, LEFT_EYE].map(|eye| (self.at(eye[0]), self.at(eye[3])))
    }

    /// The five points of [`super::Detection`], from the mesh.
    pub fn five_points(&self) -> [Point; 5] {
        let [right, left] = self.eye_corners().map(|(one, other)| one.middle(other));
        [right, left, self.at(NOSE_TIP), self.at(MOUTH_RIGHT), self.at(MOUTH_LEFT)]
    }
}

const SIZE: usize = 192;

/// Side of the region over the box's, as MediaPipe cuts it.
const MARGIN: f32 = 1.5;

// Numbering of MediaPipe's canonical face model; right and left are the person's own. Eyes: outer (right) or
// inner (left) corner, two on the upper lid, the other corner, two on the lower lid.
const RIGHT_EYE: [usize; 6] = [33, 160, 158, 133, 153, 144];
const LEFT_EYE: [usize; 6] = [362, 385, 387, 263, 373, 380];
const RIGHT_TEMPLE: usize = 234;
const LEFT_TEMPLE: usize = 454;
const FOREHEAD: usize = 10;
const CHIN: usize = 152;
const NOSE_TIP: usize = 4;
const LIP_TOP: usize = 13;
const LIP_BOTTOM: usize = 14;
const LIP_RIGHT: usize = 78;
const LIP_LEFT: usize = 308;
const MOUTH_RIGHT: usize = 61;
const MOUTH_LEFT: usize = 291;
