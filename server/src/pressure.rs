//! How often somebody has asked lately, for limits and for difficulty, in fixed memory.

use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Leaky buckets, one a key, in two tables of fixed size. Keys that share a bucket in one table rarely
/// share one in the other, and the emptier one counts: nobody is charged for many others, and nobody can
/// make the tables grow.
pub(crate) struct Pressure {
    tables: Mutex<[Vec<Bucket>; 2]>,
    hashers: [RandomState; 2],
    start: Instant,
}

#[derive(Clone, Copy, Default)]
struct Bucket {
    level: f32,
    at_s: f32,
}

impl Pressure {
    pub(crate) fn new() -> Self {
        let table = || vec![Bucket::default(); BUCKETS];
        Self {
            tables: Mutex::new([table(), table()]),
            hashers: [RandomState::new(), RandomState::new()],
            start: Instant::now(),
        }
    }

    /// Adds `amount` for `key` and tells how full its bucket then is: over 1 is over the limit of
    /// `per_minute`, and what is over it is not kept. No limit (0) is always empty.
    pub(crate) fn add(&self, key: &impl Hash, amount: f32, per_minute: u32) -> f32 {
        self.add_at(key, amount, per_minute, self.start.elapsed().as_secs_f32())
    }

    fn add_at(&self, key: &impl Hash, amount: f32, per_minute: u32, now_s: f32) -> f32 {
        if per_minute == 0 {
            return 0.0;
        }
        let capacity = per_minute as f32;
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let mut least = f32::INFINITY;
        for (table, hasher) in tables.iter_mut().zip(&self.hashers) {
            let bucket = &mut table[hasher.hash_one(key) as usize % BUCKETS];
            let leaked = (now_s - bucket.at_s) * capacity / 60.0;
            let level = (bucket.level - leaked).max(0.0) + amount;
            *bucket = Bucket { level: level.min(capacity), at_s: now_s };
            least = least.min(level);
        }
        least / capacity
    }
}

/// An address as far as limits need it: the network, not the person. /24 of IPv4, /48 of IPv6.
pub(crate) fn shortened(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(four) => {
            let [a, b, c, _] = four.octets();
            IpAddr::from([a, b, c, 0])
        }
        IpAddr::V6(six) => {
            let [a, b, c, ..] = six.segments();
            IpAddr::from([a, b, c, 0, 0, 0, 0, 0])
        }
    }
}

const BUCKETS: usize = 1 << 15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_fills_overflows_and_empties_within_a_minute() {
        let pressure = Pressure::new();
        for i in 1..=60 {
            let share = pressure.add_at(&"a", 1.0, 60, 0.0);
            assert!((share - i as f32 / 60.0).abs() < 1e-4);
        }
        assert!(pressure.add_at(&"a", 1.0, 60, 0.0) > 1.0);
        assert!(pressure.add_at(&"b", 1.0, 60, 0.0) < 0.1, "somebody else");
        assert!(pressure.add_at(&"a", 1.0, 60, 30.0) < 0.6, "half a minute later half is gone");
        assert!(pressure.add_at(&"a", 0.0, 60, 120.0) < 0.01);
        assert_eq!(pressure.add_at(&"a", 1e9, 0, 0.0), 0.0, "no limit");
    }

    #[test]
    fn many_others_fill_nobodys_bucket() {
        let pressure = Pressure::new();
        for i in 0..20_000 {
            pressure.add_at(&i, 60.0, 60, 0.0);
        }
        let charged = (100_000..101_000).filter(|i| pressure.add_at(i, 1.0, 60, 0.0) > 1.0).count();
        assert!(charged < 300, "{charged} of 1000 share both buckets with somebody");
    }

    #[test]
    fn addresses_are_shortened_to_their_network() {
        for (address, network) in
            [("192.0.2.77", "192.0.2.0"), ("::ffff:192.0.2.9", "192.0.2.0"), ("2001:db8:1:2::3", "2001:db8:1::")]
        {
            assert_eq!(shortened(address.parse().unwrap()), network.parse::<IpAddr>().unwrap());
        }
    }
}
