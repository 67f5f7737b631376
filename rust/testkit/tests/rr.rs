//! The program itself, both ends over loopback.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::process::{Command, Stdio};

const RR: &str = env!("CARGO_BIN_EXE_etherloom-rr");

fn exchange(protocol: &str) {
    let probe = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = probe.local_addr().unwrap().to_string();
    drop(probe);
    let mut answering = Command::new(RR)
        .args(["answer", "--listen", &address, "--protocol", protocol])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(answering.stderr.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "ready\n");
    let asked = Command::new(RR)
        .args(["ask", "--to", &address, "--protocol", protocol])
        .args(["--seconds", "0.3", "--json"])
        .output()
        .unwrap();
    answering.kill().unwrap();
    answering.wait().unwrap();
    let text = String::from_utf8(asked.stdout).unwrap();
    assert!(asked.status.success(), "{text}");
    let rounds = text.split("\"rounds\": ").nth(1).unwrap();
    let rounds: f64 = rounds.split(',').next().unwrap().parse().unwrap();
    assert!(rounds > 10.0, "{text}");
    assert!(text.contains("\"lost\": 0,"), "{text}");
}

#[test]
fn every_question_is_answered() {
    exchange("tcp");
    exchange("udp");
}

#[test]
fn wrong_use_is_refused() {
    for arguments in [
        &["ask", "--to", "127.0.0.1:9", "--protocol", "sctp"][..],
        &["answer", "--listen", "127.0.0.1:0"],
        &["listen"],
        &[],
    ] {
        let output = Command::new(RR).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
}
