//! Runs the simulation: the webhooks of the day, the workers, and the length of the queue in each
//! minute.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use axum::http::StatusCode;
use tokio::task::LocalSet;

use crate::clock::Clock;
use crate::faults::Faults;
use crate::function;
use crate::measurement::{Log, Measurement};
use crate::model;
use crate::plan::Plan;
use crate::sqs::Sqs;
use crate::store::Store;
use crate::system::{Addresses, System};
use crate::traffic::{self, Call};
use crate::wire::serve;

const MINUTE: Duration = Duration::from_secs(60);

/// Everything that the tasks of a simulation share.
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) sqs: Sqs,
    pub(crate) store: Store,
    pub(crate) system: System,
    pub(crate) calls: Vec<Call>,
    pub(crate) log: RefCell<Log>,
    all_delivered: Cell<bool>,
}

/// Simulates the day, and then the time until the queue is empty.
pub(crate) async fn run(plan: &Plan) -> Measurement {
    LocalSet::new().run_until(simulate(plan.clone())).await
}

async fn simulate(plan: Plan) -> Measurement {
    let world = Rc::new(World::start(plan).await);
    world.clock.spawn(deliver_all(Rc::clone(&world)));
    world.clock.spawn(watch_queue(Rc::clone(&world)));
    for _ in 0..world.plan.workers() {
        world.clock.spawn(function::work(Rc::clone(&world)));
    }
    world.clock.run().await;
    let memories = world.store.memories_by_call().await;
    Measurement::of(&world, &memories)
}

impl World {
    async fn start(plan: Plan) -> Self {
        let clock = Clock::default();
        let faults = Faults::new(plan.death_every);
        let sqs = Sqs::new(clock.clone(), plan.window);
        let store = Store::open().await;
        let addresses = Addresses {
            sqs: serve(sqs.clone().routes()).await,
            model: serve(model::routes(clock.clone(), plan.clone(), faults.clone())).await,
            store: serve(store.routes(clock.clone(), plan.clone(), faults.clone())).await,
        };
        Self {
            calls: traffic::calls(&plan),
            system: System::new(&addresses),
            log: RefCell::default(),
            all_delivered: Cell::new(false),
            plan,
            clock,
            faults,
            sqs,
            store,
        }
    }

    /// Whether no more jobs can come.
    pub(crate) fn is_over(&self) -> bool {
        self.all_delivered.get() && self.sqs.with_jobs(|jobs| jobs.len()) == 0
    }
}

/// Sends the webhooks. The webhook needs neither the provider nor the memory store.
async fn deliver_all(world: Rc<World>) {
    for delivery in traffic::deliveries(&world.plan, &world.calls) {
        world.clock.sleep(delivery.at - world.clock.now()).await;
        let body = traffic::body(&world.plan, delivery.call, &world.calls[delivery.call]);
        let status = world.system.post_call(&body).await;
        assert_eq!(status, StatusCode::OK, "a webhook was not accepted");
        world.log.borrow_mut().webhooks += 1;
    }
    world.all_delivered.set(true);
}

async fn watch_queue(world: Rc<World>) {
    while !world.is_over() {
        world.clock.sleep(MINUTE).await;
        let jobs = world.sqs.with_jobs(|jobs| jobs.len());
        let mut log = world.log.borrow_mut();
        // A message may expire while a worker holds it.
        let waiting = jobs.saturating_sub(log.extracting);
        log.waiting.push(waiting);
    }
}
