//! What the block stream costs a frame: `cargo run --release -p etherloom-wire --example block_cost`.

use etherloom_wire::block::{
    BlockDecoder, BlockLimits, Compressor, GroupEncoder, Item, append_compressed_frame,
    append_frame, begin_group, patch_group,
};
use std::hint::black_box;
use std::time::Instant;

const IN_A_GROUP: u32 = 32;

/// Half text-like, half noise, so that compression has something and not everything to do.
fn frame(size: usize) -> Vec<u8> {
    let mut noise = 1_u32;
    let mut byte = |place: usize| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if place % 2 == 0 {
            b'a'
        } else {
            (noise >> 24) as u8
        }
    };
    (0..size).map(&mut byte).collect()
}

fn encode(out: &mut Vec<u8>, frame: &[u8], mut compressor: Option<&mut Compressor>) {
    let place = begin_group(out);
    for _ in 0..IN_A_GROUP {
        match compressor.as_deref_mut() {
            None => append_frame(out, frame),
            Some(compressor) => {
                append_compressed_frame(out, frame, compressor).expect("memory for a frame");
            }
        }
    }
    patch_group(out, place, IN_A_GROUP);
}

fn measure(rounds: u32, mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    (0..rounds).for_each(|_| work());
    start.elapsed().as_nanos() as f64 / f64::from(rounds * IN_A_GROUP)
}

fn run(size: usize, compressed: bool) {
    let frame = frame(size);
    let rounds = if compressed { 1000 } else { 100_000 };
    let mut compressor = compressed.then(Compressor::new);
    let mut stream = Vec::new();
    let sending = measure(rounds, || {
        stream.clear();
        encode(&mut stream, black_box(&frame), compressor.as_mut());
    });
    let mut decoder = BlockDecoder::new(BlockLimits::STOCK, compressed);
    let mut frames = 0;
    let receiving = measure(rounds, || {
        let mut sink = |item: Item<'_>| frames += u32::from(matches!(item, Item::Frame(_)));
        decoder
            .decode(black_box(&stream), &mut sink)
            .expect("our own stream");
    });
    assert_eq!(frames, rounds * IN_A_GROUP);
    let kind = if compressed { "compressed" } else { "plain" };
    println!(
        "{size:5} bytes, {kind:10}: encode {sending:8.1} ns a frame, decode {receiving:7.1} ns"
    );
}

/// Kilobytes that `count` decoders take once each has seen a compressed block.
fn memory_of_decoders(count: usize) -> f64 {
    let mut stream = Vec::new();
    let mut group = GroupEncoder::begin(&mut stream);
    group
        .push(&frame(1500), Some(&mut Compressor::new()))
        .expect("memory for a frame");
    group.finish();
    let before = resident_kilobytes();
    let mut decoders: Vec<_> = (0..count)
        .map(|_| BlockDecoder::new(BlockLimits::STOCK, true))
        .collect();
    for decoder in &mut decoders {
        decoder
            .decode(&stream, &mut |_| ())
            .expect("our own stream");
    }
    (resident_kilobytes() - before) / count as f64
}

/// Kilobytes that `count` compressors take once each has compressed a frame.
fn memory_of_compressors(count: usize) -> f64 {
    let (frame, mut out) = (frame(1500), Vec::with_capacity(4096));
    let before = resident_kilobytes();
    let mut compressors: Vec<_> = (0..count).map(|_| Compressor::new()).collect();
    for compressor in &mut compressors {
        out.clear();
        compressor
            .compress(&frame, &mut out)
            .expect("memory for a frame");
    }
    (resident_kilobytes() - before) / count as f64
}

fn resident_kilobytes() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let resident: f64 = pages
        .split(' ')
        .nth(1)
        .and_then(|word| word.parse().ok())
        .expect("a number");
    resident * 4.0
}

fn main() {
    for size in [60, 1514] {
        run(size, false);
        run(size, true);
    }
    println!("a decoder that inflates: {:.0} KB", memory_of_decoders(500));
    println!("a compressor: {:.0} KB", memory_of_compressors(500));
}
