//! Accounts and their sessions in SQLite. Tokens are kept as SHA-256, passwords as Argon2id.

use super::policy::Standing;
use crate::store::connect;
use anyhow::{Context, Result};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::path::Path;

/// Somebody's account.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) email: String,
    /// PHC string.
    pub(crate) password: String,
    pub(crate) totp: Option<Vec<u8>>,
    /// The last step of a second factor that was used.
    pub(crate) totp_used: u64,
    pub(crate) face: bool,
    pub(crate) locked: bool,
}

/// Somebody's session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: [u8; 32],
    pub(crate) user: i64,
    pub(crate) began: u64,
    pub(crate) seen: u64,
    /// Hash of the network it was last used from, and how often that changed.
    pub(crate) network: [u8; 32],
    pub(crate) changes: u8,
    pub(crate) standing: Standing,
    /// What the last voucher said, as JSON.
    pub(crate) behavior: Option<String>,
    /// A second factor that is being set up.
    pub(crate) totp: Option<Vec<u8>>,
}

pub(crate) struct Store(Connection);

impl Store {
    /// An SQLite file, or `memory`.
    pub(crate) fn open(database: &str) -> Result<Self> {
        let connection = connect(Path::new(database))?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.execute_batch(SCHEMA).with_context(|| format!("{database} holds no accounts"))?;
        Ok(Self(connection))
    }

    /// The new account's number; nothing where the address is taken.
    pub(crate) fn add(&self, name: &str, email: &str, password: &str) -> Result<Option<i64>> {
        let sql = "INSERT INTO users (name, email, password) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
        let added = self.0.execute(sql, params![name, email, password])?;
        Ok((added == 1).then(|| self.0.last_insert_rowid()))
    }

    pub(crate) fn user(&self, id: i64) -> Result<Option<User>> {
        Ok(self.0.query_row(&format!("{USER} WHERE id = ?"), [id], user).optional()?)
    }

    pub(crate) fn user_of(&self, email: &str) -> Result<Option<User>> {
        Ok(self.0.query_row(&format!("{USER} WHERE email = ?"), [email], user).optional()?)
    }

    /// Writes everything but the number; false where the address is another's.
    pub(crate) fn save(&self, user: &User) -> Result<bool> {
        let sql = "UPDATE OR IGNORE users SET name = ?, email = ?, password = ?, totp = ?, totp_used = ?, face = ?, \
                   locked = ? WHERE id = ?";
        let User { id, name, email, password, totp, totp_used, face, locked } = user;
        Ok(self.0.execute(sql, params![name, email, password, totp, totp_used, face, locked, id])? == 1)
    }

    pub(crate) fn begin(&self, session: &Session) -> Result<()> {
        let sql = "INSERT INTO sessions (id, user, began, seen, network, changes, pending, failed) \
                   VALUES (?, ?, ?, ?, ?, 0, 0, 0)";
        self.0.execute(sql, params![session.id, session.user, session.began, session.seen, session.network])?;
        Ok(())
    }

    pub(crate) fn session(&self, id: &[u8; 32]) -> Result<Option<Session>> {
        let sql =
            "SELECT user, began, seen, network, changes, pending, failed, behavior, totp FROM sessions WHERE id = ?";
        let read = |row: &Row<'_>| {
            Ok(Session {
                id: *id,
                user: row.get(0)?,
                began: row.get(1)?,
                seen: row.get(2)?,
                network: row.get(3)?,
                changes: row.get(4)?,
                standing: Standing { pending: row.get(5)?, failed: row.get(6)? },
                behavior: row.get(7)?,
                totp: row.get(8)?,
            })
        };
        Ok(self.0.query_row(sql, [id], read).optional()?)
    }

    pub(crate) fn keep(&self, session: &Session) -> Result<()> {
        let sql = "UPDATE sessions SET seen = ?, network = ?, changes = ?, pending = ?, failed = ?, behavior = ?, totp = ? \
                   WHERE id = ?";
        let Session { id, seen, network, changes, standing, behavior, totp, .. } = session;
        self.0.execute(sql, params![seen, network, changes, standing.pending, standing.failed, behavior, totp, id])?;
        Ok(())
    }

    pub(crate) fn end(&self, id: &[u8; 32]) -> Result<()> {
        self.0.execute("DELETE FROM sessions WHERE id = ?", [id])?;
        Ok(())
    }

    /// Everywhere.
    pub(crate) fn end_all(&self, user: i64) -> Result<()> {
        self.0.execute("DELETE FROM sessions WHERE user = ?", [user])?;
        Ok(())
    }

    /// A link to a new password; older ones end. What is long over is forgotten on the way.
    pub(crate) fn add_reset(&self, hash: &[u8; 32], user: i64, expires: u64, now: u64) -> Result<()> {
        self.0.execute("DELETE FROM resets WHERE user = ? OR expires < ?", params![user, now])?;
        self.0.execute("INSERT INTO resets (hash, user, expires) VALUES (?, ?, ?)", params![hash, user, expires])?;
        Ok(())
    }

    /// Whose link it is. It is spent by being asked about.
    pub(crate) fn take_reset(&self, hash: &[u8; 32], now: u64) -> Result<Option<i64>> {
        let sql = "DELETE FROM resets WHERE hash = ? AND expires >= ? RETURNING user";
        Ok(self.0.query_row(sql, params![hash, now], |row| row.get(0)).optional()?)
    }

    /// Forgets sessions that were last used before `seen`.
    pub(crate) fn sweep(&self, seen: u64) -> Result<()> {
        self.0.execute("DELETE FROM sessions WHERE seen < ?", [seen])?;
        Ok(())
    }
}

fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        id: row.get(0)?,
        name: row.get(1)?,
        email: row.get(2)?,
        password: row.get(3)?,
        totp: row.get(4)?,
        totp_used: row.get(5)?,
        face: row.get(6)?,
        locked: row.get(7)?,
    })
}

const USER: &str = "SELECT id, name, email, password, totp, totp_used, face, locked FROM users";

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS users (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        email TEXT NOT NULL COLLATE NOCASE UNIQUE,
        password TEXT NOT NULL,
        totp BLOB,
        totp_used INTEGER NOT NULL DEFAULT 0,
        face INTEGER NOT NULL DEFAULT 0,
        locked INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE IF NOT EXISTS sessions (
        id BLOB PRIMARY KEY,
        user INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
        began INTEGER NOT NULL,
        seen INTEGER NOT NULL,
        network BLOB NOT NULL,
        changes INTEGER NOT NULL,
        pending INTEGER NOT NULL,
        failed INTEGER NOT NULL,
        behavior TEXT,
        totp BLOB
    ) STRICT;
    CREATE INDEX IF NOT EXISTS sessions_of ON sessions (user);
    CREATE TABLE IF NOT EXISTS resets (
        hash BLOB PRIMARY KEY,
        user INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
        expires INTEGER NOT NULL
    ) STRICT;";
