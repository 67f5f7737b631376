//! What is cut, and what isn't.

use crate::joining::flow;
use crate::traffic::Shape;
use etherloom_wire::offload::{MAXIMUM_FRAME_BYTES, OffloadError, VirtioHeader, segment};

#[test]
fn what_is_complete_is_handed_on_without_a_copy() {
    let frame = flow(1).cut().remove(0);
    let mut place = None;
    let mut sink = |bytes: &[u8]| place = Some(bytes.as_ptr());
    segment(&VirtioHeader::default(), &frame, &mut Vec::new(), &mut sink).unwrap();
    assert_eq!(place, Some(frame.as_ptr()));
}

#[test]
fn lies_are_refused() {
    let shape = flow(4);
    let refused = |change: &dyn Fn(&mut VirtioHeader, &mut Vec<u8>)| {
        let (mut header, mut frame) = (shape.header(), shape.frame());
        change(&mut header, &mut frame);
        segment(&header, &frame, &mut Vec::new(), &mut |_| {
            panic!("refused, but cut");
        })
        .unwrap_err()
    };
    assert_eq!(
        refused(&|header, _| header.segment_size = 0),
        OffloadError::NoSegmentSize
    );
    assert_eq!(
        refused(&|header, _| header.gso_type = 3),
        OffloadError::UnknownType(3)
    );
    assert_eq!(
        refused(&|header, _| header.gso_type = 4),
        OffloadError::OtherHeaders
    );
    assert_eq!(
        refused(&|header, _| header.gso_type = 5),
        OffloadError::OtherHeaders
    );
    assert_eq!(
        refused(&|header, _| header.checksum_start = 35),
        OffloadError::ChecksumOutside
    );
    assert_eq!(
        refused(&|header, _| header.checksum_offset = 6),
        OffloadError::ChecksumOutside
    );
    assert_eq!(
        refused(&|header, _| header.header_length = 5000),
        OffloadError::HeadersOutside
    );
    assert_eq!(
        refused(&|_, frame| frame.truncate(300)),
        OffloadError::OtherHeaders
    );
    assert_eq!(
        refused(&|_, frame| frame.clear()),
        OffloadError::OtherHeaders
    );
    assert_eq!(
        refused(&|_, frame| frame[20] = 0x20),
        OffloadError::OtherHeaders
    );
    assert_eq!(
        refused(&|_, frame| frame[46] = 0x40),
        OffloadError::OtherHeaders
    );
    let long = MAXIMUM_FRAME_BYTES + 1;
    assert_eq!(
        refused(&|_, frame| frame.resize(long, 0)),
        OffloadError::TooLong(long)
    );
    let partial = |header: &mut VirtioHeader, _: &mut Vec<u8>| {
        (header.gso_type, header.checksum_start) = (0, u16::MAX);
    };
    assert_eq!(refused(&partial), OffloadError::ChecksumOutside);
}

#[test]
fn a_few_bytes_are_not_cut_into_thousands_of_frames() {
    let shape = Shape {
        segment_size: 1,
        payload: vec![0; 2000],
        ..flow(1)
    };
    let mut none = |_: &[u8]| panic!("refused, but cut");
    assert_eq!(
        segment(&shape.header(), &shape.frame(), &mut Vec::new(), &mut none),
        Err(OffloadError::TooManySegments(2000))
    );
}
