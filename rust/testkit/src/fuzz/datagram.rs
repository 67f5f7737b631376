//! A datagram of UDP acceleration. The first byte says which format, and whether the rest is a datagram as a stranger
//! sends it or a body that the peer itself has sealed.

use etherloom_wire::acceleration::{
    Header, MAXIMUM_PAYLOAD_BYTES, Opener, Path, Protection, Sealer, Timing, Window,
};

const NOW_MS: u64 = 1_000_000;
const COOKIE: u32 = 0x0102_0304;

/// Format and content.
pub fn datagram(bytes: &[u8]) {
    let Some((choice, content)) = bytes.split_first() else {
        return;
    };
    let protection = match choice & 3 {
        0 => Protection::Plain,
        1 => Protection::V1([1; 20]),
        2 => Protection::V2([2; 32]),
        _ => Protection::Own([2; 32]),
    };
    let mut datagram = content.to_vec();
    if choice & 4 != 0 {
        let Some((header, payload)) = Header::read(content) else {
            return;
        };
        datagram.clear();
        let padding = usize::from(choice >> 3);
        let sealed = Sealer::new(&protection, [3; 20]).seal(
            &header,
            payload.len() as u16,
            padding,
            &mut datagram,
            |out| out.extend_from_slice(payload),
        );
        assert!(sealed && datagram.len() < content.len() + 100 + 32);
        check(&protection, &mut datagram.clone(), Some((header, payload)));
    }
    check(&protection, &mut datagram, None);
}

/// What opens lies within the datagram, and no header brings a path out of step.
fn check(protection: &Protection, datagram: &mut [u8], expected: Option<(Header, &[u8])>) {
    let length = datagram.len();
    let opened = Opener::new(protection).open(datagram);
    let Ok(opened) = opened else {
        assert!(expected.is_none(), "what was sealed opens");
        return;
    };
    assert!(opened.payload.len() <= MAXIMUM_PAYLOAD_BYTES);
    assert!(opened.payload.len() + protection.overhead() <= length);
    if let Some((header, payload)) = expected {
        assert!((opened.header, opened.payload) == (header, payload));
    }
    let mut window = Window::default();
    if let Some(number) = opened.number {
        assert!(!window.take(number) || !window.take(number));
    }
    let mut path = Path::new(Timing::FAST, COOKIE, !COOKIE);
    for now_ms in [NOW_MS, NOW_MS + 5_000, NOW_MS + 15_000] {
        let _ = path.receive(now_ms, &opened.header);
        path.settle(now_ms + 1);
        assert!(path.is_alive(now_ms) || !path.is_ready(now_ms));
        assert!(!path.is_ready(now_ms + 2_100 + 1));
    }
}
