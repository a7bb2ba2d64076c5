#include "app/log_text.h"

#include <gtest/gtest.h>

#include "txn/marker.h"
#include "wire/record_batch_builder.h"

namespace app {
namespace {

std::optional<std::string> marker_in(const ByteVector& batch) {
  wire::BatchScratch scratch;
  const auto header = wire::peek_batch(batch);
  return marker_of(**header, batch, scratch);
}

TEST(LogText, SaysHowATransactionEnded) {
  const auto marker = [](txn::Outcome outcome) {
    return txn::marker_batch({.producer = ProducerId{7},
                              .epoch = ProducerEpoch{1},
                              .coordinator_epoch = 3,
                              .outcome = outcome},
                             Timestamp{1000});
  };
  EXPECT_EQ(marker_in(marker(txn::Outcome::Commit)), "COMMIT, coordinator epoch 3");
  EXPECT_EQ(marker_in(marker(txn::Outcome::Abort)), "ABORT, coordinator epoch 3");
  const auto header = wire::peek_batch(marker(txn::Outcome::Abort));
  EXPECT_EQ(flags_of(**header), "txn control");
}

TEST(LogText, SaysNothingOfOtherBatches) {
  wire::BatchBuilder plain;
  plain.add(Timestamp{1}, std::nullopt, as_bytes("value"));
  EXPECT_FALSE(marker_in(plain.finish()));
  wire::BatchBuilder control(
      {.producer_id = ProducerId{7}, .producer_epoch = ProducerEpoch{1}, .control = true});
  control.add(Timestamp{1}, as_bytes("x"), std::nullopt);
  const auto told = marker_in(control.finish());
  ASSERT_TRUE(told);
  EXPECT_TRUE(told->starts_with("unreadable: ")) << *told;
}

}  // namespace
}  // namespace app
