//! Computes the AWS cost of a thousand calls from the measurements, and how it scales.

use std::fmt::Write;

use clap::Args;

/// The resources that one call uses. The defaults are what `times` measured and what AWS and the
/// providers publish.
#[derive(Debug, Clone, Args)]
pub(crate) struct Call {
    /// Memory searches of the agent during a call.
    #[arg(long, default_value_t = 2.0)]
    searches: f64,
    /// Duration of client-data, in milliseconds.
    #[arg(long, default_value_t = 53.0)]
    client_data_ms: f64,
    /// Duration of one search, in milliseconds.
    #[arg(long, default_value_t = 53.0)]
    search_ms: f64,
    /// Duration of post-call, in milliseconds.
    #[arg(long, default_value_t = 25.0)]
    post_call_ms: f64,
    /// Duration of an extraction without waiting for the model, in milliseconds.
    #[arg(long, default_value_t = 213.0)]
    extraction_ms: f64,
    /// Response time of the model, in seconds.
    #[arg(long, default_value_t = 5.0)]
    model_seconds: f64,
    /// Input tokens of the model.
    #[arg(long, default_value_t = 3200.0)]
    input_tokens: f64,
    /// Output tokens of the model.
    #[arg(long, default_value_t = 900.0)]
    output_tokens: f64,
    /// Dollars per million input tokens [default: the price of gpt-6-luna].
    #[arg(long, default_value_t = 0.10)]
    input_price: f64,
    /// Dollars per million output tokens.
    #[arg(long, default_value_t = 0.50)]
    output_price: f64,
    /// Write requests to S3.
    #[arg(long, default_value_t = 5.0)]
    s3_writes: f64,
    /// Read requests to S3.
    #[arg(long, default_value_t = 8.0)]
    s3_reads: f64,
    /// Kilobytes of log, including the three lines that Lambda writes for each invocation.
    #[arg(long, default_value_t = 6.0)]
    log_kilobytes: f64,
    /// Kilobytes stored per call.
    #[arg(long, default_value_t = 40.0)]
    kept_kilobytes: f64,
    /// Retention in days.
    #[arg(long, default_value_t = 90.0)]
    kept_days: f64,
}

/// Published prices in dollars for us-east-1 and x86_64, without any free tier.
mod price {
    pub(super) const LAMBDA_REQUEST: f64 = 0.20e-6;
    pub(super) const LAMBDA_GIGABYTE_SECOND: f64 = 0.000_016_666_7;
    pub(super) const API_REQUEST: f64 = 1.00e-6;
    pub(super) const QUEUE_REQUEST: f64 = 0.50e-6;
    pub(super) const S3_WRITE: f64 = 5.0e-6;
    pub(super) const S3_READ: f64 = 0.4e-6;
    pub(super) const S3_GIGABYTE_MONTH: f64 = 0.023;
    pub(super) const LOG_GIGABYTE: f64 = 0.50;
    pub(super) const METRIC_MONTH: f64 = 0.30;
    pub(super) const ALARM_MONTH: f64 = 0.10;
    pub(super) const SECRET_MONTH: f64 = 0.40;
    pub(super) const DASHBOARD_MONTH: f64 = 3.00;
}

/// Memory of client-data and search-memory, and of post-call and extraction, in gigabytes: the
/// defaults of the template.
const SMALL: f64 = 0.25;
const LARGE: f64 = 0.5;
/// SendMessage, ReceiveMessage and DeleteMessage.
const QUEUE_REQUESTS: f64 = 3.0;
/// Requests to OpenMemory: of client-data, of one search, and of an extraction.
const STORE_REQUESTS: [f64; 3] = [3.0, 2.0, 4.0];
/// Metrics that a busy stage sends: 31 by stage, and each function's own.
const METRICS: f64 = 88.0;
/// Alarms in the template.
const ALARMS: f64 = 31.0;
/// Requests per month that Lambda makes to an empty queue: five pollers, every 20 s.
const IDLE_QUEUE_REQUESTS: f64 = 5.0 * 3.0 * 60.0 * 24.0 * 30.0;
const DAYS_OF_A_MONTH: f64 = 30.0;
/// Assumed ratio of the busiest hour to the average.
const PEAK: f64 = 4.0;

impl Call {
    /// Returns the dollars per call, by what is paid for.
    fn parts(&self) -> [(&'static str, f64); 7] {
        let invocations = 3.0 + self.searches;
        let requests = 2.0 + self.searches;
        let small = (self.client_data_ms + self.searches * self.search_ms) / 1e3 * SMALL;
        let large = ((self.post_call_ms + self.extraction_ms) / 1e3 + self.model_seconds) * LARGE;
        let kept = self.kept_kilobytes / 1e6 * self.kept_days / DAYS_OF_A_MONTH;
        [
            (
                "language model",
                (self.input_tokens * self.input_price + self.output_tokens * self.output_price)
                    / 1e6,
            ),
            (
                "Lambda",
                invocations * price::LAMBDA_REQUEST
                    + (small + large) * price::LAMBDA_GIGABYTE_SECOND,
            ),
            ("API Gateway", requests * price::API_REQUEST),
            ("SQS", QUEUE_REQUESTS * price::QUEUE_REQUEST),
            (
                "S3 requests",
                self.s3_writes * price::S3_WRITE + self.s3_reads * price::S3_READ,
            ),
            ("S3 storage", kept * price::S3_GIGABYTE_MONTH),
            ("log", self.log_kilobytes / 1e6 * price::LOG_GIGABYTE),
        ]
    }

    /// Returns the dollars per call.
    fn dollars(&self) -> f64 {
        self.parts().iter().map(|(_, dollars)| dollars).sum()
    }

    fn model_dollars(&self) -> f64 {
        self.parts()[0].1
    }

    /// Formats both tables as Markdown.
    pub(crate) fn tables(&self) -> String {
        let mut text = String::from("| item of a thousand calls | dollars |\n|---|---|\n");
        for (what, dollars) in self.parts() {
            let _ = writeln!(text, "| {what} | {:.4} |", dollars * 1e3);
        }
        let _ = writeln!(text, "| **total** | **{:.2}** |", self.dollars() * 1e3);
        text.push_str(
            "\n| calls a day | AWS, dollars a month | model, dollars a month | calls per second at the peak | concurrent extractions | requests per second to OpenMemory |\n|---|---|---|---|---|---|\n",
        );
        for calls in [1e3, 1e4, 1e5, 1e6] {
            text.push_str(&self.at(calls));
        }
        text
    }

    fn at(&self, calls_a_day: f64) -> String {
        let month = calls_a_day * DAYS_OF_A_MONTH;
        let aws = fixed_costs() + (self.dollars() - self.model_dollars()) * month;
        let peak = calls_a_day / 86_400.0 * PEAK;
        let [greeting, search, extraction] = STORE_REQUESTS;
        let store = peak * (greeting + search * self.searches + extraction);
        let at_once = peak * (self.model_seconds + self.extraction_ms / 1e3);
        let model = self.model_dollars() * month;
        format!(
            "| {calls_a_day:.0} | {aws:.0} | {model:.0} | {peak:.2} | {at_once:.1} | {store:.1} |\n"
        )
    }
}

/// Returns the dollars per month that do not depend on the number of calls.
fn fixed_costs() -> f64 {
    METRICS * price::METRIC_MONTH
        + ALARMS * price::ALARM_MONTH
        + price::SECRET_MONTH
        + price::DASHBOARD_MONTH
        + IDLE_QUEUE_REQUESTS * price::QUEUE_REQUEST
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Arguments {
        #[command(flatten)]
        call: Call,
    }

    fn call(words: &[&str]) -> Call {
        Arguments::parse_from(std::iter::once("cost").chain(words.iter().copied())).call
    }

    #[test]
    fn the_model_is_priced_by_tokens() {
        let tokens = ["--input-tokens", "1000000", "--output-tokens", "500000"];
        let prices = ["--input-price", "0.4", "--output-price", "1.6"];
        let dollars = call(&[tokens, prices].concat()).model_dollars();
        assert!((dollars - (0.40 + 0.80)).abs() < 1e-9);
    }

    #[test]
    fn fixed_costs_are_added_once_and_other_costs_per_call() {
        let call = call(&[]);
        let month = |line: String| {
            line.split('|')
                .nth(2)
                .unwrap()
                .trim()
                .parse::<f64>()
                .unwrap()
        };
        let little = month(call.at(1e3));
        let much = month(call.at(1e6));
        assert!(
            much > little && (much - fixed_costs()) / (little - fixed_costs()) > 300.0,
            "{little} {much}"
        );
    }
}
