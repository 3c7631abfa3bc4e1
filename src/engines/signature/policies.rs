//! Certificate policies along a path (RFC 5280, 6.1): whether a CA asked for policies, and the path has
//! one that all its CAs stand for. Any policy will do to us. OpenSSL would look at this as well, but
//! takes no path with an explicit policy unless a set is given that its Rust binding cannot give.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::certificate::Certificate;

/// anyPolicy.
const ANY: &str = "2.5.29.32.0";

/// What a certificate says of policies besides its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    /// After how many certificates a policy is asked for.
    pub require_explicit: Option<u64>,
    /// After how many certificates mappings do not count.
    pub inhibit_mapping: Option<u64>,
    /// After how many certificates anyPolicy does not count.
    pub inhibit_any: Option<u64>,
    /// Policies of the issuer and which ones of the subject are the same.
    pub mappings: Vec<(String, String)>,
}

/// Whether the policies along a path (the certificate asked for first, the trusted one last) hold.
pub fn hold(path: &[Arc<Certificate>]) -> bool {
    // From the one that the trusted certificate issued down to the one asked for.
    let ways: Vec<&Arc<Certificate>> = path.iter().rev().skip(1).collect();
    let far = ways.len() as u64 + 1;
    let (mut explicit, mut mapping, mut any) = (far, far, far);
    let mut valid = BTreeSet::from([ANY.to_owned()]);
    for (n, one) in ways.iter().enumerate() {
        let is_last = n + 1 == ways.len();
        let counts_any = any > 0 || (!is_last && one.is_self_issued());
        valid = next(&valid, one, counts_any);
        if is_last {
            explicit = explicit.saturating_sub(1);
            if one.policy_rules.require_explicit == Some(0) {
                explicit = 0;
            }
        }
        if explicit == 0 && valid.is_empty() {
            return false;
        }
        if is_last {
            continue;
        }
        if one.policy_rules.mappings.iter().any(|(from, to)| from == ANY || to == ANY) {
            return false;
        }
        valid = mapped(valid, one, mapping > 0);
        if !one.is_self_issued() {
            explicit = explicit.saturating_sub(1);
            mapping = mapping.saturating_sub(1);
            any = any.saturating_sub(1);
        }
        let least = |now: u64, rule: Option<u64>| rule.map_or(now, |rule| rule.min(now));
        explicit = least(explicit, one.policy_rules.require_explicit);
        mapping = least(mapping, one.policy_rules.inhibit_mapping);
        any = least(any, one.policy_rules.inhibit_any);
    }
    true
}

/// Policies that are left after a certificate.
fn next(valid: &BTreeSet<String>, one: &Certificate, counts_any: bool) -> BTreeSet<String> {
    let is_valid = |policy: &&String| *policy != ANY && (valid.contains(*policy) || valid.contains(ANY));
    let mut left: BTreeSet<String> = one.policies.iter().filter(is_valid).cloned().collect();
    if counts_any && one.policies.iter().any(|policy| policy == ANY) {
        left.extend(valid.iter().cloned());
    }
    left
}

fn mapped(valid: BTreeSet<String>, one: &Certificate, counts: bool) -> BTreeSet<String> {
    let mappings = &one.policy_rules.mappings;
    let mut left: BTreeSet<String> =
        valid.iter().filter(|policy| !mappings.iter().any(|(from, _)| from == *policy)).cloned().collect();
    if counts {
        let fits = |from: &String| valid.contains(from) || valid.contains(ANY);
        left.extend(mappings.iter().filter(|(from, _)| fits(from)).map(|(_, to)| to.clone()));
    }
    left
}
