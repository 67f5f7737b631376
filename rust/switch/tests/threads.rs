//! The MAC table under many threads: nobody is ever handed another station's port, and nothing is lost.

use etherloom_switch::{Learned, MacEntry, MacKey, MacTable, PortId};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;

const NEVER: u64 = u64::MAX;

fn key(owner: u32, station: u32) -> MacKey {
    let [_, _, a, b] = station.to_be_bytes();
    MacKey::new([2, owner as u8, 0, 0, a, b], 0)
}

/// Every thread is a port with its own stations, looks at those of all, and makes the table grow on the way.
#[test]
fn nothing_is_lost_and_nothing_is_mixed_up() {
    const THREADS: u32 = 4;
    const STATIONS: u32 = 4000;
    let table = MacTable::new(65_536, NEVER);
    thread::scope(|scope| {
        for port in 0..THREADS {
            let table = &table;
            scope.spawn(move || {
                for station in 0..STATIONS {
                    assert_eq!(table.learn(key(port, station), port, 0), Learned::New);
                    for owner in 0..THREADS {
                        let found = table.lookup(key(owner, station / 2), 0);
                        assert!(found == Some(owner) || (found.is_none() && owner != port));
                    }
                }
            });
        }
    });
    assert_eq!(table.len(), (THREADS * STATIONS) as usize);
    for (owner, station) in (0..THREADS).flat_map(|o| (0..STATIONS).map(move |s| (o, s))) {
        assert_eq!(table.lookup(key(owner, station), 0), Some(owner));
    }
}

/// A station moves between two ports, is removed and returns, while others come and go around it.
#[test]
fn readers_see_only_what_was_true() {
    const PORTS: [PortId; 2] = [7, 8];
    let table = MacTable::new(1000, NEVER);
    let stable = key(1, 1);
    let restless = key(1, 2);
    table.learn(stable, 5, 0);
    let (done, looks) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Relaxed) || looks.load(Relaxed) == 0 {
                    assert_eq!(table.lookup(stable, 1), Some(5));
                    assert!(
                        table
                            .lookup(restless, 1)
                            .is_none_or(|port| PORTS.contains(&port))
                    );
                    looks.fetch_add(1, Relaxed);
                }
            });
        }
        for round in 0..20_000_u32 {
            table.learn(restless, PORTS[round as usize % 2], u64::from(round));
            table.learn(key(2, round), 9, u64::from(round));
            match round % 100 {
                0 => assert!(table.remove(restless)),
                50 => assert!(table.remove_port(9) > 0),
                _ => {}
            }
        }
        done.store(true, Relaxed);
    });
}

/// Times are the port's own: an entry never appears with the time of another port's frame.
#[test]
fn port_and_time_belong_together() {
    let table = MacTable::new(10, NEVER);
    let station = key(1, 1);
    let done = AtomicBool::new(false);
    let is_true = |entry: &MacEntry| entry.updated_ms % 3 == u64::from(entry.port);
    thread::scope(|scope| {
        scope.spawn(|| {
            for now_ms in 0..200_000_u64 {
                table.learn(station, (now_ms % 3) as PortId, now_ms);
            }
            done.store(true, Relaxed);
        });
        scope.spawn(|| {
            while !done.load(Relaxed) {
                assert!(table.snapshot().iter().all(is_true));
            }
        });
    });
    assert!(table.snapshot().iter().all(is_true));
    assert_eq!(table.len(), 1);
}

/// Where threads disagree about the owner, one of them is right in the end and the counts agree.
#[test]
fn owners_who_quarrel_are_counted_once() {
    let table = MacTable::new(100, NEVER);
    thread::scope(|scope| {
        for port in 0..4 {
            let table = &table;
            scope.spawn(move || {
                for round in 0..5000 {
                    table.learn(key(0, round % 50), port, 0);
                    if round % 1000 == 999 {
                        table.remove_port(port);
                    }
                }
            });
        }
    });
    let entries = table.snapshot();
    assert_eq!(table.len(), entries.len());
    for port in 0..4 {
        let count = entries.iter().filter(|entry| entry.port == port).count();
        assert_eq!(table.len_of_port(port), count);
        assert_eq!(table.remove_port(port), count);
    }
    assert!(table.is_empty());
}
