//! The receiver's account of one run: what came, what is missing, what came twice or late.

use crate::latency::Latency;
use crate::probe::Probe;

/// Numbers beyond this are not believed: one stray datagram must not cost gigabytes.
const MOST: u64 = 1 << 32;

/// What has come so far.
#[derive(Debug, Default)]
pub struct Tally {
    run: Option<u32>,
    seen: Vec<u64>,
    next: u64,
    received: u64,
    bytes: u64,
    duplicates: u64,
    reordered: u64,
    foreign: u64,
    largest_gap: u64,
    longest_silence_ns: u64,
    first_ns: u64,
    last_ns: u64,
    latency: Latency,
}

/// The account at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Report {
    /// Different datagrams of the run.
    pub received: u64,
    /// Their bytes, without headers.
    pub bytes: u64,
    /// Numbers below the highest that never came. What was lost behind the highest only the sender can tell.
    pub lost: u64,
    /// Came again.
    pub duplicates: u64,
    /// Came behind a higher number.
    pub reordered: u64,
    /// Of another run, or not ours at all.
    pub foreign: u64,
    /// Most numbers that were missing in a row when the next came.
    pub largest_gap: u64,
    /// Longest time between two.
    pub longest_silence_ns: u64,
    /// From the first to the last.
    pub span_ns: u64,
    /// Median of the way.
    pub latency_p50_ns: u64,
    /// All but one in a hundred were at least this fast.
    pub latency_p99_ns: u64,
    /// The slowest.
    pub latency_max_ns: u64,
}

impl Tally {
    /// Note a datagram. The first that is ours decides which run is counted.
    pub fn note(&mut self, datagram: &[u8], now_ns: u64) {
        let probe = Probe::read(datagram).filter(|probe| probe.sequence < MOST);
        match probe {
            Some(probe) if *self.run.get_or_insert(probe.run) == probe.run => {
                self.count(probe, datagram.len(), now_ns);
            }
            _ => self.foreign += 1,
        }
    }

    /// True once a datagram of the run has come.
    pub const fn has_begun(&self) -> bool {
        self.run.is_some()
    }

    /// The account.
    pub fn report(&self) -> Report {
        Report {
            received: self.received,
            bytes: self.bytes,
            lost: self.next - self.received,
            duplicates: self.duplicates,
            reordered: self.reordered,
            foreign: self.foreign,
            largest_gap: self.largest_gap,
            longest_silence_ns: self.longest_silence_ns,
            span_ns: self.last_ns - self.first_ns,
            latency_p50_ns: self.latency.quantile_ns(500),
            latency_p99_ns: self.latency.quantile_ns(990),
            latency_max_ns: self.latency.largest_ns(),
        }
    }

    fn count(&mut self, probe: Probe, size: usize, now_ns: u64) {
        if !self.mark(probe.sequence) {
            self.duplicates += 1;
            return;
        }
        if self.received == 0 {
            self.first_ns = now_ns;
        } else {
            self.longest_silence_ns = self.longest_silence_ns.max(now_ns - self.last_ns);
        }
        self.last_ns = now_ns;
        self.received += 1;
        self.bytes += size as u64;
        self.latency.record(now_ns.saturating_sub(probe.sent_ns));
        self.order(probe.sequence);
    }

    fn order(&mut self, sequence: u64) {
        if sequence < self.next {
            self.reordered += 1;
        } else {
            self.largest_gap = self.largest_gap.max(sequence - self.next);
            self.next = sequence + 1;
        }
    }

    /// False if it was there before.
    fn mark(&mut self, sequence: u64) -> bool {
        let (word, bit) = ((sequence / 64) as usize, 1_u64 << (sequence % 64));
        if word >= self.seen.len() {
            self.seen.resize(word + 1, 0);
        }
        let new = self.seen[word] & bit == 0;
        self.seen[word] |= bit;
        new
    }
}

#[cfg(test)]
mod tests {
    use super::{Report, Tally};
    use crate::probe::Probe;

    fn datagram(run: u32, sequence: u64, sent_ns: u64) -> [u8; 64] {
        let mut bytes = [0; 64];
        Probe {
            run,
            sequence,
            sent_ns,
        }
        .write(&mut bytes);
        bytes
    }

    fn tally(arrivals: &[(u64, u64)]) -> Report {
        let mut tally = Tally::default();
        for (sequence, now_ns) in arrivals {
            tally.note(&datagram(1, *sequence, 0), *now_ns);
        }
        tally.report()
    }

    #[test]
    fn complete_run() {
        let report = tally(&[(0, 10), (1, 20), (2, 30)]);
        let expected = Report {
            received: 3,
            bytes: 192,
            longest_silence_ns: 10,
            span_ns: 20,
            latency_p50_ns: 20,
            latency_p99_ns: 30,
            latency_max_ns: 30,
            ..Report::default()
        };
        assert_eq!(report, expected);
    }

    #[test]
    fn missing_late_and_double() {
        let report = tally(&[(0, 1), (3, 2), (1, 3), (1, 4), (7, 5)]);
        assert_eq!(
            (report.received, report.lost),
            (4, 4),
            "2, 4, 5, 6 are missing"
        );
        assert_eq!((report.reordered, report.duplicates), (1, 1));
        assert_eq!(report.largest_gap, 3);
    }

    #[test]
    fn loss_at_the_start_counts() {
        assert_eq!(tally(&[(5, 1)]).lost, 5);
    }

    #[test]
    fn nothing_came() {
        assert_eq!(tally(&[]), Report::default());
    }

    #[test]
    fn others_are_foreign() {
        let mut tally = Tally::default();
        tally.note(b"whatever", 0);
        assert!(!tally.has_begun());
        tally.note(&datagram(1, 0, 0), 0);
        tally.note(&datagram(2, 1, 0), 0);
        tally.note(&datagram(1, u64::MAX, 0), 0);
        assert!(tally.has_begun());
        let report = tally.report();
        assert_eq!((report.received, report.foreign, report.lost), (1, 3, 0));
    }
}
