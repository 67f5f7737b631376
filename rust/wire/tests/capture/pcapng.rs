//! What is written is a well-formed pcapng file; the project's Python tests read such files by a library too.

use etherloom_wire::capture::{Note, PcapngWriter, Record, Way};
use proptest::prelude::*;

/// Type and body of each block; both lengths are checked.
fn blocks(mut file: &[u8]) -> Vec<(u32, &[u8])> {
    let number = |bytes: &[u8]| u32::from_ne_bytes(bytes[..4].try_into().expect("four bytes"));
    let mut found = Vec::new();
    while !file.is_empty() {
        let length = number(&file[4..]) as usize;
        assert_eq!(length % 4, 0);
        assert_eq!(number(&file[length - 4..]) as usize, length);
        found.push((number(file), &file[8..length - 4]));
        file = &file[length..];
    }
    found
}

/// Code and value of each option.
fn options(mut bytes: &[u8]) -> Vec<(u16, &[u8])> {
    let mut found = Vec::new();
    loop {
        let code = u16::from_ne_bytes([bytes[0], bytes[1]]);
        let length = usize::from(u16::from_ne_bytes([bytes[2], bytes[3]]));
        if code == 0 {
            assert_eq!(bytes, [0; 4]);
            return found;
        }
        found.push((code, &bytes[4..4 + length]));
        bytes = &bytes[4 + length.next_multiple_of(4)..];
    }
}

#[test]
fn a_file_begins_with_its_section_and_ends_with_what_was_lost() {
    let mut writer = PcapngWriter::new("Etherloom 1", "hub LAB");
    assert_eq!(writer.interface("SID-A-1", "", 96), 0);
    assert_eq!(writer.interface("SID-B-2", "bridge", 96), 1);
    writer.statistics(1, 5 << 32, 7);
    assert!(!writer.is_empty());
    let file = writer.take();
    assert!(writer.is_empty());
    let found = blocks(&file);
    assert_eq!(
        found.iter().map(|block| block.0).collect::<Vec<_>>(),
        [0x0a0d_0d0a, 1, 1, 5]
    );
    assert_eq!(found[0].1[..4], 0x1a2b_3c4d_u32.to_ne_bytes());
    assert_eq!(
        options(&found[0].1[16..]),
        [(1, &b"hub LAB"[..]), (4, b"Etherloom 1")]
    );
    assert_eq!(options(&found[1].1[8..]), [(2, &b"SID-A-1"[..]), (9, &[9])]);
    assert_eq!(options(&found[3].1[12..]), [(7, &7_u64.to_ne_bytes()[..])]);
}

proptest! {
    #[test]
    fn packets_come_back(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        more in 0_usize..100,
        unix_ns: u64,
        out: bool,
        note in "[ -~]{0,20}",
    ) {
        let mut writer = PcapngWriter::new("p", "");
        let interface = writer.interface("i", "", 0);
        let way = if out { Way::Out } else { Way::In };
        let length = bytes.len() + more;
        writer.packet(&Record { interface, unix_ns, length, bytes: &bytes, way, note: Note(&note) });
        let file = writer.take();
        let found = blocks(&file);
        let (kind, body) = found[2];
        let number = |place: usize| u32::from_ne_bytes(body[place..place + 4].try_into().expect("four"));
        prop_assert_eq!((kind, number(0)), (6, interface));
        prop_assert_eq!(u64::from(number(4)) << 32 | u64::from(number(8)), unix_ns);
        prop_assert_eq!((number(12) as usize, number(16) as usize), (bytes.len(), length));
        prop_assert_eq!(&body[20..20 + bytes.len()], &bytes[..]);
        let direction = u32::from(out) + 1;
        let mut wanted = vec![(2, direction.to_ne_bytes().to_vec())];
        if !note.is_empty() {
            wanted.push((1, note.into_bytes()));
        }
        let rest = options(&body[20 + bytes.len().next_multiple_of(4)..]);
        let rest: Vec<_> = rest.into_iter().map(|(code, value)| (code, value.to_vec())).collect();
        prop_assert_eq!(rest, wanted);
    }
}
