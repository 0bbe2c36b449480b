//! Proof of work: sixteen small puzzles instead of a large one, so that the time varies little and
//! progress can be shown.
//!
//! `seed = SHA-256("vouchsafe work v1\0" ‖ challenge token ‖ "\0" ‖ key thumbprint)`. Puzzle `i`
//! (0 to 15) is solved by a `u32` n where `SHA-256(seed ‖ i as u8 ‖ n little-endian)` begins with
//! `difficulty` zero bits. The answer is the sixteen n, little-endian, one after the other. Bound to
//! the visitor's key, an answer is worth nothing to anybody else.

use super::{Challenge, VisitorKey, text};
use sha2::{Digest, Sha256};

/// Puzzles in one challenge.
pub const PUZZLES: usize = 16;

/// SHA-256 thumbprint of the visitor's public key (RFC 7638).
pub type Thumbprint = [u8; 32];

/// Work in progress.
#[derive(Clone, Debug)]
pub struct Solver {
    seed: [u8; 32],
    difficulty: u8,
    answer: Vec<u32>,
    next: u32,
}

/// A challenge with its work done, ready to carry claims.
#[derive(Clone, Debug)]
pub struct SolvedChallenge {
    challenge: Challenge,
    answer: [u8; PUZZLES * 4],
}

/// Why an answer does not solve a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkError {
    /// Not [`PUZZLES`] numbers of four bytes.
    #[error("proof of work is malformed")]
    Malformed,
    /// One of the puzzles is not solved.
    #[error("proof of work is insufficient")]
    Insufficient,
}

impl Solver {
    /// Starts work on `challenge` for the key with this thumbprint.
    pub fn new(challenge: &Challenge, thumbprint: &Thumbprint) -> Self {
        Self::of_token(challenge.token(), challenge.terms().difficulty, thumbprint)
    }

    /// [`Solver::new`] where the challenge was read by other means (the browser has a JSON parser of its own).
    pub fn of_token(token: &str, difficulty: u8, thumbprint: &Thumbprint) -> Self {
        Self { seed: seed(token, thumbprint), difficulty, answer: Vec::with_capacity(PUZZLES), next: 0 }
    }

    /// Tries up to `hashes` numbers and says how many puzzles are solved so far.
    pub fn step(&mut self, hashes: u32) -> usize {
        for _ in 0..hashes {
            if self.answer.len() == PUZZLES {
                break;
            }
            if solves(&self.seed, self.answer.len(), self.next, self.difficulty) {
                self.answer.push(self.next);
                self.next = 0;
            } else {
                self.next = self.next.wrapping_add(1);
            }
        }
        self.answer.len()
    }

    /// The answer, once every puzzle is solved.
    pub fn answer(&self) -> Option<[u8; PUZZLES * 4]> {
        let bytes: Vec<u8> = self.answer.iter().flat_map(|n| n.to_le_bytes()).collect();
        bytes.try_into().ok()
    }
}

impl SolvedChallenge {
    /// Takes an answer that was worked out elsewhere (a Worker), if it is one.
    pub fn new(challenge: Challenge, key: &VisitorKey, answer: &[u8]) -> Result<Self, WorkError> {
        check(challenge.token(), challenge.terms().difficulty, &key.thumbprint(), answer)?;
        let answer = answer.try_into().map_err(|_| WorkError::Malformed)?;
        Ok(Self { challenge, answer })
    }

    pub(super) fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    pub(super) fn work(&self) -> String {
        text::encode(&self.answer)
    }
}

/// Sixteen hashes, whatever the difficulty was.
pub fn check(token: &str, difficulty: u8, thumbprint: &Thumbprint, answer: &[u8]) -> Result<(), WorkError> {
    if answer.len() != PUZZLES * 4 {
        return Err(WorkError::Malformed);
    }
    let seed = seed(token, thumbprint);
    let solved = answer.chunks_exact(4).enumerate().all(|(i, n)| {
        let n = u32::from_le_bytes([n[0], n[1], n[2], n[3]]);
        solves(&seed, i, n, difficulty)
    });
    if solved { Ok(()) } else { Err(WorkError::Insufficient) }
}

fn seed(token: &str, thumbprint: &Thumbprint) -> [u8; 32] {
    let hash = Sha256::new_with_prefix(b"vouchsafe work v1\0").chain_update(token).chain_update(b"\0");
    hash.chain_update(thumbprint).finalize().into()
}

fn solves(seed: &[u8; 32], puzzle: usize, n: u32, difficulty: u8) -> bool {
    let mut block = [0_u8; 37];
    block[..32].copy_from_slice(seed);
    block[32] = puzzle as u8;
    block[33..].copy_from_slice(&n.to_le_bytes());
    let hash = Sha256::digest(block);
    let head = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
    head.leading_zeros() >= u32::from(difficulty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voucher::ChallengeKey;
    use crate::voucher::challenge::tests::terms;

    fn challenge() -> Challenge {
        Challenge::read(&ChallengeKey::new(&[1; 32]).unwrap().issue(&terms())).unwrap()
    }

    #[test]
    fn a_worked_out_answer_is_accepted_for_its_key_only() {
        let (mine, theirs) = (VisitorKey::from_seed([3; 32]), VisitorKey::from_seed([4; 32]));
        let mut solver = Solver::new(&challenge(), &mine.thumbprint());
        while solver.step(7) < PUZZLES {}
        let answer = solver.answer().unwrap();
        assert!(SolvedChallenge::new(challenge(), &mine, &answer).is_ok());
        assert_eq!(SolvedChallenge::new(challenge(), &theirs, &answer).unwrap_err(), WorkError::Insufficient);
        assert_eq!(SolvedChallenge::new(challenge(), &mine, &answer[1..]).unwrap_err(), WorkError::Malformed);
    }

    #[test]
    fn work_grows_by_the_puzzle_and_never_past_the_last() {
        let mut solver = Solver::new(&challenge(), &[0; 32]);
        assert!(solver.answer().is_none());
        assert_eq!(solver.step(u32::MAX), PUZZLES);
        assert_eq!(solver.step(1), PUZZLES);
    }
}
