//! Settings of outgoing events.

use url::Url;

use super::SettingsError;
use super::reader::Reader;
use crate::events::{EventTarget, SigningSecret};
use crate::signed::{Identity, public_endpoint, region_of_arn};

/// Where events go. Without a target there are none.
#[derive(Debug, Clone)]
pub struct EventSettings {
    /// `EVENTS_URL`: the address that receives signed webhooks.
    pub url: Option<Url>,
    /// `EVENTS_BUS`: the EventBridge bus.
    pub bus: Option<EventBusSettings>,
    /// `EVENTS_CONTENT`: whether events hold what memories say and who the caller is.
    pub content: bool,
}

/// An EventBridge bus.
#[derive(Debug, Clone)]
pub struct EventBusSettings {
    /// Its name or ARN.
    pub name: String,
    /// The endpoint of its region: that of the ARN, or else that of this process. `None` if
    /// neither is known.
    pub endpoint: Option<Url>,
    /// The function's role, or an AWS access key in the environment.
    pub identity: Option<Identity>,
}

impl EventSettings {
    /// Returns the targets that are set.
    #[must_use]
    pub fn targets(&self) -> Vec<EventTarget> {
        let webhook = self.url.is_some().then_some(EventTarget::Webhook);
        let bus = self.bus.is_some().then_some(EventTarget::Bus);
        webhook.into_iter().chain(bus).collect()
    }

    /// Checks the secrets that sign events. On AWS they can be set after the deployment, so there
    /// events wait for them.
    ///
    /// # Errors
    /// [`SettingsError`] if a secret is invalid, or missing while `EVENTS_URL` is set.
    pub fn check_secret(lookup: impl Fn(&str) -> Option<String>) -> Result<(), SettingsError> {
        let mut reader = Reader::new(&lookup);
        reader.check_events_secret();
        reader.finish(())
    }
}

impl Reader<'_> {
    pub(super) fn events(&mut self) -> EventSettings {
        EventSettings {
            url: self.optional_service_url("EVENTS_URL"),
            bus: self.event_bus(),
            content: self.flag("EVENTS_CONTENT", false),
        }
    }

    pub(super) fn check_events_secret(&mut self) {
        const NAME: &str = "EVENTS_SECRET";
        let secrets = self.text(NAME).unwrap_or_default();
        let mut all = secrets
            .split(',')
            .map(str::trim)
            .filter(|one| !one.is_empty());
        if let Some(Err(invalid)) = all.clone().map(SigningSecret::parse).find(Result::is_err) {
            self.problem(NAME, invalid.to_string());
        }
        if all.next().is_none() && self.text("EVENTS_URL").is_some() {
            self.problem(NAME, "is required with EVENTS_URL");
        }
    }

    fn event_bus(&mut self) -> Option<EventBusSettings> {
        let name = self.text("EVENTS_BUS")?;
        if !is_bus(&name) {
            self.problem(
                "EVENTS_BUS",
                "must be the name or ARN of an EventBridge bus",
            );
        }
        let text = |name: &str| self.text(name);
        let region = region_of_arn(&name)
            .map(str::to_owned)
            .or_else(|| self.region());
        let own_endpoint =
            text("AWS_ENDPOINT_URL_EVENTBRIDGE").or_else(|| text("AWS_ENDPOINT_URL"));
        let endpoint = match own_endpoint {
            Some(url) => Url::parse(&url).ok(),
            None => region
                .as_deref()
                .and_then(|region| public_endpoint(region, "events")),
        };
        Some(EventBusSettings {
            endpoint,
            identity: region.and_then(|region| Identity::read(&region, text)),
            name,
        })
    }
}

/// Whether this is a name that EventBridge allows, or an ARN of a bus.
fn is_bus(name: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "/.-_:".contains(c);
    let is_named =
        !name.contains(':') || region_of_arn(name).is_some() && name.contains(":event-bus/");
    is_named && name.len() <= 1600 && name.chars().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn read(set: &[(&str, &str)]) -> Result<EventSettings, SettingsError> {
        let lookup = |name: &str| match name {
            "OPENMEMORY_API_URL" => Some("http://127.0.0.1:8080".to_owned()),
            _ => value(set, name),
        };
        Settings::read(lookup).map(|settings| settings.events)
    }

    fn value(set: &[(&str, &str)], name: &str) -> Option<String> {
        let found = set.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    }

    fn check_secret(set: &[(&str, &str)]) -> Result<(), String> {
        EventSettings::check_secret(|name| value(set, name)).map_err(|error| error.to_string())
    }

    #[test]
    fn events_are_off_by_default_and_without_content() {
        let settings = read(&[]).unwrap();
        assert_eq!(settings.targets(), []);
        assert!(!settings.content);
    }

    #[test]
    fn an_address_must_be_https_or_on_this_machine() {
        for (url, is_accepted) in [
            ("https://events.example.com/x?token=1", true),
            ("http://127.0.0.1:9000", true),
            ("http://localhost/events", true),
            ("http://events.example.com", false),
            ("ftp://events.example.com", false),
            ("events.example.com", false),
        ] {
            assert_eq!(read(&[("EVENTS_URL", url)]).is_ok(), is_accepted, "{url}");
        }
    }

    #[test]
    fn a_bus_is_named_by_its_name_or_arn() {
        let arn = "arn:aws:events:eu-west-1:123456789012:event-bus/calls";
        for (bus, is_accepted) in [
            ("default", true),
            ("calls/of.the_house-1", true),
            (arn, true),
            ("arn:aws:events:eu-west-1:123456789012:rule/calls", false),
            ("arn:aws:events", false),
            ("two words", false),
        ] {
            assert_eq!(read(&[("EVENTS_BUS", bus)]).is_ok(), is_accepted, "{bus}");
        }
    }

    #[test]
    fn a_bus_is_in_the_region_of_its_arn_or_of_the_process() {
        let endpoint = |bus: &str| {
            let set = [("EVENTS_BUS", bus), ("AWS_REGION", "eu-central-1")];
            let endpoint = read(&set).unwrap().bus.unwrap().endpoint;
            endpoint.unwrap().to_string()
        };
        let arn = "arn:aws:events:eu-west-1:123456789012:event-bus/calls";
        assert_eq!(endpoint(arn), "https://events.eu-west-1.amazonaws.com/");
        assert_eq!(
            endpoint("calls"),
            "https://events.eu-central-1.amazonaws.com/"
        );
    }

    #[test]
    fn a_webhook_needs_a_valid_secret() {
        const URL: (&str, &str) = ("EVENTS_URL", "https://events.example.com");
        let check = |secret: &str| check_secret(&[URL, ("EVENTS_SECRET", secret)]);
        assert_eq!(check(SECRET), Ok(()));
        assert_eq!(check(&format!("{SECRET}, {SECRET}")), Ok(()));
        assert_eq!(check_secret(&[]), Ok(()));
        let missing = "settings: EVENTS_SECRET is required with EVENTS_URL";
        assert_eq!(check_secret(&[URL]), Err(missing.to_owned()));
        for invalid in ["guessed", "whsec_c2hvcnQ=", &format!("{SECRET},guessed")] {
            let error = check(invalid).unwrap_err();
            assert!(error.contains("EVENTS_SECRET must be whsec_"), "{error}");
            assert!(!error.contains("guessed") && !error.contains("c2hvcnQ"));
        }
    }
}
