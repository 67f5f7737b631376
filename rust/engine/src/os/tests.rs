//! Every `unsafe` block is passed through here; `make memcheck` runs these under valgrind.

#![allow(clippy::unwrap_used)]

use std::fs::read_to_string;
use std::io::ErrorKind;
use std::thread;
use std::time::Duration;

use super::{TapOffload, block_signals, open_tap, set_user_timeout, yield_to_frames};

/// A line of the calling thread's status, such as its blocked signals.
fn status(name: &str) -> String {
    let text = read_to_string("/proc/thread-self/status").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap().trim().to_owned()
}

/// How nice the calling thread is (proc(5): the 17th number behind the name).
fn niceness() -> i32 {
    let text = read_to_string("/proc/thread-self/stat").unwrap();
    let (_, numbers) = text.rsplit_once(')').unwrap();
    numbers.split_whitespace().nth(16).unwrap().parse().unwrap()
}

#[test]
fn signals_are_blocked_in_this_thread_alone() {
    let before = status("SigBlk:");
    let blocked = thread::spawn(|| {
        block_signals();
        status("SigBlk:")
    });
    let blocked = u64::from_str_radix(&blocked.join().unwrap(), 16).unwrap();
    // SIGKILL and SIGSTOP can't be; 32 and 33 the C library keeps for itself.
    for signal in [1, 2, 3, 10, 13, 15, 17, 34, 63] {
        assert!(blocked >> (signal - 1) & 1 == 1, "signal {signal}");
    }
    assert_eq!(status("SigBlk:"), before);
}

#[test]
fn only_the_thread_that_yields_gets_nicer() {
    let before = niceness();
    let after = thread::spawn(|| {
        yield_to_frames();
        niceness()
    });
    assert_eq!(after.join().unwrap(), (before + 5).min(19));
    assert_eq!(niceness(), before);
}

#[test]
fn names_that_no_adapter_can_have_are_refused() {
    for name in ["sixteen-letters-", "a/b", "nul\0"] {
        let refused = open_tap(name).err().unwrap();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{name:?}");
    }
}

#[test]
fn an_adapter_lives_as_long_as_its_descriptor() {
    let tap = match open_tap("elos%d") {
        Err(error) if std::env::var_os("CI").is_none() => {
            eprintln!("skipped, needs root and /dev/net/tun: {error}");
            return;
        }
        other => other.unwrap(),
    };
    assert!(tap.name.starts_with("elos") && !tap.name.contains('%'));
    // Any kernel that can be met has the header.
    assert_ne!(tap.offload, TapOffload::None);
    let path = format!("/sys/class/net/{}", tap.name);
    assert!(std::fs::exists(&path).unwrap());
    let name = tap.name.clone();
    assert!(open_tap(&name).is_err(), "it is taken");
    drop(tap.descriptor);
    assert!(!std::fs::exists(&path).unwrap());
}

#[test]
fn a_socket_is_told_how_long_to_wait() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let socket = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let socket = mio::net::TcpStream::from_std(socket);
    set_user_timeout(&socket, 1_500).unwrap();
    let told = socket2::SockRef::from(&socket).tcp_user_timeout().unwrap();
    assert_eq!(told, Some(Duration::from_millis(1_500)));
}
