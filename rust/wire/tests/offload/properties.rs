//! What holds for all flows, headers and bytes.

use crate::mishap::{befall, interleave, mishap};
use crate::traffic::{ACK, CWR, FIN, PSH, Shape, cut, fold, shape, split, sum};
use etherloom_wire::offload::{
    Coalescer, InternetSum, MAXIMUM_SEGMENTS, Packet, Segments, VIRTIO_HEADER_BYTES, VirtioHeader,
    segment,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// All that comes out, header and frame in one.
fn join(frames: &[Vec<u8>], udp: bool) -> Vec<Vec<u8>> {
    let (mut coalescer, mut joined) = (Coalescer::new(udp), Vec::new());
    for frame in frames {
        coalescer.push(frame, &mut |bytes| joined.push(bytes.to_vec()));
    }
    coalescer.flush(&mut |bytes| joined.push(bytes.to_vec()));
    assert!(coalescer.is_empty());
    joined
}

fn cut_all(joined: &[Vec<u8>]) -> Vec<Vec<u8>> {
    joined
        .iter()
        .map(|bytes| split(bytes))
        .flat_map(|(header, frame)| cut(&header, frame))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_sum_is_that_of_rfc_1071(bytes in vec(any::<u8>(), 0..3000), number: u16) {
        let expected = fold(sum(&bytes) + u32::from(number));
        let got = InternetSum::default().bytes(&bytes).number(number);
        prop_assert_eq!(got.partial(), expected.to_be_bytes());
        prop_assert_eq!(got.complete(), (!expected).to_be_bytes());
        prop_assert_eq!(got.is_right(), expected == 0xffff);
        let rest = fold(sum(&bytes));
        let without = u16::from_be_bytes(got.without(number).partial());
        prop_assert_eq!(without % 0xffff, rest % 0xffff);
    }

    #[test]
    fn every_segment_is_complete(shape in shape()) {
        let segments = shape.cut();
        prop_assert_eq!(segments.len(), shape.segments());
        let mut payload: Vec<u8> = Vec::new();
        for (index, frame) in segments.iter().enumerate() {
            check_segment(&shape, index, frame);
            payload.extend(&frame[shape.headers()..]);
        }
        prop_assert_eq!(payload, shape.payload);
    }

    #[test]
    fn joining_what_was_cut_gives_the_same_super_frame(mut shape in shape()) {
        shape.flags &= ACK | PSH;
        let segments = shape.cut();
        let joined = join(&segments, true);
        // A checksum of all ones isn't joined; see below.
        prop_assume!(shape.udp || !segments.iter().any(|frame| {
            let place = shape.transport() + shape.checksum_offset();
            frame[place..place + 2] == [0xff, 0xff]
        }));
        prop_assert_eq!(joined.len(), 1);
        let (header, frame) = split(&joined[0]);
        if segments.len() > 1 {
            prop_assert_eq!(header, shape.header());
            prop_assert_eq!(frame, shape.frame());
        } else {
            prop_assert_eq!(header, VirtioHeader::default());
            prop_assert_eq!(frame, &segments[0]);
        }
    }

    #[test]
    fn frames_with_partial_checksums_are_joined_and_come_out_complete(mut shape in shape()) {
        shape.flags &= ACK | PSH;
        let segments = shape.cut();
        let (mut coalescer, mut joined) = (Coalescer::new(true), Vec::new());
        for segment in &segments {
            let (header, bytes) = shape.partial(segment);
            let packet = Packet { header, bytes: &bytes };
            coalescer.push_packet(&packet, &mut |bytes| joined.push(bytes.to_vec()));
        }
        coalescer.flush(&mut |bytes| joined.push(bytes.to_vec()));
        prop_assert_eq!(joined.len(), 1);
        prop_assert_eq!(cut_all(&joined), segments);
    }

    #[test]
    fn a_plan_is_written_out_as_often_as_one_likes(shape in shape()) {
        let (header, frame) = (shape.header(), shape.frame());
        let plan = Segments::plan(&header, &frame).expect("a sound super-frame");
        let expected = shape.cut();
        prop_assert_eq!(plan.count(), expected.len());
        for (index, segment) in expected.iter().enumerate().rev() {
            let mut out = vec![1, 2, 3];
            plan.append(index, &mut out);
            prop_assert_eq!(&out[3..], segment);
            prop_assert_eq!(plan.length(index), segment.len());
        }
    }

    #[test]
    fn cutting_what_was_joined_gives_the_same_frames(
        shapes in vec(shape(), 1..12),
        mishaps in vec((any::<Index>(), any::<Index>(), mishap()), 0..12),
        turns in vec(any::<Index>(), 1..200),
        udp: bool,
    ) {
        let mut flows: Vec<_> = shapes
            .iter()
            .enumerate()
            .map(|(index, shape)| Shape { port: index as u16, ..shape.clone() }.cut())
            .collect();
        for (flow, place, mishap) in &mishaps {
            let flow = flow.index(flows.len());
            befall(&mut flows[flow], *place, mishap);
        }
        let frames = interleave(flows, &turns);
        let again = cut_all(&join(&frames, udp));
        prop_assert_eq!(by_flow(&again), by_flow(&frames));
    }

    #[test]
    fn a_wrong_checksum_stays_wrong(
        shape in shape(),
        hits in vec((any::<Index>(), any::<Index>(), 0_u8..8), 1..5),
    ) {
        let mut frames = Shape { flags: ACK, ..shape.clone() }.cut();
        for (frame, place, bit) in hits {
            let frame = frame.index(frames.len());
            let covered = frames[frame].len() - shape.network();
            frames[frame][shape.network() + place.index(covered)] ^= 1 << bit;
        }
        let bad: Vec<_> = frames.iter().filter(|frame| !shape.is_intact(frame)).collect();
        let joined = join(&frames, true);
        let alone: Vec<_> = joined
            .iter()
            .map(|bytes| split(bytes))
            .filter(|(header, _)| *header == VirtioHeader::default())
            .map(|(_, frame)| frame)
            .collect();
        for frame in bad {
            prop_assert!(alone.contains(&frame.as_slice()));
        }
    }

    #[test]
    fn a_lying_header_does_no_harm(
        shape in shape(),
        lies in vec((0_usize..VIRTIO_HEADER_BYTES, any::<u8>()), 0..4),
        flips in vec((any::<Index>(), any::<u8>()), 0..4),
        length in any::<Index>(),
    ) {
        let mut frame = shape.frame();
        for (place, byte) in flips {
            frame[place.index(shape.headers())] = byte;
        }
        frame.truncate(length.index(2 * frame.len()));
        let mut header = shape.header().write();
        for (place, byte) in lies {
            header[place] = byte;
        }
        cut_anything(&VirtioHeader::read(&header), &frame);
    }

    #[test]
    fn arbitrary_bytes_do_no_harm(
        header: [u8; VIRTIO_HEADER_BYTES],
        frames in vec(vec(any::<u8>(), 0..200), 0..20),
    ) {
        for frame in &frames {
            cut_anything(&VirtioHeader::read(&header), frame);
        }
        let mut again = cut_all(&join(&frames, true));
        let mut frames = frames;
        again.sort();
        frames.sort();
        prop_assert_eq!(again, frames);
    }
}

fn check_segment(shape: &Shape, index: usize, frame: &[u8]) {
    assert!(shape.is_intact(frame));
    let (network, transport) = (shape.network(), shape.transport());
    let number = |place: usize| u16::from_be_bytes([frame[place], frame[place + 1]]);
    if shape.v6 {
        assert_eq!(usize::from(number(network + 4)), frame.len() - transport);
    } else {
        assert_eq!(usize::from(number(network + 2)), frame.len() - network);
        let identification = shape.identification.wrapping_add(index as u16);
        assert_eq!(number(network + 4), identification);
    }
    if shape.udp {
        assert_eq!(usize::from(number(transport + 4)), frame.len() - transport);
        return assert_ne!(number(transport + 6), 0);
    }
    let sequence = u32::from(number(transport + 4)) << 16 | u32::from(number(transport + 6));
    let done = (index * shape.segment_size) as u32;
    assert_eq!(sequence, shape.sequence.wrapping_add(done));
    let mut flags = shape.flags;
    if index > 0 {
        flags &= !CWR;
    }
    if index + 1 < shape.segments() {
        flags &= !(PSH | FIN);
    }
    assert_eq!(frame[transport + 13], flags);
}

/// The frames of each flow in their order.
fn by_flow(frames: &[Vec<u8>]) -> Vec<(Vec<u8>, Vec<Vec<u8>>)> {
    let mut flows: Vec<(Vec<u8>, Vec<Vec<u8>>)> = Vec::new();
    for frame in frames {
        let key = key(frame);
        let frame = without_meaningless(frame);
        match flows.iter_mut().find(|(known, _)| *known == key) {
            Some((_, frames)) => frames.push(frame),
            None => flows.push((key, vec![frame])),
        }
    }
    flows.sort();
    flows
}

/// Without the identification of an IPv4 packet that is never fragmented, which cutting counts up in any case.
fn without_meaningless(frame: &[u8]) -> Vec<u8> {
    let mut frame = frame.to_vec();
    let tags = tags(&frame);
    let header = 14 + 4 * tags..34 + 4 * tags;
    if let Some(header) = frame.get_mut(header)
        && header[0] == 0x45
        && header[6..8] == [0x40, 0]
        && fold(sum(header)) == 0xffff
    {
        header[4..6].fill(0);
        header[10..12].fill(0);
    }
    frame
}

fn tags(frame: &[u8]) -> usize {
    (0..2)
        .take_while(|tag| frame.get(12 + 4 * tag..14 + 4 * tag) == Some(&[0x81, 0]))
        .count()
}

/// What a flow has in common, for the frames that [`Shape`] makes: link header, version, protocol, addresses, ports.
fn key(frame: &[u8]) -> Vec<u8> {
    let network = 14 + 4 * tags(frame);
    let pieces: [std::ops::Range<usize>; 3] = match frame.get(network - 2..network) {
        Some([8, 0]) => [0..1, 9..10, 12..24],
        Some([0x86, 0xdd]) => [0..1, 6..7, 8..44],
        _ => return Vec::new(),
    };
    let mut key = frame[..network].to_vec();
    for piece in pieces {
        let piece = network + piece.start..network + piece.end;
        key.extend(frame.get(piece).unwrap_or_default());
    }
    key
}

fn cut_anything(header: &VirtioHeader, frame: &[u8]) {
    let mut count = 0;
    let mut sink = |bytes: &[u8]| {
        assert!(bytes.len() <= frame.len());
        count += 1;
    };
    match segment(header, frame, &mut Vec::new(), &mut sink) {
        Ok(()) => assert!((1..=MAXIMUM_SEGMENTS).contains(&count)),
        Err(_) => assert_eq!(count, 0, "nothing of what is refused goes out"),
    }
}
