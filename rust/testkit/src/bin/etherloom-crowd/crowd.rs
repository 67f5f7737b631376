//! All members and the loop that serves them.

use crate::arguments::Order;
use crate::link::Link;
use crate::login;
use crate::member::{Failure, Member, Words};
use crate::processor;
use etherloom_engine::tls::ClientSettings;
use etherloom_testkit::clock::now_ns;
use etherloom_testkit::output::{self, Figure};
use mio::{Events, Poll, Token};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Below the least time-out of a session, 5 s where an administrator says so.
const KEEP_ALIVE_NS: u64 = 4_000_000_000;
pub const TICK: Duration = Duration::from_millis(20);
const SCRATCH_BYTES: usize = 256 << 10;

pub struct Crowd {
    poll: Poll,
    /// A place for each session wanted; those that failed are empty.
    pub members: Vec<Option<Member>>,
    /// Who failed, and why, since somebody last looked.
    pub lost: Vec<(usize, Failure)>,
    words: Words,
    settings: ClientSettings,
    to: SocketAddr,
    from: Vec<IpAddr>,
    cpu_of: Vec<u32>,
    json: bool,
    scratch: Vec<u8>,
    keep_alive_due_ns: u64,
}

impl Crowd {
    pub fn new(order: &Order) -> io::Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            members: (0..order.sessions).map(|_| None).collect(),
            lost: Vec::new(),
            words: Words {
                signature: login::signature(),
                login: login::login(&order.hub, &order.user),
            },
            settings: ClientSettings::new().map_err(io::Error::other)?,
            to: order.to,
            from: order.from.clone(),
            cpu_of: order.cpu_of.clone(),
            json: order.json,
            scratch: vec![0; SCRATCH_BYTES],
            keep_alive_due_ns: now_ns() + KEEP_ALIVE_NS,
        })
    }

    /// Begin the log-in of this place's session.
    pub fn dial(&mut self, place: usize) {
        let from = match self.from.len() {
            0 => None,
            count => Some(self.from[place % count]),
        };
        let dialled = Link::dial(self.to, from, &self.settings).and_then(|mut link| {
            link.register(self.poll.registry(), Token(place))?;
            Ok(link)
        });
        match dialled {
            Ok(link) => self.members[place] = Some(Member::new(link, now_ns())),
            Err(error) => self.lost.push((place, error.into())),
        }
    }

    /// Give a place up.
    pub fn drop_member(&mut self, place: usize, failure: Failure) {
        self.members[place] = None;
        self.lost.push((place, failure));
    }

    /// Wait for the sockets, do what they allow, keep alive what is due; frames go to `sink` with the place of
    /// the member that they came to.
    pub fn serve(
        &mut self,
        events: &mut Events,
        sink: &mut impl FnMut(usize, &[u8]),
    ) -> io::Result<()> {
        match self.poll.poll(events, Some(TICK)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        for event in &*events {
            let place = event.token().0;
            let Some(member) = &mut self.members[place] else {
                continue;
            };
            let done = member.advance(&mut self.scratch, &self.words, &mut |frame| {
                sink(place, frame);
            });
            if let Err(failure) = done {
                self.drop_member(place, failure);
            }
        }
        self.keep_alive();
        Ok(())
    }

    /// Stay connected, and print who still is at the end.
    pub fn hold(&mut self, duration: Duration) -> io::Result<()> {
        let start_cpu = self.processor_seconds()?;
        let end_ns = now_ns() + duration.as_nanos() as u64;
        let mut events = Events::with_capacity(1024);
        while now_ns() < end_ns {
            self.serve(&mut events, &mut |_, _| {})?;
        }
        let spent = self.processor_seconds()? - start_cpu;
        self.print(&[("held", self.inside() as f64), ("hold_cpu_seconds", spent)]);
        Ok(())
    }

    pub fn inside(&self) -> usize {
        self.members
            .iter()
            .flatten()
            .filter(|member| member.is_inside())
            .count()
    }

    pub fn processor_seconds(&self) -> io::Result<f64> {
        processor::seconds_of(&self.cpu_of)
    }

    pub fn print(&self, figures: &[Figure]) {
        output::print(figures, self.json);
    }

    fn keep_alive(&mut self) {
        if now_ns() < self.keep_alive_due_ns {
            return;
        }
        self.keep_alive_due_ns = now_ns() + KEEP_ALIVE_NS;
        for place in 0..self.members.len() {
            if let Some(member) = &mut self.members[place]
                && member.is_inside()
                && let Err(error) = member.keep_alive()
            {
                self.drop_member(place, error.into());
            }
        }
    }
}
