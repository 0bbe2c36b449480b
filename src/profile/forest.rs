//! Isolation forest (Liu, Ting, Zhou 2008): what takes few random cuts to set apart is unusual.

/// Trees over byte features; scores run from 0 to 1, a half is what all alike would get.
#[derive(Clone, Debug)]
pub struct Forest {
    trees: Vec<Vec<Node>>,
    /// The mean path to a leaf that this many samples would have.
    usual_path: f64,
}

#[derive(Clone, Copy, Debug)]
enum Node {
    /// Samples with `feature` below `cut` go on at the next node, the others at `right`.
    Split { feature: u16, cut: f32, right: u32 },
    /// The path's length: the node's depth, and what the samples that ended here would still take.
    Leaf(f32),
}

impl Forest {
    /// Of samples of one length; `None` of fewer than two. `seed` chooses the cuts.
    pub fn new(samples: &[Vec<u8>], seed: u64) -> Option<Self> {
        let features = samples.first()?.len();
        if samples.len() < 2 || samples.iter().any(|sample| sample.len() != features) {
            return None;
        }
        let mut random = Random(seed);
        let size = samples.len().min(SUBSAMPLE);
        let most_depth = size.next_power_of_two().trailing_zeros();
        let tree = |_| {
            let mut drawn: Vec<&[u8]> = samples.iter().map(Vec::as_slice).collect();
            for i in 0..size {
                let other = i + random.below(drawn.len() - i);
                drawn.swap(i, other);
            }
            let mut nodes = Vec::new();
            grow(&mut nodes, &mut drawn[..size], 0, most_depth, &mut random);
            nodes
        };
        Some(Self { trees: (0..TREES).map(tree).collect(), usual_path: path_of(size) })
    }

    /// How unusual a sample is: `2^(-mean path / usual path)`.
    pub fn score(&self, sample: &[u8]) -> f64 {
        let paths = self.trees.iter().map(|tree| path(tree, sample));
        let mean = paths.sum::<f64>() / self.trees.len().max(1) as f64;
        libm::exp2(-mean / self.usual_path)
    }
}

/// Adds the tree over `samples` to `nodes`.
fn grow(nodes: &mut Vec<Node>, samples: &mut [&[u8]], depth: u32, most_depth: u32, random: &mut Random) {
    let leaf = Node::Leaf((f64::from(depth) + path_of(samples.len())) as f32);
    let cut = if depth == most_depth { None } else { draw_cut(samples, random) };
    let Some((feature, cut)) = cut else {
        nodes.push(leaf);
        return;
    };
    let below = partition(samples, |sample| f32::from(sample[feature]) < cut);
    let here = nodes.len();
    nodes.push(leaf);
    let (left, right) = samples.split_at_mut(below);
    grow(nodes, left, depth + 1, most_depth, random);
    nodes[here] = Node::Split { feature: feature as u16, cut, right: nodes.len() as u32 };
    grow(nodes, right, depth + 1, most_depth, random);
}

/// A feature in which the samples differ, and a place between its least and its greatest value.
fn draw_cut(samples: &[&[u8]], random: &mut Random) -> Option<(usize, f32)> {
    let range = |feature: usize| {
        let values = samples.iter().map(|sample| sample[feature]);
        values.fold((u8::MAX, u8::MIN), |(least, most), value| (least.min(value), most.max(value)))
    };
    let features = samples.first().map_or(0, |sample| sample.len());
    let mut left: Vec<usize> = (0..features).collect();
    while !left.is_empty() {
        let feature = left.swap_remove(random.below(left.len()));
        let (least, most) = range(feature);
        if least < most {
            // Above the least, so that neither side is empty.
            let share = 1.0 - random.share();
            return Some((feature, f32::from(least) + share * f32::from(most - least)));
        }
    }
    None
}

/// Puts those for which `first` holds first; how many they are.
fn partition(samples: &mut [&[u8]], first: impl Fn(&[u8]) -> bool) -> usize {
    let mut count = 0;
    for i in 0..samples.len() {
        if first(samples[i]) {
            samples.swap(count, i);
            count += 1;
        }
    }
    count
}

fn path(tree: &[Node], sample: &[u8]) -> f64 {
    let mut at = 0;
    loop {
        match tree.get(at) {
            Some(Node::Split { feature, cut, right }) => {
                let value = sample.get(usize::from(*feature)).copied().unwrap_or(0);
                at = if f32::from(value) < *cut { at + 1 } else { *right as usize };
            }
            Some(Node::Leaf(path)) => return f64::from(*path),
            None => return 0.0,
        }
    }
}

/// The mean path of an unsuccessful search in a binary search tree of `n`: `2 H(n - 1) - 2 (n - 1) / n`.
fn path_of(n: usize) -> f64 {
    match n {
        0 | 1 => 0.0,
        2 => 1.0,
        _ => {
            let n = n as f64;
            2.0 * (libm::log(n - 1.0) + EULER_GAMMA) - 2.0 * (n - 1.0) / n
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// 0 to just under 1.
    fn share(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u32 << 24) as f32
    }
}

/// As the paper found enough, and scikit-learn has it.
const TREES: usize = 100;
const SUBSAMPLE: usize = 256;
const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;

#[cfg(test)]
mod tests {
    use super::*;

    fn around(middle: [u8; 2], count: usize, seed: u64) -> Vec<Vec<u8>> {
        let mut random = Random(seed);
        (0..count).map(|_| middle.map(|m| m + random.below(21) as u8 - 10).to_vec()).collect()
    }

    #[test]
    fn what_lies_apart_scores_higher() {
        let forest = Forest::new(&around([100, 50], 300, 1), 7).unwrap();
        let (usual, apart) = (forest.score(&[100, 50]), forest.score(&[200, 200]));
        assert!(usual < 0.53 && apart > 0.6, "{usual} {apart}");
    }

    #[test]
    fn one_seed_makes_one_forest() {
        let samples = around([100, 50], 300, 1);
        let score = |seed| Forest::new(&samples, seed).unwrap().score(&[120, 60]);
        assert_eq!(score(7), score(7));
        assert!(score(7) != score(8) && (score(7) - score(8)).abs() < 0.05);
    }

    #[test]
    fn samples_all_alike_are_all_usual() {
        let forest = Forest::new(&vec![vec![5, 5]; 40], 1).unwrap();
        assert!((forest.score(&[5, 5]) - 0.5).abs() < 0.01, "{}", forest.score(&[5, 5]));
    }

    #[test]
    fn too_little_and_uneven_samples_make_no_forest() {
        assert!(Forest::new(&[], 1).is_none());
        assert!(Forest::new(&[vec![1, 2]], 1).is_none());
        assert!(Forest::new(&[vec![1, 2], vec![1]], 1).is_none());
        assert!(Forest::new(&[vec![], vec![]], 1).unwrap().score(&[]) <= 1.0);
    }

    #[test]
    fn the_usual_path_is_that_of_the_paper() {
        // Equation 1 by its definition.
        let exact = |n: usize| 2.0 * (1..n).map(|i| 1.0 / i as f64).sum::<f64>() - 2.0 * (n - 1) as f64 / n as f64;
        for n in [16, 64, 256] {
            assert!((path_of(n) - exact(n)).abs() < 0.08, "{n}");
        }
    }
}
