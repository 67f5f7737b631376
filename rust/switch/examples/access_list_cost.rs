//! What access lists cost: `cargo run --release -p etherloom-switch --example access_list_cost`.
//!
//! Each line: entries of one shape, how long they take to compile, and a frame's first pass where flows come again
//! (64 of them) and where hardly any does (a million). No entry matches, so that nothing ends a search early.

use etherloom_switch::access_list::{Block, Rule, Who};
use etherloom_switch::facts::{Ipv4, Transport};
use etherloom_switch::{AccessList, Facts, Network, PortKind, PortRules, Stored};
use std::hint::black_box;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

const ENOUGH: Duration = Duration::from_millis(200);
const FEW: u32 = 64;
const MANY: u32 = 1 << 20;

type Shape = fn(u32, Rule) -> Rule;

const SHAPES: [(&str, Shape); 7] = [
    ("one source address each", |n, rule| Rule {
        source: Some(block(n, 32)),
        ..rule
    }),
    ("networks of 17 sizes", |n, rule| Rule {
        source: Some(block(n, 16 + n % 17)),
        ..rule
    }),
    ("address and range of ports", |n, rule| Rule {
        target: Some(block(n % 100, 32)),
        target_ports: Some((1_000 + n as u16, 1_010 + n as u16)),
        ..rule
    }),
    ("one user each", |n, rule| Rule {
        source_user: Who::Name(format!("user{n}").into()),
        ..rule
    }),
    ("mixed: 17 x 17 sizes", |n, rule| Rule {
        source: Some(block(n, 16 + n % 17)),
        target: Some(block(n, 16 + n / 17 % 17)),
        protocol: 17,
        ..rule
    }),
    ("ranges of both ports", |n, rule| Rule {
        source_ports: Some((40_001 + n as u16 % 9_000, 50_000 + n as u16 % 10_000)),
        target_ports: Some((1_000, 2_000 + n as u16)),
        ..rule
    }),
    ("worst: a mask each", |n, rule| Rule {
        source: Some(Block::V4(
            Ipv4Addr::from_bits(0xe000_0000),
            Ipv4Addr::from_bits(0xf000_0000 | n),
        )),
        ..rule
    }),
];

/// Multicast addresses are nobody's source.
fn block(n: u32, bits: u32) -> Block {
    let mask = u32::MAX << (32 - bits);
    let address = Ipv4Addr::from_bits(0xe000_0000 | n << 4);
    Block::V4(address, Ipv4Addr::from_bits(mask))
}

fn rules(count: u32, shape: Shape) -> Vec<Rule> {
    let rule = |priority| Rule {
        priority,
        discard: true,
        active: true,
        ..Rule::default()
    };
    (0..count).map(|n| shape(n, rule(n))).collect()
}

fn frames(count: u32) -> Vec<Facts> {
    let frame = |n: u32| {
        let mut facts = Facts::of_ethernet(&[2; 60]).expect("a header");
        facts.network = Network::Ipv4(Ipv4 {
            source: Ipv4Addr::from_bits(0x0a00_0000 + n % 999),
            target: Ipv4Addr::from_bits(0x0a00_0000 + n / 999),
            protocol: 17,
            is_later_fragment: false,
        });
        facts.transport = Transport::Udp {
            source: 40_000,
            target: 53,
        };
        facts
    };
    (0..count).map(frame).collect()
}

/// Nanoseconds a frame.
fn run(list: &AccessList, frames: &[Facts]) -> f64 {
    let client = PortRules {
        kind: PortKind::Client,
        user: "user7x".into(),
        ..PortRules::default()
    };
    let client = list.resolve(&client);
    let start = Instant::now();
    let mut count = 0_u64;
    for chunk in frames.chunks(64).cycle() {
        for facts in chunk {
            let stored = list.store(black_box(facts), &client, false);
            assert_eq!(stored, Stored::NoMatch);
        }
        count += chunk.len() as u64;
        if start.elapsed() > ENOUGH {
            break;
        }
    }
    start.elapsed().as_nanos() as f64 / count as f64
}

fn main() {
    let (few, many) = (frames(FEW), frames(MANY));
    println!(
        "{:30} {:>7} {:>10} {:>10} {:>10}",
        "shape", "entries", "compile ms", "few flows", "many flows"
    );
    for (name, shape) in SHAPES {
        for count in [0, 100, 10_000, 32_768] {
            let rules = rules(count, shape);
            let start = Instant::now();
            let list = AccessList::compile(rules);
            let compiled = start.elapsed().as_secs_f64() * 1e3;
            let (often, seldom) = (run(&list, &few), run(&list, &many));
            println!("{name:30} {count:>7} {compiled:>10.1} {often:>10.1} {seldom:>10.1}");
        }
    }
}
