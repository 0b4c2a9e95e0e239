//! A small day with many faults, in which nothing is lost and nothing is stored twice.

use crate::plan::Plan;
use crate::simulation;

#[tokio::test]
async fn every_call_of_a_day_with_an_outage_is_extracted_exactly_once() {
    let plan = Plan {
        redelivery_every: 8,
        death_every: 16,
        ..Plan::million(2500, 300)
    };
    let result = simulation::run(&plan).await;
    assert_eq!((result.lost, result.stored_twice), (0, 0), "{result:?}");
    assert_eq!((result.dead_letters, result.expired), (0, 0));
    assert!(
        result.webhooks_again > 20 && result.killed_workers > 20,
        "{result:?}"
    );
    assert!(result.largest_backlog() > plan.calls / 12, "{result:?}");
    assert!(
        result
            .minutes_until_gone
            .is_some_and(|minutes| minutes > 10)
    );
}
