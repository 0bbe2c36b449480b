use crate::app::App;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use ipnet::IpNet;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The address a request comes from, as far as it can be believed. Used for limits only, never logged,
/// never stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client(pub(crate) IpAddr);

impl FromRequestParts<App> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(address)| address.ip());
        let chain: Vec<&str> = parts
            .headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .collect();
        Ok(Self(behind(peer, &chain, &app.settings().config.trusted_proxies)))
    }
}

/// Walks back from the peer as long as the speaker is a proxy we trust: the first that is not is the
/// client. What the client itself wrote into the header lies beyond and is never reached.
fn behind(peer: IpAddr, chain: &[&str], trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address.to_canonical()));
    let mut client = peer;
    for hop in chain.iter().rev() {
        if !is_trusted(client) {
            break;
        }
        let Ok(address) = hop.trim().parse() else { break };
        client = address;
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap(), "127.0.0.1/32".parse().unwrap()];
        let who = |peer: &str, chain: &[&str]| behind(peer.parse().unwrap(), chain, &trusted).to_string();
        assert_eq!(who("192.0.2.1", &["198.51.100.7"]), "192.0.2.1", "a stranger's header is not read");
        assert_eq!(who("127.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(who("127.0.0.1", &["1.2.3.4", " 198.51.100.7 ", "10.1.1.1"]), "198.51.100.7", "invented hops");
        assert_eq!(who("127.0.0.1", &["198.51.100.7", "nonsense"]), "127.0.0.1");
        assert_eq!(who("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(who("::ffff:10.0.0.1", &["2001:db8::1"]), "2001:db8::1");
    }
}
