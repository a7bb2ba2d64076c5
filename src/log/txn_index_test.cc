#include "log/txn_index.h"

#include <gtest/gtest.h>

#include <functional>

namespace logs {
namespace {

AbortedTxn aborted(std::int64_t producer, std::int64_t first, std::int64_t last,
                   std::int64_t stable) {
  return {ProducerId{producer}, Offset{first}, Offset{last}, Offset{stable}};
}

const std::vector<AbortedTxn> kEntries{aborted(1, 8, 12, 10), aborted(2, 10, 14, 15),
                                       aborted(1, 20, 25, 26)};

std::optional<std::vector<AbortedTxn>> read(Bytes file) {
  return decode_aborted(file, Offset{10}, Offset{30});
}

TEST(TxnIndex, HasKafkasBytes) {
  const ByteVector file = encode_aborted({aborted(0x0102, 8, 12, 10)});
  const unsigned char expected[] = {0, 0,                      //
                                    0, 0, 0, 0, 0, 0, 1, 2,    //
                                    0, 0, 0, 0, 0, 0, 0, 8,    //
                                    0, 0, 0, 0, 0, 0, 0, 12,   //
                                    0, 0, 0, 0, 0, 0, 0, 10};  //
  EXPECT_EQ(file, to_vector(std::as_bytes(std::span(expected))));
}

TEST(TxnIndex, ReadsWhatItWrote) {
  EXPECT_EQ(read(encode_aborted(kEntries)), kEntries);
  EXPECT_EQ(read({}), std::vector<AbortedTxn>{});
}

TEST(TxnIndex, RefusesHalfAnEntry) {
  const ByteVector whole = encode_aborted(kEntries);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(read(Bytes(whole).first(size)).has_value(), size % kAbortedTxnSize == 0) << size;
  }
}

TEST(TxnIndex, RefusesWhatCannotBe) {
  struct Row {
    const char* why;
    std::function<void(std::vector<AbortedTxn>&)> change;
  };
  const Row rows[] = {
      {"a marker below the segment", [](auto& all) { all[0] = aborted(1, 8, 9, 9); }},
      {"a marker behind the segment", [](auto& all) { all[2].last = Offset{30}; }},
      {"two transactions with one marker", [](auto& all) { all[1].last = all[0].last; }},
      {"markers that do not ascend", [](auto& all) { std::swap(all[0], all[1]); }},
      {"an end before the beginning", [](auto& all) { all[0].first = Offset{12}; }},
      {"a beginning before all records", [](auto& all) { all[0].first = Offset{-1}; }},
      {"no producer", [](auto& all) { all[0].producer = kNoProducerId; }},
      {"stable beyond its own marker", [](auto& all) { all[0].last_stable = Offset{14}; }},
      {"nothing is that unstable", [](auto& all) { all[0].last_stable = Offset{-1}; }},
      {"an offset that overflows", [](auto& all) { all[2].last_stable = Offset{INT64_MIN}; }},
  };
  for (const Row& row : rows) {
    std::vector<AbortedTxn> entries = kEntries;
    row.change(entries);
    EXPECT_FALSE(read(encode_aborted(entries))) << row.why;
  }
  ByteVector later = encode_aborted(kEntries);
  later[1] = std::byte{1};
  EXPECT_FALSE(read(later)) << "another version";
}

TEST(TxnIndex, GivesWhatAReaderHasToKnow) {
  struct Row {
    const char* why;
    std::int64_t from;
    std::int64_t upper;
    std::vector<std::size_t> wanted;
    bool complete;
  };
  const Row rows[] = {
      {"all", 0, 100, {0, 1, 2}, false},
      {"it ended before", 13, 20, {1}, true},
      {"its marker is the first that is read", 12, 15, {0, 1}, true},
      {"it begins behind what is read", 15, 20, {}, true},
      {"its first record is the last that is read", 15, 21, {2}, true},
      {"all below were over at the first marker", 0, 10, {0}, true},
      {"nothing behind the last", 26, 30, {}, false},
  };
  for (const Row& row : rows) {
    std::vector<AbortedTxn> found;
    const bool complete = add_aborted(kEntries, Offset{row.from}, Offset{row.upper}, found);
    std::vector<AbortedTxn> wanted;
    for (const std::size_t i : row.wanted) wanted.push_back(kEntries[i]);
    EXPECT_EQ(found, wanted) << row.why;
    EXPECT_EQ(complete, row.complete) << row.why;
  }
}

}  // namespace
}  // namespace logs
