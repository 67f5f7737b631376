//! What a verdict costs: `cargo run --release -p etherloom-switch --example forward_cost`.

use etherloom_switch::{Egress, Frame, HubRules, PortPolicy, PortRules, Switch, Verdict};
use std::hint::black_box;
use std::thread;
use std::time::Instant;

const FRAMES: u32 = 8_000_000;

/// UDP, from one station's address to another's.
fn frame(dst: u32, src: u32) -> [u8; 64] {
    let mut bytes = [0; 64];
    bytes[..6].copy_from_slice(&address(dst));
    bytes[6..12].copy_from_slice(&address(src));
    bytes[12..24].copy_from_slice(&[0x08, 0, 0x45, 0, 0, 50, 0, 0, 0, 0, 64, 17]);
    bytes[26..30].copy_from_slice(&(0x0a00_0001 + src).to_be_bytes());
    bytes[30..34].copy_from_slice(&(0x0a00_0001 + dst).to_be_bytes());
    bytes
}

fn address(station: u32) -> [u8; 6] {
    let [a, b, c, d] = station.to_be_bytes();
    [2, 0, a, b, c, d]
}

/// Everything that looks at a frame, and refuses none of these.
fn strict() -> PortPolicy {
    PortPolicy {
        dhcp_filter: true,
        dhcp_no_server: true,
        check_mac: true,
        check_ip: true,
        arp_dhcp_only: true,
        no_server: true,
        max_mac: 100,
        max_ip: 100,
        max_upload: u64::MAX,
        max_download: u64::MAX,
        rs_and_ra_filter: true,
        check_ipv6: true,
        filter_ipv6: true,
        filter_non_ip: true,
        ..PortPolicy::default()
    }
}

/// A hub that knows `stations`, two on a port.
fn hub(stations: u32, policy: PortPolicy) -> Switch {
    let switch = Switch::new(HubRules::default());
    for station in 0..stations {
        let rules = PortRules {
            policy,
            ..PortRules::default()
        };
        if station % 2 == 0 {
            switch.attach(station / 2, rules);
        }
        let bytes = frame(station ^ 1, station);
        switch.forward(station / 2, &Frame::plain(&bytes), 0);
    }
    switch
}

/// Nanoseconds a frame, there and out again, in batches of `batch`.
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
        let mut hold = switch.batch();
        for n in first..first + batch {
            let (port, bytes) = &frames[n as usize % frames.len()];
            let frame = Frame::plain(black_box(bytes));
            let judged = hold.judge(*port, &frame, 1);
            if let Verdict::Unicast(target) = judged.verdict {
                let egress = hold.egress(&judged, &frame, target, 1);
                delivered += u32::from(egress == Egress::AsIs);
            }
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
    for (name, policy) in [
        ("without policies", PortPolicy::default()),
        ("with policies", strict()),
    ] {
        for stations in [4, 1000, 60_000] {
            let switch = hub(stations, policy);
            for batch in [1, 32] {
                let alone = run(&switch, stations, batch);
                let pair = run_pair(&switch, stations, batch);
                println!(
                    "{name}, {stations:6} stations, batches of {batch:2}: {alone:5.1} ns a frame, \
                     with two threads {pair:5.1}"
                );
            }
        }
    }
}
