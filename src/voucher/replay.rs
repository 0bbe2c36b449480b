use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

/// Remembers which challenges have been redeemed.
///
/// One operation, atomic in every implementation: whoever inserts first has won.
pub trait ReplayStore: Send + Sync {
    /// True when `id` was not there and is now; false when it was. Entries may be forgotten once
    /// `now` has passed their `expires` (both seconds since 1970).
    fn insert_if_absent(&self, id: &[u8; 16], expires: u64, now: u64) -> Result<bool, StoreError>;
}

/// The store could not answer. A voucher is then refused: fail closed.
#[derive(Debug, thiserror::Error)]
#[error("replay store: {0}")]
pub struct StoreError(pub String);

/// A store in this process's memory, for one server or for tests.
#[derive(Debug, Default)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    seen: HashMap<[u8; 16], u64>,
    by_expiry: BTreeMap<u64, Vec<[u8; 16]>>,
}

impl MemoryStore {
    /// How many live entries are held.
    pub fn len(&self) -> usize {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).seen.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl ReplayStore for MemoryStore {
    fn insert_if_absent(&self, id: &[u8; 16], expires: u64, now: u64) -> Result<bool, StoreError> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let live = inner.by_expiry.split_off(&now);
        for old in std::mem::replace(&mut inner.by_expiry, live).into_values().flatten() {
            inner.seen.remove(&old);
        }
        if inner.seen.contains_key(id) {
            return Ok(false);
        }
        inner.seen.insert(*id, expires);
        inner.by_expiry.entry(expires).or_default().push(*id);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_inserted_once_until_it_has_expired() {
        let store = MemoryStore::default();
        let insert = |id: u8, now| store.insert_if_absent(&[id; 16], 100, now).unwrap();
        assert!(insert(1, 0));
        assert!(!insert(1, 50));
        assert!(!insert(1, 100));
        assert!(insert(2, 101), "another id");
        assert_eq!(store.len(), 1, "the expired one is forgotten");
    }

    #[test]
    fn of_a_thousand_parallel_attempts_one_wins() {
        let store = MemoryStore::default();
        let wins = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..125 {
                        if store.insert_if_absent(&[5; 16], 100, 1).unwrap() {
                            wins.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        assert_eq!(wins.into_inner(), 1);
    }
}
