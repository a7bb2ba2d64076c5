// Options of the node itself: who it is, where it listens, and how much it takes in at once.
#pragma once
#include "config/log_options.h"

namespace config {

inline constexpr Option node_id{
    .name = "node.id",
    .fallback = "1",
    .most = kMostInt,
    .synonyms = {{{"broker.id", 1}}},
    .doc =
        "The number by which other nodes and clients know this one. It is written into the data "
        "folder, which belongs to this node from then on.",
};
inline constexpr Option broker_rack{
    .name = "broker.rack",
    .type = Type::String,
    .fallback = "",
    .doc = "Where this node stands: a rack, a room, an availability zone.",
};
inline constexpr Option log_dirs{
    .name = "log.dirs",
    .type = Type::String,
    .fallback = "./data",
    .synonyms = {{{"log.dir", 1}}},
    .doc =
        "The data folder. One folder: where several disks are to share the load, let the file "
        "system or the volume manager join them.",
};
inline constexpr Option listeners{
    .name = "listeners",
    .type = Type::String,
    .fallback = "PLAINTEXT://127.0.0.1:9092",
    .doc = "Where the Kafka protocol is served, as PLAINTEXT://HOST:PORT. Port 0 picks a free one.",
};
inline constexpr Option advertised_listeners{
    .name = "advertised.listeners",
    .type = Type::String,
    .fallback = "",
    .doc =
        "The address that clients are told to connect to, as PLAINTEXT://HOST:PORT, where it is "
        "not that of `listeners`: behind a port mapping, or when listening on 0.0.0.0.",
};
inline constexpr Option thalweg_http_listener{
    .name = "thalweg.http.listener",
    .type = Type::String,
    .fallback = "127.0.0.1:8080",
    .doc = "Where health, readiness and metrics are served over HTTP, as HOST:PORT.",
};
inline constexpr Option thalweg_shards{
    .name = "thalweg.shards",
    .fallback = "0",
    .most = 1024,
    .hostile = {"1", "4"},
    .doc =
        "How many shards, each with a thread of its own, share the work; 0 makes one for each "
        "core.",
};
inline constexpr Option thalweg_memory_requests_bytes{
    .name = "thalweg.memory.requests.bytes",
    .type = Type::Long,
    .unit = Unit::Bytes,
    .fallback = "268435456",
    .least = 1'048'576,
    .synonyms = {{{"queued.max.request.bytes", 1}}},
    .hostile = {"1048576"},
    .doc =
        "How much memory requests under way may hold in the whole process. When it is spent, "
        "connections are not read from until some of it comes back. One request may always be "
        "read, so socket.request.max.bytes may be larger.",
};
inline constexpr Option socket_request_max_bytes{
    .name = "socket.request.max.bytes",
    .unit = Unit::Bytes,
    .fallback = "104857600",
    .least = 1024,
    .most = kMostInt,
    .hostile = {"1048576"},
    .doc = "The largest request. A connection that announces more is closed before it is read.",
};
inline constexpr Option thalweg_connection_max_requests{
    .name = "thalweg.connection.max.requests",
    .fallback = "64",
    .least = 1,
    .most = 10'000,
    .hostile = {"1", "5"},
    .doc = "How many requests of one connection may be under way. A client that sends more waits.",
};
inline constexpr Option max_connections{
    .name = "max.connections",
    .fallback = "2147483647",
    .least = 1,
    .most = kMostInt,
    .reload = Reload::Live,
    .doc =
        "How many clients may be connected at once. Whoever comes when they are there waits until "
        "one of them goes. The open files that the process may have (ulimit -n) are a limit too. "
        "In "
        "a TOML file that also has max.connections.per.ip, write this name in quotes.",
};
inline constexpr Option max_connections_per_ip{
    .name = "max.connections.per.ip",
    .fallback = "2147483647",
    .least = 1,
    .most = kMostInt,
    .reload = Reload::Live,
    .doc =
        "How many connections one address may have at once. A further one is closed as it comes, "
        "so that one address does not keep the others waiting.",
};
inline constexpr Option connections_max_idle_ms{
    .name = "connections.max.idle.ms",
    .type = Type::Long,
    .unit = Unit::Millis,
    .fallback = "600000",
    .least = 1,
    .hostile = {"500"},
    .doc = "A connection with nothing under way and nothing heard for this long is closed.",
};
inline constexpr Option fetch_max_bytes{
    .name = "fetch.max.bytes",
    .unit = Unit::Bytes,
    .fallback = "57671680",
    .least = 1024,
    .most = kMostInt,
    .hostile = {"1024"},
    .doc =
        "The most that one fetch answers with, whatever the client asks for. A first batch that "
        "is larger is sent whole, as the consumer could not go on without it.",
};
inline constexpr Option fetch_session_slots{
    .name = "max.incremental.fetch.session.cache.slots",
    .fallback = "1000",
    .most = 1'000'000,
    .hostile = {"0", "1"},
    .doc =
        "How many fetch sessions are remembered. A consumer without one sends all its "
        "partitions with each fetch.",
};
inline constexpr Option thalweg_log_level{
    .name = "thalweg.log.level",
    .type = Type::String,
    .fallback = "info",
    .choices = {"debug", "info", "warn", "error"},
    .doc = "The least important messages that the node logs.",
};
inline constexpr Option thalweg_log_format{
    .name = "thalweg.log.format",
    .type = Type::String,
    .fallback = "text",
    .choices = {"text", "json"},
    .doc = "How the node logs: lines for people, or one JSON object a line.",
};

inline constexpr std::array kNetworkOptions{
    &node_id,
    &broker_rack,
    &log_dirs,
    &listeners,
    &advertised_listeners,
    &thalweg_http_listener,
    &thalweg_shards,
    &thalweg_memory_requests_bytes,
    &socket_request_max_bytes,
    &thalweg_connection_max_requests,
    &max_connections,
    &max_connections_per_ip,
    &connections_max_idle_ms,
    &fetch_max_bytes,
    &fetch_session_slots,
    &thalweg_log_level,
    &thalweg_log_format,
};

}  // namespace config
