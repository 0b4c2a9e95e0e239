//! Lambda: workers that take messages from the queue and run the extraction function.

use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;

use crate::faults::DeathPoint;
use crate::plan::OVERHEAD;
use crate::simulation::World;

/// Pause before an empty queue is asked again.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Takes messages until the day is over and the queue is empty.
pub(crate) async fn work(world: Rc<World>) {
    loop {
        let now = world.clock.now();
        match world.sqs.with_jobs(|jobs| jobs.receive(now)) {
            Some(record) => invoke(&world, record).await,
            None if world.is_over() => return,
            None => world.clock.sleep(POLL_INTERVAL).await,
        }
    }
}

async fn invoke(world: &World, record: Value) {
    let started = world.clock.now();
    world.log.borrow_mut().extracting += 1;
    let receipt = record["receiptHandle"].as_str().unwrap().to_owned();
    let call = call_of(&record);
    let is_done = extract(world, call, record).await;
    if is_done && !world.faults.strike(DeathPoint::Done, call) {
        world.sqs.with_jobs(|jobs| jobs.delete(&receipt));
        let now = world.clock.now();
        world.log.borrow_mut().done_at.entry(call).or_insert(now);
    }
    world.log.borrow_mut().extracting -= 1;
    let rest = world.plan.rest_after(world.clock.now() - started);
    world.clock.sleep(rest).await;
}

/// Runs the function. Returns whether the message can be deleted. When the worker dies, nothing
/// more of the function runs.
async fn extract(world: &World, call: usize, record: Value) -> bool {
    let killed = world.faults.register(call);
    world.clock.sleep(OVERHEAD).await;
    let now = world.plan.timestamp(world.clock.now());
    tokio::select! {
        is_done = world.system.extract(record, now) => is_done,
        Ok(()) = killed => false,
    }
}

/// Returns the call of a job.
fn call_of(record: &Value) -> usize {
    let job: Value = serde_json::from_str(record["body"].as_str().unwrap()).unwrap();
    let conversation = job["conversation_id"].as_str().unwrap();
    let number = conversation.trim_start_matches("conv_");
    number.parse().unwrap()
}
