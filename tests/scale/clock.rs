//! Virtual time. The clock stands still while any task runs, however long that really takes. When
//! all tasks sleep, it jumps to the next timer.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

/// A virtual clock; cheap to clone. It begins at zero.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clock(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    idle: Notify,
}

#[derive(Debug, Default)]
struct State {
    now: Duration,
    /// Tasks that do not sleep.
    running: usize,
    /// Sleepers by the time at which they wake, and then in the order in which they fell asleep.
    sleepers: BTreeMap<(Duration, u64), oneshot::Sender<()>>,
    slept: u64,
    has_panicked: bool,
}

impl Clock {
    /// Returns the time since the start.
    pub(crate) fn now(&self) -> Duration {
        self.state().now
    }

    /// Starts a task on this clock. Needs a [`tokio::task::LocalSet`].
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        self.state().running += 1;
        let running = Running(self.clone());
        tokio::task::spawn_local(async move {
            task.await;
            drop(running);
        });
    }

    /// Sleeps in virtual time. Call it in a task of this clock, or in a server while such a task
    /// waits for its response.
    pub(crate) async fn sleep(&self, pause: Duration) {
        let woken = self.fall_asleep(pause);
        let _ = woken.await;
    }

    /// Runs all tasks to their end.
    ///
    /// # Panics
    /// If a task panics.
    pub(crate) async fn run(&self) {
        loop {
            while self.state().running > 0 {
                self.0.idle.notified().await;
            }
            assert!(!self.state().has_panicked, "a task panicked");
            if !self.wake_next() {
                return;
            }
        }
    }

    fn fall_asleep(&self, pause: Duration) -> oneshot::Receiver<()> {
        let (wake, woken) = oneshot::channel();
        let mut state = self.state();
        state.slept += 1;
        let key = (state.now + pause, state.slept);
        state.sleepers.insert(key, wake);
        drop(state);
        self.pause_one();
        woken
    }

    /// Jumps to the next timer. Returns `false` if there is none.
    fn wake_next(&self) -> bool {
        let mut state = self.state();
        let Some(((at, _), wake)) = state.sleepers.pop_first() else {
            return false;
        };
        state.now = at;
        // A sleeper may have been dropped.
        if wake.send(()).is_ok() {
            state.running += 1;
        }
        true
    }

    fn pause_one(&self) {
        self.state().running -= 1;
        self.0.idle.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }
}

/// A task that runs. Dropping it ends the task.
struct Running(Clock);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.state().has_panicked |= std::thread::panicking();
        self.0.pause_one();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::time::Instant;

    use tokio::task::LocalSet;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn sleepers_wake_in_order_and_hours_pass_at_once() {
        let clock = Clock::default();
        let woken = Rc::new(RefCell::new(Vec::new()));
        let started = Instant::now();
        let all = async {
            for hours in [3, 1, 2, 1] {
                let own = clock.clone();
                let times = Rc::clone(&woken);
                clock.spawn(async move {
                    own.sleep(HOUR * hours).await;
                    times.borrow_mut().push(own.now());
                });
            }
            clock.run().await;
        };
        LocalSet::new().run_until(all).await;
        assert_eq!(*woken.borrow(), [HOUR, HOUR, HOUR * 2, HOUR * 3]);
        assert!(started.elapsed() < HOUR);
    }

    #[tokio::test]
    async fn the_clock_stands_still_while_a_task_runs() {
        let clock = Clock::default();
        let all = async {
            let own = clock.clone();
            clock.spawn(async move { own.sleep(HOUR).await });
            let own = clock.clone();
            clock.spawn(async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                assert_eq!(own.now(), Duration::ZERO);
            });
            clock.run().await;
        };
        LocalSet::new().run_until(all).await;
        assert_eq!(clock.now(), HOUR);
    }
}
