//! The receivers of events that are set.

use super::{EventBus, Webhook};
use crate::secrets::Secrets;
use crate::settings::EventSettings;

/// The receivers of events. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Receivers {
    /// The receiver at `EVENTS_URL`.
    pub webhook: Option<Webhook>,
    /// The bus `EVENTS_BUS`.
    pub bus: Option<EventBus>,
    /// Whether they get what memories say and who the caller is.
    pub get_content: bool,
}

impl Receivers {
    /// Returns the receivers of these settings. `http` must not follow redirects.
    #[must_use]
    pub fn new(http: &reqwest::Client, secrets: &Secrets, settings: &EventSettings) -> Self {
        let EventSettings { url, bus, content } = settings.clone();
        Self {
            webhook: url.map(|url| Webhook::new(http.clone(), url, secrets.clone())),
            bus: bus.map(|bus| EventBus::new(http.clone(), bus)),
            get_content: content,
        }
    }
}
