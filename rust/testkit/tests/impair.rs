//! The program itself between two pairs of sockets.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const IMPAIR: &str = env!("CARGO_BIN_EXE_etherloom-impair");

struct Bridge {
    child: Child,
    ends: [UnixDatagram; 2],
}

impl Bridge {
    fn start(arguments: &[&str]) -> Self {
        let (left, its_left) = UnixDatagram::pair().unwrap();
        let (right, its_right) = UnixDatagram::pair().unwrap();
        let mut child = Command::new(IMPAIR)
            .args(arguments)
            .stdin(Stdio::from(OwnedFd::from(its_left)))
            .stdout(Stdio::from(OwnedFd::from(its_right)))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stderr.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line, "ready\n");
        for end in [&left, &right] {
            end.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        }
        Self {
            child,
            ends: [left, right],
        }
    }

    fn receive(&self, side: usize) -> Vec<u8> {
        let mut frame = vec![0; 70_000];
        let length = self.ends[side].recv(&mut frame).unwrap();
        frame.truncate(length);
        frame
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Bytes that differ from frame to frame.
fn content(number: usize, size: usize) -> Vec<u8> {
    (0..size)
        .map(|place| (place * 7 + number * 13) as u8)
        .collect()
}

#[test]
fn frames_pass_both_ways_unchanged() {
    let bridge = Bridge::start(&[]);
    for (number, size) in [14, 60, 1514, 9000, 65_000].into_iter().enumerate() {
        for side in [0, 1] {
            let frame = content(number + side, size);
            bridge.ends[side].send(&frame).unwrap();
            assert_eq!(bridge.receive(1 - side), frame);
        }
    }
}

#[test]
fn a_delay_is_kept_and_so_is_the_order() {
    let bridge = Bridge::start(&["--delay", "40", "--jitter", "20"]);
    let start = Instant::now();
    for number in 0..50 {
        bridge.ends[0].send(&content(number, 100)).unwrap();
    }
    for number in 0..50 {
        assert_eq!(bridge.receive(1), content(number, 100));
        assert!(start.elapsed() >= Duration::from_millis(40));
    }
}

#[test]
fn everything_can_be_lost_or_doubled() {
    let bridge = Bridge::start(&["--duplicate", "1"]);
    bridge.ends[0].send(&content(1, 60)).unwrap();
    assert_eq!(bridge.receive(1), content(1, 60));
    assert_eq!(bridge.receive(1), content(1, 60));

    let bridge = Bridge::start(&["--loss", "1"]);
    bridge.ends[0].send(&content(1, 60)).unwrap();
    bridge.ends[1]
        .set_read_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    assert!(bridge.ends[1].recv(&mut [0; 100]).is_err());
}

#[test]
fn wrong_use_is_refused() {
    for arguments in [
        &["--loss", "2"][..],
        &["--delay", "-1"],
        &["--duplicate"],
        &["--nonsense", "1"],
    ] {
        let output = Command::new(IMPAIR)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
}
