//! A frame as anybody may send it, and its line in a packet log.

use etherloom_switch::Facts;
use etherloom_switch::record::{
    Columns, Level, PacketLogRules, Parties, Services, Style, needed, write_json,
};

const COLUMNS: usize = 18;
/// Columns that tell requests are cut; the rest is short.
const LONGEST_TEXT: usize = 8_192;

/// The first byte says how much is told; the rest is the frame.
pub fn packet_log(data: &[u8]) {
    let Some((how, frame)) = data.split_first() else {
        return;
    };
    let Ok(facts) = Facts::of(frame) else {
        return;
    };
    let rules = PacketLogRules {
        no_http: how & 2 != 0,
        ..PacketLogRules::of_levels([1 + (how & 1); 8])
    };
    let level = rules.level(&facts, frame);
    assert_eq!(
        level,
        Level::of(1 + (how & 1)),
        "all kinds are written down"
    );
    let kept = &frame[..needed(&facts, frame, level)];
    let columns = Columns::of(&rules, &facts, kept, level);
    assert_eq!(
        columns,
        Columns::of(&rules, &facts, frame, level),
        "more of the frame says more"
    );
    check(&columns, frame.len());
}

fn check(columns: &Columns<'_>, length: usize) {
    let parties = Parties {
        source: "SID-A-1",
        ..Parties::default()
    };
    let style = Style {
        services: Services::parse("domain 53/udp\nhttp 80/tcp\n"),
    };
    let mut line = String::new();
    style.write(columns, &parties, false, &mut line);
    assert_eq!(line.split(',').count(), COLUMNS);
    assert!(!line.contains(char::is_control), "a line that ends early");
    assert!(line.len() <= LONGEST_TEXT + 2 * length);
    let mut json = String::new();
    write_json(columns, &parties, ("", "LAB"), false, &mut json);
    assert!(!json.contains(char::is_control));
    assert!(json.starts_with('{') && json.ends_with('}'));
}
