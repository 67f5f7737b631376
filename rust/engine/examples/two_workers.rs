//! What two workers do in the time of one: frames between ports of memory, each worker on a core of its own.
//!
//! `cargo run --release -p etherloom-engine --features testkit --example two_workers -- SECONDS` prints JSON: frames a
//! second with one worker; with two whose ports only talk to ports of the same one (`apart`); and with two where half
//! of all frames cross, as they would if ports were spread at random (`mixed`). Locks and batches between workers are
//! those of the last.

use etherloom_engine::engine::Engine;
use etherloom_engine::testkit::{Circulation, crossings, locks};
use etherloom_switch::HubRules;
use rustix::thread::{CpuSet, Pid, sched_setaffinity};
use std::error::Error;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Ports of each worker that send, and as many that receive.
const SENDERS: usize = 8;
/// Frames of a turn: about what one full TLS record holds.
const BATCH: usize = 32;
const FRAME_BYTES: usize = 512;
const WARM_UP: Duration = Duration::from_millis(300);

struct Run {
    frames_a_second: f64,
    locks_a_frame: f64,
    crossings_a_frame: f64,
    dropped_share: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let seconds = std::env::args()
        .nth(1)
        .map_or(Ok(2.0), |text| text.parse())?;
    let duration = Duration::try_from_secs_f64(seconds)?;
    let one = measure(1, false, duration)?;
    let apart = measure(2, false, duration)?;
    let mixed = measure(2, true, duration)?;
    println!(
        "{{\"one\": {:.0}, \"apart\": {:.0}, \"mixed\": {:.0}, \"locks_a_frame\": {:.6}, \
         \"crossings_a_frame\": {:.6}, \"dropped_share\": {:.6}}}",
        one.frames_a_second,
        apart.frames_a_second,
        mixed.frames_a_second,
        mixed.locks_a_frame,
        mixed.crossings_a_frame,
        mixed.dropped_share,
    );
    Ok(())
}

fn measure(workers: usize, crossing: bool, duration: Duration) -> Result<Run, Box<dyn Error>> {
    let engine = Engine::start(workers, 0)?;
    pin_workers()?;
    let hub = engine.open_hub(false, HubRules::default());
    // Ports spread over the workers in turn; the number of senders is the same for one worker and for two.
    let open = || -> Result<Vec<u64>, Box<dyn Error>> {
        (0..2 * SENDERS)
            .map(|number| Ok(engine.open_sink(hub, number % workers)?))
            .collect()
    };
    let (senders, sinks) = (open()?, open()?);
    for (number, sink) in sinks.iter().enumerate() {
        // The hub learns where it is.
        start(&engine, *sink, vec![frame(0xff, address(1, number))], true)?;
    }
    wait_learned(&engine, hub, sinks.len())?;
    let running: Vec<_> = senders
        .iter()
        .enumerate()
        .map(|(number, sender)| {
            let frames = (0..BATCH)
                .map(|place| {
                    let sink = if crossing && place % 2 == 1 {
                        number + 1
                    } else {
                        number
                    };
                    frame_to(address(1, sink % sinks.len()), address(2, number))
                })
                .collect();
            start(&engine, *sender, frames, false)
        })
        .collect::<Result<_, _>>()?;
    sleep(WARM_UP);
    let (before, begun) = (Totals::of(&engine, &senders, &sinks)?, Instant::now());
    sleep(duration);
    let (after, elapsed) = (Totals::of(&engine, &senders, &sinks)?, begun.elapsed());
    for circulation in running {
        circulation.is_over.store(true, Relaxed);
    }
    engine.stop(Duration::from_secs(2));
    let frames = (after.received - before.received) as f64;
    let sent = (after.sent - before.sent) as f64;
    Ok(Run {
        frames_a_second: frames / elapsed.as_secs_f64(),
        locks_a_frame: (after.locks - before.locks) as f64 / frames,
        crossings_a_frame: (after.crossings - before.crossings) as f64 / frames,
        dropped_share: 1.0 - (frames / sent).min(1.0),
    })
}

fn start(
    engine: &Engine,
    session: u64,
    frames: Vec<Vec<u8>>,
    once: bool,
) -> Result<Arc<Circulation>, Box<dyn Error>> {
    let circulation = Arc::new(Circulation {
        session,
        frames,
        is_over: AtomicBool::new(once),
    });
    engine.circulate(Arc::clone(&circulation))?;
    Ok(circulation)
}

fn wait_learned(engine: &Engine, hub: u64, count: usize) -> Result<(), Box<dyn Error>> {
    let deadline = Instant::now() + Duration::from_secs(5);
    while engine.mac_count(hub)? < count {
        if Instant::now() > deadline {
            return Err("the hub does not learn".into());
        }
        sleep(Duration::from_millis(5));
    }
    Ok(())
}

struct Totals {
    sent: u64,
    received: u64,
    locks: u64,
    crossings: u64,
}

impl Totals {
    fn of(engine: &Engine, senders: &[u64], sinks: &[u64]) -> Result<Self, Box<dyn Error>> {
        let mut totals = Self {
            sent: 0,
            received: 0,
            locks: locks(),
            crossings: crossings(),
        };
        for sender in senders {
            let counters = engine.session_snapshot(*sender)?.counters;
            totals.sent += counters.received.unicast_frames;
        }
        for sink in sinks {
            totals.received += engine.session_snapshot(*sink)?.counters.sent.unicast_frames;
        }
        Ok(totals)
    }
}

/// Worker n on core n.
fn pin_workers() -> Result<(), Box<dyn Error>> {
    for task in fs::read_dir("/proc/self/task")? {
        let path = task?.path();
        let name = fs::read_to_string(path.join("comm"))?;
        let Some(number) = name.trim().strip_prefix("el-worker-") else {
            continue;
        };
        let thread: i32 = path
            .file_name()
            .and_then(|name| name.to_str())
            .ok_or("a thread without a number")?
            .parse()?;
        let mut cores = CpuSet::new();
        cores.set(number.parse()?);
        sched_setaffinity(Pid::from_raw(thread), &cores)?;
    }
    Ok(())
}

fn address(kind: u8, number: usize) -> [u8; 6] {
    [0x02, kind, 0, 0, 0, number as u8]
}

fn frame(destination: u8, source: [u8; 6]) -> Vec<u8> {
    frame_to([destination; 6], source)
}

fn frame_to(destination: [u8; 6], source: [u8; 6]) -> Vec<u8> {
    let mut frame = vec![0x5a; FRAME_BYTES];
    frame[..6].copy_from_slice(&destination);
    frame[6..12].copy_from_slice(&source);
    frame[12..14].copy_from_slice(&[0x88, 0xb5]);
    frame
}
