//! What is asked of signatures besides being right: algorithms with dates, exceptions for stated
//! issuers and periods, which trust is enough for which kind of paper, and how fresh news of
//! revocation must be. Read from a file (`samples/signature-policy.toml` explains every key); what is
//! built in is what that file says.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::algorithms::{Curve, Digest, Key, Use};
use super::trust::{Purpose, moment};

/// Why a policy file cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// It is not as it has to be; the message names key and line.
    #[error("tệp chính sách chữ ký: {0}")]
    Form(String),
    /// A value that means nothing.
    #[error("tệp chính sách chữ ký: {key} = «{value}» không hợp lệ; {expected}")]
    Value {
        /// The key.
        key: String,
        /// What stands there.
        value: String,
        /// What may stand there.
        expected: &'static str,
    },
}

/// Until when something is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// It never was.
    Never,
    /// For signatures that provably existed before this moment.
    Moment(Timestamp),
    /// Without an end.
    Always,
}

/// What a use of algorithms is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acceptance {
    /// Strong enough.
    Accepted,
    /// Accepted by an exception; the note stands in the report.
    Excepted(String),
    /// It was strong once, and nothing proves that the signature existed then.
    NoProof,
    /// Too weak.
    Refused,
}

/// Which time an exception goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// A time stamp or our own receipt.
    Proven,
    /// The signer's word too, where nothing better is there.
    Claimed,
}

/// Weak algorithms that are accepted all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    digest: Option<Digest>,
    rsa_bits: Option<u32>,
    issuers: Vec<String>,
    from: Timestamp,
    until: Timestamp,
    by: By,
    note: String,
}

/// Which trust is enough for kinds of paper.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PaperRule {
    codes: Vec<String>,
    purposes: Vec<Purpose>,
}

/// What is asked of signatures.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    digests: BTreeMap<Digest, Until>,
    /// Least bits and until when; keys count under the largest entry that they reach.
    rsa: BTreeMap<u32, Until>,
    curves: BTreeMap<Curve, Until>,
    exceptions: Vec<Exception>,
    /// Whether a signature needs news of revocation to pass.
    pub revocation_required: bool,
    /// How long after its nextUpdate a list or answer still counts, seconds.
    pub late_seconds: i64,
    /// How long news without nextUpdate count, seconds.
    pub fresh_seconds: i64,
    /// How long after the proven time of a signature news must have been made, seconds; 0: not asked.
    pub grace_seconds: i64,
    /// Trust that is enough for signatures.
    pub purposes: Vec<Purpose>,
    /// Trust that is enough for time stamps.
    pub timestamp_purposes: Vec<Purpose>,
    papers: Vec<PaperRule>,
}

impl Default for Policy {
    fn default() -> Self {
        Self::parse("").expect("an empty policy is the one that is built in; a test holds it")
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct PolicyIn {
    digests: BTreeMap<String, String>,
    rsa: BTreeMap<String, String>,
    curves: BTreeMap<String, String>,
    exception: Vec<ExceptionIn>,
    revocation: RevocationIn,
    trust: TrustIn,
    paper: Vec<PaperIn>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExceptionIn {
    digest: Option<Digest>,
    rsa_bits: Option<u32>,
    issuers: Vec<String>,
    from: String,
    until: String,
    by: By,
    note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RevocationIn {
    required: bool,
    late_hours: u32,
    fresh_hours: u32,
    grace_hours: u32,
}

impl Default for RevocationIn {
    fn default() -> Self {
        Self { required: true, late_hours: 0, fresh_hours: 24, grace_hours: 0 }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TrustIn {
    signatures: Vec<Purpose>,
    timestamps: Vec<Purpose>,
}

impl Default for TrustIn {
    fn default() -> Self {
        use Purpose::{Foreign, Government, Internal, Public, Timestamp};
        Self {
            signatures: vec![Government, Public, Foreign, Internal],
            timestamps: vec![Timestamp, Government, Public],
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PaperIn {
    codes: Vec<String>,
    signatures: Vec<Purpose>,
}

impl Policy {
    /// Reads a policy file; what it leaves out is as built in.
    ///
    /// # Errors
    /// [`PolicyError`]: names the key, also one that is not known.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let read: PolicyIn = toml::from_str(text).map_err(|e| PolicyError::Form(e.to_string()))?;
        let strong = [Digest::Sha256, Digest::Sha384, Digest::Sha512];
        let mut digests: BTreeMap<_, _> = strong.map(|digest| (digest, Until::Always)).into();
        for (name, value) in &read.digests {
            digests.insert(named_digest(name)?, until(&format!("digests.{name}"), value)?);
        }
        let mut rsa = BTreeMap::from([(2048, Until::Always)]);
        for (bits, value) in &read.rsa {
            let n = bits.parse().ok().filter(|n| (512..=16384).contains(n));
            let n = n.ok_or_else(|| wrong("rsa", bits, "khóa là số bit, từ 512 đến 16384"))?;
            rsa.insert(n, until(&format!("rsa.{bits}"), value)?);
        }
        let mut curves: BTreeMap<_, _> =
            [Curve::P256, Curve::P384, Curve::P521].map(|c| (c, Until::Always)).into();
        for (name, value) in &read.curves {
            curves.insert(named_curve(name)?, until(&format!("curves.{name}"), value)?);
        }
        let papers = read.paper.into_iter().map(|p| PaperRule { codes: p.codes, purposes: p.signatures });
        Ok(Self {
            digests,
            rsa,
            curves,
            exceptions: read.exception.into_iter().map(exception).collect::<Result<_, _>>()?,
            revocation_required: read.revocation.required,
            late_seconds: i64::from(read.revocation.late_hours) * 3600,
            fresh_seconds: i64::from(read.revocation.fresh_hours) * 3600,
            grace_seconds: i64::from(read.revocation.grace_hours) * 3600,
            purposes: read.trust.signatures,
            timestamp_purposes: read.trust.timestamps,
            papers: papers.collect(),
        })
    }

    /// The policy for a paper with this type code: the first rule that names it, else the general one.
    pub fn for_paper(&self, type_code: &str) -> Self {
        let rule = self.papers.iter().find(|rule| rule.codes.iter().any(|code| matches(code, type_code)));
        let purposes = rule.map_or(&self.purposes, |rule| &rule.purposes).clone();
        Self { purposes, ..self.clone() }
    }

    /// Judges one use of algorithms. `proven`: when the signature provably existed, before `now`;
    /// `claimed`: when its signer says; `issuers`: common names along the chain.
    pub fn accepts(
        &self,
        used: &Use,
        now: Timestamp,
        proven: Option<Timestamp>,
        claimed: Option<Timestamp>,
        issuers: &[String],
    ) -> Acceptance {
        let digest = self.digests.get(&used.digest).copied().unwrap_or(Until::Never);
        let key = used.key.map_or(Until::Always, |key| self.key_until(key));
        let both = [at(digest, now, proven), at(key, now, proven)];
        let worst = if both.contains(&Acceptance::Refused) {
            Acceptance::Refused
        } else if both.contains(&Acceptance::NoProof) {
            Acceptance::NoProof
        } else {
            return Acceptance::Accepted;
        };
        // The weakness must be the one that the exception names: SHA-1 excuses no short key.
        let is_weak_digest = both[0] != Acceptance::Accepted;
        let is_weak_key = both[1] != Acceptance::Accepted;
        let excuses = |e: &&Exception| {
            let time = proven.or(if e.by == By::Claimed { claimed } else { None });
            let key_excused =
                matches!((e.rsa_bits, used.key), (Some(least), Some(Key::Rsa(bits))) if bits >= least);
            (!is_weak_digest || e.digest == Some(used.digest))
                && (!is_weak_key || key_excused)
                && time.is_some_and(|time| e.from <= time && time < e.until)
                && e.issuers.iter().any(|name| issuers.iter().any(|issuer| same(name, issuer)))
        };
        self.exceptions.iter().find(excuses).map_or(worst, |e| Acceptance::Excepted(e.note.clone()))
    }

    fn key_until(&self, key: Key) -> Until {
        match key {
            Key::Rsa(bits) => self.rsa.range(..=bits).next_back().map_or(Until::Never, |(_, until)| *until),
            Key::Ec(Some(curve), _) => self.curves.get(&curve).copied().unwrap_or(Until::Never),
            Key::Ec(None, _) | Key::Other => Until::Never,
        }
    }
}

fn at(until: Until, now: Timestamp, proven: Option<Timestamp>) -> Acceptance {
    match until {
        Until::Always => Acceptance::Accepted,
        Until::Never => Acceptance::Refused,
        Until::Moment(end) if proven.unwrap_or(now) < end => Acceptance::Accepted,
        Until::Moment(_) if proven.is_none() => Acceptance::NoProof,
        Until::Moment(_) => Acceptance::Refused,
    }
}

fn same(a: &str, b: &str) -> bool {
    let folded = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    folded(a) == folded(b)
}

/// Whether a code fits a pattern in which `*` stands for anything.
fn matches(pattern: &str, code: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| code.strip_prefix(first)) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn wrong(key: &str, value: &str, expected: &'static str) -> PolicyError {
    PolicyError::Value { key: key.to_owned(), value: value.to_owned(), expected }
}

fn until(key: &str, value: &str) -> Result<Until, PolicyError> {
    match value {
        "always" => Ok(Until::Always),
        "never" => Ok(Until::Never),
        day => moment(day, 1)
            .map(Until::Moment)
            .ok_or_else(|| wrong(key, value, "phải là \"always\", \"never\" hoặc ngày cuối cùng YYYY-MM-DD")),
    }
}

fn named_digest(name: &str) -> Result<Digest, PolicyError> {
    Ok(match name {
        "md5" => Digest::Md5,
        "sha1" => Digest::Sha1,
        "sha224" => Digest::Sha224,
        "sha256" => Digest::Sha256,
        "sha384" => Digest::Sha384,
        "sha512" => Digest::Sha512,
        _ => return Err(wrong("digests", name, "các tên: md5, sha1, sha224, sha256, sha384, sha512")),
    })
}

fn named_curve(name: &str) -> Result<Curve, PolicyError> {
    Ok(match name {
        "P-256" => Curve::P256,
        "P-384" => Curve::P384,
        "P-521" => Curve::P521,
        _ => return Err(wrong("curves", name, "các tên: P-256, P-384, P-521")),
    })
}

fn exception(read: ExceptionIn) -> Result<Exception, PolicyError> {
    if read.digest.is_none() && read.rsa_bits.is_none() {
        return Err(wrong("exception", &read.note, "cần digest hoặc rsa_bits"));
    }
    if read.issuers.is_empty() {
        return Err(wrong("exception.issuers", "", "cần ít nhất một tên nơi cấp chứng thư số"));
    }
    let day = |key, text: &str, after| {
        moment(text, after).ok_or_else(|| wrong(key, text, "phải có dạng YYYY-MM-DD"))
    };
    Ok(Exception {
        digest: read.digest,
        rsa_bits: read.rsa_bits,
        issuers: read.issuers,
        from: day("exception.from", &read.from, 0)?,
        until: day("exception.until", &read.until, 1)?,
        by: read.by,
        note: read.note,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../../samples/signature-policy.toml");

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_sample_says_what_is_built_in_and_its_examples_can_be_taken() {
        assert_eq!(Policy::parse(SAMPLE).unwrap(), Policy::default());
        // Uncommented, every example of the sample is a policy.
        let lines: Vec<&str> = SAMPLE.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line)).collect();
        let policy = Policy::parse(&lines.join("\n")).unwrap();
        assert!(!policy.exceptions.is_empty() && !policy.papers.is_empty());
    }

    #[test]
    fn what_is_wrong_in_a_file_is_named() {
        for (text, part) in [
            ("colour = 1", "colour"),
            ("[digests]\nsha0 = \"always\"", "sha0"),
            ("[digests]\nsha1 = \"31/12/2020\"", "31/12/2020"),
            ("[rsa]\n\"many\" = \"always\"", "many"),
            ("[curves]\nsecp256k1 = \"always\"", "secp256k1"),
            ("[revocation]\nneeded = true", "needed"),
            ("[trust]\nsignatures = [\"royal\"]", "royal"),
            (
                "[[exception]]\nissuers = []\nfrom = \"2020-01-01\"\nuntil = \"2020-01-01\"\nby = \"proven\"\nnote = \"x\"",
                "rsa_bits",
            ),
            (
                "[[exception]]\ndigest = \"sha1\"\nissuers = []\nfrom = \"2020-01-01\"\nuntil = \"2020-01-01\"\nby = \"proven\"\nnote = \"x\"",
                "issuers",
            ),
        ] {
            let error = Policy::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn algorithms_are_judged_at_the_time_that_is_proven() {
        let policy = Policy::parse(
            "[digests]\nsha1 = \"2020-12-31\"\nsha256 = \"always\"\n\
             [[exception]]\ndigest = \"md5\"\nissuers = [\"CA  thử\"]\nfrom = \"2021-01-01\"\nuntil = \"2021-12-31\"\nby = \"claimed\"\nnote = \"n\"\n",
        )
        .unwrap();
        let now = time("2026-06-01T00:00:00Z");
        let check = |digest, key, proven: Option<&str>, claimed: Option<&str>, expected: Acceptance| {
            let used = Use { digest, key: Some(key) };
            let issuers = ["CA Thử".to_owned()];
            let found = policy.accepts(&used, now, proven.map(time), claimed.map(time), &issuers);
            assert_eq!(found, expected, "{digest:?} {key:?} {proven:?} {claimed:?}");
        };
        let strong = Key::Rsa(2048);
        check(Digest::Sha256, strong, None, None, Acceptance::Accepted);
        check(Digest::Sha256, Key::Rsa(3072), None, None, Acceptance::Accepted);
        check(Digest::Sha256, Key::Rsa(2047), None, None, Acceptance::Refused);
        check(Digest::Sha256, Key::Ec(Some(Curve::P256), 256), None, None, Acceptance::Accepted);
        check(Digest::Sha256, Key::Ec(None, 224), None, None, Acceptance::Refused);
        check(Digest::Sha1, strong, None, Some("2019-01-01T00:00:00Z"), Acceptance::NoProof);
        check(Digest::Sha1, strong, Some("2019-01-01T00:00:00Z"), None, Acceptance::Accepted);
        check(Digest::Sha1, strong, Some("2021-01-01T00:00:00Z"), None, Acceptance::Refused);
        check(Digest::Md5, strong, None, None, Acceptance::Refused);
        check(Digest::Md5, strong, None, Some("2021-05-01T00:00:00Z"), Acceptance::Excepted("n".into()));
        check(Digest::Md5, strong, None, Some("2022-05-01T00:00:00Z"), Acceptance::Refused);
        check(
            Digest::Md5,
            strong,
            Some("2022-05-01T00:00:00Z"),
            Some("2021-05-01T00:00:00Z"),
            Acceptance::Refused,
        );
        check(Digest::Md5, Key::Rsa(1024), None, Some("2021-05-01T00:00:00Z"), Acceptance::Refused);
    }

    #[test]
    fn patterns_of_codes_choose_the_trust() {
        for (pattern, code, expected) in [
            ("1.001776-KQ1", "1.001776-KQ1", true),
            ("*-KQ*", "1.001776-KQ1", true),
            ("*-KQ*", "1.001776.01", false),
            ("1.*", "1.001776.01", true),
            ("*", "", true),
            ("a*a", "a", false),
            ("1", "12", false),
        ] {
            assert_eq!(matches(pattern, code), expected, "{pattern} {code}");
        }
        let policy = Policy::parse("[[paper]]\ncodes = [\"*-KQ*\"]\nsignatures = [\"government\"]").unwrap();
        assert_eq!(policy.for_paper("1.001776-KQ1").purposes, [Purpose::Government]);
        assert_eq!(policy.for_paper("1.001776.01").purposes.len(), 4);
    }
}
