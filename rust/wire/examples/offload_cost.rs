//! What the offloads cost a segment of 1,460 bytes: `cargo run --release -p etherloom-wire --example offload_cost`.

use etherloom_wire::offload::{
    Coalescer, GSO_TCPV4, InternetSum, NEEDS_CHECKSUM, VirtioHeader, segment,
};
use std::hint::black_box;
use std::time::Instant;

const SEGMENT: usize = 1460;
const SEGMENTS: usize = 44;
const HEADERS: usize = 54;
const ROUNDS: u32 = 20_000;

const HEADER: VirtioHeader = VirtioHeader {
    flags: NEEDS_CHECKSUM,
    gso_type: GSO_TCPV4,
    header_length: HEADERS as u16,
    segment_size: SEGMENT as u16,
    checksum_start: 34,
    checksum_offset: 16,
};

fn super_frame() -> Vec<u8> {
    let mut frame = vec![0x5a; HEADERS + SEGMENTS * SEGMENT];
    let length = (frame.len() - 14) as u16;
    frame[12..16].copy_from_slice(&[8, 0, 0x45, 0]);
    frame[16..18].copy_from_slice(&length.to_be_bytes());
    frame[20..24].copy_from_slice(&[0x40, 0, 64, 6]);
    frame[46..48].copy_from_slice(&[0x50, 0x10]);
    let pseudo = InternetSum::default()
        .bytes(&frame[26..34])
        .number(6)
        .number(length - 20);
    frame[50..52].copy_from_slice(&pseudo.partial());
    frame
}

/// Nanoseconds of one of `parts` equal parts of the work.
fn measure(parts: usize, mut work: impl FnMut()) -> f64 {
    (0..5)
        .map(|_| {
            let start = Instant::now();
            (0..ROUNDS).for_each(|_| work());
            start.elapsed().as_nanos() as f64 / (f64::from(ROUNDS) * parts as f64)
        })
        .fold(f64::INFINITY, f64::min)
}

fn main() {
    let frame = super_frame();
    let mut segments = Vec::new();
    let mut scratch = Vec::new();
    segment(&HEADER, &frame, &mut scratch, &mut |bytes| {
        segments.push(bytes.to_vec());
    })
    .expect("our own super-frame");
    assert_eq!(segments.len(), SEGMENTS);

    let payload = &frame[HEADERS..HEADERS + SEGMENT];
    let sum = measure(1, || {
        black_box(InternetSum::default().bytes(black_box(payload)).complete());
    });
    println!("checksum: {sum:.1} ns, {:.1} GB/s", SEGMENT as f64 / sum);

    let cutting = measure(SEGMENTS, || {
        segment(&HEADER, black_box(&frame), &mut scratch, &mut |bytes| {
            black_box(bytes);
        })
        .expect("our own super-frame");
    });
    println!("cut:      {cutting:.1} ns a segment");

    let mut coalescer = Coalescer::new(false);
    let mut joined = 0_u32;
    let mut out = |bytes: &[u8]| {
        black_box(bytes);
        joined += 1;
    };
    let joining = measure(SEGMENTS, || {
        for segment in &segments {
            coalescer.push(black_box(segment), &mut out);
        }
        coalescer.flush(&mut out);
    });
    println!("join:     {joining:.1} ns a segment");
    assert_eq!(joined, 5 * ROUNDS, "one super-frame a round");
}
