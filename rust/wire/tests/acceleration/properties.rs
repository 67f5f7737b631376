//! What holds for any datagram.

use etherloom_wire::acceleration::{Header, MAXIMUM_PAYLOAD_BYTES, Opener, Protection, Sealer};
use proptest::prelude::*;

fn protections() -> impl Strategy<Value = Protection> {
    prop_oneof![
        Just(Protection::Plain),
        any::<[u8; 20]>().prop_map(Protection::V1),
        any::<[u8; 32]>().prop_map(Protection::V2),
        any::<[u8; 32]>().prop_map(Protection::Own),
    ]
}

fn headers() -> impl Strategy<Value = Header> {
    any::<(u32, u64, u64, bool)>().prop_map(|(cookie, tick, echo, compressed)| Header {
        cookie,
        tick,
        echo,
        compressed,
    })
}

fn seal(protection: &Protection, header: &Header, payload: &[u8], padding: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut sealer = Sealer::new(protection, [7; 20]);
    assert!(
        sealer.seal(header, payload.len() as u16, padding, &mut out, |out| {
            out.extend_from_slice(payload);
        })
    );
    out
}

proptest! {
    #[test]
    fn what_is_sealed_opens_to_the_same(
        protection in protections(),
        header in headers(),
        payload in prop::collection::vec(any::<u8>(), 0..=MAXIMUM_PAYLOAD_BYTES),
        padding in 0..40_usize,
    ) {
        let mut datagram = seal(&protection, &header, &payload, padding);
        prop_assert!(datagram.len() <= protection.overhead() + payload.len() + 31);
        let opener = Opener::new(&protection);
        let opened = opener.open(&mut datagram).unwrap();
        prop_assert_eq!(opened.header, header);
        prop_assert_eq!(opened.payload, &payload[..]);
    }

    #[test]
    fn a_changed_byte_of_version_2_is_noticed(
        key in any::<[u8; 32]>(),
        own in any::<bool>(),
        header in headers(),
        payload in prop::collection::vec(any::<u8>(), 0..200),
        place in any::<prop::sample::Index>(),
        change in 1..=255_u8,
    ) {
        let protection = if own { Protection::Own(key) } else { Protection::V2(key) };
        let mut datagram = seal(&protection, &header, &payload, 9);
        let place = place.index(datagram.len());
        datagram[place] ^= change;
        prop_assert!(Opener::new(&protection).open(&mut datagram).is_err());
    }

    #[test]
    fn a_datagram_of_another_key_is_nothing(
        key in any::<[u8; 32]>(),
        other in any::<[u8; 32]>(),
        first in any::<[u8; 20]>(),
        second in any::<[u8; 20]>(),
    ) {
        prop_assume!(key != other && first != second);
        for (ours, theirs) in [
            (Protection::V2(key), Protection::V2(other)),
            (Protection::Own(key), Protection::Own(other)),
            (Protection::Own(key), Protection::V2(key)),
            (Protection::V1(first), Protection::V1(second)),
        ] {
            let mut datagram = seal(&theirs, &Header::default(), b"frame", 3);
            prop_assert!(Opener::new(&ours).open(&mut datagram).is_err());
        }
    }

    #[test]
    fn any_bytes_open_to_an_error_or_to_what_is_in_them(
        protection in protections(),
        mut datagram in prop::collection::vec(any::<u8>(), 0..2_000),
    ) {
        let length = datagram.len();
        if let Ok(opened) = Opener::new(&protection).open(&mut datagram) {
            prop_assert!(opened.payload.len() + protection.overhead() <= length);
        }
    }
}

#[test]
fn no_two_datagrams_have_one_nonce() {
    for (protection, front) in [
        (Protection::V1([1; 20]), 20),
        (Protection::V2([1; 32]), 12),
        (Protection::Own([1; 32]), 12),
    ] {
        let mut sealer = Sealer::new(&protection, [9; 20]);
        let mut seen = std::collections::HashSet::new();
        for _ in 0..1_000 {
            let mut out = Vec::new();
            assert!(sealer.seal(&Header::default(), 0, 0, &mut out, |_| ()));
            assert!(seen.insert(out[..front].to_vec()));
        }
    }
}
