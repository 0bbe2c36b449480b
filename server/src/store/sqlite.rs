use anyhow::{Context, Result};
use rusqlite::{Connection, TransactionBehavior, params};
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::Duration;
use vouchsafe::voucher::{ReplayStore, StoreError};

/// Redeemed challenges in SQLite: survives restarts, crashes and power cuts, and several processes on
/// one machine may share the file.
///
/// One thread writes. Whoever asks while it is writing shares the next transaction, so that one wait for
/// the disk serves many.
pub struct SqliteStore {
    asks: Mutex<Sender<Ask>>,
}

struct Ask {
    id: [u8; 16],
    expires: u64,
    now: u64,
    reply: SyncSender<Result<bool, StoreError>>,
}

impl SqliteStore {
    /// Opens or creates the database.
    pub fn open(path: &Path) -> Result<Self> {
        let connection = connect(path)?;
        let foreign = || format!("{} is not a database of this server", path.display());
        // FULL waits for the disk: what was answered "accepted" stays redeemed whatever happens next.
        connection.pragma_update(None, "journal_mode", "WAL").with_context(foreign)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch(SCHEMA).with_context(foreign)?;
        let (asks, inbox) = channel();
        std::thread::Builder::new().name("sqlite".into()).spawn(move || serve(connection, &inbox))?;
        Ok(Self { asks: Mutex::new(asks) })
    }
}

/// A database in a file, or in `memory`.
pub(crate) fn connect(path: &Path) -> Result<Connection> {
    let opened = if path == Path::new("memory") { Connection::open_in_memory() } else { Connection::open(path) };
    let connection = opened.with_context(|| format!("cannot open database {}", path.display()))?;
    connection.busy_timeout(Duration::from_secs(5))?;
    Ok(connection)
}

impl ReplayStore for SqliteStore {
    fn insert_if_absent(&self, id: &[u8; 16], expires: u64, now: u64) -> Result<bool, StoreError> {
        let gone = || StoreError("the database's thread ended".into());
        let (reply, answer) = sync_channel(1);
        let asks = self.asks.lock().map_err(|_| gone())?.clone();
        asks.send(Ask { id: *id, expires, now, reply }).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }
}

/// Until the store is dropped.
fn serve(mut connection: Connection, inbox: &Receiver<Ask>) {
    while let Ok(first) = inbox.recv() {
        let batch: Vec<Ask> = std::iter::once(first).chain(inbox.try_iter().take(LARGEST_BATCH - 1)).collect();
        match insert(&mut connection, &batch) {
            Ok(outcomes) => {
                for (ask, inserted) in batch.iter().zip(outcomes) {
                    // Whoever no longer waits needs no answer.
                    let _ = ask.reply.send(Ok(inserted));
                }
            }
            Err(error) => {
                for ask in &batch {
                    let _ = ask.reply.send(Err(StoreError(error.to_string())));
                }
            }
        }
    }
}

/// Whether each was inserted; all of them together, or none and an error.
fn insert(connection: &mut Connection, batch: &[Ask]) -> rusqlite::Result<Vec<bool>> {
    let clamp = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let outcomes = {
        // A few expired rows for each new one keep the table small without a pause.
        let now = batch.iter().map(|ask| ask.now).max().unwrap_or(0);
        transaction.prepare_cached(PURGE)?.execute(params![clamp(now), 2 * batch.len() as i64 + 2])?;
        let mut insert = transaction.prepare_cached(INSERT)?;
        let one = |ask: &Ask| Ok(insert.execute(params![clamp(ask.expires), ask.id.as_slice()])? == 1);
        batch.iter().map(one).collect::<rusqlite::Result<_>>()?
    };
    transaction.commit()?;
    Ok(outcomes)
}

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS redeemed_challenges (
    id BLOB PRIMARY KEY, expires INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS redeemed_challenges_by_expiry ON redeemed_challenges (expires);";
const INSERT: &str = "INSERT OR IGNORE INTO redeemed_challenges (expires, id) VALUES (?1, ?2)";
const PURGE: &str = "DELETE FROM redeemed_challenges WHERE id IN
    (SELECT id FROM redeemed_challenges WHERE expires < ?1 ORDER BY expires LIMIT ?2)";
const LARGEST_BATCH: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(path: &Path) -> i64 {
        let connection = Connection::open(path).unwrap();
        connection.query_row("SELECT count(*) FROM redeemed_challenges", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn expired_rows_are_purged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let store = SqliteStore::open(&path).unwrap();
        for id in 0..10 {
            store.insert_if_absent(&[id; 16], 100, 1).unwrap();
        }
        for id in 10..20 {
            store.insert_if_absent(&[id; 16], 900, 500).unwrap();
        }
        assert_eq!(rows(&path), 10);
    }

    #[test]
    fn a_row_costs_less_than_a_hundred_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let store = SqliteStore::open(&path).unwrap();
        let live = 20_000_u32;
        std::thread::scope(|scope| {
            for part in 0..8 {
                let store = &store;
                scope.spawn(move || {
                    for i in (part..live).step_by(8) {
                        // Challenge nonces are random, so that rows do not arrive in order.
                        let id = crate::config::digest(&i.to_string());
                        assert!(
                            store.insert_if_absent(id[..16].try_into().unwrap(), 2000 + u64::from(i) / 100, 1).unwrap()
                        );
                    }
                });
            }
        });
        drop(store);
        let connection = Connection::open(&path).unwrap();
        let bytes: i64 = connection
            .query_row("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", [], |row| row.get(0))
            .unwrap();
        assert!(bytes / i64::from(live) <= 100, "{} bytes a row", bytes / i64::from(live));
    }

    #[test]
    fn a_file_that_is_no_database_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        std::fs::write(&path, "not a database, but long enough to look like a file").unwrap();
        let error = SqliteStore::open(&path).err().unwrap().to_string();
        assert!(error.contains("not a database of this server"), "{error}");
    }
}
