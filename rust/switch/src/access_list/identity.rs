//! Who is behind a port, in the numbers of one access list, so that no frame costs a comparison of names.

use super::rule::{Rule, Who, bare_name};
use crate::rules::{PortKind, PortRules};
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

const BITS: usize = u64::BITS as usize;

/// What one access list knows of a port. Good for the list that made it and for no other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Of user and group; 0: no entry names it.
    names: [u32; 2],
    /// Which lists its user is in; None: entries with lists don't match it.
    lists: Option<Box<[u64]>>,
    summary: u64,
}

impl Identity {
    /// The numbers under which entries may name it; at least one, so that there is something to try.
    pub(super) fn numbers(&self) -> &[u32] {
        match self.names {
            [_, 0] => &self.names[..1],
            _ => &self.names,
        }
    }

    pub(super) fn is_known(&self) -> bool {
        self.names != [0, 0]
    }

    pub(super) fn meets(&self, condition: ListCondition) -> bool {
        self.lists.as_ref().is_some_and(|lists| {
            let word = lists.get(condition.list / BITS).copied().unwrap_or(0);
            (word >> (condition.list % BITS) & 1 != 0) == condition.listed
        })
    }

    /// Equal for ports that no entry tells apart, and, as good as surely, for no others.
    pub(super) const fn summary(&self) -> u64 {
        self.summary
    }
}

/// Be in a list of users, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ListCondition {
    list: usize,
    listed: bool,
}

/// The names and the lists of names in the entries of an access list, numbered.
#[derive(Debug, Default)]
pub(super) struct Names {
    numbers: HashMap<Box<str>, u32>,
    lists: Vec<Arc<HashSet<Box<str>>>>,
    places: HashMap<usize, usize>,
    random: RandomState,
}

/// What an entry asks of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Asked {
    Nothing,
    Name(u32),
    List(ListCondition),
}

impl Names {
    pub(super) fn of(rules: &[Rule]) -> Self {
        let mut names = Self::default();
        for rule in rules {
            names.take(&rule.source_user);
            names.take(&rule.target_user);
        }
        names
    }

    fn take(&mut self, who: &Who) {
        match who {
            Who::Any => {}
            Who::Name(name) => {
                let next = self.numbers.len() as u32 + 1;
                self.numbers.entry(bare_name(name).into()).or_insert(next);
            }
            Who::Listed(list) | Who::NotListed(list) => {
                let next = self.lists.len();
                self.places.entry(address(list)).or_insert_with(|| {
                    self.lists.push(Arc::clone(list));
                    next
                });
            }
        }
    }

    pub(super) fn asked(&self, who: &Who) -> Asked {
        match who {
            Who::Any => Asked::Nothing,
            Who::Name(name) => Asked::Name(self.number(name)),
            Who::Listed(list) => Asked::List(self.condition(list, true)),
            Who::NotListed(list) => Asked::List(self.condition(list, false)),
        }
    }

    fn condition(&self, list: &Arc<HashSet<Box<str>>>, listed: bool) -> ListCondition {
        let list = self.places.get(&address(list)).copied().unwrap_or(0);
        ListCondition { list, listed }
    }

    fn number(&self, name: &str) -> u32 {
        self.numbers.get(bare_name(name)).copied().unwrap_or(0)
    }

    pub(super) fn resolve(&self, rules: &PortRules) -> Identity {
        let mut lists = vec![0; self.lists.len().div_ceil(BITS)];
        for (place, list) in self.lists.iter().enumerate() {
            if list.contains(bare_name(&rules.user)) {
                lists[place / BITS] |= 1 << (place % BITS);
            }
        }
        let lists: Option<Box<[u64]>> = (rules.kind == PortKind::Client).then(|| lists.into());
        let (user, group) = (self.named(&rules.user), self.named(&rules.group));
        let names = if user == 0 { [group, 0] } else { [user, group] };
        Identity {
            summary: self.random.hash_one((names, &lists)),
            names,
            lists,
        }
    }

    fn named(&self, name: &str) -> u32 {
        if name.is_empty() {
            0
        } else {
            self.number(name)
        }
    }
}

fn address(list: &Arc<HashSet<Box<str>>>) -> usize {
    Arc::as_ptr(list).addr()
}
