#include "client/transaction_protocol.h"

#include <fmt/format.h>

namespace client {

namespace {

constexpr std::int16_t kSecondLevel = 2;  // Of the feature transaction.version.

bool is_fenced(ErrorCode code) {
  return code == ErrorCode::ProducerFenced || code == ErrorCode::InvalidProducerEpoch ||
         code == ErrorCode::InvalidProducerIdMapping;
}

std::string_view doing(TransactionStep step) {
  switch (step) {
    case TransactionStep::Begin:
      return "the producer could not begin";
    case TransactionStep::AddPartitions:
      return "a partition could not join the transaction";
    case TransactionStep::Produce:
      return "records were refused";
    case TransactionStep::CommitOffsets:
      return "offsets could not join the transaction";
    case TransactionStep::End:
      return "the transaction could not end";
  }
  return "";
}

}  // namespace

TransactionProtocol transaction_protocol(const std::map<std::string, std::int16_t>& features) {
  const auto level = features.find("transaction.version");
  return level != features.end() && level->second >= kSecondLevel ? TransactionProtocol::Second
                                                                  : TransactionProtocol::First;
}

TransactionVersions versions_of(TransactionProtocol protocol) {
  if (protocol == TransactionProtocol::Second)
    return {.produce = 12, .txn_offset_commit = 5, .end_txn = 5};
  return {.produce = 11, .txn_offset_commit = 4, .end_txn = 4};
}

Verdict judge(ErrorCode code, TransactionStep step) {
  switch (code) {
    case ErrorCode::None:
      return Verdict::Done;
    case ErrorCode::DuplicateSequenceNumber:
      // The batch is there, from an attempt whose answer was lost.
      return step == TransactionStep::Produce ? Verdict::Done : Verdict::Over;
    case ErrorCode::NotCoordinator:
    case ErrorCode::CoordinatorNotAvailable:
      return step == TransactionStep::Produce ? Verdict::AskAgain : Verdict::FindCoordinator;
    case ErrorCode::InvalidProducerEpoch:
      // A partition says this of a producer whose transaction ran out of time, too: whether it was
      // taken over shows when it ends.
      return step == TransactionStep::Produce ? Verdict::Abort : Verdict::Over;
    case ErrorCode::CorruptMessage:
      return Verdict::Abort;
    case ErrorCode::ProducerFenced:
    case ErrorCode::InvalidProducerIdMapping:
    case ErrorCode::TransactionalIdAuthorizationFailed:
    case ErrorCode::ClusterAuthorizationFailed:
    case ErrorCode::InvalidTransactionTimeout:
    case ErrorCode::UnsupportedVersion:
      return Verdict::Over;
    default:
      break;
  }
  if (is_retriable(code)) return Verdict::AskAgain;
  const bool may_abort = step == TransactionStep::AddPartitions ||
                         step == TransactionStep::Produce || step == TransactionStep::CommitOffsets;
  return may_abort || code == ErrorCode::TransactionAbortable ? Verdict::Abort : Verdict::Over;
}

Error transaction_error(ErrorCode code, TransactionStep step, std::string_view id) {
  if (is_fenced(code)) {
    return {code, fmt::format("transactional id '{}' was taken over by another producer, or its "
                              "transaction ran out of time ({})\nGive each producer an id of its "
                              "own; see who has it with: thalweg txn describe {}",
                              id, name_of(code), id)};
  }
  return {code, fmt::format("transactional id '{}': {}: {} ({})", id, doing(step), text_of(code),
                            name_of(code))};
}

}  // namespace client
