//! Whole engines over the loopback, for what no peer can be made to provoke: worn-out keys, and faults of ours.

#![allow(clippy::unwrap_used)]

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use etherloom_switch::{HubRules, PortRules};
use etherloom_wire::block::{BlockDecoder, BlockLimits, Item};
use rustls::version::{TLS12, TLS13};

use crate::admission::Limits;
use crate::engine::Engine;
use crate::event::{Subject, connection};
use crate::link::LinkSettings;
use crate::session::SessionRules;
use crate::snapshot::SessionSnapshot;
use crate::tls::tests::keys::short_lived_identity;
use crate::tls::tests::{client_of, stock_identity};
use crate::tls::{Identity, Tls};

const PATIENCE: Duration = Duration::from_secs(20);
const FAREWELL: &[u8] = b"farewell";
const LIMITS: Limits = Limits {
    per_source: 100,
    total: 100,
    deadline_ms: 20_000,
};
const RULES: SessionRules = SessionRules {
    server: true,
    timeout_ms: 60_000,
    compress: false,
    half_duplex: false,
    qos: false,
    mss_limit: 0,
    super_frames: false,
    queue_bytes: 512 * 1024,
};

/// Called where frames pass: a frame with this text in it is a fault of the program's, only in tests.
pub fn provoke(text: &[u8], frame: &[u8]) {
    assert!(
        !frame.windows(text.len()).any(|part| part == text),
        "provoked by a test"
    );
}

/// An engine with a listener and one hub.
struct House {
    engine: Engine,
    port: u16,
    hub: u64,
}

impl House {
    fn open(workers: usize, identity: Identity) -> House {
        let engine = Engine::start(workers, 0).unwrap();
        engine.show(identity);
        let address = "127.0.0.1".parse().unwrap();
        let listener = engine.open_listener(address, 0, LIMITS).unwrap();
        let port = engine.listener_port(listener).unwrap();
        let hub = engine.open_hub(false, HubRules::default());
        House { engine, port, hub }
    }

    fn open_session(&self) -> u64 {
        self.engine
            .open_session(self.hub, RULES, PortRules::default())
            .unwrap()
    }

    /// One more link of a session, and the client at its other end.
    fn join(&self, session: u64, tls: Tls) -> Guest {
        let mut guest = Guest::arrive(self.port, tls);
        let connection = wait_for(|| self.next_accepted());
        let link = LinkSettings {
            direction: 0,
            raw: false,
        };
        let farewell = FAREWELL.to_vec();
        self.engine
            .promote(connection, session, farewell, Vec::new(), link)
            .unwrap();
        wait_for(|| {
            guest.read();
            (guest.plain.len() >= FAREWELL.len()).then_some(())
        });
        assert_eq!(guest.plain.drain(..FAREWELL.len()).as_slice(), FAREWELL);
        guest
    }

    fn next_accepted(&self) -> Option<u64> {
        let events = self.engine.drain(1);
        let (subject, identifier, flags) = *events.first()?;
        let accepted = subject == Subject::Connection && flags & connection::ACCEPTED != 0;
        accepted.then_some(identifier)
    }

    fn look_at(&self, session: u64) -> SessionSnapshot {
        self.engine.session_snapshot(session).unwrap()
    }

    fn wait_ended(&self, session: u64) -> &'static str {
        wait_for(|| self.look_at(session).ended)
    }
}

/// A client in the data phase.
struct Guest {
    socket: TcpStream,
    tls: Tls,
    decoder: BlockDecoder,
    received: Vec<u8>,
    plain: Vec<u8>,
    unsent: Vec<u8>,
    closed: bool,
}

impl Guest {
    fn arrive(port: u16, tls: Tls) -> Guest {
        let socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_millis(2)))
            .unwrap();
        let mut guest = Guest {
            socket,
            tls,
            decoder: BlockDecoder::new(BlockLimits::STOCK, false),
            received: Vec::new(),
            plain: Vec::new(),
            unsent: Vec::new(),
            closed: false,
        };
        wait_for(|| {
            guest.read();
            guest.tls.is_established().then_some(())
        });
        guest
    }

    /// Take what is there, and answer what TLS wants answered.
    fn read(&mut self) {
        let mut part = vec![0; 65_536];
        match self.socket.read(&mut part) {
            Ok(count) => self.received.extend_from_slice(&part[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => panic!("the link broke: {error}"),
        }
        let opened = self
            .tls
            .open(
                &mut self.received,
                &mut self.plain,
                usize::MAX,
                &mut self.unsent,
            )
            .unwrap();
        self.received.drain(..opened.consumed);
        self.closed |= opened.closed;
        self.socket.write_all(&self.unsent).unwrap();
        self.unsent.clear();
    }

    /// The frames that have come since the last time.
    fn frames(&mut self) -> Vec<Vec<u8>> {
        self.read();
        let mut found = Vec::new();
        let used = self
            .decoder
            .decode(&self.plain, &mut |item| {
                if let Item::Frame(frame) = item {
                    found.push(frame.to_vec());
                }
            })
            .unwrap();
        self.plain.drain(..used);
        found
    }

    fn send(&mut self, frame: &[u8]) {
        let mut block = 1u32.to_be_bytes().to_vec();
        block.extend_from_slice(&(frame.len() as u32).to_be_bytes());
        block.extend_from_slice(frame);
        self.tls.seal(&block, &mut self.unsent).unwrap();
        self.socket.write_all(&self.unsent).unwrap();
        self.unsent.clear();
    }
}

fn wait_for<T>(mut probe: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = probe() {
            return found;
        }
        assert!(Instant::now() < end, "it does not become true");
        std::thread::yield_now();
    }
}

/// A broadcast with a text in it.
fn frame(from: u8, text: &[u8]) -> Vec<u8> {
    let mut frame = vec![0xff; 6];
    frame.extend_from_slice(&[2, 0, 0, 0, 0, from, 0x88, 0xb5]);
    frame.extend_from_slice(text);
    frame.resize(frame.len().max(60), 0);
    frame
}

fn arrives(guest: &mut Guest, expected: &[u8]) {
    wait_for(|| {
        let frames = guest.frames();
        frames.iter().any(|frame| frame == expected).then_some(())
    });
}

#[test]
fn a_worn_out_link_is_closed_politely_and_its_successor_loses_nothing() {
    let house = House::open(1, short_lived_identity());
    let session = house.open_session();
    let hub = house
        .engine
        .open_memory(house.hub, 16, PortRules::default())
        .unwrap();
    let mut links = vec![
        house.join(session, client_of(&TLS12)),
        house.join(session, client_of(&TLS12)),
    ];
    let mut replaced = 0;
    let mut number = 0u32;
    while replaced < 5 {
        let sent = frame(9, &number.to_be_bytes());
        house.engine.send_frames(hub, vec![sent.clone()]).unwrap();
        let came = wait_for(|| {
            let found: Vec<_> = links.iter_mut().flat_map(Guest::frames).collect();
            (!found.is_empty()).then_some(found)
        });
        assert_eq!(came, [sent], "frame {number}");
        number += 1;
        // As a client does: what was closed is replaced.
        let before = links.len();
        links.retain(|link| !link.closed);
        while links.len() < before {
            links.push(house.join(session, client_of(&TLS12)));
            replaced += 1;
        }
    }
    let seen = house.look_at(session);
    assert_eq!(seen.links_opened, 7);
    assert_eq!(seen.counters.sent.frames(), u64::from(number));
    assert!(seen.drops.is_empty(), "{:?}", seen.drops);
    assert_eq!(seen.ended, None);
}

#[test]
fn a_fault_over_a_frame_ends_the_session_that_sent_it() {
    for workers in [1, 2] {
        let house = House::open(workers, stock_identity());
        let sessions = [(); 3].map(|()| house.open_session());
        let mut guests = sessions.map(|session| house.join(session, client_of(&TLS13)));
        guests[0].send(&frame(1, b"fault of the origin"));
        assert_eq!(house.wait_ended(sessions[0]), "failed");
        for (from, to) in [(1, 2), (2, 1)] {
            let hello = frame(from as u8 + 1, b"still here");
            guests[from].send(&hello);
            arrives(&mut guests[to], &hello);
        }
        drop(guests);
        assert!(house.engine.stop(PATIENCE));
    }
}

#[test]
fn a_fault_over_a_frame_ends_the_session_it_is_queued_for() {
    for workers in [1, 2] {
        let house = House::open(workers, stock_identity());
        let sessions = [(); 3].map(|()| house.open_session());
        let mut guests = sessions.map(|session| house.join(session, client_of(&TLS13)));
        // Learned, so that the frame goes to one session alone.
        let hello = frame(1, b"here I am");
        guests[0].send(&hello);
        arrives(&mut guests[1], &hello);
        let mut fatal = frame(2, b"fault of the target");
        fatal[..6].copy_from_slice(&[2, 0, 0, 0, 0, 1]);
        guests[1].send(&fatal);
        assert_eq!(house.wait_ended(sessions[0]), "failed");
        let goodbye = frame(2, b"still here");
        guests[1].send(&goodbye);
        arrives(&mut guests[2], &goodbye);
        drop(guests);
        assert!(house.engine.stop(PATIENCE));
    }
}

#[test]
fn a_fault_over_a_programs_frame_ends_its_port() {
    let house = House::open(1, stock_identity());
    let ports = [(); 3].map(|()| {
        house
            .engine
            .open_memory(house.hub, 16, PortRules::default())
            .unwrap()
    });
    let fatal = frame(1, b"fault of the origin");
    house.engine.send_frames(ports[0], vec![fatal]).unwrap();
    assert_eq!(house.wait_ended(ports[0]), "failed");
    let hello = frame(2, b"still here");
    house
        .engine
        .send_frames(ports[1], vec![hello.clone()])
        .unwrap();
    let came = wait_for(|| {
        let frames = house.engine.take_frames(ports[2], 16).unwrap();
        (!frames.is_empty()).then_some(frames)
    });
    assert_eq!(came, [hello]);
}
