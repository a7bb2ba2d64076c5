#include "txn/replay.h"

#include <gtest/gtest.h>

#include "wire/record_batch_builder.h"

namespace txn {
namespace {

constexpr ProducerId kId{5};

ByteVector data_batch(std::int64_t offset, std::int32_t sequence, int records, bool transactional) {
  wire::BatchBuilder builder({.base_offset = Offset{offset},
                              .producer_id = kId,
                              .producer_epoch = ProducerEpoch{1},
                              .base_sequence = sequence,
                              .transactional = transactional});
  for (int i = 0; i < records; ++i) builder.add(Timestamp{100 + i}, {}, as_bytes("v"));
  return builder.finish();
}

ByteVector marker_batch(std::int64_t offset, std::string_view key, std::string_view value) {
  wire::BatchBuilder builder({.base_offset = Offset{offset},
                              .producer_id = kId,
                              .producer_epoch = ProducerEpoch{1},
                              .transactional = true,
                              .control = true});
  builder.add(Timestamp{200}, as_bytes(key), as_bytes(value));
  return builder.finish();
}

Result<std::optional<Ended>> replay(Producers& producers, const ByteVector& batch) {
  wire::BatchScratch scratch;
  const auto header = wire::peek_batch(batch);
  if (!header || !*header) return fail(ErrorCode::CorruptMessage, "no batch");
  return replay(producers, **header, batch, scratch);
}

constexpr std::string_view kCommitKey("\0\0\0\1", 4);
constexpr std::string_view kCommitValue("\0\0\0\0\0\7", 6);

TEST(Replay, RemembersABatchAsItWasAppended) {
  Producers producers;
  ASSERT_TRUE(replay(producers, data_batch(40, 8, 3, false)));
  const Producer* producer = producers.find(kId);
  ASSERT_TRUE(producer);
  EXPECT_EQ(producer->epoch, ProducerEpoch{1});
  EXPECT_EQ(producer->batches.back(), (KeptBatch{Sequence{10}, Offset{42}, 2, Timestamp{102}}));
}

TEST(Replay, EndsATransactionAtItsMarker) {
  Producers producers;
  ASSERT_TRUE(replay(producers, data_batch(40, 0, 3, true)));
  EXPECT_EQ(producers.first_open(), Offset{40});
  ASSERT_TRUE(replay(producers, marker_batch(43, kCommitKey, kCommitValue)));
  EXPECT_FALSE(producers.first_open());
  EXPECT_EQ(producers.find(kId)->coordinator_epoch, 7);
  EXPECT_EQ(producers.find(kId)->last_sequence(), Sequence{2});
}

TEST(Replay, RefusesMarkersThatAreNone) {
  struct Row {
    const char* why;
    std::string_view key;
    std::string_view value;
    bool fine;
  };
  const Row rows[] = {
      {"a key cut short", std::string_view("\0\0\0", 3), kCommitValue, false},
      {"a value cut short", kCommitKey, std::string_view("\0\0\0", 3), false},
      {"a control record about something else", std::string_view("\0\0\0\3", 4), "", true},
  };
  for (const Row& row : rows) {
    Producers producers;
    EXPECT_EQ(replay(producers, marker_batch(0, row.key, row.value)).has_value(), row.fine)
        << row.why;
    EXPECT_EQ(producers.size(), 0U) << row.why;
  }
}

TEST(Replay, PassesOverPlainBatches) {
  wire::BatchBuilder builder;
  builder.add(Timestamp{1}, {}, as_bytes("v"));
  Producers producers;
  ASSERT_TRUE(replay(producers, builder.finish()));
  EXPECT_EQ(producers.size(), 0U);
}

}  // namespace
}  // namespace txn
