//! What a verdict costs: `cargo run --release -p etherloom-switch --example forward_cost`.

use etherloom_switch::{Frame, HubRules, Switch, Verdict};
use std::hint::black_box;
use std::thread;
use std::time::Instant;

const FRAMES: u32 = 16_000_000;

fn frame(dst: u32, src: u32) -> [u8; 64] {
    let mut bytes = [0; 64];
    bytes[..6].copy_from_slice(&address(dst));
    bytes[6..12].copy_from_slice(&address(src));
    bytes[12..14].copy_from_slice(&[0x88, 0xb5]);
    bytes
}

fn address(station: u32) -> [u8; 6] {
    let [a, b, c, d] = station.to_be_bytes();
    [2, 0, a, b, c, d]
}

/// A hub that knows `stations`, two on a port.
fn hub(stations: u32) -> Switch {
    let switch = Switch::new(HubRules::default());
    for station in 0..stations {
        let bytes = frame(station ^ 1, station);
        switch.forward(station / 2, &Frame::plain(&bytes), 0);
    }
    switch
}

/// Nanoseconds a frame, in batches of `batch`.
fn run(switch: &Switch, stations: u32, batch: u32) -> f64 {
    let frames: Vec<_> = (0..1024_u32)
        .map(|n| {
            let src = n.wrapping_mul(2_654_435_761) % stations;
            (src / 2, frame((src + stations / 2) % stations, src))
        })
        .collect();
    let start = Instant::now();
    let mut delivered = 0;
    for first in (0..FRAMES).step_by(batch as usize) {
        let mut judge = switch.batch();
        for n in first..first + batch {
            let (port, bytes) = &frames[n as usize % frames.len()];
            let verdict = judge
                .judge(*port, &Frame::plain(black_box(bytes)), 1)
                .verdict;
            delivered += u32::from(matches!(verdict, Verdict::Unicast(_)));
        }
    }
    let nanoseconds = start.elapsed().as_nanos() as f64 / f64::from(FRAMES);
    assert_eq!(delivered, FRAMES);
    nanoseconds
}

fn run_pair(switch: &Switch, stations: u32, batch: u32) -> f64 {
    thread::scope(|scope| {
        let other = scope.spawn(|| run(switch, stations, batch));
        let own = run(switch, stations, batch);
        own.max(other.join().expect("the other thread's time"))
    })
}

fn main() {
    for stations in [4, 1000, 60_000] {
        let switch = hub(stations);
        for batch in [1, 32] {
            let alone = run(&switch, stations, batch);
            let pair = run_pair(&switch, stations, batch);
            println!(
                "{stations:6} stations, batches of {batch:2}: {alone:5.1} ns a frame, with two threads {pair:5.1}"
            );
        }
    }
}
