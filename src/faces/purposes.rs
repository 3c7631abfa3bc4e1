//! The purpose an officer stated when looking a person up goes with him to that person's documents.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{
        ids::{OwnerId, RecordId},
        officer::Actor,
    },
    workflows::{
        browse::{self, BrowseError, Purpose},
        context::Ctx,
    },
};

/// How long a stated purpose holds.
const HOLDS: SignedDuration = SignedDuration::from_mins(30);
/// How many are remembered at most; the oldest go first. Some 300 bytes each.
const LIMIT: usize = 100_000;

/// Stated purposes by who stated them and owner; in memory, beside the trace, where nothing has to be asked for.
#[derive(Clone, Default)]
pub struct Purposes(Arc<Mutex<Stated>>);

#[derive(Default)]
struct Stated {
    held: HashMap<(String, OwnerId), (Purpose, Timestamp)>,
    /// In the order in which they were stated; what was stated again stands here twice.
    in_order: VecDeque<((String, OwnerId), Timestamp)>,
}

impl Stated {
    /// What a look-up does does not hang on how many there were before it.
    fn forget_oldest(&mut self, now: Timestamp) {
        while let Some((_, at)) = self.in_order.front()
            && (self.in_order.len() > LIMIT || now.duration_since(*at) >= HOLDS)
            && let Some((key, at)) = self.in_order.pop_front()
        {
            if self.held.get(&key).is_some_and(|(_, last)| *last == at) {
                self.held.remove(&key);
            }
        }
    }
}

impl Purposes {
    /// Remembers what `by` said on looking up `owners`.
    pub fn state(&self, by: &Actor, owners: &[OwnerId], purpose: &Purpose, now: Timestamp) {
        let mut stated = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for owner in owners {
            let key = (by.id().to_owned(), owner.clone());
            stated.in_order.push_back((key.clone(), now));
            stated.held.insert(key, (purpose.clone(), now));
        }
        stated.forget_oldest(now);
    }

    /// The purpose that still holds for that owner; `document`: one of his that is asked for. What was stated at another
    /// server, or before this one was started, stands in the trace.
    ///
    /// # Errors
    /// [`BrowseError`] of the store.
    pub async fn of(
        &self,
        ctx: &Ctx,
        by: &Actor,
        owner: &OwnerId,
        document: Option<&RecordId>,
    ) -> Result<Option<Purpose>, BrowseError> {
        let now = ctx.clock.now();
        match self.known(by, owner, now) {
            Some(purpose) => Ok(Some(purpose)),
            None => browse::stated_purpose(ctx, by, owner, document, now - HOLDS).await,
        }
    }

    fn known(&self, by: &Actor, owner: &OwnerId, now: Timestamp) -> Option<Purpose> {
        let stated = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (purpose, at) = stated.held.get(&(by.id().to_owned(), owner.clone()))?;
        (now.duration_since(*at) < HOLDS).then(|| purpose.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        ids::{OfficerId, PersonalId},
        officer::{ActingOfficer, Officer},
    };

    fn officer() -> Actor {
        let officer = Officer {
            id: OfficerId::new(),
            full_name: "Công chức".to_owned(),
            personal_id: PersonalId::parse("000000000000").unwrap(),
            unit: None,
        };
        ActingOfficer::alone(officer, Timestamp::UNIX_EPOCH).into()
    }

    #[test]
    fn a_purpose_holds_for_its_owner_and_its_time() {
        let purposes = Purposes::default();
        let (owner, other) = (OwnerId::new(), OwnerId::new());
        let officer = officer();
        let purpose = Purpose::parse("giải quyết trợ cấp").unwrap();
        let start = Timestamp::UNIX_EPOCH;
        purposes.state(&officer, std::slice::from_ref(&owner), &purpose, start);
        assert_eq!(purposes.known(&officer, &owner, start + SignedDuration::from_mins(29)), Some(purpose));
        assert_eq!(purposes.known(&officer, &owner, start + SignedDuration::from_mins(31)), None);
        assert_eq!(purposes.known(&officer, &other, start), None);
    }

    #[test]
    fn the_oldest_are_forgotten_and_what_was_stated_again_is_not() {
        let purposes = Purposes::default();
        let officer = officer();
        let purpose = Purpose::parse("giải quyết trợ cấp").unwrap();
        let at = |n: usize| Timestamp::UNIX_EPOCH + SignedDuration::from_micros(n as i64);
        let owners: Vec<OwnerId> = (0..LIMIT).map(|_| OwnerId::new()).collect();
        for (n, owner) in owners.iter().enumerate() {
            purposes.state(&officer, std::slice::from_ref(owner), &purpose, at(n));
        }
        purposes.state(&officer, &owners[..1], &purpose, at(LIMIT));
        purposes.state(&officer, &[OwnerId::new()], &purpose, at(LIMIT + 1));
        let now = at(LIMIT + 2);
        let holds = |n: usize| purposes.known(&officer, &owners[n], now).is_some();
        assert_eq!([0, 1, 2].map(holds), [true, false, true]);
        let later = now + HOLDS;
        purposes.state(&officer, &[], &purpose, later);
        assert_eq!(purposes.0.lock().unwrap().held.len(), 0, "what is over is not kept");
    }
}
