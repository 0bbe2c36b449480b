//! The models together: pictures in, faces out.

use super::detector::{self, Detection, Detector, SIZES};
use super::embedding::{Embedder, Kind};
use super::expression::Reader;
use super::frame::Picture;
use super::mesh::{Mesher, Region};
use super::spoof::SpoofDetector;
use super::{Embedding, Expression, FaceError, Frame, Hint, Mesh, Point, Pose, Quality, Rect, eyes};

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Finds faces. Everything else needs it.
    Detector,
    /// 468 points, turn, eyes, mouth.
    Mesh,
    /// Whose face it is.
    Identity,
    /// Whether it is still the same face; smaller, for frames that follow each other.
    Continuity,
    /// What it shows.
    Expression,
    /// Whether it looks like a print or a screen.
    Spoof,
}

impl Role {
    /// Every role, in the order in which they are needed.
    pub const ALL: [Self; 6] =
        [Self::Detector, Self::Mesh, Self::Continuity, Self::Spoof, Self::Identity, Self::Expression];

    /// As files and bindings call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Detector => "detector",
            Self::Mesh => "mesh",
            Self::Identity => "identity",
            Self::Continuity => "continuity",
            Self::Expression => "expression",
            Self::Spoof => "spoof",
        }
    }

    /// The role of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// What is wanted of each face beyond its place, points and quality. Models for it must be loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct Ask {
    /// [`Face::expression`].
    pub expression: bool,
    /// [`Face::spoof`].
    pub spoof: bool,
    /// [`Face::embedding`].
    pub embedding: bool,
    /// [`Face::likeness`].
    pub likeness: bool,
}

/// One face in a picture.
#[derive(Clone, Debug)]
pub struct Face {
    /// Around brow, chin and cheeks, picture px.
    pub bounds: Rect,
    /// The detector's, 0 to 1.
    pub confidence: f32,
    /// Eye on the picture's left, eye on its right, tip of the nose, corners of the mouth, left and right.
    pub points: [Point; 5],
    /// Where the mesh fits; a face seen from behind the ear has none.
    pub mesh: Option<Mesh>,
    /// How the head is turned, where there is a mesh.
    pub pose: Option<Pose>,
    /// How much darker the eyes' middles are than the skin under them, 0 to 1, where there is a mesh: near 0
    /// where eyes are closed.
    pub iris_contrast: Option<f32>,
    /// How well it can be seen.
    pub quality: Quality,
    /// Where asked for.
    pub expression: Option<Expression>,
    /// Looks like a print or a screen, 0 to 1; where asked for.
    pub spoof: Option<f32>,
    /// Where asked for.
    pub embedding: Option<Embedding>,
    /// The smaller embedding, comparable only with its kind; where asked for.
    pub likeness: Option<Embedding>,
}

/// The models that are loaded, and the face being followed.
#[derive(Default)]
pub struct FaceEngine {
    detector: Option<Detector>,
    mesher: Option<Mesher>,
    embedder: Option<Embedder>,
    continuity: Option<Embedder>,
    reader: Option<Reader>,
    spoof: Option<SpoofDetector>,
    followed: Option<Followed>,
}

/// The face of the last frame.
struct Followed {
    region: Region,
    confidence: f32,
    /// Faces when they were last counted.
    faces: usize,
    /// Frames since.
    frames: u32,
}

impl FaceEngine {
    /// Takes the model for `role`, as ONNX. Errors: [`FaceError::Model`].
    pub fn load(&mut self, role: Role, onnx: &[u8]) -> Result<(), FaceError> {
        match role {
            Role::Detector => self.detector = Some(Detector::new(onnx)?),
            Role::Mesh => self.mesher = Some(Mesher::new(onnx)?),
            Role::Identity => self.embedder = Some(Embedder::new(Kind::SFace, onnx)?),
            Role::Continuity => self.continuity = Some(Embedder::new(Kind::MobileFaceNet, onnx)?),
            Role::Expression => self.reader = Some(Reader::new(onnx)?),
            Role::Spoof => self.spoof = Some(SpoofDetector::new(onnx)?),
        }
        Ok(())
    }

    /// Whether the model for `role` is loaded.
    pub fn has(&self, role: Role) -> bool {
        match role {
            Role::Detector => self.detector.is_some(),
            Role::Mesh => self.mesher.is_some(),
            Role::Identity => self.embedder.is_some(),
            Role::Continuity => self.continuity.is_some(),
            Role::Expression => self.reader.is_some(),
            Role::Spoof => self.spoof.is_some(),
        }
    }

    /// Every face in a photograph, largest first; also small ones in large pictures, and in pictures that
    /// lie on their side.
    pub fn analyze(&mut self, frame: Frame<'_>, ask: Ask) -> Result<Vec<Face>, FaceError> {
        let picture = Picture::new(frame);
        let mut faces = Vec::new();
        for detection in self.find(&picture)? {
            let mesh = self.fit(&picture, &Region::of(&detection.bounds, detection.roll()))?;
            if mesh.is_some() || detection.confidence >= SURE_WITHOUT_MESH {
                faces.push(self.describe(&picture, detection, mesh, ask)?);
            }
        }
        faces.sort_by(|a, b| b.bounds.area().total_cmp(&a.bounds.area()));
        if faces.len() > 1 {
            faces.iter_mut().for_each(|face| face.quality.hints.push(Hint::OnePersonOnly));
        }
        Ok(faces)
    }

    /// The largest face of the next frame of a camera: followed by its mesh, and looked for where it is
    /// lost. Also how many faces there were when they were last counted.
    pub fn follow(&mut self, frame: Frame<'_>, ask: Ask) -> Result<(Option<Face>, usize), FaceError> {
        let picture = Picture::new(frame);
        if let Some(Followed { region, confidence, faces, frames }) = self.followed.take()
            && frames < RECOUNT_FRAMES
            && let Some(mesh) = self.fit(&picture, &region)?
        {
            let detection = Detection { bounds: mesh.bounds(), confidence, points: mesh.five_points() };
            self.followed = Some(Followed { region: mesh.region(), confidence, faces, frames: frames + 1 });
            return Ok((Some(self.describe(&picture, detection, Some(mesh), ask)?), faces));
        }
        let detector = self.detector()?;
        let mut found = Vec::new();
        for size in [SIZES[0], SIZES[1]] {
            found = detector.detect(&picture, size, 0, 1.0)?;
            if !found.is_empty() {
                break;
            }
        }
        found.sort_by(|a, b| b.bounds.area().total_cmp(&a.bounds.area()));
        let Some(&detection) = found.first() else { return Ok((None, 0)) };
        let Some(mesh) = self.fit(&picture, &Region::of(&detection.bounds, detection.roll()))? else {
            return Ok((None, found.len()));
        };
        self.followed =
            Some(Followed { region: mesh.region(), confidence: detection.confidence, faces: found.len(), frames: 0 });
        let detection = Detection { bounds: mesh.bounds(), points: mesh.five_points(), ..detection };
        Ok((Some(self.describe(&picture, detection, Some(mesh), ask)?), found.len()))
    }

    /// Forgets the face being followed.
    pub fn lose(&mut self) {
        self.followed = None;
    }

    /// Faces at every size worth looking at, with the picture turned so that they stand upright.
    fn find(&mut self, picture: &Picture<'_>) -> Result<Vec<Detection>, FaceError> {
        let (turns, mut found) = self.upright(picture)?;
        let detector = self.detector()?;
        let longest = picture.width().max(picture.height());
        for size in SIZES.into_iter().skip(2) {
            // A finer look costs four times as much and finds faces only where there is more to see.
            if longest < size as f32 * 0.75 {
                break;
            }
            found.extend(detector.detect(picture, size, turns, 1.0)?);
        }
        // A face that fills the picture is found with room around it.
        if found.is_empty() {
            found = detector.detect(picture, SIZES[1], turns, 0.5)?;
        }
        Ok(detector::without_duplicates(found))
    }

    /// Quarter turns after which faces stand upright, and the faces then. A face on its side is often found,
    /// but badly, so the other ways are tried unless it is plain.
    fn upright(&mut self, picture: &Picture<'_>) -> Result<(usize, Vec<Detection>), FaceError> {
        let detector = self.detector()?;
        let (mut best, mut upright) = (0.0, (0, Vec::new()));
        for turns in 0..4 {
            let found = detector.detect(picture, SIZES[1], turns, 1.0)?;
            let confidence = found.first().map_or(0.0, |face| face.confidence);
            if turns == 0 && confidence >= PLAIN {
                return Ok((0, found));
            }
            if confidence > best {
                // As it lies is how most pictures lie.
                best = confidence + if turns == 0 { 0.05 } else { 0.0 };
                upright = (turns, found);
            }
        }
        Ok(upright)
    }

    fn detector(&mut self) -> Result<&mut Detector, FaceError> {
        self.detector.as_mut().ok_or(FaceError::NotLoaded { role: Role::Detector.name() })
    }

    fn fit(&self, picture: &Picture<'_>, region: &Region) -> Result<Option<Mesh>, FaceError> {
        let mesh = loaded(&self.mesher, Role::Mesh)?.fit(picture, region)?;
        Ok(Some(mesh).filter(|mesh| mesh.presence >= LEAST_PRESENCE))
    }

    fn describe(
        &self,
        picture: &Picture<'_>,
        detection: Detection,
        mesh: Option<Mesh>,
        ask: Ask,
    ) -> Result<Face, FaceError> {
        let Detection { bounds, confidence, points } = detection;
        let pose = mesh.as_ref().map(Mesh::pose);
        let expression = || loaded(&self.reader, Role::Expression)?.read(picture, &points);
        let spoof = || loaded(&self.spoof, Role::Spoof)?.suspicion(picture, &bounds);
        let embedding = || loaded(&self.embedder, Role::Identity)?.embed(picture, &points);
        let likeness = || loaded(&self.continuity, Role::Continuity)?.embed(picture, &points);
        let iris_contrast = mesh.as_ref().map(|mesh| eyes::iris_contrast(picture, mesh));
        // The detector's box ends where the picture does; the mesh goes on.
        let extent = mesh.as_ref().map_or(bounds, Mesh::bounds);
        let quality = Quality::of(picture, &extent, &points, pose);
        Ok(Face {
            bounds,
            confidence,
            points,
            mesh,
            pose,
            iris_contrast,
            quality,
            expression: ask.expression.then(expression).transpose()?,
            spoof: ask.spoof.then(spoof).transpose()?,
            embedding: ask.embedding.then(embedding).transpose()?,
            likeness: ask.likeness.then(likeness).transpose()?,
        })
    }
}

fn loaded<T>(model: &Option<T>, role: Role) -> Result<&T, FaceError> {
    model.as_ref().ok_or(FaceError::NotLoaded { role: role.name() })
}

/// Chosen: above what a face on its side was seen to get.
const PLAIN: f32 = 0.88;

/// The mesh network's own middle.
const LEAST_PRESENCE: f32 = 0.5;

/// A face that the mesh does not fit (a profile) counts where the detector is this sure.
const SURE_WITHOUT_MESH: f32 = 0.8;

/// Faces are counted again after this many followed frames: a second person is seen within half a second.
const RECOUNT_FRAMES: u32 = 12;
