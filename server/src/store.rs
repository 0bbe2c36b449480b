use anyhow::{Context, Result};
use rusqlite::{Connection, params};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use vouchsafe::voucher::{ReplayStore, StoreError};

/// Redeemed challenges in SQLite: survives restarts and crashes of the process, and several
/// processes on one machine may share the file.
pub struct SqliteStore {
    connection: Mutex<Connection>,
}

impl SqliteStore {
    /// Opens or creates the database.
    pub fn open(path: &Path) -> Result<Self> {
        let connection = Connection::open(path).with_context(|| format!("cannot open database {}", path.display()))?;
        connection.busy_timeout(Duration::from_secs(5))?;
        // WAL with NORMAL loses nothing when the process dies; a power cut may take the last moments.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection
            .execute_batch(
                "CREATE TABLE IF NOT EXISTS redeemed (id BLOB PRIMARY KEY, expires INTEGER NOT NULL) WITHOUT ROWID;
                 CREATE INDEX IF NOT EXISTS redeemed_by_expiry ON redeemed (expires);",
            )
            .with_context(|| format!("{} is not a database of this server", path.display()))?;
        Ok(Self { connection: Mutex::new(connection) })
    }
}

impl ReplayStore for SqliteStore {
    fn insert_if_absent(&self, id: &[u8; 16], expires: u64, now: u64) -> Result<bool, StoreError> {
        let failed = |error: rusqlite::Error| StoreError(error.to_string());
        let clamp = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        // A few expired rows at a time keep the table small without a pause.
        connection
            .prepare_cached("DELETE FROM redeemed WHERE id IN (SELECT id FROM redeemed WHERE expires < ?1 LIMIT 4)")
            .and_then(|mut purge| purge.execute(params![clamp(now)]))
            .map_err(failed)?;
        let inserted = connection
            .prepare_cached("INSERT OR IGNORE INTO redeemed (id, expires) VALUES (?1, ?2)")
            .and_then(|mut insert| insert.execute(params![id.as_slice(), clamp(expires)]))
            .map_err(failed)?;
        Ok(inserted == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redeemed_challenge_stays_redeemed_across_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        assert!(SqliteStore::open(&path).unwrap().insert_if_absent(&[1; 16], 100, 1).unwrap());
        assert!(!SqliteStore::open(&path).unwrap().insert_if_absent(&[1; 16], 100, 2).unwrap());
    }

    #[test]
    fn two_connections_to_one_file_let_one_of_many_win() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let stores = [SqliteStore::open(&path).unwrap(), SqliteStore::open(&path).unwrap()];
        let wins = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for i in 0..8 {
                let (store, wins) = (&stores[i % 2], &wins);
                scope.spawn(move || {
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

    #[test]
    fn expired_rows_are_purged() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("test.db")).unwrap();
        for id in 0..10 {
            store.insert_if_absent(&[id; 16], 100, 1).unwrap();
        }
        for id in 10..20 {
            store.insert_if_absent(&[id; 16], 900, 500).unwrap();
        }
        let rows: i64 =
            store.connection.lock().unwrap().query_row("SELECT count(*) FROM redeemed", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 10);
    }

    #[test]
    fn a_file_that_is_no_database_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        std::fs::write(&path, "not a database, but long enough to look like a file").unwrap();
        assert!(SqliteStore::open(&path).is_err());
    }
}
