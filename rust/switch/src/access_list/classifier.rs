//! Finds the first of many entries that matches a frame, without looking at all of them.
//!
//! Entries that ask for the same things (the same masks, the same kinds of frames) form a shape; inside it one look
//! into a table finds the entry. Shapes are looked at by their first entry, until no later one can be earlier.

use super::flows::Flows;
use super::identity::{Asked, Identity, ListCondition, Names};
use super::ranges::{NONE, Ranges};
use super::rule::Rule;
use super::words::{KINDS, Kinds, Subject, Words, conditions, kinds};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// From this many shapes on that a kind of frame is looked up in, flows are remembered.
const MANY_SHAPES: usize = 6;
/// Up to this many entries a shape is looked through one by one.
const FEW: usize = 4;
const SOURCE_USER: u64 = 0xffff_ffff << 32;
const TARGET_USER: u64 = 0xffff_ffff;

/// Some entries of an access list.
#[derive(Debug, Default)]
pub(super) struct Classifier {
    shapes: Vec<Shape>,
    /// For each kind of frame: the shapes that it may match, those with the first entries first.
    of_kind: [Vec<u32>; KINDS],
    flows: Option<Flows>,
}

/// Entries that ask for the same things.
#[derive(Debug)]
struct Shape {
    first: u32,
    asks: Asks,
    table: Table,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Asks {
    mask: [u64; 8],
    kinds: Kinds,
    source: bool,
    target: bool,
    source_list: Option<ListCondition>,
    target_list: Option<ListCondition>,
    /// Where both sides have ranges, that of the source is one for the whole shape.
    source_range: Option<(u16, u16)>,
    ranged: Ranged,
}

/// Which port the entries of a shape have ranges of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Ranged {
    Neither,
    Source,
    Target,
}

#[derive(Debug)]
enum Table {
    Few(Box<[(Words, Bucket)]>),
    Many(HashMap<Words, Bucket, BuildHasherDefault<Mixed>>),
}

/// The entries that ask for the same values.
#[derive(Debug)]
enum Bucket {
    One(u32),
    Ranges(Ranges),
}

/// Takes the hash that [`Words`] has made of itself.
#[derive(Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

impl Hash for Words {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.mix(&MIXED));
    }
}

/// Any numbers: only who writes the entries could choose those that land in one place.
const MIXED: [u64; 8] = [
    0x2d35_8dcc_aa6c_78a5,
    0x8bb8_4b93_962e_acc9,
    0x4b33_a62e_d433_d4a3,
    0x4d5a_2da5_1de1_aa47,
    0xa076_1d64_78bd_642f,
    0xe703_7ed1_a0b4_28db,
    0x90ed_1765_281c_388c,
    0xaaaa_aaaa_aaaa_aaab,
];

impl Classifier {
    /// Of entries with their numbers, in order.
    pub(super) fn of<'a>(rules: impl Iterator<Item = (u32, &'a Rule)>, names: &Names) -> Self {
        let mut drafts: HashMap<Asks, Draft> = HashMap::new();
        for (number, rule) in rules.filter(|(_, rule)| rule.active) {
            let (asks, wanted) = describe(rule, names);
            drafts.entry(asks).or_default().add(number, wanted, rule);
        }
        let shapes = drafts.into_iter().map(|(asks, draft)| draft.finish(asks));
        let mut shapes: Vec<Shape> = shapes.collect();
        shapes.sort_unstable_by_key(|shape| shape.first);
        let of_kind: [Vec<u32>; KINDS] = std::array::from_fn(|kind| {
            let fits = |(_, shape): &(u32, &Shape)| shape.asks.kinds >> kind & 1 != 0;
            (0..)
                .zip(&shapes)
                .filter(fits)
                .map(|found| found.0)
                .collect()
        });
        let is_wide = of_kind.iter().any(|shapes| shapes.len() >= MANY_SHAPES);
        Self {
            shapes,
            of_kind,
            flows: is_wide.then(Flows::new),
        }
    }

    /// The first entry that matches.
    pub(super) fn find(
        &self,
        subject: &Subject,
        source: &Identity,
        target: &Identity,
    ) -> Option<u32> {
        let shapes = &self.of_kind[subject.kind as usize];
        let found = match &self.flows {
            Some(flows) if shapes.len() >= MANY_SHAPES => {
                let mark = flows.mark(subject, source, target);
                flows.find(mark).unwrap_or_else(|| {
                    let found = self.search(shapes, subject, source, target);
                    flows.keep(mark, found);
                    found
                })
            }
            _ => self.search(shapes, subject, source, target),
        };
        (found != NONE).then_some(found)
    }

    fn search(
        &self,
        shapes: &[u32],
        subject: &Subject,
        source: &Identity,
        target: &Identity,
    ) -> u32 {
        let mut best = NONE;
        for place in shapes {
            let shape = &self.shapes[*place as usize];
            if shape.first >= best {
                break;
            }
            if shape.asks.fit(subject, source, target) {
                best = best.min(shape.find(subject, source, target));
            }
        }
        best
    }
}

impl Asks {
    /// What is the same for all entries of the shape.
    fn fit(&self, subject: &Subject, source: &Identity, target: &Identity) -> bool {
        let known = |asked: u64, who: &Identity| self.mask[7] & asked == 0 || who.is_known();
        !(self.source && subject.no_source || self.target && subject.no_target)
            && known(SOURCE_USER, source)
            && known(TARGET_USER, target)
            && self.source_list.is_none_or(|list| source.meets(list))
            && self.target_list.is_none_or(|list| target.meets(list))
            && self
                .source_range
                .is_none_or(|(first, last)| (first..=last).contains(&subject.words.source_port()))
    }
}

impl Shape {
    fn find(&self, subject: &Subject, source: &Identity, target: &Identity) -> u32 {
        let mask = Words(self.asks.mask);
        let nobody: &[u32] = &[0];
        let numbers = |asked: u64, who| if mask.0[7] & asked == 0 { nobody } else { who };
        let sources = numbers(SOURCE_USER, source.numbers());
        let targets = numbers(TARGET_USER, target.numbers());
        let mut best = NONE;
        for source in sources {
            for target in targets {
                let words = subject.words.with_users(*source, *target).masked(&mask);
                best = best.min(self.table.find(&words, subject, self.asks.ranged));
            }
        }
        best
    }
}

impl Table {
    fn find(&self, words: &Words, subject: &Subject, ranged: Ranged) -> u32 {
        let bucket = match self {
            Self::Few(few) => few.iter().find(|one| one.0 == *words).map(|one| &one.1),
            Self::Many(many) => many.get(words),
        };
        match bucket {
            None => NONE,
            Some(Bucket::One(number)) => *number,
            Some(Bucket::Ranges(stretches)) => stretches.find(match ranged {
                Ranged::Source => subject.words.source_port(),
                Ranged::Target | Ranged::Neither => subject.words.target_port(),
            }),
        }
    }
}

/// A shape while its entries are collected.
#[derive(Default)]
struct Draft {
    first: Option<u32>,
    buckets: HashMap<Words, Vec<(u16, u16, u32)>, BuildHasherDefault<Mixed>>,
}

impl Draft {
    fn add(&mut self, number: u32, wanted: Words, rule: &Rule) {
        self.first.get_or_insert(number);
        let range = match ranged(rule) {
            Ranged::Neither => (0, u16::MAX),
            Ranged::Source => rule.source_ports.unwrap_or_default(),
            Ranged::Target => rule.target_ports.unwrap_or_default(),
        };
        let bucket = self.buckets.entry(wanted).or_default();
        bucket.push((range.0, range.1, number));
    }

    fn finish(self, asks: Asks) -> Shape {
        let close = |ranges: Vec<(u16, u16, u32)>| match asks.ranged {
            Ranged::Neither => Bucket::One(ranges[0].2),
            Ranged::Source | Ranged::Target => Bucket::Ranges(Ranges::of(ranges)),
        };
        let few = self.buckets.len() <= FEW;
        let buckets = self.buckets.into_iter();
        let buckets = buckets.map(|(words, ranges)| (words, close(ranges)));
        Shape {
            first: self.first.unwrap_or(NONE),
            asks,
            table: if few {
                Table::Few(buckets.collect())
            } else {
                Table::Many(buckets.collect())
            },
        }
    }
}

fn describe(rule: &Rule, names: &Names) -> (Asks, Words) {
    let (mut wanted, mut mask) = conditions(rule);
    let mut lists = [None; 2];
    let sides = [
        (&rule.source_user, SOURCE_USER, 32),
        (&rule.target_user, TARGET_USER, 0),
    ];
    for (list, (who, cover, shift)) in lists.iter_mut().zip(sides) {
        match names.asked(who) {
            Asked::Nothing => {}
            Asked::Name(number) => {
                wanted.0[7] |= u64::from(number) << shift;
                mask.0[7] |= cover;
            }
            Asked::List(condition) => *list = Some(condition),
        }
    }
    let ranged = ranged(rule);
    let source_range = rule.source_ports.filter(|ports| ports.0 != ports.1);
    let asks = Asks {
        mask: mask.0,
        kinds: kinds(rule),
        source: rule.source.is_some(),
        target: rule.target.is_some(),
        source_list: lists[0],
        target_list: lists[1],
        source_range: source_range.filter(|_| ranged == Ranged::Target),
        ranged,
    };
    (asks, wanted)
}

fn ranged(rule: &Rule) -> Ranged {
    let is_range = |ports: Option<(u16, u16)>| ports.is_some_and(|(first, last)| first != last);
    if is_range(rule.target_ports) {
        Ranged::Target
    } else if is_range(rule.source_ports) {
        Ranged::Source
    } else {
        Ranged::Neither
    }
}
