//! Settings for one machine. On AWS, API Gateway, S3 and CloudWatch take over these tasks.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::time::Duration;

use super::reader::Reader;
use super::{AllowList, SettingsError};

/// Settings of the process on one machine.
#[derive(Debug, Clone)]
pub struct MachineSettings {
    /// `METRICS_HOST` and `METRICS_PORT`: address of `/metrics`, separate from the webhooks.
    /// Without a port there is none.
    pub metrics: Option<SocketAddr>,
    /// `RATE_LIMIT_PER_MINUTE` and `RATE_LIMIT_BURST`: how many unauthenticated requests one
    /// address may send.
    pub rate_limit: Option<RateLimitSettings>,
    /// `TRUSTED_PROXIES`: networks whose `X-Forwarded-For` is trusted. None unless set.
    pub trusted_proxies: Option<AllowList>,
    /// `MAX_CONNECTIONS`: most connections at once. Beyond that, idle connections are closed for
    /// new ones.
    pub max_connections: usize,
    /// `MAX_CONNECTIONS_PER_PEER`: the same for one address. A quarter of all unless set.
    pub max_connections_per_peer: Option<usize>,
    /// `MIN_FREE_DISK_MB`: below this much free space, in megabytes, `/health` reports a full disk.
    pub min_free_disk_mb: u64,
    /// `PAYLOAD_RETENTION_DAYS`: how long calls are stored. 0 stores them forever.
    pub payload_retention: Option<Duration>,
}

/// How many unauthenticated requests one address may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimitSettings {
    /// Sustained rate per minute.
    pub per_minute: NonZeroU32,
    /// Most requests at once.
    pub burst: NonZeroU32,
}

impl MachineSettings {
    /// Reads the settings through `lookup`.
    ///
    /// # Errors
    /// [`SettingsError`] with everything that is wrong.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let mut reader = Reader::new(&lookup);
        let metrics_host = reader.address("METRICS_HOST", IpAddr::V4(Ipv4Addr::LOCALHOST));
        reader.check_events_secret();
        let settings = Self {
            metrics: reader
                .port("METRICS_PORT")
                .map(|port| SocketAddr::new(metrics_host, port)),
            rate_limit: reader.rate_limit(),
            trusted_proxies: reader
                .text("TRUSTED_PROXIES")
                .map(|_| reader.allow_list("TRUSTED_PROXIES")),
            max_connections: reader.number("MAX_CONNECTIONS", 1000, 1..=100_000),
            max_connections_per_peer: reader
                .optional_number("MAX_CONNECTIONS_PER_PEER", 1..=100_000),
            min_free_disk_mb: reader.number("MIN_FREE_DISK_MB", 64, 0..=1_000_000_000),
            payload_retention: reader.payload_retention(),
        };
        reader.finish(settings)
    }
}

impl Reader<'_> {
    fn address(&mut self, name: &'static str, default: IpAddr) -> IpAddr {
        let Some(text) = self.text(name) else {
            return default;
        };
        text.parse().unwrap_or_else(|_| {
            self.problem(name, "must be an IP address");
            default
        })
    }

    /// Reads a port. 0 takes a free one.
    fn port(&mut self, name: &'static str) -> Option<u16> {
        self.text(name).map(|_| self.number(name, 0, 0..=u16::MAX))
    }

    fn rate_limit(&mut self) -> Option<RateLimitSettings> {
        let per_minute = self.number("RATE_LIMIT_PER_MINUTE", 0, 0..=1_000_000);
        let burst = self.number("RATE_LIMIT_BURST", 20, 1..=1_000_000);
        NonZeroU32::new(per_minute)
            .zip(NonZeroU32::new(burst))
            .map(|(per_minute, burst)| RateLimitSettings { per_minute, burst })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<MachineSettings, SettingsError> {
        MachineSettings::read(|name| {
            variables
                .iter()
                .find(|(variable, _)| *variable == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn by_default_nothing_is_limited_and_calls_are_stored_for_ninety_days() {
        let settings = read(&[]).unwrap();
        assert!(
            settings.metrics.is_none()
                && settings.rate_limit.is_none()
                && settings.trusted_proxies.is_none()
        );
        assert_eq!(
            settings.payload_retention,
            Some(Duration::from_secs(90 * 24 * 60 * 60))
        );
    }

    #[test]
    fn the_guides_limits_are_read_and_invalid_settings_are_named() {
        let settings = read(&[
            ("RATE_LIMIT_PER_MINUTE", "100"),
            ("PAYLOAD_RETENTION_DAYS", "0"),
        ])
        .unwrap();
        let limit = settings.rate_limit.unwrap();
        assert_eq!(
            (
                limit.per_minute.get(),
                limit.burst.get(),
                settings.payload_retention
            ),
            (100, 20, None)
        );
        let metrics = read(&[("METRICS_PORT", "8001"), ("METRICS_HOST", "0.0.0.0")])
            .unwrap()
            .metrics;
        assert_eq!(metrics.unwrap().to_string(), "0.0.0.0:8001");
        let error = read(&[("METRICS_PORT", "http"), ("TRUSTED_PROXIES", "proxy")]).unwrap_err();
        assert_eq!(
            error
                .0
                .iter()
                .map(|problem| problem.name)
                .collect::<Vec<_>>(),
            ["METRICS_PORT", "TRUSTED_PROXIES"]
        );
    }
}
