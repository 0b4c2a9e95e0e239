use super::*;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Sends a message whose id and body are its name.
fn send(queue: &mut Queue, name: &str, group: &str, at: u64) {
    queue.send(name, group, name, seconds(at));
}

/// Receives a message. Returns its body and its receipt.
fn receive(queue: &mut Queue, at: u64) -> Option<(String, String)> {
    let record = queue.receive(seconds(at))?;
    let text = |field: &str| record[field].as_str().unwrap().to_owned();
    Some((text("body"), text("receiptHandle")))
}

fn body(queue: &mut Queue, at: u64) -> Option<String> {
    receive(queue, at).map(|(body, _)| body)
}

#[test]
fn a_group_waits_while_its_first_message_is_hidden() {
    let mut queue = Queue::new(10);
    send(&mut queue, "a1", "a", 0);
    send(&mut queue, "a2", "a", 0);
    send(&mut queue, "b1", "b", 0);
    let (first, receipt) = receive(&mut queue, 0).unwrap();
    assert_eq!(first, "a1");
    assert_eq!(body(&mut queue, 0).as_deref(), Some("b1"));
    assert_eq!(body(&mut queue, 0), None);
    queue.hide(&receipt, seconds(30), seconds(5));
    assert_eq!(body(&mut queue, 34), None);
    let (again, receipt) = receive(&mut queue, 35).unwrap();
    assert_eq!(again, "a1");
    queue.delete(&receipt);
    assert_eq!(body(&mut queue, 35).as_deref(), Some("a2"));
    assert_eq!(
        (queue.len(), queue.receives, queue.most_receives),
        (2, 4, 2)
    );
}

#[test]
fn a_message_of_a_lost_worker_returns_and_its_old_receipt_is_worthless() {
    let mut queue = Queue::new(10);
    send(&mut queue, "a1", "a", 0);
    let (_, old) = receive(&mut queue, 0).unwrap();
    assert_eq!(body(&mut queue, 1799), None);
    assert_eq!(body(&mut queue, 1800).as_deref(), Some("a1"));
    queue.delete(&old);
    assert_eq!(queue.len(), 1);
}

#[test]
fn a_duplicate_is_dropped_for_five_minutes() {
    let mut queue = Queue::new(10);
    for (at, length) in [(0, 1), (299, 1), (300, 2)] {
        send(&mut queue, "a1", "a", at);
        assert_eq!(queue.len(), length, "after {at} seconds");
    }
    send(&mut queue, "a1", "b", 300);
    assert_eq!(queue.len(), 3, "each group has ids of its own");
}

#[test]
fn messages_beyond_the_window_wait() {
    let mut queue = Queue::new(2);
    for name in ["a", "b", "c"] {
        send(&mut queue, name, name, 0);
    }
    let (_, receipt) = receive(&mut queue, 0).unwrap();
    assert_eq!(body(&mut queue, 0).as_deref(), Some("b"));
    assert_eq!(body(&mut queue, 0), None);
    queue.delete(&receipt);
    assert_eq!(body(&mut queue, 0).as_deref(), Some("c"));
}

#[test]
fn a_message_is_dropped_after_a_thousand_receives_or_two_weeks() {
    let mut queue = Queue::new(10);
    send(&mut queue, "a", "a", 0);
    for _ in 0..1000 {
        let (_, receipt) = receive(&mut queue, 0).unwrap();
        queue.hide(&receipt, Duration::ZERO, Duration::ZERO);
    }
    assert_eq!(body(&mut queue, 0), None);
    assert_eq!((queue.len(), queue.dead, queue.expired), (0, 1, 0));
    send(&mut queue, "b", "b", 0);
    assert_eq!(queue.receive(RETENTION), None);
    assert_eq!((queue.len(), queue.dead, queue.expired), (0, 1, 1));
}
