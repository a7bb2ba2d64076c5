// What the broker counts. The names are part of the contract with users; docs/metrics.md is made
// from here.
#pragma once
#include "observe/metrics.h"

// A namespace of their own: their names are also good names for variables.
namespace broker::meters {

inline constexpr observe::MetricDef requests_total{.name = "thalweg_requests_total",
                                                   .kind = observe::Kind::Counter,
                                                   .unit = "requests",
                                                   .labels = {"api"},
                                                   .doc = "Requests served, by API."};
inline constexpr observe::MetricDef request_seconds{
    .name = "thalweg_request_seconds",
    .kind = observe::Kind::Histogram,
    .unit = "seconds",
    .labels = {"api"},
    .doc =
        "From the whole request being read to its answer being ready to send, by API. A Fetch "
        "includes its wait for data."};
inline constexpr observe::MetricDef answer_errors_total{
    .name = "thalweg_answer_errors_total",
    .kind = observe::Kind::Counter,
    .unit = "errors",
    .labels = {"api", "code"},
    .doc = "Error codes in answers, by API and name of the code. One answer may carry several."};
inline constexpr observe::MetricDef request_bytes_total{
    .name = "thalweg_request_bytes_total",
    .kind = observe::Kind::Counter,
    .unit = "bytes",
    .labels = {"api"},
    .doc = "Bytes of requests received, by API, without their length prefix."};
inline constexpr observe::MetricDef answer_bytes_total{
    .name = "thalweg_answer_bytes_total",
    .kind = observe::Kind::Counter,
    .unit = "bytes",
    .labels = {"api"},
    .doc = "Bytes of answers made, by API, the runs of files in Fetch answers included."};
inline constexpr observe::MetricDef connections{.name = "thalweg_connections",
                                                .kind = observe::Kind::Gauge,
                                                .unit = "connections",
                                                .doc = "Kafka connections open now."};
inline constexpr observe::MetricDef connections_total{
    .name = "thalweg_connections_total",
    .kind = observe::Kind::Counter,
    .unit = "connections",
    .doc = "Kafka connections accepted since the start."};
inline constexpr observe::MetricDef connection_limits_total{
    .name = "thalweg_connection_limits_total",
    .kind = observe::Kind::Counter,
    .unit = "times",
    .labels = {"limit"},
    .doc =
        "Times that a limit on connections held: at max.connections (or the open files) nobody "
        "more is accepted until somebody goes; beyond max.connections.per.ip a connection is "
        "closed."};
inline constexpr observe::MetricDef hang_ups_total{
    .name = "thalweg_hang_ups_total",
    .kind = observe::Kind::Counter,
    .unit = "connections",
    .doc =
        "Connections that the broker ended: bad framing, idleness, a request not to be answered."};
inline constexpr observe::MetricDef produced_records_total{
    .name = "thalweg_produced_records_total",
    .kind = observe::Kind::Counter,
    .unit = "records",
    .doc = "Records appended by Produce requests."};
inline constexpr observe::MetricDef produced_bytes_total{
    .name = "thalweg_produced_bytes_total",
    .kind = observe::Kind::Counter,
    .unit = "bytes",
    .doc = "Bytes of record batches appended by Produce requests, as they are on disk."};
inline constexpr observe::MetricDef fetched_bytes_total{
    .name = "thalweg_fetched_bytes_total",
    .kind = observe::Kind::Counter,
    .unit = "bytes",
    .doc = "Bytes of record batches given to Fetch requests."};
inline constexpr observe::MetricDef durable_seconds{
    .name = "thalweg_durable_seconds",
    .kind = observe::Kind::Histogram,
    .unit = "seconds",
    .doc = "From a batch being written to it being as durable as its topic promises."};
inline constexpr observe::MetricDef syncs_total{
    .name = "thalweg_log_syncs_total",
    .kind = observe::Kind::Counter,
    .unit = "syncs",
    .doc = "Times that a log was made durable (fdatasync); shared by all who waited for it."};
inline constexpr observe::MetricDef sync_failures_total{
    .name = "thalweg_log_sync_failures_total",
    .kind = observe::Kind::Counter,
    .unit = "syncs",
    .doc = "Syncs that failed. Each takes a partition offline until the node is started again."};
inline constexpr observe::MetricDef partitions{.name = "thalweg_partitions",
                                               .kind = observe::Kind::Gauge,
                                               .unit = "partitions",
                                               .doc = "Partitions held."};
inline constexpr observe::MetricDef partitions_offline{
    .name = "thalweg_partitions_offline",
    .kind = observe::Kind::Gauge,
    .unit = "partitions",
    .doc = "Partitions that take no more writes because their disk failed. More than 0 needs you."};
inline constexpr observe::MetricDef log_bytes{
    .name = "thalweg_log_bytes",
    .kind = observe::Kind::Gauge,
    .unit = "bytes",
    .labels = {"topic"},
    .doc = "Size of the segments of all partitions of a topic."};
inline constexpr observe::MetricDef log_segments{.name = "thalweg_log_segments",
                                                 .kind = observe::Kind::Gauge,
                                                 .unit = "segments",
                                                 .doc = "Segments of all partitions."};
inline constexpr observe::MetricDef open_files{.name = "thalweg_log_open_files",
                                               .kind = observe::Kind::Gauge,
                                               .unit = "files",
                                               .doc = "Files of logs that are open now."};
inline constexpr observe::MetricDef fetch_sessions{.name = "thalweg_fetch_sessions",
                                                   .kind = observe::Kind::Gauge,
                                                   .unit = "sessions",
                                                   .doc = "Fetch sessions (KIP-227) held."};
inline constexpr observe::MetricDef duplicate_batches_total{
    .name = "thalweg_duplicate_batches_total",
    .kind = observe::Kind::Counter,
    .unit = "batches",
    .doc = "Batches that producers sent again and that were in the log already."};
inline constexpr observe::MetricDef out_of_order_batches_total{
    .name = "thalweg_out_of_order_batches_total",
    .kind = observe::Kind::Counter,
    .unit = "batches",
    .doc = "Batches refused because their sequence did not go on from the one before."};
inline constexpr observe::MetricDef fenced_producers_total{
    .name = "thalweg_fenced_producers_total",
    .kind = observe::Kind::Counter,
    .unit = "requests",
    .doc =
        "Batches and markers refused because a newer producer of their id, or a newer coordinator, "
        "has taken over."};
inline constexpr observe::MetricDef last_stable_lag_records{
    .name = "thalweg_last_stable_lag_records",
    .kind = observe::Kind::Gauge,
    .unit = "records",
    .labels = {"topic"},
    .doc =
        "Records of a topic, over all partitions, that read_committed consumers do not get yet "
        "because a transaction before them is open."};
inline constexpr observe::MetricDef last_stable_lag_seconds{
    .name = "thalweg_last_stable_lag_seconds",
    .kind = observe::Kind::Gauge,
    .unit = "seconds",
    .labels = {"topic"},
    .doc =
        "For how long an open transaction has held read_committed consumers up, in the partition "
        "of "
        "the topic where that is longest. If it keeps growing, a transaction hangs: thalweg txn "
        "hanging finds it."};
inline constexpr observe::MetricDef request_memory_bytes{
    .name = "thalweg_request_memory_bytes",
    .kind = observe::Kind::Gauge,
    .unit = "bytes",
    .doc =
        "Bytes of requests held now; connections wait when thalweg.memory.requests.bytes is "
        "spent."};
inline constexpr observe::MetricDef request_memory_waiters{
    .name = "thalweg_request_memory_waiters",
    .kind = observe::Kind::Gauge,
    .unit = "connections",
    .doc = "Connections that wait for request memory now."};

inline constexpr const observe::MetricDef* kMetrics[] = {
    &requests_total,
    &request_seconds,
    &answer_errors_total,
    &request_bytes_total,
    &answer_bytes_total,
    &connections,
    &connections_total,
    &connection_limits_total,
    &hang_ups_total,
    &produced_records_total,
    &produced_bytes_total,
    &fetched_bytes_total,
    &durable_seconds,
    &syncs_total,
    &sync_failures_total,
    &partitions,
    &partitions_offline,
    &log_bytes,
    &log_segments,
    &open_files,
    &fetch_sessions,
    &request_memory_bytes,
    &request_memory_waiters,
    &duplicate_batches_total,
    &out_of_order_batches_total,
    &fenced_producers_total,
    &last_stable_lag_records,
    &last_stable_lag_seconds,
};

}  // namespace broker::meters
