//! Where redeemed challenges are remembered.

mod redis;
mod sqlite;

pub use redis::RedisStore;
pub use sqlite::SqliteStore;
pub(crate) use sqlite::connect;

use anyhow::Result;
use std::path::Path;
use std::sync::Arc;
use vouchsafe::voucher::{MemoryStore, ReplayStore};

/// The store `database` names, and whether it waits for a disk or another machine.
pub(crate) fn open(database: &str) -> Result<(Arc<dyn ReplayStore>, bool)> {
    Ok(match database {
        "memory" => (Arc::new(MemoryStore::default()), false),
        url if url.starts_with("redis://") || url.starts_with("redis+unix://") => {
            (Arc::new(RedisStore::open(url)?), true)
        }
        path => (Arc::new(SqliteStore::open(Path::new(path))?), true),
    })
}
