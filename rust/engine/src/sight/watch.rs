//! How long what is queued for a connection waits: one batch at a time is followed to its end.

use std::time::Instant;

use super::Sight;

/// Follows a batch: its first frame starts the clock; it ends when the socket has taken as many bytes as waited then.
#[derive(Debug, Default)]
pub struct Watch {
    packets: u64,
    since: Option<Instant>,
    ahead: Option<usize>,
}

impl Watch {
    /// A packet was queued.
    pub fn queued(&mut self) {
        self.packets += 1;
        if self.since.is_none() {
            self.since = Some(Instant::now());
        }
    }

    /// The connection was flushed: so many bytes waited before, so many wait still.
    pub fn flushed(&mut self, before: usize, after: usize, sight: &Sight) {
        sight
            .sent_batch
            .count_some(std::mem::take(&mut self.packets));
        let Some(since) = self.since else { return };
        // What was dropped meanwhile is waited for no more.
        let ahead = self.ahead.unwrap_or(before).min(before);
        let left = ahead.saturating_sub(before.saturating_sub(after));
        self.ahead = Some(left);
        if left == 0 || after == 0 {
            let waited = since.elapsed().as_micros();
            sight
                .queue_delay_us
                .count(u64::try_from(waited).unwrap_or(u64::MAX));
            (self.since, self.ahead) = (None, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(sight: &Sight) -> u64 {
        sight.snapshot().queue_delay_us.buckets.iter().sum()
    }

    #[test]
    fn a_batch_ends_when_the_socket_has_taken_it_whatever_came_behind_it() {
        let (sight, mut watch) = (Sight::default(), Watch::default());
        watch.queued();
        watch.queued();
        watch.flushed(1_000, 600, &sight);
        assert_eq!(delays(&sight), 0);
        watch.queued();
        watch.flushed(5_600, 5_200, &sight);
        assert_eq!(delays(&sight), 0);
        watch.flushed(5_200, 5_000, &sight);
        assert_eq!(delays(&sight), 1);
        assert_eq!(sight.snapshot().sent_batch.sum, 3);
    }

    #[test]
    fn a_flush_without_frames_counts_nothing() {
        let (sight, mut watch) = (Sight::default(), Watch::default());
        watch.flushed(40, 0, &sight);
        assert_eq!(sight.snapshot(), Sight::default().snapshot());
    }

    #[test]
    fn an_empty_queue_ends_a_batch_though_sealing_made_it_longer() {
        let (sight, mut watch) = (Sight::default(), Watch::default());
        watch.queued();
        watch.flushed(1_000, 1_020, &sight);
        watch.flushed(1_020, 0, &sight);
        assert_eq!(delays(&sight), 1);
    }
}
