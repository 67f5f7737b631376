//! The thread that brings the records of a trace out: as lines for people, or as a pcapng file.

use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{Builder, JoinHandle, park_timeout};
use std::time::Duration;

use etherloom_wire::capture::{Fields, Note, PcapngWriter, Record, Way};
use etherloom_wire::offload::NEEDS_CHECKSUM;

use super::output::{Output, Refused};
use super::trace::{Line, Seen, Trace, TraceSettings, unix_nanoseconds};
use crate::os;
use crate::shared::{SessionShared, Shared};

/// How long an idle trace sleeps: nobody wakes it, so that the packet path makes no system call for it.
const NAP: Duration = Duration::from_millis(20);
const WRITE_BYTES: usize = 256 * 1024;
const PROGRAM: &str = concat!("Etherloom ", env!("CARGO_PKG_VERSION"));

/// Start a trace that writes to a descriptor, or keeps lines to be fetched.
pub fn start(
    shared: &Arc<Shared>,
    settings: TraceSettings,
    descriptor: Option<OwnedFd>,
) -> io::Result<(Arc<Trace>, JoinHandle<()>)> {
    let trace = Trace::new(settings);
    let (fed, shared) = (Arc::clone(&trace), Arc::clone(shared));
    shared.tap.add(&trace);
    let tapped = Arc::clone(&shared);
    let thread = Builder::new().name("el-trace".into()).spawn(move || {
        os::block_signals();
        let error = match descriptor {
            Some(descriptor) => PcapngSink::new(&fed, descriptor).run(&fed, &tapped),
            None => run_lines(&fed, &tapped),
        };
        tapped.tap.remove(&fed);
        if error.is_some() {
            fed.abandon();
        }
        fed.finish(error);
    });
    if thread.is_err() {
        shared.tap.remove(&trace);
    }
    Ok((trace, thread?))
}

/// The next record; None when it is over.
fn next(trace: &Trace, shared: &Shared, mut idle: impl FnMut() -> bool) -> Option<Seen> {
    loop {
        // Asked first: what was seen before the end is brought out.
        let over = trace.is_over();
        if let Some(seen) = trace.pop() {
            return Some(seen);
        }
        if over || !idle() {
            return None;
        }
        if let Some(gone) = find_gone(&trace.settings, shared) {
            trace.orphan(gone);
        } else {
            park_timeout(NAP);
        }
    }
}

/// What a trace is about may end before it does: then it would wait for ever, and say nothing.
fn find_gone(settings: &TraceSettings, shared: &Shared) -> Option<&'static str> {
    if !shared.hubs.lock().contains_key(&settings.hub) {
        return Some("the hub went off line");
    }
    let wanted = settings.session?;
    let sessions = shared.sessions.lock();
    let runs = sessions
        .get(&wanted)
        .is_some_and(|session| session.ended.get().is_none());
    (!runs).then_some("the session has ended")
}

fn run_lines(trace: &Trace, shared: &Shared) -> Option<String> {
    while let Some(seen) = next(trace, shared, || true) {
        trace.put_line(Line {
            unix_ns: seen.unix_ns,
            session: seen.session.identifier,
            port: name_port(&seen.session),
            inward: seen.way == Way::In,
            reason: seen.reason.map(etherloom_switch::DropReason::name),
            summary: summarize(&seen),
        });
    }
    None
}

fn name_port(session: &SessionShared) -> String {
    let unnamed = || format!("port {}", session.identifier);
    session.label.get().cloned().unwrap_or_else(unnamed)
}

fn summarize(seen: &Seen) -> String {
    if seen.length == 0 {
        return match seen.frames {
            1 => "a frame that is not at hand any more".into(),
            frames => format!("{frames} frames that are not at hand any more"),
        };
    }
    let mut fields = Fields::of(&seen.bytes);
    fields.length = seen.length;
    let shape = describe_shape(seen);
    let comma = if shape.is_empty() { "" } else { ", " };
    format!("{fields}{comma}{shape}")
}

/// What a plain frame does not have.
fn describe_shape(seen: &Seen) -> String {
    let mut pieces = Vec::new();
    if seen.header.is_super() {
        let size = seen.header.segment_size;
        pieces.push(format!("super-frame with segments of {size} bytes"));
    }
    if seen.header.flags & NEEDS_CHECKSUM != 0 {
        pieces.push("checksum not complete yet".into());
    }
    pieces.join(", ")
}

struct PcapngSink {
    output: Output,
    file: PcapngWriter,
    interfaces: HashMap<u64, u32>,
    snap: u32,
    /// Records in what was not written yet.
    pending: u64,
}

impl PcapngSink {
    fn new(trace: &Trace, descriptor: OwnedFd) -> Self {
        Self {
            output: Output::new(descriptor),
            file: PcapngWriter::new(PROGRAM, &trace.settings.about),
            interfaces: HashMap::new(),
            snap: u32::try_from(trace.settings.snap).unwrap_or(u32::MAX),
            pending: 0,
        }
    }

    /// Until the end; returns what went wrong.
    fn run(mut self, trace: &Trace, shared: &Shared) -> Option<String> {
        let mut failure = None;
        while let Some(seen) = next(trace, shared, || {
            failure = self.write(trace).err();
            failure.is_none()
        }) {
            self.add(&seen);
            if self.file.len() >= WRITE_BYTES {
                failure = self.write(trace).err();
            }
            if failure.is_some() {
                break;
            }
        }
        if failure.is_none() {
            self.add_statistics(trace);
            failure = self.write(trace).err();
        }
        match failure? {
            Refused::Stopped => Some("its reader was too slow".into()),
            Refused::Failed(reason) => Some(reason),
        }
    }

    fn add(&mut self, seen: &Seen) {
        let shape = describe_shape(seen);
        let note = match (seen.reason, seen.length) {
            (Some(reason), 0) => format!("dropped: {}, {} frames", reason.name(), seen.frames),
            (Some(reason), _) if shape.is_empty() => format!("dropped: {}", reason.name()),
            (Some(reason), _) => format!("dropped: {}; {shape}", reason.name()),
            (None, _) => shape,
        };
        let interface = self.interface(&seen.session);
        self.file.packet(&Record {
            interface,
            unix_ns: seen.unix_ns,
            length: seen.length,
            bytes: &seen.bytes,
            way: seen.way,
            note: Note(&note),
        });
        self.pending += 1;
    }

    fn interface(&mut self, session: &SessionShared) -> u32 {
        let (file, snap) = (&mut self.file, self.snap);
        *self
            .interfaces
            .entry(session.identifier)
            .or_insert_with(|| file.interface(&name_port(session), "", snap))
    }

    fn write(&mut self, trace: &Trace) -> Result<(), Refused> {
        if self.file.is_empty() {
            return Ok(());
        }
        let records = std::mem::take(&mut self.pending);
        let written = self.output.write(&self.file.take(), || trace.is_stopping());
        match &written {
            Ok(()) => {
                trace.records.fetch_add(records, Relaxed);
            }
            Err(_) => trace.count_lost(records),
        }
        written
    }

    /// What is lost is lost to the trace, not to one port: it stands at the first.
    fn add_statistics(&mut self, trace: &Trace) {
        let lost = trace.snapshot().lost;
        let ports: Vec<_> = self.interfaces.values().copied().collect();
        for interface in ports {
            let lost = if interface == 0 { lost } else { 0 };
            self.file.statistics(interface, unix_nanoseconds(), lost);
        }
    }
}
