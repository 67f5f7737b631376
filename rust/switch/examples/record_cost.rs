//! What the packet log costs a frame on the packet path, and what a line costs its writer.
//! `cargo run --release -p etherloom-switch --example record_cost`

use etherloom_switch::Facts;
use etherloom_switch::record::{Columns, Level, PacketLogRules, Parties, Style, needed};
use std::hint::black_box;
use std::time::Instant;

const ROUNDS: u32 = 2_000_000;
/// Levels of a new hub.
const USUAL: [u8; 8] = [1, 0, 1, 0, 0, 0, 0, 0];

/// TCP with data, to a port that requests are looked for at.
fn frame() -> Vec<u8> {
    let mut frame = vec![2; 1_514];
    frame[12..14].copy_from_slice(&[0x08, 0x00]);
    frame[14..16].copy_from_slice(&[0x45, 0]);
    frame[16..18].copy_from_slice(&1_500_u16.to_be_bytes());
    frame[20..24].copy_from_slice(&[0, 0, 64, 6]);
    frame[36..38].copy_from_slice(&443_u16.to_be_bytes());
    frame[46..48].copy_from_slice(&[0x50, 0x10]);
    frame
}

fn measure(what: &str, mut work: impl FnMut()) {
    let start = Instant::now();
    for _ in 0..ROUNDS {
        work();
    }
    let nanoseconds = start.elapsed().as_nanos() / u128::from(ROUNDS);
    println!("{what}: {nanoseconds} ns");
}

fn main() {
    let frame = frame();
    let facts = Facts::of(&frame).expect("a sound frame");
    let usual = PacketLogRules::of_levels(USUAL);
    measure("to see that a frame is not written down", || {
        assert_eq!(
            black_box(&usual).level(black_box(&facts), &frame),
            Level::Nothing
        );
    });
    let all = PacketLogRules::of_levels([1; 8]);
    let mut kept = Vec::new();
    measure("to copy what a line needs", || {
        let level = black_box(&all).level(&facts, &frame);
        kept.clear();
        kept.extend_from_slice(&frame[..needed(&facts, &frame, level)]);
        black_box(&kept);
    });
    let (style, parties, mut line) = (Style::default(), Parties::default(), String::new());
    measure("to write a line", || {
        line.clear();
        let columns = Columns::of(&all, &facts, &frame, Level::Headers);
        style.write(&columns, &parties, false, &mut line);
        black_box(&line);
    });
}
