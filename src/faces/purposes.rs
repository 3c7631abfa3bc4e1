//! The purpose an officer stated when looking a person up goes with him to that person's documents.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{ids::OwnerId, officer::Actor},
    workflows::browse::Purpose,
};

/// How long a stated purpose holds.
const HOLDS: SignedDuration = SignedDuration::from_mins(30);
/// How many are remembered at most; the oldest go first.
const LIMIT: usize = 10_000;

/// Stated purposes by who stated them and owner; in memory only, they are in the trace anyway.
#[derive(Clone, Default)]
pub struct Purposes(Arc<Mutex<Stated>>);

type Stated = HashMap<(String, OwnerId), (Purpose, Timestamp)>;

impl Purposes {
    /// Remembers what `by` said on looking up `owners`.
    pub fn state(&self, by: &Actor, owners: &[OwnerId], purpose: &Purpose, now: Timestamp) {
        let mut stated = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for owner in owners {
            stated.insert((by.id().to_owned(), owner.clone()), (purpose.clone(), now));
        }
        if stated.len() > LIMIT {
            stated.retain(|_, (_, at)| now.duration_since(*at) < HOLDS);
        }
        while stated.len() > LIMIT {
            let Some(oldest) = stated.iter().min_by_key(|(_, (_, at))| *at).map(|(key, _)| key.clone())
            else {
                break;
            };
            stated.remove(&oldest);
        }
    }

    /// The purpose that still holds.
    pub fn of(&self, by: &Actor, owner: &OwnerId, now: Timestamp) -> Option<Purpose> {
        let stated = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (purpose, at) = stated.get(&(by.id().to_owned(), owner.clone()))?;
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

    #[test]
    fn a_purpose_holds_for_its_owner_and_its_time() {
        let purposes = Purposes::default();
        let (owner, other) = (OwnerId::new(), OwnerId::new());
        let officer = Officer {
            id: OfficerId::new(),
            full_name: "Công chức".to_owned(),
            personal_id: PersonalId::parse("000000000000").unwrap(),
            unit: None,
        };
        let officer = Actor::from(ActingOfficer::alone(officer, Timestamp::UNIX_EPOCH));
        let purpose = Purpose::parse("giải quyết trợ cấp").unwrap();
        let start = Timestamp::UNIX_EPOCH;
        purposes.state(&officer, std::slice::from_ref(&owner), &purpose, start);
        assert_eq!(purposes.of(&officer, &owner, start + SignedDuration::from_mins(29)), Some(purpose));
        assert_eq!(purposes.of(&officer, &owner, start + SignedDuration::from_mins(31)), None);
        assert_eq!(purposes.of(&officer, &other, start), None);
    }
}
