//! Tracks the open connections and decides which one makes room for a new one.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::{Limits, network};

/// All open connections of one listener.
pub(crate) struct Connections {
    open: Mutex<OpenConnections>,
    limits: Limits,
    /// Notified when a connection ends or becomes idle.
    freed: Notify,
}

#[derive(Default)]
struct OpenConnections {
    next_id: u64,
    all: HashMap<u64, Connection>,
    per_peer: HashMap<IpAddr, usize>,
}

struct Connection {
    peer: IpAddr,
    /// `None` while a request is in progress.
    idle_since: Option<Instant>,
    close: Arc<Notify>,
}

/// Whether there is room for one more connection.
enum Admission {
    Granted,
    /// The peer is at its limit and all its connections are in use.
    PeerFull,
    /// All connections are in use.
    Full,
}

/// A reserved place for one connection. Released on drop.
pub(crate) struct Slot {
    id: u64,
    close: Arc<Notify>,
    connections: Arc<Connections>,
}

/// A request in progress on the connection, until dropped.
pub(crate) struct Busy<'a>(&'a Slot);

impl Connections {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            open: Mutex::default(),
            limits: limits.clone(),
            freed: Notify::new(),
        })
    }

    /// Waits until there is room for a connection of this peer. Returns `None` if the peer is at
    /// its limit and all its connections are in use.
    pub(crate) async fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Slot> {
        let is_proxy = (self.limits.is_proxy)(peer);
        let peer = network(peer);
        loop {
            let freed = self.freed.notified();
            let admission = self.open().make_room(peer, is_proxy, &self.limits);
            match admission {
                Admission::Granted => return Some(self.add(peer)),
                Admission::PeerFull => return None,
                Admission::Full => {}
            }
            freed.await;
        }
    }

    /// Returns how long the most recently admitted connection may take for a head, and may idle.
    pub(crate) fn header_time(&self) -> Duration {
        let is_under_pressure = self.open().all.len() * 2 > self.limits.connections;
        if is_under_pressure {
            self.limits
                .header_time
                .min(self.limits.header_time_under_pressure)
        } else {
            self.limits.header_time
        }
    }

    fn add(self: &Arc<Self>, peer: IpAddr) -> Slot {
        let (id, close) = self.open().add(peer);
        Slot {
            id,
            close,
            connections: Arc::clone(self),
        }
    }

    /// Closes all connections without a request in progress.
    pub(crate) fn close_idle(&self) {
        let open = self.open();
        let idle = open
            .all
            .values()
            .filter(|connection| connection.idle_since.is_some());
        idle.for_each(|connection| connection.close.notify_one());
    }

    fn open(&self) -> MutexGuard<'_, OpenConnections> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenConnections {
    /// Closes an idle connection if the new one needs its place.
    fn make_room(&mut self, peer: IpAddr, is_proxy: bool, limits: &Limits) -> Admission {
        let of_peer = self.per_peer.get(&peer).copied().unwrap_or_default();
        let has_limit = !is_proxy && limits.connections_per_peer < limits.connections;
        let is_peer_full = has_limit && of_peer >= limits.connections_per_peer;
        let victim = if is_peer_full {
            Some(peer)
        } else if self.all.len() >= limits.connections {
            self.peer_with_most_connections()
        } else {
            return Admission::Granted;
        };
        match victim.and_then(|peer| self.longest_idle(peer)) {
            Some(id) => {
                self.close(id);
                Admission::Granted
            }
            None if is_peer_full => Admission::PeerFull,
            None => Admission::Full,
        }
    }

    fn add(&mut self, peer: IpAddr) -> (u64, Arc<Notify>) {
        let id = self.next_id;
        let close = Arc::new(Notify::new());
        self.next_id += 1;
        let connection = Connection {
            peer,
            idle_since: Some(Instant::now()),
            close: Arc::clone(&close),
        };
        self.all.insert(id, connection);
        *self.per_peer.entry(peer).or_default() += 1;
        (id, close)
    }

    /// Returns the peer with the most connections among those with an idle one.
    fn peer_with_most_connections(&self) -> Option<IpAddr> {
        self.all
            .values()
            .filter(|connection| connection.idle_since.is_some())
            .map(|connection| connection.peer)
            .max_by_key(|peer| self.per_peer.get(peer))
    }

    fn longest_idle(&self, peer: IpAddr) -> Option<u64> {
        self.all
            .iter()
            .filter(|(_, connection)| connection.peer == peer)
            .filter_map(|(id, connection)| connection.idle_since.map(|since| (since, *id)))
            .min()
            .map(|(_, id)| id)
    }

    fn close(&mut self, id: u64) {
        if let Some(connection) = self.remove(id) {
            connection.close.notify_one();
        }
    }

    fn remove(&mut self, id: u64) -> Option<Connection> {
        let connection = self.all.remove(&id)?;
        if let Some(count) = self.per_peer.get_mut(&connection.peer) {
            *count -= 1;
            if *count == 0 {
                self.per_peer.remove(&connection.peer);
            }
        }
        Some(connection)
    }
}

impl Slot {
    /// Waits until the connection must make room for another.
    pub(crate) async fn closed(&self) {
        self.close.notified().await;
    }

    /// Marks a request as in progress.
    pub(crate) fn busy(&self) -> Busy<'_> {
        self.set_idle_since(None);
        Busy(self)
    }

    fn set_idle_since(&self, idle_since: Option<Instant>) {
        if let Some(connection) = self.connections.open().all.get_mut(&self.id) {
            connection.idle_since = idle_since;
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.connections.open().remove(self.id);
        self.connections.freed.notify_one();
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.set_idle_since(Some(Instant::now()));
        self.0.connections.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(all: usize, per_peer: usize) -> Arc<Connections> {
        Connections::new(&Limits {
            connections_per_peer: per_peer,
            ..Limits::new(all)
        })
    }

    fn peer(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    async fn is_closed(slot: &Slot) -> bool {
        tokio::time::timeout(Duration::ZERO, slot.closed())
            .await
            .is_ok()
    }

    async fn advance_clock() {
        tokio::time::advance(Duration::from_millis(1)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_idle_connection_of_the_busiest_peer_makes_room() {
        let connections = connections(3, 3);
        let modest = connections.admit(peer(1)).await.unwrap();
        advance_clock().await;
        let first = connections.admit(peer(2)).await.unwrap();
        advance_clock().await;
        let second = connections.admit(peer(2)).await.unwrap();
        advance_clock().await;
        drop(first.busy());
        connections.admit(peer(3)).await.unwrap();
        assert!(
            is_closed(&second).await,
            "the first one was used more recently"
        );
        assert!(!is_closed(&modest).await && !is_closed(&first).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_at_its_limit_takes_no_room_from_others() {
        let connections = connections(10, 2);
        let other = connections.admit(peer(1)).await.unwrap();
        let own = [
            connections.admit(peer(2)).await.unwrap(),
            connections.admit(peer(2)).await.unwrap(),
        ];
        let _busy: Vec<_> = own.iter().map(Slot::busy).collect();
        assert!(
            connections.admit(peer(2)).await.is_none(),
            "requests in progress are not interrupted"
        );
        assert!(!is_closed(&other).await);
        assert!(connections.admit(peer(3)).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_connection_waits_while_all_are_in_use() {
        let connections = connections(1, 1);
        let only = connections.admit(peer(1)).await.unwrap();
        let busy = only.busy();
        let next = connections.admit(peer(2));
        tokio::pin!(next);
        assert!(
            tokio::time::timeout(Duration::from_secs(1), &mut next)
                .await
                .is_err()
        );
        drop(busy);
        drop(next.await.unwrap());
        assert!(is_closed(&only).await);
        assert!(connections.open().per_peer.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_proxy_has_no_limit_per_peer() {
        let is_proxy: Arc<dyn Fn(IpAddr) -> bool + Send + Sync> =
            Arc::new(|peer| peer == self::peer(9));
        let limits = Limits {
            connections_per_peer: 1,
            is_proxy,
            ..Limits::new(3)
        };
        let connections = Connections::new(&limits);
        let mut own = Vec::new();
        for _ in 0..3 {
            own.push(connections.admit(peer(9)).await.unwrap());
        }
        for slot in &own {
            assert!(!is_closed(slot).await);
        }
    }
}
