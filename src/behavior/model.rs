//! Boosted trees over evidence bytes, small enough to ship with the page.
//!
//! `models/behavior.bin`, little-endian: `b"VSB4"`, then for stroke, pointer and typing each: `u8` features
//! F, `u16` trees, `u8` feature that says how much was seen, `u8` ranges of it, for each range its last
//! byte, `f32` bias, `f32` leaf scale and `u8` doubt (64ths of a natural logarithm), F pairs of `u8` (the range most people
//! fall in), then for each tree 7 feature bytes, 7 threshold bytes and 8 `i8` leaves of a complete tree of
//! depth 3. A byte goes left when it is at most the threshold.

use super::stats::sort_by;

/// First 8 bytes of the SHA-256 of the shipped model, hexadecimal. Written by the training, held to the model by a
/// test: pages need no hash for it.
pub(super) const DIGEST: &str = include_str!("../../models/behavior.digest");

/// One family's trees.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trees {
    amount: usize,
    levels: &'static [u8],
    features: usize,
    usual: &'static [u8],
    nodes: &'static [u8],
}

/// The trained models.
#[derive(Clone, Copy, Debug)]
pub(super) struct Models {
    /// One stroke by itself; what it says becomes facts of the pointer family.
    pub(super) stroke: Trees,
    pub(super) pointer: Trees,
    pub(super) typing: Trees,
}

impl Models {
    /// The model compiled into this crate.
    pub(super) fn shipped() -> Self {
        static SHIPPED: std::sync::OnceLock<Models> = std::sync::OnceLock::new();
        *SHIPPED.get_or_init(|| Self::parse(BYTES).unwrap_or_else(Self::silent))
    }

    fn parse(bytes: &'static [u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(b"VSB4")?;
        let (stroke, rest) = Trees::parse(rest)?;
        let (pointer, rest) = Trees::parse(rest)?;
        let (typing, rest) = Trees::parse(rest)?;
        rest.is_empty().then_some(Self { stroke, pointer, typing })
    }

    /// A model with no trees: every family scores even. A test holds the shipped bytes to parse.
    fn silent() -> Self {
        let none = Trees { amount: 0, levels: &[], features: 0, usual: &[], nodes: &[] };
        Self { stroke: none, pointer: none, typing: none }
    }
}

impl Trees {
    fn parse(bytes: &'static [u8]) -> Option<(Self, &'static [u8])> {
        let (head, rest) = bytes.split_at_checked(5)?;
        let features = usize::from(head[0]);
        let trees = usize::from(u16::from_le_bytes([head[1], head[2]]));
        let (levels, rest) = rest.split_at_checked(usize::from(head[4]) * LEVEL_BYTES)?;
        let (usual, rest) = rest.split_at_checked(features * 2)?;
        let (nodes, rest) = rest.split_at_checked(trees * TREE_BYTES)?;
        Some((Self { amount: usize::from(head[3]), levels, features, usual, nodes }, rest))
    }

    /// How many bytes of evidence the trees read.
    #[cfg(test)]
    pub(super) fn features(&self) -> usize {
        self.features
    }

    /// Calibrated log-odds of a person. Evidence of another length gives `None`.
    pub(super) fn log_odds(&self, evidence: &[u8]) -> Option<f32> {
        if evidence.len() != self.features {
            return None;
        }
        let mut sum = 0_i32;
        for tree in self.nodes.chunks_exact(TREE_BYTES) {
            let (splits, leaves) = tree.split_at(2 * NODES);
            let mut at = 0;
            for _ in 0..DEPTH {
                let byte = evidence.get(usize::from(splits[at])).copied().unwrap_or(0);
                at = 2 * at + 1 + usize::from(byte > splits[NODES + at]);
            }
            sum += i32::from(leaves[at - NODES] as i8);
        }
        // Much evidence is judged by another scale than little.
        let amount = evidence.get(self.amount)?;
        let level = self.levels.chunks_exact(LEVEL_BYTES).find(|level| *amount <= level[0])?;
        let (bias, scale, doubt) = Self::calibration(level);
        let odds = bias + scale * sum as f32;
        // What is just under even odds of the trees is in doubt: it is drawn out between the verdicts human and bot.
        Some(odds + doubt * ((HUMAN - odds) / (HUMAN - BOT + doubt)).clamp(0.0, 1.0))
    }

    /// Bias, leaf scale and doubt of one range of how much was seen.
    fn calibration(level: &[u8]) -> (f32, f32, f32) {
        let float = |at: usize| f32::from_le_bytes([level[at], level[at + 1], level[at + 2], level[at + 3]]);
        (float(1), float(5), f32::from(level[9]) / 64.0)
    }

    /// Features outside the range most people fall in, furthest first: index and whether above.
    pub(super) fn unusual(&self, evidence: &[u8]) -> Vec<(usize, bool)> {
        let mut out: Vec<(i32, usize, bool)> = evidence
            .iter()
            .zip(self.usual.chunks_exact(2))
            .enumerate()
            .filter(|(_, (byte, _))| **byte > 0)
            .filter_map(|(i, (byte, range))| {
                let (b, low, high) = (i32::from(*byte), i32::from(range[0]), i32::from(range[1]));
                let width = (high - low).max(8);
                if b < low {
                    Some(((low - b) * 100 / width, i, false))
                } else if b > high {
                    Some(((b - high) * 100 / width, i, true))
                } else {
                    None
                }
            })
            .collect();
        sort_by(&mut out, |a, b| (-a.0, a.1) < (-b.0, b.1));
        out.into_iter().map(|(_, i, above)| (i, above)).collect()
    }
}

const BYTES: &[u8] = include_bytes!("../../models/behavior.bin");
const LEVEL_BYTES: usize = 10;
/// Log-odds at which the verdicts human and bot begin where nothing else is known.
const HUMAN: f32 = 0.405_465_1;
const BOT: f32 = -HUMAN;
const DEPTH: usize = 3;
const NODES: usize = (1 << DEPTH) - 1;
const TREE_BYTES: usize = 3 * NODES + 1;

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree of one feature, with last byte, bias, scale and doubt of each range.
    fn one_tree(tree: [u8; TREE_BYTES], ranges: &[(u8, f32, f32, u8)]) -> Trees {
        let level = |&(end, bias, scale, doubt): &(u8, f32, f32, u8)| {
            [&[end][..], &bias.to_le_bytes(), &scale.to_le_bytes(), &[doubt]].concat()
        };
        let levels: Vec<u8> = ranges.iter().flat_map(level).collect();
        Trees { amount: 0, levels: levels.leak(), features: 1, usual: &[1, 255], nodes: Box::leak(Box::new(tree)) }
    }

    #[test]
    fn the_shipped_model_parses_and_fits_the_features() {
        let models = Models::parse(BYTES).expect("models/behavior.bin is whole");
        assert_eq!(models.stroke.features(), crate::behavior::pointer::STROKE_FACTS);
        assert_eq!(models.pointer.features(), crate::behavior::pointer::SPECS.len());
        assert_eq!(models.typing.features(), crate::behavior::typing::SPECS.len());
    }

    #[test]
    fn the_digest_is_the_shipped_model_s() {
        use sha2::{Digest, Sha256};
        let digest: String = Sha256::digest(BYTES).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(DIGEST, digest);
    }

    #[test]
    fn a_tree_is_walked_left_at_or_below_the_threshold() {
        // One tree: split feature 0 at 10 in the root, then pass through; left leaf 7, right leaf -3.
        let mut tree = [0_u8; TREE_BYTES];
        tree[NODES] = 10;
        tree[NODES + 1..2 * NODES].fill(255);
        tree[2 * NODES] = 7;
        tree[2 * NODES + 4] = (-3_i8) as u8;
        let trees = one_tree(tree, &[(11, 1.0, 0.5, 0), (255, 0.0, 2.0, 0)]);
        assert_eq!(trees.log_odds(&[10]), Some(4.5));
        assert_eq!(trees.log_odds(&[11]), Some(-0.5));
        assert_eq!(trees.log_odds(&[12]), Some(-6.0), "where more was seen, by another scale");
        assert_eq!(trees.log_odds(&[1, 2]), None);
    }

    #[test]
    fn the_verdicts_begin_where_the_policy_has_them() {
        let policy = crate::decision::Policy::default();
        for (log_odds, score) in [(HUMAN, policy.human_from), (BOT, policy.bot_below)] {
            assert!((log_odds - (score / (1.0 - score)).ln()).abs() < 1e-6);
        }
    }

    #[test]
    fn doubt_is_drawn_out_between_the_verdicts() {
        // One leaf says it all, in tenths of log-odds; the doubt is one unit.
        let odds = |sum: i8| {
            let mut tree = [0_u8; TREE_BYTES];
            tree[2 * NODES] = sum as u8;
            tree[NODES..2 * NODES].fill(255);
            one_tree(tree, &[(255, 0.0, 0.1, 64)]).log_odds(&[1]).unwrap()
        };
        assert_eq!(odds(20), 2.0, "a person's stay as they are");
        assert_eq!(odds(5), 0.5);
        assert!((odds(0) - 0.22).abs() < 0.01, "even odds are less a program's than they would be: {}", odds(0));
        assert!(odds(-14) > BOT && odds(-15) < BOT, "the verdict bot begins a unit further");
        assert_eq!(odds(-40), -3.0);
        for sum in -60..60 {
            assert!(odds(sum) < odds(sum + 1), "what was under stays under: {sum}");
        }
    }

    #[test]
    fn however_much_was_seen_the_verdict_bot_takes_firm_odds_of_the_trees() {
        let Models { pointer, typing, .. } = Models::shipped();
        // Of each range: what even odds come to, the sum of leaves at which the verdict bot begins, and the doubt.
        let ranges = |trees: Trees| {
            let range = |level: &[u8]| {
                let (even, scale, doubt) = Trees::calibration(level);
                (even, (BOT - doubt - even) / scale, doubt)
            };
            trees.levels.chunks_exact(LEVEL_BYTES).map(range).collect::<Vec<_>>()
        };
        for (even, _, _) in [ranges(pointer), ranges(typing)].concat() {
            assert!(even >= BOT, "even odds are no bot's");
        }
        let pointer = ranges(pointer);
        let firm = pointer.last().unwrap().1;
        assert!(pointer.last().unwrap().2 > 0.0, "long sessions are in doubt");
        for (_, begins, doubt) in pointer {
            assert!(begins < firm + 1.0, "{begins} leaves where others take {firm}");
            assert!(doubt == 0.0 || begins > firm - 1.0, "{begins} leaves where others take {firm}");
        }
    }

    #[test]
    fn a_truncated_model_is_refused() {
        for end in 0..BYTES.len().min(200) {
            assert!(Models::parse(&BYTES[..end]).is_none());
        }
    }
}
