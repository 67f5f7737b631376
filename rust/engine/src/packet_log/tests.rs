use super::*;
use crate::event::EventQueue;
use crate::shared::PortKind;
use etherloom_switch::HubRules;

const FRAME: [u8; 60] = [2; 60];
const RECORDS: u64 = 16_384;

fn session() -> Arc<SessionShared> {
    SessionShared::new(1, 0, PortKind::Native, 0)
}

fn facts() -> Facts {
    Facts::of(&FRAME).expect("long enough")
}

struct Bench {
    hub: Arc<Hub>,
    session: Arc<SessionShared>,
    recorder: Arc<Recorder>,
    log: Arc<HubLog>,
}

impl Bench {
    fn new(per_minute: u32, station: Option<[u8; 6]>) -> Self {
        let recorder = Recorder::new(Arc::new(EventQueue::new().expect("a descriptor")));
        let settings = PacketLogSettings {
            rules: PacketLogRules::of_levels([0, 0, 0, 0, 0, 0, 0, 1]),
            per_minute,
            ..PacketLogSettings::default()
        };
        let log = HubLog::new(1, settings, Arc::default(), Arc::clone(&recorder));
        let rules = HubRules {
            station,
            ..HubRules::default()
        };
        Self {
            hub: Hub::new(1, false, rules),
            session: session(),
            recorder,
            log: Arc::new(log),
        }
    }

    fn note(&self, frame: &[u8], limited: bool, now_ms: u64) {
        let sighting = Sighting {
            hub: &self.hub,
            source: &self.session,
            target: None,
            limited,
        };
        note(&self.log, &sighting, &facts(), frame, now_ms);
    }

    fn waiting(&self) -> u64 {
        std::iter::from_fn(|| self.recorder.pop()).count() as u64
    }
}

#[test]
fn what_nobody_writes_is_lost_and_counted() {
    let bench = Bench::new(0, None);
    for _ in 0..RECORDS + 3 {
        bench.note(&FRAME, false, 0);
    }
    assert_eq!(bench.log.counts.snapshot().lost, 3);
    assert_eq!(bench.waiting(), RECORDS);
    bench.note(&FRAME, false, 0);
    assert_eq!(bench.waiting(), 1);
}

#[test]
fn a_client_has_so_many_records_a_minute() {
    let bench = Bench::new(5, None);
    for now_ms in [59_000, 60_000] {
        for _ in 0..20 {
            bench.note(&FRAME, true, now_ms);
        }
    }
    assert_eq!(bench.log.counts.snapshot().beyond, 30);
    assert_eq!(bench.waiting(), 10);
    for _ in 0..20 {
        bench.note(&FRAME, false, 60_000);
    }
    assert_eq!(bench.waiting(), 20);
}

#[test]
fn the_hubs_own_frames_are_not_written_down() {
    let bench = Bench::new(0, Some([2; 6]));
    bench.note(&FRAME, false, 0);
    assert_eq!(bench.waiting(), 0);
    assert_eq!(bench.log.counts.snapshot(), PacketLogSnapshot::default());
}

#[test]
fn lines_that_nobody_fetches_are_counted() {
    let bench = Bench::new(0, None);
    let line = SysLine {
        hub: "LAB".into(),
        unix_ms: 0,
        text: "a".into(),
    };
    let kept = (0..10_005).filter(|_| bench.recorder.put_line(line.clone()));
    assert_eq!(kept.count(), 10_000);
    let (lines, lost) = bench.recorder.take_lines(7);
    assert_eq!((lines.len(), lost), (7, 5));
    assert_eq!(bench.recorder.take_lines(usize::MAX).0.len(), 9_993);
    assert_eq!(bench.recorder.take_lines(usize::MAX), (Vec::new(), 0));
}
