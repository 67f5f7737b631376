//! When frames are handed over, and from which memory.

use crate::joining::{flow, joined, seal};
use crate::traffic::{ACK, PSH, Shape};
use etherloom_wire::offload::Coalescer;
use std::collections::HashSet;

#[test]
fn segments_without_data_are_handed_over_at_once_behind_their_flow() {
    let shape = flow(2);
    let mut frames = shape.cut();
    frames[1].truncate(shape.headers());
    frames[1][16..18].copy_from_slice(&[0, 52]);
    seal(&shape, &mut frames[1]);
    frames.push(flow(1).cut().remove(0));
    assert_eq!(joined(&frames), [1, 1, 1]);
}

#[test]
fn eight_flows_grow_at_one_time() {
    let interleaved = |count: u16| {
        let flows: Vec<_> = (0..count)
            .map(|port| Shape { port, ..flow(5) }.cut())
            .collect();
        let frames: Vec<_> = (0..5)
            .flat_map(|index| flows.iter().map(move |flow| flow[index].clone()))
            .collect();
        joined(&frames)
    };
    assert_eq!(interleaved(8), [5; 8]);
    assert_eq!(interleaved(9), [1; 45], "each turn ends the oldest");
}

#[test]
fn an_acknowledgement_of_another_flow_breaks_no_run() {
    let mut frames = flow(4).cut();
    let other = Shape {
        port: 2,
        payload: Vec::new(),
        ..flow(0)
    };
    frames.insert(2, other.cut().remove(0));
    assert_eq!(joined(&frames), [1, 4]);
}

#[test]
fn what_has_no_ports_goes_behind_the_flows_of_its_addresses() {
    let mut frames = flow(4).cut();
    let mut fragment = frames[1].clone();
    fragment[14 + 6] = 0x20;
    let mut echo = frames[1].clone();
    echo[14 + 9] = 1;
    let mut options = frames[1].clone();
    options[14] = 0x46;
    for other in [fragment, echo, options] {
        frames.insert(2, other);
        assert_eq!(joined(&frames), [2, 1, 2]);
        frames.remove(2);
    }
    let mut elsewhere = frames[1].clone();
    elsewhere[14 + 9] = 1;
    elsewhere[14 + 19] = 77;
    frames.insert(2, elsewhere);
    assert_eq!(joined(&frames), [1, 4]);
}

#[test]
fn what_is_not_ip_goes_at_once() {
    let mut frames = flow(4).cut();
    frames.insert(2, [&[0xff; 12][..], &[8, 6], &[0; 28]].concat());
    assert_eq!(joined(&frames), [1, 4]);
}

#[test]
fn memory_is_used_again() {
    let mut coalescer = Coalescer::new(true);
    let mut places = HashSet::new();
    let frames = flow(200).cut();
    for round in 0..20 {
        let mut out = |bytes: &[u8]| {
            if round > 1 {
                places.insert(bytes.as_ptr());
            }
        };
        for frame in &frames {
            coalescer.push(frame, &mut out);
        }
        coalescer.flush(&mut out);
    }
    assert_eq!(places.len(), 1);
}

#[test]
fn a_pushed_frame_alone_is_handed_over_at_once() {
    let shape = Shape {
        flags: ACK | PSH,
        ..flow(1)
    };
    let mut coalescer = Coalescer::new(true);
    let mut count = 0;
    coalescer.push(&shape.cut()[0], &mut |_| count += 1);
    assert_eq!(count, 1);
    assert!(coalescer.is_empty());
}

#[test]
fn a_super_frame_goes_behind_the_earlier_frames_of_its_flow() {
    let shape = flow(6);
    let frames = shape.cut();
    let other = Shape { port: 2, ..flow(1) };
    let mut coalescer = Coalescer::new(true);
    for frame in frames[..2].iter().chain(&other.cut()) {
        coalescer.push(frame, &mut |_| panic!("handed over too early"));
    }
    let mut count = 0;
    coalescer.release(&shape.frame(), &mut |_| count += 1);
    assert_eq!(count, 1, "only its own flow");
    assert!(!coalescer.is_empty());
}
