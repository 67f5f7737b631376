//! The life of a path, with times as numbers (protocol reference, section 9.3).

use etherloom_wire::acceleration::{Header, Path, Refused, Timing};
use proptest::prelude::*;

const OWN: u32 = 11;
const PEER: u32 = 22;
const BEGIN: u64 = 1_000_000;

fn path() -> Path {
    Path::new(Timing::FAST, OWN, PEER)
}

fn answer(now_ms: u64) -> Header {
    Header {
        cookie: OWN,
        tick: now_ms + 77,
        echo: now_ms,
        compressed: false,
    }
}

/// Answers every half a second.
fn keep(path: &mut Path, from_ms: u64, until_ms: u64) {
    for now_ms in (from_ms..=until_ms).step_by(500) {
        path.receive(now_ms, &answer(now_ms)).unwrap();
    }
}

#[test]
fn frames_go_by_it_after_ten_seconds_of_answers() {
    let mut path = path();
    assert!(!path.is_ready(BEGIN));
    keep(&mut path, BEGIN, BEGIN + 9_500);
    assert!(!path.is_ready(BEGIN + 9_999));
    assert!(path.is_ready(BEGIN + 10_000));
}

#[test]
fn silence_ends_it_and_it_has_to_prove_itself_again() {
    let mut path = path();
    keep(&mut path, BEGIN, BEGIN + 11_000);
    let silent = BEGIN + 11_000 + 2_100;
    assert!(path.is_ready(silent - 1));
    assert!(!path.is_ready(silent));
    assert!(path.next_due_ms() <= silent);
    path.settle(silent);
    assert_eq!(path.falls(), 1);
    path.settle(silent + 1);
    assert_eq!(path.falls(), 1, "it fell once");
    keep(&mut path, silent, silent + 9_500);
    assert!(!path.is_ready(silent + 9_500));
    assert!(path.is_ready(silent + 10_000));
}

#[test]
fn silence_that_nobody_looked_at_counts_too() {
    let mut path = path();
    keep(&mut path, BEGIN, BEGIN + 11_000);
    path.receive(BEGIN + 20_000, &answer(BEGIN + 20_000))
        .unwrap();
    assert!(!path.is_ready(BEGIN + 20_001));
    assert_eq!(path.falls(), 1);
}

#[test]
fn a_peer_that_does_not_hear_us_is_no_path() {
    let mut path = path();
    for step in 0..40 {
        let now_ms = BEGIN + step * 500;
        let deaf = Header {
            echo: 0,
            ..answer(now_ms)
        };
        path.receive(now_ms, &deaf).unwrap();
        let stale = Header {
            echo: now_ms - 30_001,
            ..answer(now_ms)
        };
        path.receive(now_ms, &stale).unwrap();
        let prophet = Header {
            echo: now_ms + 1,
            ..answer(now_ms)
        };
        path.receive(now_ms, &prophet).unwrap();
        assert!(!path.is_alive(now_ms));
    }
}

#[test]
fn what_is_for_somebody_else_or_too_old_is_refused() {
    let mut path = path();
    let foreign = Header {
        cookie: PEER,
        ..answer(BEGIN)
    };
    assert_eq!(path.receive(BEGIN, &foreign), Err(Refused::Cookie));
    path.receive(BEGIN, &answer(BEGIN)).unwrap();
    let tick = BEGIN + 77 - 30_000;
    let old = Header {
        tick,
        ..answer(BEGIN)
    };
    assert!(path.receive(BEGIN, &old).is_ok());
    let older = Header {
        tick: tick - 1,
        ..answer(BEGIN)
    };
    assert_eq!(path.receive(BEGIN, &older), Err(Refused::Old));
}

#[test]
fn only_the_latest_datagram_tells_where_the_peer_is() {
    let mut path = path();
    assert!(path.receive(BEGIN, &answer(BEGIN)).unwrap().latest);
    assert!(!path.receive(BEGIN, &answer(BEGIN)).unwrap().latest);
    assert!(!path.receive(BEGIN, &answer(BEGIN - 1)).unwrap().latest);
    assert!(path.receive(BEGIN, &answer(BEGIN + 1)).unwrap().latest);
}

#[test]
fn a_send_error_is_like_silence() {
    let mut path = path();
    keep(&mut path, BEGIN, BEGIN + 11_000);
    path.fail(BEGIN + 11_100);
    assert!(!path.is_ready(BEGIN + 11_100));
    assert_eq!(path.falls(), 1);
}

#[test]
fn what_is_sent_shows_the_peers_cookie_and_its_latest_clock() {
    let mut path = path();
    assert_eq!(path.header(BEGIN).echo, 0);
    path.receive(BEGIN, &answer(BEGIN)).unwrap();
    let header = path.header(BEGIN + 5);
    assert_eq!((header.cookie, header.tick), (PEER, BEGIN + 5));
    assert_eq!(header.echo, BEGIN + 77);
}

proptest! {
    #[test]
    fn keep_alives_come_at_the_agreed_pace(randoms in prop::collection::vec(any::<u64>(), 1..50)) {
        let mut path = path();
        let mut now_ms = BEGIN;
        prop_assert!(path.take_keep_alive(now_ms, 0));
        now_ms = path.next_due_ms();
        for random in randoms {
            prop_assert!(!path.take_keep_alive(now_ms - 1, random));
            prop_assert!(path.take_keep_alive(now_ms, random));
            let pause_ms = path.next_due_ms() - now_ms;
            prop_assert!((500..1_000).contains(&pause_ms));
            now_ms += pause_ms;
        }
    }

    #[test]
    fn it_is_ready_only_if_alive(steps in prop::collection::vec((0..4_000_u64, any::<bool>()), 1..80)) {
        let mut path = path();
        let mut now_ms = BEGIN;
        let mut answered_ms = None;
        for (pause_ms, answers) in steps {
            now_ms += pause_ms;
            if answers {
                path.receive(now_ms, &answer(now_ms)).unwrap();
                answered_ms = Some(now_ms);
            } else {
                path.settle(now_ms);
            }
            let alive = answered_ms.is_some_and(|at| now_ms - at < 2_100);
            prop_assert_eq!(path.is_alive(now_ms), alive);
            prop_assert!(alive || !path.is_ready(now_ms));
        }
    }
}
