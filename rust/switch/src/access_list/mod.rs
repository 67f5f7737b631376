//! Rules for the frames of a hub (reference: virtual hub, section 3): thousands of them cost little more than few.
//!
//! Two passes. Entries in front of the first that names a target's user judge a frame where it comes in; the others
//! where it goes out, for each target. Who made the frame pass in the first is not asked again: that is the caller's.

mod classifier;
mod flows;
mod identity;
mod ranges;
mod rule;
mod treatment;
mod words;

pub use identity::Identity;
pub use rule::{Block, Rule, TcpState, Who, bare_name};
pub use treatment::{Fate, Treatment};

use crate::facts::Facts;
use crate::redirect;
use crate::rules::PortRules;
use classifier::Classifier;
use identity::Names;
use words::Subject;

/// The entries of a hub, compiled. The default is empty: everything passes.
#[derive(Debug, Default)]
pub struct AccessList {
    names: Names,
    verdicts: Box<[Stored]>,
    discards: Box<[bool]>,
    on_store: Classifier,
    on_forward: Classifier,
    forwards: bool,
}

/// What the first pass says to a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// No entry is about it: the second pass has to judge.
    NoMatch,
    /// It may go on, the second pass is not to judge it. With a redirection in it: it is to be answered, and dropped.
    Pass(Treatment),
    /// It goes no further.
    Drop,
}

impl AccessList {
    /// The list of these entries: by priority, those that pass before those that discard, then as they are given.
    pub fn compile(mut rules: Vec<Rule>) -> Self {
        rules.sort_by_key(|rule| (rule.priority, rule.discard));
        let split = rules.iter().position(|rule| !rule.target_user.is_any());
        let split = split.unwrap_or(rules.len());
        let names = Names::of(&rules);
        let numbered = || (0..).zip(&rules);
        let on_store = Classifier::of(numbered().take(split), &names);
        let on_forward = Classifier::of(numbered().skip(split), &names);
        let discards = rules.iter().map(|rule| rule.discard).collect();
        let forwards = rules[split..].iter().any(|rule| rule.active);
        let verdicts = rules.into_iter().take(split).map(verdict).collect();
        Self {
            names,
            verdicts,
            discards,
            on_store,
            on_forward,
            forwards,
        }
    }

    /// There is nothing to ask.
    pub fn is_empty(&self) -> bool {
        self.discards.is_empty()
    }

    /// The second pass may say no: who is behind the targets matters.
    pub const fn judges_targets(&self) -> bool {
        self.forwards
    }

    /// Who a port is to this list. To be asked again when the list or the port's rules change.
    pub fn resolve(&self, rules: &PortRules) -> Identity {
        self.names.resolve(rules)
    }

    /// The first pass, for a frame that came from `source`. `on_arp`: ARP is looked at too.
    pub fn store(&self, facts: &Facts, source: &Identity, on_arp: bool) -> Stored {
        if self.verdicts.is_empty() {
            return Stored::NoMatch;
        }
        let found = Subject::of(facts, on_arp)
            .and_then(|subject| self.on_store.find(&subject, source, &Identity::default()));
        match found {
            None => Stored::NoMatch,
            Some(number) => {
                self.verdicts[number as usize].on(facts, self.discards[number as usize])
            }
        }
    }

    /// The second pass, for a frame that the first had no entry for. False: `target` doesn't get it.
    pub fn forward(
        &self,
        facts: &Facts,
        source: &Identity,
        target: &Identity,
        on_arp: bool,
    ) -> bool {
        if !self.forwards {
            return true;
        }
        let found = Subject::of(facts, on_arp)
            .and_then(|subject| self.on_forward.find(&subject, source, target));
        found.is_none_or(|number| !self.discards[number as usize])
    }
}

/// What an entry says; with a redirection also where it discards, for only some frames can be answered.
fn verdict(rule: Rule) -> Stored {
    if rule.discard && rule.treatment.redirect.is_none() {
        Stored::Drop
    } else {
        Stored::Pass(rule.treatment)
    }
}

impl Stored {
    fn on(&self, facts: &Facts, discard: bool) -> Self {
        match self {
            Self::Pass(treatment) if treatment.redirect.is_some() => {
                let is_answered = redirect::applies(facts);
                if is_answered {
                    Self::Pass(Treatment {
                        redirect: treatment.redirect.clone(),
                        ..Treatment::default()
                    })
                } else if discard {
                    Self::Drop
                } else {
                    Self::Pass(Treatment {
                        redirect: None,
                        ..treatment.clone()
                    })
                }
            }
            _ => self.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
