//! The connections that are open, and which of them makes room for a new one.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::{Limits, network};

/// All open connections of one listener.
pub(crate) struct Connections {
    open: Mutex<Open>,
    limits: Limits,
    /// Told when a connection ends or becomes idle.
    freed: Notify,
}

#[derive(Default)]
struct Open {
    next: u64,
    all: HashMap<u64, Connection>,
    per_peer: HashMap<IpAddr, usize>,
}

struct Connection {
    peer: IpAddr,
    /// `None` while a request is under way.
    idle_since: Option<Instant>,
    close: Arc<Notify>,
}

/// Whether there is room for one more connection.
enum Room {
    Made,
    /// The peer may have no more, and all it has are in use.
    PeerFull,
    /// All connections are in use.
    Full,
}

/// The place of one connection among all; given back when it is dropped.
pub(crate) struct Ticket {
    id: u64,
    close: Arc<Notify>,
    connections: Arc<Connections>,
}

/// While this lives, a request of the connection is under way.
pub(crate) struct Busy<'a>(&'a Ticket);

impl Connections {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self {
            open: Mutex::default(),
            limits: limits.clone(),
            freed: Notify::new(),
        })
    }

    /// A place for a connection of this peer, once not all connections have requests under way;
    /// `None` when all that the peer may have do.
    pub(crate) async fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Ticket> {
        let (is_proxy, peer) = ((self.limits.is_proxy)(peer), network(peer));
        loop {
            let freed = self.freed.notified();
            let room = self.open().make_room(peer, is_proxy, &self.limits);
            match room {
                Room::Made => return Some(self.add(peer)),
                Room::PeerFull => return None,
                Room::Full => {}
            }
            freed.await;
        }
    }

    fn add(self: &Arc<Self>, peer: IpAddr) -> Ticket {
        let (id, close) = self.open().add(peer);
        Ticket {
            id,
            close,
            connections: Arc::clone(self),
        }
    }

    /// Closes all connections without a request under way.
    pub(crate) fn close_idle(&self) {
        let open = self.open();
        let idle = open
            .all
            .values()
            .filter(|connection| connection.idle_since.is_some());
        idle.for_each(|connection| connection.close.notify_one());
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Closes an idle connection where one has to go for a new one.
    fn make_room(&mut self, peer: IpAddr, is_proxy: bool, limits: &Limits) -> Room {
        let of_peer = self.per_peer.get(&peer).copied().unwrap_or_default();
        let has_limit = !is_proxy && limits.connections_per_peer < limits.connections;
        let is_peer_full = has_limit && of_peer >= limits.connections_per_peer;
        let loser = if is_peer_full {
            Some(peer)
        } else if self.all.len() >= limits.connections {
            self.greediest()
        } else {
            return Room::Made;
        };
        match loser.and_then(|loser| self.idlest(loser)) {
            Some(idlest) => {
                self.close(idlest);
                Room::Made
            }
            None if is_peer_full => Room::PeerFull,
            None => Room::Full,
        }
    }

    fn add(&mut self, peer: IpAddr) -> (u64, Arc<Notify>) {
        let (id, close) = (self.next, Arc::new(Notify::new()));
        self.next += 1;
        let connection = Connection {
            peer,
            idle_since: Some(Instant::now()),
            close: Arc::clone(&close),
        };
        self.all.insert(id, connection);
        *self.per_peer.entry(peer).or_default() += 1;
        (id, close)
    }

    /// The peer with an idle connection that has the most connections.
    fn greediest(&self) -> Option<IpAddr> {
        let idle = self
            .all
            .values()
            .filter(|connection| connection.idle_since.is_some());
        idle.map(|connection| connection.peer)
            .max_by_key(|peer| self.per_peer.get(peer))
    }

    fn idlest(&self, peer: IpAddr) -> Option<u64> {
        let of_peer = self
            .all
            .iter()
            .filter(|(_, connection)| connection.peer == peer);
        let idle =
            of_peer.filter_map(|(id, connection)| connection.idle_since.map(|since| (since, *id)));
        idle.min().map(|(_, id)| id)
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

impl Ticket {
    /// Ready when the connection has to make room for another.
    pub(crate) async fn closed(&self) {
        self.close.notified().await;
    }

    /// Marks that a request is under way.
    pub(crate) fn busy(&self) -> Busy<'_> {
        self.mark(None);
        Busy(self)
    }

    fn mark(&self, idle_since: Option<Instant>) {
        if let Some(connection) = self.connections.open().all.get_mut(&self.id) {
            connection.idle_since = idle_since;
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.connections.open().remove(self.id);
        self.connections.freed.notify_one();
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.mark(Some(Instant::now()));
        self.0.connections.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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

    async fn is_closed(ticket: &Ticket) -> bool {
        tokio::time::timeout(Duration::ZERO, ticket.closed())
            .await
            .is_ok()
    }

    async fn later() {
        tokio::time::advance(Duration::from_millis(1)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn of_the_peer_with_most_connections_the_idlest_makes_room() {
        let connections = connections(3, 3);
        let modest = connections.admit(peer(1)).await.unwrap();
        later().await;
        let first = connections.admit(peer(2)).await.unwrap();
        later().await;
        let second = connections.admit(peer(2)).await.unwrap();
        later().await;
        drop(first.busy());
        connections.admit(peer(3)).await.unwrap();
        assert!(
            is_closed(&second).await,
            "the first one was busy more recently"
        );
        assert!(!is_closed(&modest).await && !is_closed(&first).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_with_too_many_connections_loses_its_own() {
        let connections = connections(10, 2);
        let other = connections.admit(peer(1)).await.unwrap();
        let own = [
            connections.admit(peer(2)).await.unwrap(),
            connections.admit(peer(2)).await.unwrap(),
        ];
        let _busy: Vec<_> = own.iter().map(Ticket::busy).collect();
        assert!(
            connections.admit(peer(2)).await.is_none(),
            "requests under way are not cut off"
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
    async fn a_proxy_may_have_all_connections() {
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
        for ticket in &own {
            assert!(!is_closed(ticket).await);
        }
    }
}
