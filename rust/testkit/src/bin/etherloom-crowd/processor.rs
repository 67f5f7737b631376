//! Processor time of other processes, as the kernel counts it; threads that have ended are counted too.

use std::fs;
use std::io;

/// Seconds of user and system time that these processes have used so far.
pub fn seconds_of(processes: &[u32]) -> io::Result<f64> {
    let mut ticks = 0;
    for process in processes {
        let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
        ticks +=
            ticks_of(&text).ok_or_else(|| io::Error::other("unreadable process statistics"))?;
    }
    Ok(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// The 14th and 15th field; the second, in parentheses, may hold blanks and parentheses itself.
fn ticks_of(stat: &str) -> Option<u64> {
    let (_, behind) = stat.rsplit_once(')')?;
    let mut fields = behind.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn odd_names_do_not_confuse() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 100 0 0 0 31 11 5 6 20 0 1 0 100 1 1";
        assert_eq!(ticks_of(stat), Some(42));
        assert_eq!(ticks_of("7 (a"), None);
    }

    #[test]
    fn our_own_time_grows() {
        let me = [std::process::id()];
        let before = seconds_of(&me).unwrap();
        let mut spent = 0_u64;
        while seconds_of(&me).unwrap() <= before {
            spent = std::hint::black_box(spent.wrapping_add(1));
        }
        assert!(seconds_of(&[u32::MAX]).is_err());
    }
}
