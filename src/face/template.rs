//! A face for keeping: an embedding behind a salted projection, which can be revoked by changing the salt.

use super::Embedding;
use sha2::{Digest, Sha256};

/// What is kept of a face that was registered. Templates of one person under different salts have nothing in
/// common, and a quarter of the embedding's directions is lost, so that the embedding cannot be computed back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<i8>);

impl Template {
    /// Projects `embedding` onto three quarters of its dimensions, in directions drawn from `salt` that stand at
    /// right angles to each other: cosines are kept but for what lies in the lost quarter.
    pub fn new(embedding: &Embedding, salt: &[u8; 32]) -> Self {
        let values = embedding.values();
        let mut rows: Vec<Vec<f32>> = Vec::new();
        let mut drawn = Normals::new(salt);
        while rows.len() < values.len() * 3 / 4 {
            let mut row: Vec<f32> = values.iter().map(|_| drawn.next()).collect();
            for earlier in &rows {
                let along: f32 = row.iter().zip(earlier).map(|(a, b)| a * b).sum();
                row.iter_mut().zip(earlier).for_each(|(a, b)| *a -= along * b);
            }
            if let Some(unit) = Embedding::new(row) {
                rows.push(unit.values().to_vec());
            }
        }
        let projected: Vec<f32> = rows.iter().map(|row| row.iter().zip(values).map(|(a, b)| a * b).sum()).collect();
        let most = projected.iter().fold(f32::EPSILON, |most, v| most.max(v.abs()));
        Self(projected.iter().map(|v| libm::roundf(v / most * 127.0) as i8).collect())
    }

    /// One byte a direction.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().map(|v| *v as u8).collect()
    }

    /// The other way.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.iter().map(|b| *b as i8).collect())
    }

    /// Cosine of two templates under one salt, -1 to 1; 0 where their lengths differ.
    pub fn similarity(&self, other: &Self) -> f32 {
        let of = |template: &Self| Embedding::new(template.0.iter().map(|v| f32::from(*v)).collect());
        match (of(self), of(other)) {
            (Some(a), Some(b)) if self.0.len() == other.0.len() => a.similarity(&b),
            _ => 0.0,
        }
    }
}

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

    fn embedding(seed: u8) -> Embedding {
        let mut drawn = Normals::new(&[seed; 32]);
        Embedding::new((0..128).map(|_| drawn.next()).collect()).unwrap()
    }

    /// Between two others: `share` of the second.
    fn between(a: &Embedding, b: &Embedding, share: f32) -> Embedding {
        let mix = a.values().iter().zip(b.values()).map(|(a, b)| a * (1.0 - share) + b * share);
        Embedding::new(mix.collect()).unwrap()
    }

    #[test]
    fn templates_under_one_salt_are_as_alike_as_the_faces() {
        let (a, b) = (embedding(1), embedding(2));
        for share in [0.0, 0.1, 0.3, 0.5, 1.0] {
            let other = between(&a, &b, share);
            let kept = Template::new(&a, &[9; 32]).similarity(&Template::new(&other, &[9; 32]));
            assert!((kept - a.similarity(&other)).abs() < 0.12, "{kept} is not {}", a.similarity(&other));
        }
    }

    #[test]
    fn another_salt_makes_another_template() {
        let a = embedding(1);
        let alike = Template::new(&a, &[9; 32]).similarity(&Template::new(&a, &[8; 32]));
        assert!(alike.abs() < 0.36, "{alike}");
    }

    #[test]
    fn a_template_comes_back_from_its_bytes() {
        let template = Template::new(&embedding(3), &[1; 32]);
        assert_eq!(template.to_bytes().len(), 96);
        assert_eq!(Template::from_bytes(&template.to_bytes()), template);
        assert_eq!(template.similarity(&Template::from_bytes(&[])), 0.0);
    }
}
