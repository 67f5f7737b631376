//! Datagrams that another implementation made out of the protocol reference (section 9.2): Python's `hashlib` and
//! `cryptography`, and RC4 as it is written down everywhere.

use etherloom_wire::acceleration::{Header, OpenError, Opener, Protection, Sealer};

const HEADER: Header = Header {
    cookie: 0x0102_0304,
    tick: 455_089,
    echo: 1_000,
    compressed: false,
};
const PADDING: usize = 3;
const PLAIN: &str = "01020304000000000006f1b100000000000003e800050068656c6c6f";
const V1: &str = "a0a1a2a3a4a5a6a7a8a9aaab00000000000000010c1504396754b086348c8813f0958f051a737660b3bdb18933aa51ed71\
                  c2d73fbd3e73af0149b27808f5bc38172b92f40ca054";
const V2: &str = "a0a1a2a300000000000000013ca289aa1951695231a40979210c92e4a8a47b376ae9ce5f9fc189bfeed65df3247a1cc4b9\
                  37b92da7b04dc072ff1c";
const OWN: &str = "a0a1a2a300000000000000014bfd7325edff3e2a0da71aea507abcb3d255bfd39fbd533f966d7db613e02a1e8edfff17\
                   ea9ab1a55cdf420b2c2fb0";

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pairs = digits
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).unwrap());
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect()
}

fn keys() -> (Vec<u8>, Vec<u8>) {
    let first = (0..20).collect();
    let mut second: Vec<u8> = (100..132).collect();
    second.resize(128, 0xee);
    (first, second)
}

fn protection(encrypt: bool, version: u32) -> Protection {
    let (first, second) = keys();
    let key = if version == 1 { &first } else { &second };
    Protection::of(encrypt, version, false, key).unwrap()
}

fn sealed(protection: &Protection) -> Vec<u8> {
    let salt: Vec<u8> = (0xa0..0xb4).collect();
    let mut sealer = Sealer::new(protection, salt.try_into().unwrap());
    let mut out = Vec::new();
    assert!(sealer.seal(&HEADER, 5, PADDING, &mut out, |out| out.extend(b"hello")));
    out
}

#[test]
fn every_kind_of_datagram_has_the_bytes_that_others_make() {
    for (encrypt, version, expected) in [(false, 2, PLAIN), (true, 1, V1), (true, 2, V2)] {
        let protection = protection(encrypt, version);
        assert_eq!(sealed(&protection), bytes(expected), "{protection:?}");
        let mut datagram = bytes(expected);
        let reader = Opener::new(&protection);
        let opened = reader.open(&mut datagram).unwrap();
        assert_eq!(opened.header, HEADER);
        assert_eq!(opened.payload, b"hello");
        assert_eq!(opened.number, (encrypt && version == 2).then_some(1));
    }
}

#[test]
fn the_overhead_is_what_a_datagram_has_beside_its_frame() {
    for (encrypt, version) in [(false, 1), (true, 1), (true, 2)] {
        let protection = protection(encrypt, version);
        let padding = if encrypt { PADDING } else { 0 };
        assert_eq!(
            sealed(&protection).len(),
            protection.overhead() + padding + 5
        );
    }
}

#[test]
fn keys_of_a_wrong_length_or_an_unknown_version_are_no_protection() {
    let (first, second) = keys();
    assert_eq!(Protection::of(true, 1, false, &first[1..]), None);
    assert_eq!(Protection::of(true, 1, false, &second), None);
    assert_eq!(Protection::of(true, 2, false, &second[..127]), None);
    assert_eq!(Protection::of(true, 3, true, &second), None);
    assert_eq!(Protection::of(true, 0, true, &first), None);
}

#[test]
fn keys_are_not_printed() {
    assert_eq!(format!("{:?}", protection(true, 2)), "V2");
}

#[test]
fn a_length_that_lies_is_malformed() {
    let opener = Opener::new(&Protection::Plain);
    for length in [6_u16, 1_601, u16::MAX] {
        let mut datagram = HEADER.write(length).to_vec();
        datagram.extend(b"hello");
        assert_eq!(opener.open(&mut datagram), Err(OpenError::Malformed));
    }
    let mut long = HEADER.write(1_601).to_vec();
    long.resize(4_000, 0);
    assert_eq!(opener.open(&mut long), Err(OpenError::Malformed));
}

#[test]
fn between_our_own_ends_it_is_aes() {
    let protection = Protection::of(true, 2, true, &keys().1).unwrap();
    assert_eq!(sealed(&protection), bytes(OWN));
    let mut datagram = bytes(OWN);
    let reader = Opener::new(&protection);
    let opened = reader.open(&mut datagram).unwrap();
    assert_eq!((opened.payload, opened.number), (&b"hello"[..], Some(1)));
}
