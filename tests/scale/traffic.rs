//! The calls of the day and their webhooks. Each caller names an order number of their own in each
//! call, which the model remembers.

use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::plan::{MINUTES_A_DAY, Plan};
use crate::wire::order;

/// After how many seconds a webhook is delivered again: before or after the queue forgets its
/// deduplication id, and ElevenLabs' last repetition.
const REDELIVERED_AFTER: [u64; 4] = [2, 60, 600, 1800];
/// How long a call takes, in seconds.
const CALL_SECONDS: i64 = 120;

/// A finished call. Calls are numbered in the order in which they end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(crate) caller: usize,
    pub(crate) ended_at: Duration,
}

/// A webhook of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Delivery {
    pub(crate) at: Duration,
    pub(crate) call: usize,
}

/// Returns the calls of the day.
pub(crate) fn calls(plan: &Plan) -> Vec<Call> {
    let mut random = Rng::with_seed(plan.seed);
    let mut until_minute = vec![0.0];
    for minute in 0..MINUTES_A_DAY {
        until_minute.push(until_minute[minute] + plan.calls_in(minute));
    }
    let all = until_minute[MINUTES_A_DAY];
    let mut ends: Vec<Duration> = (0..plan.calls)
        .map(|_| {
            let place = random.f64() * all;
            let minute = until_minute.partition_point(|calls| *calls <= place) - 1;
            Duration::from_secs_f64((minute as f64 + random.f64()) * 60.0)
        })
        .collect();
    ends.sort();
    let call = |ended_at| Call {
        caller: frequent(plan.callers, &mut random),
        ended_at,
    };
    ends.into_iter().map(call).collect()
}

/// Chooses a caller. The first callers call more often than the last.
fn frequent(callers: usize, random: &mut Rng) -> usize {
    (random.f64().powf(1.5) * callers as f64) as usize
}

/// Returns the webhooks of all calls, in the order of their delivery.
pub(crate) fn deliveries(plan: &Plan, calls: &[Call]) -> Vec<Delivery> {
    let mut random = Rng::with_seed(plan.seed);
    let mut deliveries = Vec::new();
    for (call, Call { ended_at: at, .. }) in calls.iter().enumerate() {
        deliveries.push(Delivery { at: *at, call });
        if random.usize(..plan.redelivery_every) == 0 {
            let pause = REDELIVERED_AFTER[random.usize(..REDELIVERED_AFTER.len())];
            let at = *at + Duration::from_secs(pause);
            deliveries.push(Delivery { at, call });
        }
    }
    deliveries.sort();
    deliveries
}

/// Returns the conversation id of a call.
pub(crate) fn conversation(call: usize) -> String {
    format!("conv_{call}")
}

/// Returns the memory that the model makes of a call.
pub(crate) fn content(call: usize) -> String {
    format!("The caller's order number is {}.", order(call))
}

/// Returns the words of the caller that support the memory.
pub(crate) fn quote(call: usize) -> String {
    format!("my order number is {}", order(call))
}

/// Returns the body of a call's webhook.
pub(crate) fn body(plan: &Plan, number: usize, call: &Call) -> Value {
    let ended_at = plan.timestamp(call.ended_at).as_second();
    let metadata = json!({
        "start_time_unix_secs": ended_at - CALL_SECONDS,
        "call_duration_secs": CALL_SECONDS,
        "phone_call": {"direction": "inbound", "external_number": telephone(call.caller)},
    });
    json!({"type": "post_call_transcription", "event_timestamp": ended_at, "data": {
        "agent_id": "agent_nursery", "conversation_id": conversation(number), "status": "done",
        "transcript": transcript(number), "metadata": metadata,
        "analysis": {"transcript_summary": "The caller asked about an order."}}})
}

fn transcript(call: usize) -> Value {
    let words = format!(
        "Good day, {}. I would like to know when it comes.",
        quote(call)
    );
    json!([
        {"role": "agent", "message": "Greenfold Nursery, good day.", "time_in_call_secs": 0},
        {"role": "user", "message": words, "time_in_call_secs": 9},
        {"role": "agent", "message": "It comes tomorrow. Anything else?", "time_in_call_secs": 20},
        {"role": "user", "message": "No, thank you. Goodbye.", "time_in_call_secs": 25},
    ])
}

/// Returns an invented telephone number.
fn telephone(caller: usize) -> String {
    format!("+1{}555{:04}", 202 + caller / 10_000, caller % 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_in_order_and_few_callers_call_often() {
        let plan = Plan::million(1000, 296);
        let calls = calls(&plan);
        assert_eq!(calls.len(), 1000);
        assert!(calls.is_sorted_by_key(|call| call.ended_at));
        let of_first = calls.iter().filter(|call| call.caller < 25).count();
        assert!(
            (150..300).contains(&of_first),
            "{of_first} of a tenth of the callers"
        );
        assert!(calls.iter().all(|call| call.caller < plan.callers));
    }

    #[test]
    fn some_webhooks_come_twice() {
        let plan = Plan::million(1000, 296);
        let calls = calls(&plan);
        let deliveries = deliveries(&plan, &calls);
        let again = deliveries.len() - calls.len();
        assert!((5..50).contains(&again), "{again}");
        assert!(deliveries.is_sorted());
    }
}
