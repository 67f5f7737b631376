//! The first phase: everybody logs in, so many at once, at no more than so many a second.

use crate::arguments::Order;
use crate::crowd::Crowd;
use crate::member::Failure;
use etherloom_testkit::clock::now_ns;
use etherloom_testkit::latency::Latency;
use etherloom_testkit::pacer::Pacer;
use mio::Events;
use std::io;

/// A log-in that takes longer has failed.
const PATIENCE_NS: u64 = 30_000_000_000;
/// So many failures behind each other mean that the server takes no more.
const MOST_FAILURES: u32 = 50;

/// How it goes.
struct Gathering<'a> {
    order: &'a Order,
    start_ns: u64,
    begun: usize,
    inside: u64,
    failed: u64,
    failed_running: u32,
    last_code: u32,
    times: Latency,
    waiting: Vec<usize>,
}

/// Log everybody in, and print how that went.
pub fn run(crowd: &mut Crowd, order: &Order) -> io::Result<()> {
    let start_cpu = crowd.processor_seconds()?;
    let mut found = Gathering::new(order);
    let mut events = Events::with_capacity(1024);
    while found.failed_running < MOST_FAILURES && !found.is_over() {
        while found.may_begin() {
            crowd.dial(found.begun);
            found.waiting.push(found.begun);
            found.begun += 1;
        }
        crowd.serve(&mut events, &mut |_, _| {})?;
        found.review(crowd);
    }
    found.report(crowd, crowd.processor_seconds()? - start_cpu);
    if crowd.inside() == 0 {
        return Err(io::Error::other("nobody got in"));
    }
    Ok(())
}

impl<'a> Gathering<'a> {
    fn new(order: &'a Order) -> Self {
        Self {
            order,
            start_ns: now_ns(),
            begun: 0,
            inside: 0,
            failed: 0,
            failed_running: 0,
            last_code: 0,
            times: Latency::default(),
            waiting: Vec::new(),
        }
    }

    fn is_over(&self) -> bool {
        self.waiting.is_empty() && self.begun == self.order.sessions
    }

    fn may_begin(&self) -> bool {
        let total = self.order.sessions;
        if self.begun == total || self.waiting.len() >= self.order.concurrency {
            return false;
        }
        let Some(rate) = self.order.rate else {
            return true;
        };
        let due = Pacer::new(rate, total as u64).due(now_ns() - self.start_ns);
        due > self.begun as u64
    }

    /// See who got in, who failed, and who takes too long.
    fn review(&mut self, crowd: &mut Crowd) {
        let now = now_ns();
        for place in std::mem::take(&mut self.waiting) {
            match &crowd.members[place] {
                Some(member) if member.is_inside() => {
                    self.inside += 1;
                    self.failed_running = 0;
                    self.times.record(now - member.began_ns);
                }
                Some(member) if now - member.began_ns < PATIENCE_NS => self.waiting.push(place),
                Some(_) => crowd.drop_member(place, Failure::Slow),
                None => {}
            }
        }
        for (place, failure) in crowd.lost.drain(..) {
            self.failed += 1;
            self.failed_running += 1;
            if let Failure::Refused(code) = failure {
                self.last_code = code;
            }
            if self.failed == 1 {
                eprintln!("etherloom-crowd: session {place}: {failure}");
            }
        }
    }

    fn report(&self, crowd: &Crowd, cpu_seconds: f64) {
        let seconds = (now_ns() - self.start_ns) as f64 / 1e9;
        crowd.print(&[
            ("logged_in", self.inside as f64),
            ("failed", self.failed as f64),
            ("last_refusal", f64::from(self.last_code)),
            ("seconds", seconds),
            ("logins_a_second", self.inside as f64 / seconds),
            ("login_p50_ms", self.times.quantile_ns(500) as f64 / 1e6),
            ("login_p99_ms", self.times.quantile_ns(990) as f64 / 1e6),
            ("login_cpu_seconds", cpu_seconds),
        ]);
    }
}
