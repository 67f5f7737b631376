//! Frames from one socket to the other, by way of a path each.

use crate::arguments::Order;
use etherloom_testkit::clock::now_ns;
use etherloom_testkit::impairment::Path;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use std::io;

/// A frame of any size that an interface may hand over.
const FRAME_BYTES: usize = 1 << 16;
/// Frames taken from one socket before the other, and what is due, gets its turn.
const TURN: usize = 64;

pub fn run(order: &Order) -> io::Result<()> {
    let ends = [rustix::stdio::stdin(), rustix::stdio::stdout()];
    // Two different fates, from one seed.
    let mut paths = [0, 1].map(|side| Path::new(order.impairment, order.seed ^ (side << 63)));
    let mut frame = vec![0; FRAME_BYTES];
    eprintln!("ready");
    loop {
        wait(ends, &paths)?;
        for (end, path) in ends.iter().zip(&mut paths) {
            if !take(*end, path, &mut frame)? {
                return Ok(());
            }
        }
        for (end, path) in ends.iter().rev().zip(&mut paths) {
            give(*end, path)?;
        }
    }
}

/// Until a frame comes or one is due.
fn wait(ends: [BorrowedFd<'_>; 2], paths: &[Path; 2]) -> io::Result<()> {
    let due_ns = paths.iter().filter_map(Path::next_ns).min();
    let patience = due_ns.map(|due| {
        let wait_ns = due.saturating_sub(now_ns()) as i64;
        Timespec {
            tv_sec: wait_ns / 1_000_000_000,
            tv_nsec: wait_ns % 1_000_000_000,
        }
    });
    let mut wanted = ends.each_ref().map(|end| PollFd::new(end, PollFlags::IN));
    match poll(&mut wanted, patience.as_ref()) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Take what has come; false if nothing ever will.
fn take(end: BorrowedFd<'_>, path: &mut Path, frame: &mut [u8]) -> io::Result<bool> {
    for _ in 0..TURN {
        match recv(end, &mut *frame, RecvFlags::DONTWAIT) {
            Ok((_, 0)) => return Ok(false),
            Ok((_, size)) => path.push(&frame[..size], now_ns()),
            Err(Errno::AGAIN | Errno::INTR) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}

/// Hand over what is due. What the other end has no room for is lost, as on any wire.
fn give(end: BorrowedFd<'_>, path: &mut Path) -> io::Result<()> {
    while let Some(frame) = path.pop(now_ns()) {
        match send(end, &frame, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
            Ok(_) | Err(Errno::AGAIN | Errno::NOBUFS | Errno::INTR | Errno::MSGSIZE) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
