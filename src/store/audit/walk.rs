//! Walking the chain, segment after segment, and naming the first fault. Knows nothing of where it comes from.

use super::{
    days::Day,
    entry::{Entry, mark_of},
    head::{GENESIS, Head},
    segment::Segment,
};
use crate::store::Keys;

/// What a walk found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditVerification {
    /// Events found whole and in place, up to the first fault; with those that wait.
    pub n_events: u64,
    /// Of these, not chained yet: of the last second as a rule. That none of them is missing is not known.
    pub n_unsealed: u64,
    /// Segments found whole and in place.
    pub n_segments: u64,
    /// Signed ends of days that the chain still holds.
    pub n_days: u64,
    /// The end of the chain as it is stated; `None` when that is gone.
    pub head: Option<AuditHead>,
    /// The first fault; `None` when the whole chain holds.
    pub first_fault: Option<AuditFault>,
}

/// The end of the chain: noted elsewhere, it tells later whether the chain still holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// Number of the last segment; 0 when there is none.
    pub segment: u64,
    /// Number in the chain of the last event; 0 when there is none.
    pub seq: u64,
    /// The segment's hash, 64 hexadecimal digits.
    pub hash: String,
}

/// Where the chain breaks, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditFault {
    /// The number in the chain, from 1, at which it shows.
    pub seq: u64,
    /// How.
    pub kind: AuditFaultKind,
}

/// How the chain breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditFaultKind {
    /// Not what was written, or not written by this installation.
    Changed,
    /// Missing, with later ones still there.
    Removed,
    /// What was written, but in another place.
    Reordered,
    /// The end is missing.
    Truncated,
    /// Signed at the end of a day, and not in the chain any more: it was put back, or replaced.
    TakenBack,
}

/// A walk under way.
pub(super) struct Walk<'a> {
    /// Without keys, whoever holds an export follows the hashes alone.
    keys: Option<&'a Keys>,
    days: Vec<Day>,
    n_days: u64,
    /// What was whole so far.
    pub segment: i64,
    pub n_events: i64,
    pub place: (i64, i64),
    hash: String,
    sealed_at: i64,
    n_unsealed: i64,
    fault: Option<AuditFault>,
}

impl<'a> Walk<'a> {
    /// Begins before the first segment; `days` are the signed ends that the chain has to hold.
    pub(super) fn new(keys: Option<&'a Keys>, mut days: Vec<Day>) -> Self {
        days.sort_by_key(|day| std::cmp::Reverse(day.segment));
        Self {
            keys,
            days,
            n_days: 0,
            segment: 0,
            n_events: 0,
            place: (i64::MIN, i64::MIN),
            hash: GENESIS.to_owned(),
            sealed_at: i64::MIN,
            n_unsealed: 0,
            fault: None,
        }
    }

    pub(super) fn is_broken(&self) -> bool {
        self.fault.is_some()
    }

    /// A fault at event `index` (from 0) behind what was whole.
    pub(super) fn break_at(&mut self, index: usize, kind: AuditFaultKind) {
        let seq = u64::try_from(self.n_events).unwrap_or(0).saturating_add(1).saturating_add(index as u64);
        self.fault.get_or_insert(AuditFault { seq, kind });
    }

    /// The next segment with the events that lie between the end of the one before and its own, at most one more
    /// than it says; `is_last` when neither segments nor events follow.
    pub(super) fn segment(&mut self, segment: &Segment, events: &[Entry], is_last: bool) {
        if let Some((index, kind)) = self.fault_in(segment, events, is_last) {
            return self.break_at(index, kind);
        }
        self.segment = segment.no;
        self.n_events = self.n_events.saturating_add(segment.n_events);
        self.place = (segment.until_turn, segment.until_at);
        self.hash.clone_from(&segment.hash);
        self.sealed_at = segment.sealed_at;
        while let Some(day) = self.days.pop_if(|day| day.segment <= segment.no) {
            let is_held = day.segment == segment.no
                && day.hash == segment.hash
                && i64::try_from(day.n_events).is_ok_and(|n| n == self.n_events);
            if !is_held {
                self.fault.get_or_insert(AuditFault { seq: day.n_events, kind: AuditFaultKind::TakenBack });
                return;
            }
            self.n_days += 1;
        }
    }

    fn fault_in(
        &self,
        segment: &Segment,
        events: &[Entry],
        is_last: bool,
    ) -> Option<(usize, AuditFaultKind)> {
        use AuditFaultKind::{Changed, Removed, Reordered};
        if segment.no > self.segment.saturating_add(1) {
            return Some((0, Removed));
        }
        let is_stated = self.keys.is_none_or(|keys| segment.mac_by(keys) == segment.mac);
        let Some(marks) = segment.marks().filter(|_| is_stated) else { return Some((0, Changed)) };
        if segment.prev_hash != self.hash {
            // Whole by itself, but of another place, or behind a forged one.
            return Some((0, if self.keys.is_some() { Reordered } else { Changed }));
        }
        let follows = segment.no == self.segment.saturating_add(1)
            && segment.first == self.n_events.saturating_add(1)
            && segment.sealed_at > self.sealed_at;
        let found: Vec<_> = events.iter().map(|event| mark_of(&event.hash())).collect();
        for (index, mark) in marks.iter().enumerate() {
            let Some(event) = events.get(index) else {
                return Some((index, if is_last { AuditFaultKind::Truncated } else { Removed }));
            };
            if self.keys.is_some_and(|keys| event.mac_by(keys) != event.mac) {
                return Some((index, if self.is_moved(event, events) { Reordered } else { Changed }));
            }
            if found[index] != *mark {
                let is_elsewhere = found[index..].contains(mark);
                return Some((
                    index,
                    match (is_elsewhere, marks.contains(&found[index])) {
                        (true, true) => Reordered,
                        (false, true) => Removed,
                        (_, false) => Changed,
                    },
                ));
            }
        }
        if events.len() > marks.len() {
            return Some((marks.len(), Changed));
        }
        (!follows || segment.hash_over(events) != segment.hash).then_some((0, Changed))
    }

    /// Whether the event is whole under the time of some other one of its segment.
    fn is_moved(&self, event: &Entry, events: &[Entry]) -> bool {
        self.keys.is_some_and(|keys| events.iter().any(|other| event.is_of_time(keys, other.happened_at)))
    }

    /// Events behind the last segment, in order.
    pub(super) fn tail(&mut self, events: &[Entry]) {
        for event in events {
            if self.keys.is_some_and(|keys| event.mac_by(keys) != event.mac) {
                let n_unsealed = usize::try_from(self.n_unsealed).unwrap_or(usize::MAX);
                return self.break_at(n_unsealed, AuditFaultKind::Changed);
            }
            self.n_unsealed = self.n_unsealed.saturating_add(1);
        }
    }

    /// Compares the end that was reached with the one that is stated.
    pub(super) fn end(mut self, head: Option<&Head>) -> AuditVerification {
        let fault = if self.fault.is_some() { None } else { self.fault_at_end(head) };
        let fault = self.fault.or(fault).or_else(|| {
            let day = self.days.pop()?;
            Some(AuditFault { seq: day.n_events, kind: AuditFaultKind::TakenBack })
        });
        let unsigned = |number: i64| u64::try_from(number).unwrap_or(0);
        AuditVerification {
            n_events: unsigned(self.n_events.saturating_add(self.n_unsealed)),
            n_unsealed: unsigned(self.n_unsealed),
            n_segments: unsigned(self.segment),
            n_days: self.n_days,
            head: head.map(|head| AuditHead {
                segment: unsigned(head.no),
                seq: unsigned(head.n_events),
                hash: head.hash.clone(),
            }),
            first_fault: fault,
        }
    }

    fn fault_at_end(&self, head: Option<&Head>) -> Option<AuditFault> {
        let fault = |seq: i64, kind| Some(AuditFault { seq: u64::try_from(seq).unwrap_or(0), kind });
        let Some(head) = head else { return fault(self.n_events, AuditFaultKind::Truncated) };
        if self.keys.is_some_and(|keys| head.mac_by(keys) != head.mac) {
            return fault(self.n_events, AuditFaultKind::Changed);
        }
        if head.no > self.segment {
            return fault(self.n_events.saturating_add(1), AuditFaultKind::Truncated);
        }
        if head.no < self.segment || head.hash != self.hash || head.n_events != self.n_events {
            return fault(self.n_events, AuditFaultKind::Changed);
        }
        None
    }
}
