//! A connection that comes back: what fails is remembered as trouble, and waits a while before it is tried again.

use super::address::{Layout, RedisAddress};
use super::backoff::Backoff;
use super::error::RedisError;
use super::trouble::Trouble;
use ::redis::aio::{ConnectionLike, MultiplexedConnection};
use ::redis::cluster::ClusterClientBuilder;
use ::redis::cluster_async::ClusterConnection;
use ::redis::sentinel::{SentinelClientBuilder, SentinelServerType};
use ::redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ErrorKind, IntoConnectionInfo, Pipeline, RedisError as Failure,
    RedisFuture, RedisResult, ServerErrorKind, TlsMode, Value, cmd,
};
use std::time::Duration;
use tokio::task::JoinHandle;

const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
/// For the largest batch from a server that is busy.
const ANSWER_DEADLINE: Duration = Duration::from_secs(30);

/// One user's way to Redis.
pub(super) struct Link {
    address: RedisAddress,
    connection: Option<Connection>,
    backoff: Backoff,
    trouble: Option<String>,
}

/// A connection to one server, or to the nodes of a cluster. Clones share it.
#[derive(Clone)]
enum Connection {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// A transaction under way: each command's reply, errors among them.
pub(super) struct Replies(JoinHandle<RedisResult<Vec<Value>>>);

impl Link {
    pub(super) fn new(address: RedisAddress) -> Self {
        Self { address, connection: None, backoff: Backoff::default(), trouble: None }
    }

    /// Why nothing works at present.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// What is left of the pause after a failure.
    pub(super) fn pause(&self) -> Duration {
        self.backoff.left()
    }

    /// All is well.
    pub(super) fn succeeded(&mut self) {
        self.backoff.succeeded();
        self.trouble = None;
    }

    /// Something is not: tells what, drops a broken connection, and begins a pause.
    pub(super) fn failed(&mut self, trouble: &Trouble) {
        if trouble.broken {
            self.connection = None;
        }
        self.trouble = Some(format!("Redis at {}: {}", self.address, trouble.reason));
        self.backoff.failed();
    }

    /// The trouble as an error, for those who do not wait.
    pub(super) fn error(&self, trouble: Trouble) -> RedisError {
        RedisError::Unavailable { server: self.address.to_string(), reason: trouble.reason }
    }

    /// One command's reply.
    pub(super) async fn command(&mut self, command: &Cmd) -> Result<Value, Trouble> {
        let mut connection = self.connection().await?;
        command.query_async(&mut connection).await.map_err(|failure| Trouble::of(&failure))
    }

    /// Each command's reply, errors among them.
    pub(super) async fn pipeline(&mut self, commands: &mut Pipeline) -> Result<Vec<Value>, Trouble> {
        let mut connection = self.connection().await?;
        commands.ignore_errors().query_async(&mut connection).await.map_err(|failure| Trouble::of(&failure))
    }

    /// Sends a transaction. Its replies are received and parsed while the caller does something else.
    pub(super) async fn begin(&mut self, transaction: Pipeline) -> Result<Replies, Trouble> {
        Ok(Replies::to(self.connection().await?, transaction))
    }

    /// The same without waiting for a connection.
    pub(super) fn begin_if_connected(&self, transaction: Pipeline) -> Option<Replies> {
        Some(Replies::to(self.connection.clone()?, transaction))
    }

    /// A transaction's replies, errors of single commands among them.
    pub(super) async fn transaction(&mut self, transaction: Pipeline) -> Result<Vec<Value>, Trouble> {
        self.begin(transaction).await?.received().await
    }

    async fn connection(&mut self) -> Result<Connection, Trouble> {
        if let Some(connection) = &self.connection {
            return Ok(connection.clone());
        }
        let broken = |failure: Failure| Trouble { broken: true, ..Trouble::of(&failure) };
        let mut connection = connect(&self.address).await.map_err(broken)?;
        // Whoever wants a password says so only when asked for something.
        match cmd("PING").exec_async(&mut connection).await {
            Err(failure) if failure.kind() != ErrorKind::Server(ServerErrorKind::NoPerm) => {
                return Err(broken(failure));
            }
            _ => {}
        }
        Ok(self.connection.insert(connection).clone())
    }
}

impl Replies {
    fn to(mut connection: Connection, mut transaction: Pipeline) -> Self {
        transaction.atomic().ignore_errors();
        Self(tokio::spawn(async move { transaction.query_async(&mut connection).await }))
    }

    /// Waits for them. May be dropped and called again.
    pub(super) async fn received(&mut self) -> Result<Vec<Value>, Trouble> {
        match (&mut self.0).await {
            Ok(Ok(values)) => Ok(values),
            Ok(Err(failure)) => Err(Trouble::of(&failure)),
            Err(_) => Err(Trouble { reason: "the process is about to end".to_owned(), broken: true }),
        }
    }
}

impl Drop for Replies {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn connect(address: &RedisAddress) -> RedisResult<Connection> {
    if address.tls.is_some() {
        // Fails only when another provider is already there, which serves as well.
        let _installed_before = rustls::crypto::ring::default_provider().install_default();
    }
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_DEADLINE))
        .set_response_timeout(Some(ANSWER_DEADLINE));
    match &address.layout {
        Layout::Single => {
            let place = address.connection_addresses().next();
            let place = place.ok_or((ErrorKind::InvalidClientConfig, "the address has no host"))?;
            let client = client(address, place)?;
            Ok(Connection::Single(client.get_multiplexed_async_connection_with_config(&config).await?))
        }
        Layout::Cluster => {
            let nodes = address
                .connection_addresses()
                .map(|place| Ok(place.into_connection_info()?.set_redis_settings(address.greeting())))
                .collect::<RedisResult<Vec<_>>>()?;
            let mut builder = ClusterClientBuilder::new(nodes)
                .connection_timeout(CONNECT_DEADLINE)
                .response_timeout(ANSWER_DEADLINE)
                .overall_response_timeout(Some(ANSWER_DEADLINE))
                .retries(3);
            if let Some(certificates) = &address.tls {
                builder = builder.certs(certificates.clone());
            }
            Ok(Connection::Cluster(builder.build()?.get_async_connection().await?))
        }
        Layout::Sentinel { service } => {
            // Most Sentinels want no password; those that do mostly want the one of the servers.
            let open = primary(address, service, false, &config).await;
            match open {
                Err(failure) if address.password.is_some() && failure.to_string().contains("NOAUTH") => {
                    primary(address, service, true, &config).await
                }
                outcome => outcome,
            }
        }
    }
}

fn client(address: &RedisAddress, place: ConnectionAddr) -> RedisResult<Client> {
    let info = place.into_connection_info()?.set_redis_settings(address.greeting());
    match &address.tls {
        Some(certificates) => Client::build_with_tls(info, certificates.clone()),
        None => Client::open(info),
    }
}

/// A connection to the primary that the Sentinels name.
async fn primary(
    address: &RedisAddress,
    service: &str,
    with_password: bool,
    config: &AsyncConnectionConfig,
) -> RedisResult<Connection> {
    let places = address.connection_addresses();
    let mut builder = SentinelClientBuilder::new(places, service, SentinelServerType::Master)?
        .set_client_to_redis_db(address.database);
    if let Some(user) = &address.user {
        builder = builder.set_client_to_redis_username(user);
    }
    if let Some(password) = &address.password {
        builder = builder.set_client_to_redis_password(password.reveal());
        if with_password {
            builder = builder.set_client_to_sentinel_password(password.reveal());
        }
    }
    if let Some(certificates) = &address.tls {
        builder = builder
            .set_client_to_redis_tls_mode(TlsMode::Secure)
            .set_client_to_redis_certificates(certificates.clone())
            .set_client_to_sentinel_tls_mode(TlsMode::Secure)
            .set_client_to_sentinel_certificates(certificates.clone());
    }
    let mut client = builder.build()?;
    Ok(Connection::Single(client.get_async_connection_with_config(config).await?))
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Single(connection) => connection.req_packed_command(command),
            Self::Cluster(connection) => connection.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        commands: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Single(connection) => connection.req_packed_commands(commands, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(commands, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Single(connection) => connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}
