//! The program itself, both ends over loopback.

#![allow(clippy::unwrap_used)]

use std::fmt::Debug;
use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::process::{Command, Output, Stdio};
use std::str::FromStr;

const PACE: &str = env!("CARGO_BIN_EXE_etherloom-pace");

/// A number of one of our flat JSON objects.
fn figure<T: FromStr<Err: Debug>>(output: &Output, name: &str) -> T {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let (_, behind) = text.split_once(&format!("\"{name}\": ")).unwrap();
    behind.split([',', '}']).next().unwrap().parse().unwrap()
}

fn count(output: &Output, name: &str) -> u64 {
    figure(output, name)
}

fn free_port(host: &str) -> u16 {
    UdpSocket::bind((host, 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn exchange(host: &str) {
    let address = match host {
        "::1" => format!("[::1]:{}", free_port(host)),
        _ => format!("{host}:{}", free_port(host)),
    };
    let mut listening = Command::new(PACE)
        .args([
            "receive",
            "--listen",
            &address,
            "--seconds",
            "20",
            "--idle",
            "300",
            "--json",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(listening.stderr.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "ready\n");

    let sent = Command::new(PACE)
        .args([
            "send",
            "--to",
            &address,
            "--rate",
            "2000",
            "--seconds",
            "0.5",
            "--json",
        ])
        .output()
        .unwrap();
    let received = listening.wait_with_output().unwrap();

    assert!(sent.status.success() && received.status.success());
    assert_eq!(count(&sent, "sent"), 1000);
    assert_eq!(count(&received, "received"), 1000);
    assert_eq!(count(&received, "bytes"), 64_000);
    for name in ["lost", "duplicates", "reordered", "foreign", "largest_gap"] {
        assert_eq!(count(&received, name), 0, "{name}");
    }
    let seconds: f64 = figure(&received, "seconds");
    assert!(
        (0.45..2.0).contains(&seconds),
        "1000 packets at 2000 a second took {seconds} s"
    );
}

#[test]
fn what_is_sent_arrives_at_its_pace() {
    exchange("127.0.0.1");
    exchange("::1");
}

#[test]
fn wrong_use_is_refused() {
    for arguments in [
        &[
            "send",
            "--to",
            "127.0.0.1:9",
            "--rate",
            "0",
            "--seconds",
            "1",
        ][..],
        &["send", "--to", "nowhere", "--rate", "1", "--seconds", "1"],
        &[
            "send",
            "--to",
            "127.0.0.1:9",
            "--rate",
            "1",
            "--seconds",
            "1",
            "--size",
            "23",
        ],
        &["receive", "--listen", "127.0.0.1:0", "--seconds", "-1"],
        &[
            "receive",
            "--listen",
            "127.0.0.1:0",
            "--seconds",
            "1",
            "--spin",
        ],
        &["receive", "--listen"],
        &["walk"],
        &[],
    ] {
        let output = Command::new(PACE).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
}
