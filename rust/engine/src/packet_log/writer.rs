//! The thread that makes lines of notes, and brings them to files or to whoever fetches them.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{Builder, JoinHandle, park_timeout};
use std::time::Duration;

use etherloom_switch::PortId;
use etherloom_switch::record::{Columns, Parties, Services, Style, write_json};

use super::clock::{Clock, Moment};
use super::file::LogFile;
use super::queue::{Note, Recorder, SysLine};
use super::{Counts, HubLog};
use crate::capture::unix_nanoseconds;
use crate::os;
use crate::shared::{SessionShared, Shared};

/// How long it sleeps without work: nobody wakes it before there is a crowd, so that the packet path makes no system
/// call for a record.
const NAP: Duration = Duration::from_millis(50);
/// Notes between two looks at anything else.
const TURN: usize = 4_096;
/// So long a line may wait for the disk while more and more come.
const SETTLE_MS: u64 = 1_000;
const REPORT_MS: u64 = 60_000;
const SERVICES: &str = "/etc/services";

/// Start the one thread for all hubs.
pub fn start(shared: &Arc<Shared>, recorder: &Arc<Recorder>) -> io::Result<JoinHandle<()>> {
    let mut writer = Writer::new(shared, recorder);
    let thread = Builder::new().name("el-packet-log".into()).spawn(move || {
        os::block_signals();
        os::yield_to_frames();
        writer.run();
    })?;
    recorder.set_writer(thread.thread().clone());
    Ok(thread)
}

struct Writer {
    shared: Arc<Shared>,
    recorder: Arc<Recorder>,
    style: Style,
    clock: Clock,
    files: HashMap<(u64, &'static str), LogFile>,
    ports: Ports,
    reports: HashMap<u64, Report>,
    settle_ms: u64,
    report_ms: u64,
    line: String,
}

/// What people were told about a hub's log.
struct Report {
    hub: String,
    counts: Arc<Counts>,
    lost: u64,
}

impl Writer {
    fn new(shared: &Arc<Shared>, recorder: &Arc<Recorder>) -> Self {
        let services = fs::read(Path::new(SERVICES)).unwrap_or_default();
        Self {
            shared: Arc::clone(shared),
            recorder: Arc::clone(recorder),
            style: Style {
                services: Services::parse(&String::from_utf8_lossy(&services)),
            },
            clock: Clock::default(),
            files: HashMap::new(),
            ports: Ports::default(),
            reports: HashMap::new(),
            settle_ms: 0,
            report_ms: 0,
            line: String::new(),
        }
    }

    fn run(&mut self) {
        loop {
            // Asked first: what was seen before the end is written.
            let over = self.recorder.is_stopping();
            let now_ms = self.shared.now_ms();
            self.clock.offset_ms = (unix_nanoseconds() / 1_000_000).saturating_sub(now_ms);
            self.ports.may_look = true;
            let mut taken = 0;
            while taken < TURN
                && let Some(note) = self.recorder.pop()
            {
                self.write(note, now_ms);
                taken += 1;
            }
            if taken < TURN || now_ms >= self.settle_ms {
                self.settle(now_ms);
            }
            if taken < TURN {
                if over {
                    return;
                }
                self.recorder.rest();
                park_timeout(NAP);
            }
        }
    }

    fn write(&mut self, note: Note, now_ms: u64) {
        let Note {
            log,
            source,
            target,
            facts,
            level,
            now_ms: seen_ms,
            bytes,
        } = note;
        let target = target.map(|port| self.ports.find(port, &self.shared));
        let names = (
            name(Some(&source)),
            target.as_ref().map(|one| name(one.as_deref())),
        );
        let parties = Parties {
            source: names.0,
            target: names.1,
            source_address: source.client_address.get().copied(),
            target_address: target
                .as_ref()
                .and_then(|one| one.as_ref()?.client_address.get().copied()),
        };
        let columns = Columns::of(&log.settings.rules, &facts, &bytes, level);
        let at = self.clock.moment(seen_ms);
        self.send(&log, &columns, &parties, (&at, now_ms));
        self.recorder.give_back(bytes);
    }

    fn send(
        &mut self,
        log: &Arc<HubLog>,
        columns: &Columns<'_>,
        parties: &Parties<'_>,
        (at, now_ms): (&Moment, u64),
    ) {
        self.watch(log);
        let settings = &log.settings;
        let mut line = std::mem::take(&mut self.line);
        if settings.folder.is_some() {
            line.clear();
            at.write_columns(&mut line);
            self.style
                .write(columns, parties, settings.no_addresses, &mut line);
            line.push_str("\r\n");
            self.append(log, "log", &line, (at, now_ms));
        }
        if settings.folder.is_some() && settings.json {
            line.clear();
            let told = (at.rfc_3339(), settings.hub.as_str());
            let told = (told.0.as_str(), told.1);
            write_json(columns, parties, told, settings.no_addresses, &mut line);
            line.push('\n');
            self.append(log, "jsonl", &line, (at, now_ms));
        }
        if settings.lines {
            let mut text = String::new();
            self.style
                .write(columns, parties, settings.no_addresses, &mut text);
            self.keep(log, at, text);
        }
        self.line = line;
    }

    fn append(
        &mut self,
        log: &Arc<HubLog>,
        extension: &'static str,
        line: &str,
        (at, now_ms): (&Moment, u64),
    ) {
        let Some(folder) = &log.settings.folder else {
            return;
        };
        let file = self.files.entry((log.hub, extension)).or_insert_with(|| {
            // The classic file is the one whose records are counted.
            let counts = match extension {
                "log" => Arc::clone(&log.counts),
                _ => Arc::default(),
            };
            LogFile::new(folder.clone(), extension, counts)
        });
        file.follow(folder, log.settings.switch, log.settings.file_bytes);
        file.append(line.as_bytes(), at, now_ms);
    }

    fn keep(&self, log: &HubLog, at: &Moment, text: String) {
        let line = SysLine {
            hub: log.settings.hub.clone(),
            unix_ms: at.unix_ms,
            text,
        };
        if self.recorder.put_line(line) && log.settings.folder.is_none() {
            log.counts.written.fetch_add(1, Relaxed);
        }
    }

    /// Look after what this hub loses.
    fn watch(&mut self, log: &HubLog) {
        self.reports.entry(log.hub).or_insert_with(|| Report {
            hub: log.settings.hub.clone(),
            counts: Arc::clone(&log.counts),
            lost: 0,
        });
    }

    /// Nothing waits at the moment, or something has for long.
    fn settle(&mut self, now_ms: u64) {
        self.settle_ms = now_ms + SETTLE_MS;
        for file in self.files.values_mut() {
            file.rest(now_ms);
        }
        self.recorder.announce_lines();
        if now_ms >= self.report_ms {
            self.report_ms = now_ms + REPORT_MS;
            self.report();
            self.forget();
        }
    }

    /// Hubs and sessions come and go.
    fn forget(&mut self) {
        let hubs = self.shared.hubs.lock();
        self.reports.retain(|hub, _| hubs.contains_key(hub));
        self.files
            .retain(|(hub, _), file| hubs.contains_key(hub) || !file.is_idle());
        drop(hubs);
        self.ports.forget();
    }

    fn report(&mut self) {
        for (hub, report) in &mut self.reports {
            let lost = report.counts.lost.load(Relaxed);
            if lost == report.lost {
                continue;
            }
            let failure = self.files.get(&(*hub, "log"));
            let failure = failure.and_then(|file| file.failure.as_deref());
            let reason = failure.unwrap_or("more of them than it could take");
            let (name, more) = (&report.hub, lost - report.lost);
            log::warn!("the packet log of hub {name} lost {more} records: {reason}");
            report.lost = lost;
        }
    }
}

fn name(session: Option<&SessionShared>) -> &str {
    session
        .and_then(|session| session.label.get())
        .map_or("", String::as_str)
}

/// Who is, or was lately, at which port.
#[derive(Default)]
struct Ports {
    known: HashMap<PortId, Arc<SessionShared>>,
    /// The table of sessions is read at most once a turn.
    may_look: bool,
}

impl Ports {
    fn find(&mut self, port: PortId, shared: &Shared) -> Option<Arc<SessionShared>> {
        let known = self.known.get(&port).cloned();
        let is_there = |session: &Arc<SessionShared>| session.ended.get().is_none();
        if known.as_ref().is_some_and(is_there) || !self.may_look {
            return known;
        }
        self.may_look = false;
        self.look(shared);
        self.known.get(&port).cloned().or(known)
    }

    /// Those that have just gone may still be asked for: they are forgotten when others are looked for.
    fn look(&mut self, shared: &Shared) {
        self.forget();
        for session in shared.sessions.lock().values() {
            if let Some(port) = session.port.get() {
                self.known.insert(*port, Arc::clone(session));
            }
        }
    }

    fn forget(&mut self) {
        self.known
            .retain(|_, session| session.ended.get().is_none());
    }
}
