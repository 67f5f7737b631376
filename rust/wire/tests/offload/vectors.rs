//! Cutting and joining against frames built by scapy (`make_vectors.py`).

use etherloom_wire::offload::{
    Coalescer, GSO_NONE, NEEDS_CHECKSUM, VIRTIO_HEADER_BYTES, VirtioHeader, segment,
};

#[derive(Default)]
struct Case {
    name: String,
    header: VirtioHeader,
    frame: Vec<u8>,
    segments: Vec<Vec<u8>>,
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks_exact(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn header(numbers: &str) -> VirtioHeader {
    let numbers: Vec<u16> = numbers
        .split(' ')
        .map(|number| number.parse().unwrap())
        .collect();
    VirtioHeader {
        flags: numbers[0] as u8,
        gso_type: numbers[1] as u8,
        header_length: numbers[2],
        segment_size: numbers[3],
        checksum_start: numbers[4],
        checksum_offset: numbers[5],
    }
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let lines = include_str!("vectors.txt").lines();
    for line in lines.filter(|line| !line.starts_with('#')) {
        let (what, rest) = line.split_once(' ').unwrap();
        if what == "case" {
            cases.push(Case::default());
        }
        let case = cases.last_mut().unwrap();
        match what {
            "case" => case.name.push_str(rest),
            "virtio" => case.header = header(rest),
            "super" => case.frame = bytes(rest),
            "segment" => case.segments.push(bytes(rest)),
            other => panic!("{other}"),
        }
    }
    assert!(cases.len() > 10);
    cases
}

fn cut(header: &VirtioHeader, frame: &[u8]) -> Vec<Vec<u8>> {
    let mut segments = Vec::new();
    let mut sink = |segment: &[u8]| segments.push(segment.to_vec());
    segment(header, frame, &mut Vec::new(), &mut sink).unwrap();
    segments
}

#[test]
fn super_frames_are_cut_as_scapy_builds_the_segments() {
    for case in cases() {
        assert_eq!(
            cut(&case.header, &case.frame),
            case.segments,
            "{}",
            case.name
        );
    }
}

#[test]
fn a_gso_frame_without_a_partial_checksum_gets_one_made_from_its_addresses() {
    for case in cases() {
        let header = VirtioHeader {
            flags: 0,
            ..case.header
        };
        assert_eq!(cut(&header, &case.frame), case.segments, "{}", case.name);
    }
}

#[test]
fn partial_checksums_are_completed() {
    for case in cases() {
        let whole = case.segments.first().unwrap();
        let place = usize::from(case.header.checksum_start + case.header.checksum_offset);
        let start = usize::from(case.header.checksum_start);
        let mut partial = whole.clone();
        // What has to be there for the sum of the whole to be right, without a pseudo-header of our own.
        partial[place..place + 2].fill(0);
        let with = u32::from(!u16::from_be_bytes([whole[place], whole[place + 1]]));
        let without = plain_sum(&partial[start..]);
        let pseudo = ((with + 0xffff - without) % 0xffff) as u16;
        partial[place..place + 2].copy_from_slice(&pseudo.to_be_bytes());
        let header = VirtioHeader {
            flags: NEEDS_CHECKSUM,
            gso_type: GSO_NONE,
            ..case.header
        };
        assert_eq!(cut(&header, &partial), case.segments[..1], "{}", case.name);
    }
}

fn plain_sum(bytes: &[u8]) -> u32 {
    let words = bytes
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0)));
    words.sum::<u32>() % 0xffff
}

#[test]
fn segments_of_plain_headers_are_joined_again() {
    for case in cases() {
        let odd = ["options", "extension", "finished", "reduced", "of one"];
        if odd.iter().any(|word| case.name.contains(word)) {
            continue;
        }
        let mut coalescer = Coalescer::new(true);
        let mut joined = Vec::new();
        for segment in &case.segments {
            coalescer.push(segment, &mut |bytes| joined.push(bytes.to_vec()));
        }
        coalescer.flush(&mut |bytes| joined.push(bytes.to_vec()));
        assert_eq!(joined.len(), 1, "{}", case.name);
        let (header, frame) = joined[0]
            .split_first_chunk::<VIRTIO_HEADER_BYTES>()
            .unwrap();
        assert_eq!(VirtioHeader::read(header), case.header, "{}", case.name);
        assert_eq!(frame, case.frame, "{}", case.name);
    }
}
