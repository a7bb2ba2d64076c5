// What a transactional producer has to know and needs no connection for: which of the two protocols
// a cluster speaks, and what a refusal means for the transaction under way.
//
//   First   (KIP-98)   partitions and groups are told to the coordinator before they are written to
//   Second  (KIP-890)  brokers tell it themselves, and each end gives the producer its next epoch
#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"
#include "wire/api.h"

namespace client {

enum class TransactionProtocol { First, Second };

// By the features that the cluster has agreed on.
TransactionProtocol transaction_protocol(const std::map<std::string, std::int16_t>& features);

// The highest versions of the APIs that speak this protocol and name topics, not their ids. A
// request in a newer version is a request in the other protocol.
struct TransactionVersions {
  wire::Version produce;
  wire::Version txn_offset_commit;
  wire::Version end_txn;
};
TransactionVersions versions_of(TransactionProtocol protocol);

enum class TransactionStep { Begin, AddPartitions, Produce, CommitOffsets, End };

enum class Verdict {
  Done,
  AskAgain,         // After a pause, with the same bytes.
  FindCoordinator,  // The same, of the one that coordinates by now.
  Abort,            // This transaction is lost; the producer can go on with another.
  Over,             // The producer is: another has its id, or it may not do this.
};
Verdict judge(ErrorCode code, TransactionStep step);

// "transactional id 'x' was taken over..." as people need it.
Error transaction_error(ErrorCode code, TransactionStep step, std::string_view id);

}  // namespace client
