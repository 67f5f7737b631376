//! Every input that a fuzzer found worth keeping is played back.

use etherloom_testkit::fuzz;
use std::fs;
use std::path::Path;

fn replay(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(name);
    let files = fs::read_dir(&folder).expect("the folder of kept inputs");
    let mut played = 0;
    for file in files {
        let path = file.expect("a readable folder").path();
        println!("{}", path.display()); // shown if the next line panics
        target(&fs::read(&path).expect("a readable input"));
        played += 1;
    }
    assert!(
        played >= 10,
        "the inputs of {name} are missing: {played} found"
    );
}

#[test]
fn block_stream() {
    replay("block_stream", fuzz::block_stream);
}

#[test]
fn datagram() {
    replay("datagram", fuzz::datagram);
}

#[test]
fn ethernet() {
    replay("ethernet", fuzz::ethernet);
}

#[test]
fn filter() {
    replay("filter", fuzz::filter);
}

#[test]
fn offload() {
    replay("offload", fuzz::offload);
}

#[test]
fn packet_log() {
    replay("packet_log", fuzz::packet_log);
}

#[test]
fn super_frame() {
    replay("super_frame", fuzz::super_frame);
}

#[test]
fn switch() {
    replay("switch", fuzz::switch);
}
