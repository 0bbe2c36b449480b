use anyhow::{Context, Result};
use redis::{Client, Connection, ExistenceCheck, SetExpiry, SetOptions, TypedCommands};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use vouchsafe::voucher::{ReplayStore, StoreError};

/// Redeemed challenges in Redis or Valkey, for several servers: `SET key 1 NX EX ttl`, which is atomic.
/// As durable as that server is set up to be (`appendonly yes`; without it a crash forgets).
pub struct RedisStore {
    client: Client,
    idle: Mutex<Vec<Connection>>,
}

impl RedisStore {
    /// Connects once, so that a wrong address is noticed at the start.
    pub fn open(url: &str) -> Result<Self> {
        let client = Client::open(url).context("not an address of Redis; it looks like redis://host:6379")?;
        let store = Self { client, idle: Mutex::default() };
        let first = store.connect().context("cannot reach Redis")?;
        store.give_back(first);
        Ok(store)
    }

    fn connect(&self) -> redis::RedisResult<Connection> {
        let connection = self.client.get_connection_with_timeout(WAIT)?;
        connection.set_read_timeout(Some(WAIT))?;
        connection.set_write_timeout(Some(WAIT))?;
        Ok(connection)
    }

    fn take(&self) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn give_back(&self, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MOST_IDLE {
            idle.push(connection);
        }
    }
}

impl ReplayStore for RedisStore {
    fn insert_if_absent(&self, id: &[u8; 16], expires: u64, now: u64) -> Result<bool, StoreError> {
        let failed = |error: redis::RedisError| StoreError(error.to_string());
        let key = [b"vouchsafe:".as_slice(), id].concat();
        let life = expires.saturating_sub(now).max(1);
        let options = SetOptions::default().conditional_set(ExistenceCheck::NX).with_expiration(SetExpiry::EX(life));
        // Not tried again on another connection after an error: the first attempt may have gone through,
        // and would then make an honest voucher look replayed. Refusing for now says less that is wrong.
        let mut connection = match self.take() {
            Some(connection) => connection,
            None => self.connect().map_err(failed)?,
        };
        let before = connection.set_options(key.as_slice(), "1", options).map_err(|error| {
            // A server that went away took the other connections with it.
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
            failed(error)
        })?;
        self.give_back(connection);
        Ok(before.is_some())
    }
}

/// Redis answers in microseconds or is not well.
const WAIT: Duration = Duration::from_secs(2);
const MOST_IDLE: usize = 64;
