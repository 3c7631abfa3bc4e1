//! Accounts of officers: what a user name and a password must be, when an account is locked, how long a stay lasts.
//!
//! Knows nothing of hashes, cookies and rows.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    ids::{OfficerId, UnitId},
    officer::Roles,
};

/// Wrong tries in a row, each further one locking for twice as long as the one before.
const FREE_TRIES: u32 = 5;
/// The first lock, and the longest.
const FIRST_LOCK: SignedDuration = SignedDuration::from_secs(30);
const LONGEST_LOCK: SignedDuration = SignedDuration::from_mins(15);
/// A stay ends after so long without a request,
const IDLE: SignedDuration = SignedDuration::from_mins(30);
/// and after so long in any case: a working day.
const LONGEST_STAY: SignedDuration = SignedDuration::from_hours(10);
/// How long a one-time link may be used.
pub const INVITATION: SignedDuration = SignedDuration::from_hours(24);
/// Signs of a password: length is what counts (NIST SP 800-63B).
const PASSWORD: std::ops::RangeInclusive<usize> = 10..=128;

/// What an officer types to say who it is: 2–64 of `a-z`, `0-9`, `.`, `-`, `_`; capitals are the same letters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserName(String);

/// Not a user name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("tên đăng nhập gồm 2–64 chữ a–z không dấu, chữ số, dấu chấm, gạch nối, gạch dưới")]
pub struct InvalidUserName;

impl UserName {
    /// # Errors
    /// [`InvalidUserName`].
    pub fn parse(text: &str) -> Result<Self, InvalidUserName> {
        let text = text.trim().to_ascii_lowercase();
        let fits = (2..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-_".contains(&b));
        if fits { Ok(Self(text)) } else { Err(InvalidUserName) }
    }
}

super::ids::text_newtype!(UserName, InvalidUserName);

/// A password as it was typed; it does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// Why a password is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Too short, or so long that hashing it would cost too much.
    #[error("mật khẩu phải có từ 10 đến 128 ký tự")]
    Length,
    /// It holds the user name, or is one sign again and again.
    #[error("mật khẩu quá dễ đoán: không chứa tên đăng nhập, không lặp một ký tự")]
    Guessable,
}

impl Password {
    /// A password that somebody chooses.
    ///
    /// # Errors
    /// [`WeakPassword`].
    pub fn choose(text: &str, name: &UserName) -> Result<Self, WeakPassword> {
        if !PASSWORD.contains(&text.chars().count()) {
            return Err(WeakPassword::Length);
        }
        let mut signs: Vec<char> = text.chars().collect();
        signs.sort_unstable();
        signs.dedup();
        if signs.len() < 4 || text.to_lowercase().contains(name.as_str()) {
            return Err(WeakPassword::Guessable);
        }
        Ok(Self(text.to_owned()))
    }

    /// A password that somebody shows; cut where nobody's can be longer.
    pub fn shown(text: &str) -> Self {
        Self(text.chars().take(PASSWORD.end() + 1).collect())
    }

    /// The password, for hashing only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

/// How an officer may sign in, and as what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Whose.
    pub officer: OfficerId,
    /// What is typed.
    pub name: UserName,
    /// What the officer is here.
    pub roles: Roles,
    /// Where.
    pub unit: UnitId,
    /// Whether it may be used at all.
    pub is_active: bool,
    /// Wrong tries since the last right one.
    pub tries: Tries,
}

/// Wrong tries in a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tries {
    /// How many.
    pub n_failed: u32,
    /// Until when nothing is tried.
    pub locked_until: Option<Timestamp>,
}

impl Tries {
    /// Whether a try may be made at `now`.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.locked_until.is_none_or(|until| now >= until)
    }

    /// As it stands after one more wrong try.
    pub fn failed(&self, now: Timestamp) -> Self {
        let n_failed = self.n_failed.saturating_add(1);
        let lock = n_failed.checked_sub(FREE_TRIES).map(|over| {
            let doubled = FIRST_LOCK.checked_mul(1 << over.min(10)).unwrap_or(LONGEST_LOCK);
            now.saturating_add(doubled.min(LONGEST_LOCK)).unwrap_or(Timestamp::MAX)
        });
        Self { n_failed, locked_until: lock.or(self.locked_until) }
    }
}

/// How somebody showed who he is, as the trace says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A password.
    Password,
    /// A password, and a code of the authenticator.
    PasswordAndCode,
    /// The agency's own provider (OpenID Connect).
    Provider,
    /// The provider, and a code of our authenticator.
    ProviderAndCode,
    /// The secret of a system.
    Secret,
    /// The certificate of a system.
    Certificate,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Password,
        Self::PasswordAndCode,
        Self::Provider,
        Self::ProviderAndCode,
        Self::Secret,
        Self::Certificate,
    ];

    /// The name in the trace.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::PasswordAndCode => "password_and_code",
            Self::Provider => "provider",
            Self::ProviderAndCode => "provider_and_code",
            Self::Secret => "secret",
            Self::Certificate => "certificate",
        }
    }

    /// The way of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.as_str() == name)
    }

    /// What an auditor reads.
    pub fn words(self) -> &'static str {
        match self {
            Self::Password => "mật khẩu",
            Self::PasswordAndCode => "mật khẩu và mã xác thực",
            Self::Provider => "hệ thống đăng nhập của cơ quan",
            Self::ProviderAndCode => "hệ thống đăng nhập của cơ quan và mã xác thực",
            Self::Secret => "khóa bí mật của hệ thống",
            Self::Certificate => "chứng thư của hệ thống",
        }
    }

    /// Whether a code of our authenticator was used.
    pub fn is_with_code(self) -> bool {
        matches!(self, Self::PasswordAndCode | Self::ProviderAndCode)
    }

    /// A fact of an event of the trace.
    pub fn detail(self) -> serde_json::Value {
        serde_json::json!({ "way": self.as_str() })
    }
}

/// The unit of an agency that handles dossiers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// As the administrator wrote it.
    pub id: UnitId,
    /// What it is called.
    pub name: String,
}

/// Whether a stay still goes on at `now`.
pub fn stay_goes_on(signed_in_at: Timestamp, last_seen_at: Timestamp, now: Timestamp) -> bool {
    // A clock that was moved back ends the stay too: how old it is can't be told.
    (signed_in_at..=signed_in_at.saturating_add(LONGEST_STAY).unwrap_or(Timestamp::MAX)).contains(&now)
        && now.duration_since(last_seen_at) < IDLE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn user_names() {
        for (text, expected) in [
            ("an.nguyen", Some("an.nguyen")),
            (" An.Nguyen ", Some("an.nguyen")),
            ("a", None),
            ("nguyễn", None),
            ("a b", None),
            ("a'; --", None),
        ] {
            assert_eq!(UserName::parse(text).ok().as_ref().map(UserName::as_str), expected, "{text}");
        }
    }

    #[test]
    fn passwords_are_long_and_not_the_name() {
        let name = UserName::parse("an.nguyen").unwrap();
        for (text, expected) in [
            ("ngắn thôi", Err(WeakPassword::Length)),
            ("một câu dài dễ nhớ", Ok(())),
            ("aaaaaaaaaaaa", Err(WeakPassword::Guessable)),
            ("xx-An.Nguyen-99", Err(WeakPassword::Guessable)),
            (&"ab1c".repeat(40), Err(WeakPassword::Length)),
        ] {
            assert_eq!(Password::choose(text, &name).map(|_| ()), expected, "{text}");
        }
        assert_eq!(format!("{:?}", Password::shown("bí mật")), "Password(…)");
    }

    #[test]
    fn wrong_tries_lock_longer_and_longer() {
        let mut tries = Tries::default();
        for _ in 0..4 {
            tries = tries.failed(at(0));
        }
        assert!(tries.is_open(at(0)));
        for lock in [30, 60, 120, 240, 480, 900, 900, 900] {
            tries = tries.failed(at(0));
            assert!(!tries.is_open(at(lock - 1)) && tries.is_open(at(lock)), "{lock}");
        }
        for _ in 0..10_000 {
            tries = tries.failed(at(0));
        }
        assert!(tries.is_open(at(900)));
    }

    #[test]
    fn a_stay_ends_idle_after_a_day_and_when_the_clock_runs_back() {
        let check =
            |seen: i64, now: i64, ok| assert_eq!(stay_goes_on(at(0), at(seen), at(now)), ok, "{seen} {now}");
        check(0, 60, true);
        check(0, 1_799, true);
        check(0, 1_801, false);
        check(35_900, 35_990, true);
        check(35_900, 36_001, false);
        check(0, -5, false);
    }
}
