//! Which numbers of datagrams were seen.

/// How far behind the highest number one may come.
const NUMBERS: u64 = 4_096;
const WORDS: usize = NUMBERS as usize / 64;

/// A window that slides with the highest number (as in RFC 6479): each number passes once, older ones never.
#[derive(Debug)]
pub struct Window {
    seen: [u64; WORDS],
    highest: u64,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            seen: [0; WORDS],
            highest: 0,
        }
    }
}

impl Window {
    /// True the first time for a number that isn't too old; 0 is none. Only for numbers that are authentic.
    pub fn take(&mut self, number: u64) -> bool {
        if number == 0 || number.saturating_add(NUMBERS) <= self.highest {
            return false;
        }
        if number > self.highest {
            self.slide(number);
        }
        let (word, bit) = place(number);
        let fresh = self.seen[word] & bit == 0;
        self.seen[word] |= bit;
        fresh
    }

    fn slide(&mut self, highest: u64) {
        if highest - self.highest >= NUMBERS {
            self.seen = [0; WORDS];
        } else {
            for number in self.highest + 1..=highest {
                let (word, bit) = place(number);
                self.seen[word] &= !bit;
            }
        }
        self.highest = highest;
    }
}

fn place(number: u64) -> (usize, u64) {
    let place = number % NUMBERS;
    ((place / 64) as usize, 1 << (place % 64))
}
