//! Which addresses of the network may be connected to.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Looks names up, and leaves out addresses that may not be connected to.
pub(super) struct Resolver {
    /// Hosts of private networks that the installation allows: names, or addresses.
    pub(super) allowed: Arc<BTreeSet<String>>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.allowed.clone();
        Box::pin(async move {
            let host = name.as_str().trim_end_matches('.').to_ascii_lowercase();
            let is_named = allowed.contains(&host);
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            let usable: Vec<SocketAddr> =
                found.filter(|address| is_named || may_connect(address.ip(), &allowed)).collect();
            if usable.is_empty() {
                return Err("no address of this host may be connected to".into());
            }
            Ok(Box::new(usable.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is public, or one that the installation allows.
pub(super) fn may_connect(address: IpAddr, allowed: &BTreeSet<String>) -> bool {
    is_public(address) || allowed.contains(&address.to_string())
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_shared = a == 100 && (64..128).contains(&b); // carriers' own
    let is_for_protocols = a == 192 && b == 0 && c == 0;
    let is_for_benchmarks = a == 198 && (18..20).contains(&b);
    !(a == 0
        || a >= 240
        || is_shared
        || is_for_protocols
        || is_for_benchmarks
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    if let Some(inside) = address.to_ipv4_mapped() {
        return is_public_v4(inside);
    }
    // What translates to IPv4: 64:ff9b::/96 and 2002::/16.
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    if segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return is_public_v4(v4(segments[6], segments[7]));
    }
    if segments[0] == 0x2002 {
        return is_public_v4(v4(segments[1], segments[2]));
    }
    let is_global = segments[0] & 0xe000 == 0x2000; // 2000::/3, all that is given out
    let is_documentation = segments[..2] == [0x2001, 0xdb8];
    let is_teredo = segments[..2] == [0x2001, 0];
    is_global && !is_documentation && !is_teredo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_and_named_ones() {
        let allowed = BTreeSet::from(["10.1.2.3".to_owned()]);
        let check = |text: &str, expected: bool| {
            assert_eq!(may_connect(text.parse().unwrap(), &allowed), expected, "{text}");
        };
        for public in ["8.8.8.8", "113.160.0.1", "2001:ee0::1", "2606:4700::1", "::ffff:8.8.8.8"] {
            check(public, true);
        }
        check("10.1.2.3", true);
        for private in [
            "10.1.2.4",
            "127.0.0.1",
            "0.0.0.0",
            "169.254.169.254",
            "172.20.0.1",
            "192.168.0.1",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
        ] {
            check(private, false);
        }
    }
}
