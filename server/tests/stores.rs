//! One suite for every store, against the real thing.

mod common;

use common::Redis;
use std::sync::atomic::{AtomicU32, Ordering};
use vouchsafe::voucher::{MemoryStore, ReplayStore};
use vouchsafe_server::{RedisStore, SqliteStore};

/// What every store promises. `stores` are two handles on the same data.
fn keeps_its_promises(stores: [&dyn ReplayStore; 2]) {
    let [one, two] = stores;
    let now = common::now();
    let id = |n: u8| [n; 16];
    assert!(one.insert_if_absent(&id(1), now + 60, now).unwrap(), "an id is inserted");
    assert!(!one.insert_if_absent(&id(1), now + 60, now).unwrap(), "once");
    assert!(!two.insert_if_absent(&id(1), now + 60, now).unwrap(), "whoever asks");
    assert!(two.insert_if_absent(&id(2), now + 60, now).unwrap(), "another id");
    let mut near = id(1);
    near[15] = 2;
    assert!(one.insert_if_absent(&near, now + 60, now).unwrap(), "an id that differs in the last byte");
    let mut zeros = id(0);
    assert!(one.insert_if_absent(&zeros, now + 60, now).unwrap(), "zeros are an id");
    zeros[3] = b'\n';
    assert!(one.insert_if_absent(&zeros, now + 60, now).unwrap(), "so is any other byte");

    for round in 0..5 {
        let wins = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let wins = &wins;
                scope.spawn(move || {
                    for _ in 0..125 {
                        if stores[thread % 2].insert_if_absent(&id(100 + round), now + 60, now).unwrap() {
                            wins.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        assert_eq!(wins.into_inner(), 1, "of a thousand parallel attempts one wins");
    }
}

#[test]
fn memory() {
    let store = MemoryStore::default();
    keeps_its_promises([&store, &store]);
}

#[test]
fn sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    keeps_its_promises([&SqliteStore::open(&path).unwrap(), &SqliteStore::open(&path).unwrap()]);
    let again = SqliteStore::open(&path).unwrap();
    let now = common::now();
    assert!(!again.insert_if_absent(&[1; 16], now + 60, now).unwrap(), "a restart forgets nothing");
}

#[test]
fn redis() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Redis::start(folder.path());
    let stores = [RedisStore::open(&server.url).unwrap(), RedisStore::open(&server.url).unwrap()];
    keeps_its_promises([&stores[0], &stores[1]]);

    let now = common::now();
    assert!(stores[0].insert_if_absent(&[50; 16], now + 1, now).unwrap());
    std::thread::sleep(std::time::Duration::from_millis(1200));
    assert!(stores[1].insert_if_absent(&[50; 16], now + 60, now + 1).unwrap(), "what expired is forgotten");

    server.kill();
    assert!(stores[0].insert_if_absent(&[60; 16], now + 60, now).is_err(), "no answer is no permission");
    let _back = Redis::start(folder.path());
    assert!(stores[0].insert_if_absent(&[61; 16], now + 60, now).unwrap(), "it is found again");
}

#[test]
fn a_redis_that_is_not_there_is_an_error_at_the_start() {
    let error = RedisStore::open("redis://127.0.0.1:1").err().unwrap();
    assert!(format!("{error:#}").contains("cannot reach Redis"), "{error:#}");
    assert!(RedisStore::open("nonsense").is_err());
}
