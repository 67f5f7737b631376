//! What holds for all filters and all frames: refusals name their place, nothing panics, `and`, `or` and `not` are
//! what they are in logic.

use etherloom_wire::capture::{Fields, Filter};
use proptest::prelude::*;

fn refusal(text: &str) -> String {
    let error = Filter::parse(text).expect_err(text);
    assert_eq!(
        error.to_string(),
        format!(
            "at character {} of the filter: {}",
            error.position, error.problem
        )
    );
    format!("{}: {}", error.position, error.problem)
}

#[test]
fn a_refusal_names_the_place_and_what_was_expected() {
    for (text, wanted) in [
        ("", "1: it ends where mac,"),
        ("tcp and", "8: it ends where mac,"),
        ("tcp udp", "5: here `and`, `or` or the end"),
        ("(tcp", "5: the bracket of character 1 is not closed"),
        ("tcp)", "4: here `and`"),
        ("port http", "6: \"http\" stands where a port"),
        ("port 9-3", "6: the range ends before it begins"),
        ("port 65536", "6: \"65536\" stands where"),
        ("src tcp", "5: `src` goes with"),
        ("ip 10.0.0", "4: \"10.0.0\" stands where an address"),
        ("ip 10.0.0.0/33", "4: a prefix has at most 32 bits"),
        ("net fd00::/129", "5: a prefix has at most 128 bits"),
        (
            "mac 02:00:00:00:00",
            "5: \"02:00:00:00:00\" stands where a MAC",
        ),
        ("mac 02:00:00:00:00:01:02", "5: "),
        ("mac 02:00:00:00:00:001", "5: "),
        ("vlan 4096", "6: \"4096\" stands where a VLAN"),
        ("ethertype 0x12345", "11: "),
        ("proto 256", "7: "),
        ("größe", "1: \"größe\" stands where mac"),
    ] {
        let found = refusal(text);
        assert!(found.starts_with(wanted), "{text}: {found}");
    }
}

#[test]
fn length_depth_and_size_are_bounded() {
    assert!(refusal(&" ".repeat(3_000)).starts_with("2001: it has more than"));
    assert!(refusal(&"(".repeat(100)).contains("levels"));
    assert!(refusal(&"not ".repeat(100)).contains("levels"));
    let many = vec!["tcp"; 65].join(" or ");
    assert!(refusal(&many).contains("more than 64 tests"));
    assert!(Filter::parse(&vec!["tcp"; 64].join(" or ")).is_ok());
    assert!(Filter::parse(&format!("{}tcp", "not ".repeat(15))).is_ok());
}

/// Tests that hold for some random frames and not for others.
const TESTS: [&str; 10] = [
    "tcp",
    "udp",
    "vlan",
    "ip4",
    "ip6",
    "arp",
    "port 0-40000",
    "multicast",
    "net 0.0.0.0/1",
    "src net 8000::/1",
];

fn frame() -> impl Strategy<Value = Vec<u8>> {
    let ethertype = prop::sample::select(vec![0x0800_u16, 0x86dd, 0x0806, 0x8100, 0x88a8]);
    let protocol = prop::sample::select(vec![6_u8, 17, 0, 44, 1]);
    let bytes = prop::collection::vec(any::<u8>(), 0..96);
    (bytes, ethertype, protocol).prop_map(|(mut bytes, ethertype, protocol)| {
        let mut put = |place: usize, value: &[u8]| {
            if let Some(found) = bytes.get_mut(place..place + value.len()) {
                found.copy_from_slice(value);
            }
        };
        put(12, &ethertype.to_be_bytes());
        put(if ethertype == 0x0800 { 23 } else { 20 }, &[protocol]);
        bytes
    })
}

/// Words of the language in any order, and one that is none.
fn jumble() -> impl Strategy<Value = String> {
    let words = vec![
        "and",
        "or",
        "not",
        "(",
        ")",
        "src",
        "dst",
        "ip",
        "port",
        "80",
        "10.0.0.0/8",
        "é",
        "mac",
    ];
    prop::collection::vec(prop::sample::select(words), 0..24).prop_map(|words| words.join(" "))
}

/// A filter, and what it means for a frame.
#[derive(Clone, Debug)]
enum Model {
    Test(usize),
    Not(Box<Model>),
    Both(Box<Model>, Box<Model>, bool),
}

impl Model {
    fn write(&self) -> String {
        match self {
            Self::Test(index) => TESTS[*index].into(),
            Self::Not(inner) => format!("not ({})", inner.write()),
            Self::Both(one, other, true) => format!("({}) and ({})", one.write(), other.write()),
            Self::Both(one, other, false) => format!("{} or {}", one.write(), other.write()),
        }
    }

    fn holds(&self, fields: &Fields) -> bool {
        match self {
            Self::Test(index) => Filter::parse(TESTS[*index])
                .expect("a test")
                .matches(fields),
            Self::Not(inner) => !inner.holds(fields),
            Self::Both(one, other, true) => one.holds(fields) && other.holds(fields),
            Self::Both(one, other, false) => one.holds(fields) || other.holds(fields),
        }
    }
}

fn model() -> impl Strategy<Value = Model> {
    let test = (0..TESTS.len()).prop_map(Model::Test);
    test.prop_recursive(4, 32, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|model| Model::Not(Box::new(model))),
            (inner.clone(), inner, any::<bool>()).prop_map(|(one, other, all)| Model::Both(
                Box::new(one),
                Box::new(other),
                all
            )),
        ]
    })
}

proptest! {
    #[test]
    fn connectives_are_those_of_logic(model in model(), frames in prop::collection::vec(frame(), 1..8)) {
        let filter = Filter::parse(&model.write()).expect("what a model writes");
        for frame in &frames {
            let fields = Fields::of(frame);
            prop_assert_eq!(filter.matches(&fields), model.holds(&fields));
        }
    }

    #[test]
    fn any_text_is_compiled_or_refused_at_a_place_in_it(text in ".{0,80}", jumble in jumble()) {
        for text in [text, jumble] {
            if let Err(error) = Filter::parse(&text) {
                prop_assert!((1..=text.chars().count() + 1).contains(&error.position));
            }
        }
    }

    #[test]
    fn a_frame_that_is_cut_never_says_something_else(frame in frame(), keep in 0_usize..96) {
        let whole = Fields::of(&frame);
        let cut = Fields::of(&frame[..keep.min(frame.len())]);
        prop_assert!(cut.macs.is_none() || cut.macs == whole.macs);
        prop_assert!(cut.ethertype.is_none() || cut.ethertype == whole.ethertype);
        prop_assert!(cut.addresses.is_none() || cut.addresses == whole.addresses);
        prop_assert!(cut.ports.is_none() || cut.ports == whole.ports);
        prop_assert!(!whole.to_string().contains('\n'));
    }
}
