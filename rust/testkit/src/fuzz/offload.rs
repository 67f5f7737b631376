//! A device and peers as they may treat the offloads: any virtio header, any frame, any damage on the way.

use etherloom_wire::offload::{
    Coalescer, MAXIMUM_SEGMENTS, OffloadError, VIRTIO_HEADER_BYTES, VirtioHeader, segment,
};

/// A byte that says whether UDP is joined, a virtio header, two bytes of length, a frame; then three bytes for each
/// change of a frame that it was cut into: which, where, what.
pub fn offload(data: &[u8]) {
    let Some((&udp, rest)) = data.split_first() else {
        return;
    };
    let Some((header, rest)) = rest.split_first_chunk::<VIRTIO_HEADER_BYTES>() else {
        return;
    };
    let Some((&length, rest)) = rest.split_first_chunk::<2>() else {
        return;
    };
    let length = usize::from(u16::from_be_bytes(length)).min(rest.len());
    let (frame, changes) = rest.split_at(length);
    let mut frames = match cut(&VirtioHeader::read(header), frame) {
        Ok(frames) => frames,
        Err(_) => vec![frame.to_vec()],
    };
    change(&mut frames, changes);
    check(&frames, udp & 1 != 0);
}

fn cut(header: &VirtioHeader, frame: &[u8]) -> Result<Vec<Vec<u8>>, OffloadError> {
    let mut frames = Vec::new();
    let done = segment(header, frame, &mut Vec::new(), &mut |bytes| {
        assert!(
            bytes.len() <= frame.len(),
            "longer than what it is cut from"
        );
        frames.push(bytes.to_vec());
    });
    match done {
        Ok(()) => assert!((1..=MAXIMUM_SEGMENTS).contains(&frames.len())),
        Err(_) => assert!(frames.is_empty(), "a part of what is refused"),
    }
    done.map(|()| frames)
}

fn change(frames: &mut [Vec<u8>], changes: &[u8]) {
    let count = frames.len();
    for change in changes.chunks_exact(3) {
        let frame = &mut frames[usize::from(change[0]) % count];
        if !frame.is_empty() {
            let place = usize::from(change[1]) % frame.len();
            frame[place] ^= change[2];
        }
    }
}

/// Joined and cut again, they are the same frames.
fn check(frames: &[Vec<u8>], udp: bool) {
    let mut again = Vec::new();
    let mut take = |bytes: &[u8]| {
        let (header, frame) = bytes.split_first_chunk().expect("a header");
        again.extend(cut(&VirtioHeader::read(header), frame).expect("our own super-frame"));
    };
    let mut coalescer = Coalescer::new(udp);
    for frame in frames {
        coalescer.push(frame, &mut take);
    }
    coalescer.flush(&mut take);
    assert!(coalescer.is_empty());
    let mut frames = frames.to_vec();
    for frame in frames.iter_mut().chain(&mut again) {
        forget_identification(frame);
    }
    frames.sort();
    again.sort();
    assert!(frames == again, "joined and cut, they are others");
}

/// It means nothing in an IPv4 packet that may not be fragmented, and is counted up by cutting. What it does to the
/// checksum is taken out too, so that a wrong one stays visible.
fn forget_identification(frame: &mut [u8]) {
    let tags = (0..2)
        .take_while(|tag| {
            matches!(
                frame.get(12 + 4 * tag..14 + 4 * tag),
                Some([0x81, 0] | [0x88, 0xa8])
            )
        })
        .count();
    let network = 14 + 4 * tags;
    let Some(header) = frame.get_mut(network - 2..network + 20) else {
        return;
    };
    if header[..3] == [8, 0, 0x45] && header[8] & 0x40 != 0 {
        let number = |place: usize| u32::from(header[place]) << 8 | u32::from(header[place + 1]);
        let without = (number(6) + number(12)) % 0xffff;
        header[6..8].fill(0);
        header[12..14].copy_from_slice(&(without as u16).to_be_bytes());
    }
}
