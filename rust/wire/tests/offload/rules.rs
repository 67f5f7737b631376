//! Which frames are joined, one rule a test.

use crate::joining::{datagrams, flow, joined, seal, sizes};
use crate::traffic::{ACK, CWR, FIN, PSH, Shape};
use etherloom_wire::offload::Coalescer;

/// How four segments are joined if the third has `value` at `place` (from the IP header on).
fn with_change(place: usize, value: u8) -> Vec<usize> {
    let shape = flow(4);
    let mut frames = shape.cut();
    frames[2][14 + place] = value;
    seal(&shape, &mut frames[2]);
    joined(&frames)
}

#[test]
fn equal_headers_in_sequence_are_one() {
    assert_eq!(joined(&flow(4).cut()), [4]);
    assert_eq!(
        with_change(1, 2),
        [4],
        "no change: the control of the tests below"
    );
}

#[test]
fn a_frame_of_another_kind_of_header_begins_anew() {
    let changes = [
        ("type of service", 1, 0),
        ("fragments allowed", 6, 0),
        ("time to live", 8, 63),
        ("acknowledgement", 20 + 11, 8),
        ("window", 20 + 15, 9),
        ("urgent pointer", 20 + 19, 1),
        ("options", 20 + 31, 99),
    ];
    for (name, place, value) in changes {
        // The fourth is like the first two again, but its sequence isn't theirs any more.
        assert_eq!(with_change(place, value), [2, 1, 1], "{name}");
    }
}

#[test]
fn a_frame_with_another_flag_is_never_joined() {
    for flags in [
        ACK | FIN,
        ACK | CWR,
        ACK | 0x40,
        ACK | 0x20,
        ACK | 0x02,
        ACK | 0x04,
        0,
    ] {
        assert_eq!(with_change(20 + 13, flags), [2, 1, 1], "{flags:#x}");
    }
    assert_eq!(with_change(20 + 12, 0x81), [2, 1, 1], "a reserved bit");
}

#[test]
fn a_pushed_frame_is_the_last() {
    assert_eq!(with_change(20 + 13, ACK | PSH), [3, 1]);
}

#[test]
fn another_link_header_begins_anew() {
    let mut frames = flow(4).cut();
    frames[2][5] = 9;
    frames[3][5] = 9;
    assert_eq!(joined(&frames), [2, 2]);
}

#[test]
fn lost_and_repeated_segments_begin_anew() {
    let mut frames = flow(6).cut();
    frames.remove(2);
    assert_eq!(joined(&frames), [2, 3]);
    let mut frames = flow(4).cut();
    frames.insert(2, frames[1].clone());
    assert_eq!(joined(&frames), [2, 3]);
}

#[test]
fn a_shorter_segment_is_the_last_and_a_longer_one_begins_anew() {
    let mut shape = flow(3);
    shape.payload.truncate(250);
    let mut frames = shape.cut();
    let behind = Shape {
        sequence: 251,
        identification: 4,
        ..flow(2)
    };
    frames.extend(behind.cut());
    assert_eq!(joined(&frames), [3, 2]);

    let longer = Shape {
        sequence: 201,
        identification: 3,
        segment_size: 101,
        payload: vec![0; 202],
        ..flow(1)
    };
    let mut frames = flow(2).cut();
    frames.extend(longer.cut());
    assert_eq!(joined(&frames), [2, 2]);
}

#[test]
fn identifications_count_up_or_mean_nothing() {
    let number = |whole: bool, numbers: [u8; 4]| {
        let shape = Shape { whole, ..flow(4) };
        let mut frames = shape.cut();
        for (frame, number) in frames.iter_mut().zip(numbers) {
            frame[18..20].copy_from_slice(&[0, number]);
            seal(&shape, frame);
        }
        joined(&frames)
    };
    assert_eq!(number(false, [1, 2, 3, 4]), [4]);
    assert_eq!(number(false, [0, 0, 0, 0]), [1, 1, 1, 1]);
    assert_eq!(number(false, [1, 2, 2, 3]), [2, 2]);
    assert_eq!(number(true, [0, 0, 0, 0]), [4]);
    assert_eq!(number(true, [1, 2, 2, 2]), [2, 2]);
    assert_eq!(number(true, [1, 2, 9, 10]), [2, 2]);
}

#[test]
fn no_super_frame_is_longer_than_an_ip_packet_or_more_than_64_segments() {
    assert_eq!(joined(&flow(150).cut()), [64, 64, 22]);
    let mut frames = Vec::new();
    for index in 0..3_u32 {
        let part = Shape {
            sequence: index * 64_000,
            identification: index as u16 * 40,
            segment_size: 1600,
            payload: vec![1; 64_000],
            ..flow(1)
        };
        frames.extend(part.cut());
    }
    assert_eq!(joined(&frames), [40, 40, 40], "40 are 64,052 bytes");
}

#[test]
fn datagrams_are_joined_if_the_device_takes_them() {
    let mut shape = datagrams(4);
    assert_eq!(joined(&shape.cut()), [4]);
    assert_eq!(sizes(&mut Coalescer::new(false), &shape.cut()), [1; 4]);
    shape.payload.truncate(350);
    assert_eq!(joined(&shape.cut()), [4]);
    let mut frames = shape.cut();
    frames[1][14 + 20 + 6..14 + 20 + 8].fill(0);
    assert_eq!(joined(&frames), [1, 1, 2], "one has no checksum");
}

#[test]
fn a_padded_frame_stays_as_it_is() {
    let mut frames = flow(3).cut();
    frames[1].push(0);
    assert_eq!(joined(&frames), [1, 1, 1]);
}
