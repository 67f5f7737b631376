//! The length of a record, from its header.

use proptest::prelude::*;

use super::super::{TlsError, bytes_to_record_end};

#[test]
fn the_header_is_asked_for_first_then_the_body() {
    let record = [&[23, 3, 3, 1, 2], &[0; 258][..]].concat();
    for have in 0..5 {
        assert_eq!(bytes_to_record_end(&record[..have]).unwrap(), 5 - have);
    }
    for have in 5..=record.len() {
        assert_eq!(
            bytes_to_record_end(&record[..have]).unwrap(),
            record.len() - have
        );
    }
}

#[test]
fn what_follows_the_record_does_not_count() {
    let two = [&[20, 3, 3, 0, 1, 1], &b"whatever"[..]].concat();
    assert_eq!(bytes_to_record_end(&two).unwrap(), 0);
}

#[test]
fn a_length_over_the_limit_is_refused_and_the_limit_is_not() {
    let header = |length: u16| {
        let [high, low] = length.to_be_bytes();
        [23, 3, 3, high, low]
    };
    assert_eq!(bytes_to_record_end(&header(18_432)).unwrap(), 18_432);
    let refused = bytes_to_record_end(&header(18_433));
    assert!(matches!(refused, Err(TlsError::RecordTooLong(18_433))));
}

#[test]
fn a_wrong_type_or_version_is_refused_from_its_first_byte() {
    for bytes in [
        &b"G"[..],
        b"\0\0\0\x01",
        b"\x18\x03\x03\0\0",
        b"\x80\x2e\x01",
        b"\x16\x02",
        b"\xff",
    ] {
        assert!(
            matches!(bytes_to_record_end(bytes), Err(TlsError::NotTls)),
            "{bytes:?}"
        );
    }
}

proptest! {
    #[test]
    fn never_more_than_a_record_is_asked_for(bytes in prop::collection::vec(any::<u8>(), 0..32)) {
        if let Ok(missing) = bytes_to_record_end(&bytes) {
            prop_assert!(missing <= 18_432);
        }
    }
}
