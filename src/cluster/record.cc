#include "cluster/record.h"

#include <fmt/format.h>

#include "base/varint.h"

namespace cluster {
namespace {

constexpr std::uint32_t kFrameVersion = 1;

std::unexpected<Error> newer(const std::string& what) {
  return fail(ErrorCode::UnsupportedVersion,
              what +
                  ": the metadata log was written by a newer version of Thalweg, or by another "
                  "program");
}

template <class T>
Result<Record> read_as(Result<T> (*read)(Bytes, wire::Version), Bytes message,
                       std::uint32_t version) {
  if (version > static_cast<std::uint32_t>(T::schema.last)) {
    return newer(fmt::format("{} has version {}", T::schema.name, version));
  }
  return Record(TRY(read(message, static_cast<wire::Version>(version))));
}

}  // namespace

ByteVector encode(const Record& record) {
  wire::Output out;
  std::visit(
      [&](const auto& message) {
        using T = std::decay_t<decltype(message)>;
        put_uvarint(out.bytes, kFrameVersion);
        put_uvarint(out.bytes, static_cast<std::uint32_t>(T::kKey));
        put_uvarint(out.bytes, static_cast<std::uint32_t>(T::schema.last));
        write(message, T::schema.last, out);
      },
      record);
  return std::move(out.bytes);
}

Result<Record> decode(Bytes value) {
  const auto frame = take_uvarint<std::uint32_t>(value);
  if (frame && *frame != kFrameVersion) {
    return newer(fmt::format("a metadata record has frame version {}", *frame));
  }
  const auto key = take_uvarint<std::uint32_t>(value);
  const auto version = take_uvarint<std::uint32_t>(value);
  if (!frame || !key || !version) {
    return fail(ErrorCode::CorruptMessage, "a metadata record ends within its header");
  }
  switch (*key) {
    case wire::RegisterBrokerRecord::kKey:
      return read_as(wire::read_register_broker_record, value, *version);
    case wire::UnregisterBrokerRecord::kKey:
      return read_as(wire::read_unregister_broker_record, value, *version);
    case wire::TopicRecord::kKey:
      return read_as(wire::read_topic_record, value, *version);
    case wire::PartitionRecord::kKey:
      return read_as(wire::read_partition_record, value, *version);
    case wire::ConfigRecord::kKey:
      return read_as(wire::read_config_record, value, *version);
    case wire::PartitionChangeRecord::kKey:
      return read_as(wire::read_partition_change_record, value, *version);
    case wire::RemoveTopicRecord::kKey:
      return read_as(wire::read_remove_topic_record, value, *version);
    case wire::FeatureLevelRecord::kKey:
      return read_as(wire::read_feature_level_record, value, *version);
    case wire::ProducerIdsRecord::kKey:
      return read_as(wire::read_producer_ids_record, value, *version);
    case wire::BrokerRegistrationChangeRecord::kKey:
      return read_as(wire::read_broker_registration_change_record, value, *version);
    case wire::NoOpRecord::kKey:
      return read_as(wire::read_no_op_record, value, *version);
    case wire::FenceBrokerRecord::kKey:
      return read_as(wire::read_fence_broker_record, value, *version);
    case wire::UnfenceBrokerRecord::kKey:
      return read_as(wire::read_unfence_broker_record, value, *version);
    case wire::ClearElrRecord::kKey:
      return read_as(wire::read_clear_elr_record, value, *version);
    case wire::BeginTransactionRecord::kKey:
      return read_as(wire::read_begin_transaction_record, value, *version);
    case wire::EndTransactionRecord::kKey:
      return read_as(wire::read_end_transaction_record, value, *version);
    case wire::AbortTransactionRecord::kKey:
      return read_as(wire::read_abort_transaction_record, value, *version);
    case wire::ClientQuotaRecord::kKey:
      return read_as(wire::read_client_quota_record, value, *version);
    case wire::UserScramCredentialRecord::kKey:
      return read_as(wire::read_user_scram_credential_record, value, *version);
    case wire::RemoveUserScramCredentialRecord::kKey:
      return read_as(wire::read_remove_user_scram_credential_record, value, *version);
    case wire::DelegationTokenRecord::kKey:
      return read_as(wire::read_delegation_token_record, value, *version);
    case wire::RemoveDelegationTokenRecord::kKey:
      return read_as(wire::read_remove_delegation_token_record, value, *version);
    case wire::AccessControlEntryRecord::kKey:
      return read_as(wire::read_access_control_entry_record, value, *version);
    case wire::RemoveAccessControlEntryRecord::kKey:
      return read_as(wire::read_remove_access_control_entry_record, value, *version);
    case wire::RegisterControllerRecord::kKey:
      return read_as(wire::read_register_controller_record, value, *version);
    default:
      return newer(fmt::format("a metadata record is of the unknown kind {}", *key));
  }
}

}  // namespace cluster
