//! What networks do to frames.

use proptest::prelude::*;
use proptest::sample::Index;

/// What may happen to a frame of a flow on its way.
#[derive(Clone, Debug)]
pub enum Mishap {
    Flip(Index, u8),
    Lose,
    Repeat,
    Swap,
    Truncate(Index),
    Pad(u8),
}

pub fn mishap() -> impl Strategy<Value = Mishap> {
    prop_oneof![
        4 => (any::<Index>(), 0_u8..8).prop_map(|(place, bit)| Mishap::Flip(place, bit)),
        1 => Just(Mishap::Lose),
        1 => Just(Mishap::Repeat),
        1 => Just(Mishap::Swap),
        1 => any::<Index>().prop_map(Mishap::Truncate),
        1 => any::<u8>().prop_map(Mishap::Pad),
    ]
}

pub fn befall(frames: &mut Vec<Vec<u8>>, place: Index, mishap: &Mishap) {
    if frames.is_empty() {
        return;
    }
    let place = place.index(frames.len());
    match mishap {
        Mishap::Flip(at, bit) => {
            // Mostly in the headers.
            let most = frames[place].len().min(90);
            if most > 0 {
                frames[place][at.index(most)] ^= 1 << bit;
            }
        }
        Mishap::Lose => drop(frames.remove(place)),
        Mishap::Repeat => frames.insert(place, frames[place].clone()),
        Mishap::Swap => frames.swap(0, place),
        Mishap::Truncate(at) => {
            let length = at.index(frames[place].len() + 1);
            frames[place].truncate(length);
        }
        Mishap::Pad(count) => {
            let length = frames[place].len() + usize::from(*count);
            frames[place].resize(length, 0);
        }
    }
}

/// Takes from the flows in turns, as the indices say.
pub fn interleave(flows: Vec<Vec<Vec<u8>>>, turns: &[Index]) -> Vec<Vec<u8>> {
    let mut flows: Vec<_> = flows.into_iter().map(Vec::into_iter).collect();
    let mut frames = Vec::new();
    for turn in turns.iter().cycle() {
        if flows.is_empty() {
            break;
        }
        let place = turn.index(flows.len());
        match flows[place].next() {
            Some(frame) => frames.push(frame),
            None => drop(flows.remove(place)),
        }
    }
    frames
}
