//! Small flows, and how a coalescer joins them.

use crate::traffic::{ACK, Shape, fold, split, sum};
use etherloom_wire::offload::Coalescer;

pub fn flow(segments: usize) -> Shape {
    Shape {
        tags: 0,
        v6: false,
        udp: false,
        options: 12,
        flags: ACK,
        port: 1,
        identification: 1,
        whole: true,
        sequence: 1,
        segment_size: 100,
        payload: vec![0x11; 100 * segments],
    }
}

pub fn datagrams(segments: usize) -> Shape {
    Shape {
        udp: true,
        ..flow(segments)
    }
}

/// Segments of each super-frame; 1 for a frame that came out as it was.
pub fn sizes(coalescer: &mut Coalescer, frames: &[Vec<u8>]) -> Vec<usize> {
    let mut sizes = Vec::new();
    let mut out = |bytes: &[u8]| {
        let (header, frame) = split(bytes);
        sizes.push(match header.segment_size {
            0 => 1,
            size => (frame.len() - usize::from(header.header_length)).div_ceil(usize::from(size)),
        });
    };
    for frame in frames {
        coalescer.push(frame, &mut out);
    }
    coalescer.flush(&mut out);
    sizes
}

pub fn joined(frames: &[Vec<u8>]) -> Vec<usize> {
    sizes(&mut Coalescer::new(true), frames)
}

/// Makes both checksums right again after a change.
pub fn seal(shape: &Shape, frame: &mut [u8]) {
    let (network, transport) = (shape.network(), shape.transport());
    let set = |frame: &mut [u8], place: usize, from: usize, to: usize, more: u32| {
        frame[place..place + 2].fill(0);
        let checksum = !fold(sum(&frame[from..to]) + more);
        frame[place..place + 2].copy_from_slice(&checksum.to_be_bytes());
    };
    set(frame, network + 10, network, transport, 0);
    let length = usize::from(u16::from_be_bytes([frame[network + 2], frame[network + 3]]));
    let end = network + length;
    let addresses = sum(&frame[transport - 8..transport]);
    let more = addresses + u32::from(frame[network + 9]) + (end - transport) as u32;
    set(
        frame,
        transport + shape.checksum_offset(),
        transport,
        end,
        more,
    );
    assert!(shape.is_intact(frame));
}
