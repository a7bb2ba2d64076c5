// What the broker counts of transactions. The names are part of the contract with users.
#pragma once
#include "observe/metrics.h"

namespace broker::meters {

inline constexpr observe::MetricDef transactions_open{
    .name = "thalweg_transactions_open",
    .kind = observe::Kind::Gauge,
    .unit = "transactions",
    .doc =
        "Transactions under way or ending, of the transactional ids that this node coordinates."};
inline constexpr observe::MetricDef transaction_oldest_seconds{
    .name = "thalweg_transaction_oldest_seconds",
    .kind = observe::Kind::Gauge,
    .unit = "seconds",
    .doc =
        "Age of the transaction that is open for longest; 0 without any. Readers of what is "
        "committed wait for it."};
inline constexpr observe::MetricDef transactions_ended_total{
    .name = "thalweg_transactions_ended_total",
    .kind = observe::Kind::Counter,
    .unit = "transactions",
    .labels = {"outcome"},
    .doc = "Transactions that ended, by outcome: commit or abort."};
inline constexpr observe::MetricDef transaction_end_seconds{
    .name = "thalweg_transaction_end_seconds",
    .kind = observe::Kind::Histogram,
    .unit = "seconds",
    .doc =
        "From the end of a transaction being durable to all its partitions having their markers: "
        "then it can be read."};
inline constexpr observe::MetricDef transactions_timed_out_total{
    .name = "thalweg_transactions_timed_out_total",
    .kind = observe::Kind::Counter,
    .unit = "transactions",
    .doc = "Transactions aborted because they took longer than their producer had asked for."};
inline constexpr observe::MetricDef producers_fenced_total{
    .name = "thalweg_transaction_fenced_total",
    .kind = observe::Kind::Counter,
    .unit = "requests",
    .doc =
        "Requests to the coordinator that were refused because a newer producer has the "
        "transactional id."};

inline constexpr const observe::MetricDef* kTransactionMetrics[] = {
    &transactions_open,       &transaction_oldest_seconds,   &transactions_ended_total,
    &transaction_end_seconds, &transactions_timed_out_total, &producers_fenced_total,
};

}  // namespace broker::meters
