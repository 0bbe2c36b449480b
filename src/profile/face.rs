//! A face for keeping: an embedding behind a salted projection, which can be revoked by changing the salt.

use sha2::{Digest, Sha256};

/// What is kept of a face that was registered. Templates of one person under different salts have nothing in
/// common, and a quarter of the embedding's directions is lost, so that the embedding cannot be computed back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaceTemplate {
    pub(super) salt: [u8; 32],
    pub(super) projected: Vec<i8>,
}

impl FaceTemplate {
    /// Projects an embedding onto three quarters of its dimensions, in directions drawn from `salt` that stand at
    /// right angles to each other: cosines are kept but for what lies in the lost quarter. `None` of no direction.
    pub fn new(embedding: &[f32], salt: [u8; 32]) -> Option<Self> {
        let values = unit(embedding.to_vec())?;
        let mut rows: Vec<Vec<f32>> = Vec::new();
        let mut drawn = Normals::new(&salt);
        while rows.len() < values.len() * 3 / 4 {
            let mut row: Vec<f32> = values.iter().map(|_| drawn.next()).collect();
            for earlier in &rows {
                let along: f32 = row.iter().zip(earlier).map(|(a, b)| a * b).sum();
                row.iter_mut().zip(earlier).for_each(|(a, b)| *a -= along * b);
            }
            rows.extend(unit(row));
        }
        let projected: Vec<f32> = rows.iter().map(|row| row.iter().zip(&values).map(|(a, b)| a * b).sum()).collect();
        let most = projected.iter().fold(f32::EPSILON, |most, v| most.max(v.abs()));
        Some(Self { salt, projected: projected.iter().map(|v| libm::roundf(v / most * 127.0) as i8).collect() })
    }

    /// Cosine of the face kept and the one whose embedding this is, -1 to 1; -1 where they cannot be compared.
    pub fn similarity(&self, embedding: &[f32]) -> f32 {
        let of = |template: &Self| unit(template.projected.iter().map(|v| f32::from(*v)).collect());
        let seen = Self::new(embedding, self.salt);
        match (of(self), seen.as_ref().and_then(of)) {
            (Some(a), Some(b)) if a.len() == b.len() => a.iter().zip(b).map(|(a, b)| a * b).sum(),
            _ => -1.0,
        }
    }
}

/// The direction; `None` of numbers without one.
fn unit(mut values: Vec<f32>) -> Option<Vec<f32>> {
    if values.len() > MOST_VALUES {
        return None;
    }
    let length = libm::sqrtf(values.iter().map(|v| v * v).sum());
    if !length.is_normal() {
        return None;
    }
    values.iter_mut().for_each(|v| *v /= length);
    Some(values)
}

/// More than any face network's answer.
const MOST_VALUES: usize = 1024;

/// Normally distributed numbers from SHA-256 in counter mode (Box and Muller 1958).
struct Normals {
    salt: [u8; 32],
    counter: u64,
    ready: Vec<f32>,
}

impl Normals {
    fn new(salt: &[u8; 32]) -> Self {
        Self { salt: *salt, counter: 0, ready: Vec::new() }
    }

    fn next(&mut self) -> f32 {
        loop {
            if let Some(number) = self.ready.pop() {
                return number;
            }
            let mut hash = Sha256::new();
            hash.update(b"vouchsafe face template v1\0");
            hash.update(self.salt);
            hash.update(self.counter.to_be_bytes());
            self.counter += 1;
            for eight in hash.finalize().chunks_exact(8) {
                let uniform = |b: &[u8]| (u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as f32 + 0.5) / 4_294_967_296.0;
                let radius = libm::sqrtf(-2.0 * libm::logf(uniform(&eight[..4]).max(f32::MIN_POSITIVE)));
                let angle = core::f32::consts::TAU * uniform(&eight[4..]);
                self.ready.extend([radius * libm::cosf(angle), radius * libm::sinf(angle)]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn embedding(seed: u8) -> Vec<f32> {
        let mut drawn = Normals::new(&[seed; 32]);
        unit((0..128).map(|_| drawn.next()).collect()).unwrap()
    }

    /// Between two others: `share` of the second.
    fn between(a: &[f32], b: &[f32], share: f32) -> Vec<f32> {
        unit(a.iter().zip(b).map(|(a, b)| a * (1.0 - share) + b * share).collect()).unwrap()
    }

    #[test]
    fn templates_are_as_alike_as_the_faces() {
        let (a, b) = (embedding(1), embedding(2));
        let template = FaceTemplate::new(&a, [9; 32]).unwrap();
        assert_eq!(template.projected.len(), 96);
        for share in [0.0, 0.1, 0.3, 0.5, 1.0] {
            let other = between(&a, &b, share);
            let (kept, true_cosine) =
                (template.similarity(&other), a.iter().zip(&other).map(|(a, b)| a * b).sum::<f32>());
            assert!((kept - true_cosine).abs() < 0.12, "{kept} is not {true_cosine}");
        }
    }

    #[test]
    fn another_salt_makes_another_template() {
        let a = embedding(1);
        let projected = |salt| FaceTemplate::new(&a, [salt; 32]).unwrap().projected;
        let mixed = FaceTemplate { salt: [8; 32], projected: projected(9) };
        assert!(mixed.similarity(&a).abs() < 0.36, "{}", mixed.similarity(&a));
    }

    #[test]
    fn what_is_no_face_is_like_none() {
        let template = FaceTemplate::new(&embedding(3), [1; 32]).unwrap();
        for odd in [vec![], vec![0.0; 128], vec![f32::NAN; 128], vec![1.0; 64], vec![1.0; 100_000]] {
            assert_eq!(template.similarity(&odd), -1.0);
        }
        assert!(FaceTemplate::new(&[0.0; 128], [1; 32]).is_none());
    }
}
