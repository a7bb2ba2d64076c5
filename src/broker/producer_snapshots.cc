#include "broker/producer_snapshots.h"

#include <algorithm>

#include "base/probe.h"
#include "log/names.h"
#include "txn/replay.h"
#include "txn/snapshot.h"

namespace broker {

logs::AbortedTxn index_entry(const txn::Ended& ended) {
  return {.producer = ended.producer,
          .first = ended.first,
          .last = ended.marker,
          .last_stable = ended.last_stable};
}

namespace {

// One batch of the log, read back.
Result<void> replay(Bytes batch, txn::Producers& producers, wire::BatchScratch& scratch,
                    std::vector<logs::AbortedTxn>& aborted) {
  const std::optional<wire::BatchHeader> header = TRY(wire::peek_batch(batch));
  if (!header) return {};
  const std::optional<txn::Ended> ended = TRY(txn::replay(producers, *header, batch, scratch));
  if (ended && ended->outcome == txn::Outcome::Abort) aborted.push_back(index_entry(*ended));
  return {};
}

}  // namespace

std::string ProducerSnapshots::path(Offset at) const {
  return log_.folder() + "/" + logs::file_name(logs::FileKind::Snapshot, at);
}

// Takes the newest snapshot that can be read, and what the log says since. Without one the whole
// log is read: slow, but a producer's duplicates must not get through. Where it is in doubt which
// transactions were aborted, it is the newest from before those.
env::Task<Result<void>> ProducerSnapshots::load(txn::Producers& producers,
                                                store::RecoveryReport& report) {
  const Offset newest = report.aborted_in_doubt.value_or(log_.log_end());
  CO_TRY(const Offset from, co_await take_up(report.snapshots, newest, producers));
  written_ = from;
  std::vector<logs::AbortedTxn> aborted;
  if (from < log_.log_end() && !probe::planted<"producers as of the last snapshot">()) {
    wire::BatchScratch scratch;
    CO_TRY_VOID(co_await log_.scan(from, log_.log_end(), store::ScanDetail::Headers,
                                   [&producers, &scratch, &aborted](Bytes batch) {
                                     return replay(batch, producers, scratch, aborted);
                                   }));
  }
  if (!report.aborted_in_doubt) co_return Result<void>{};
  co_return co_await settle(std::move(aborted), report);
}

// Gives the offset as of which the producers then are.
env::Task<Result<Offset>> ProducerSnapshots::take_up(std::vector<Offset> snapshots, Offset newest,
                                                     txn::Producers& producers) {
  while (!snapshots.empty()) {
    const Offset at = snapshots.back();
    snapshots.pop_back();
    if (at > log_.log_end()) {
      probe::reached<"producers: a snapshot of a history that was undone">();
      // Of a history that a crash took back: later it would tell of batches that never were.
      CO_TRY_VOID(cache_.files().remove(path(at)));
      continue;
    }
    if (at > newest) continue;
    if (at <= log_.log_start()) break;
    const Result<ByteVector> file = co_await env::read_file(cache_.files(), path(at));
    if (!file) continue;
    Result<txn::Producers> read = txn::decode_snapshot(*file);
    if (!read) continue;
    probe::reached<"producers: a snapshot taken up">();
    producers = std::move(*read);
    co_return at;
  }
  co_return log_.log_start();
}

env::Task<Result<void>> ProducerSnapshots::settle(std::vector<logs::AbortedTxn> aborted,
                                                  store::RecoveryReport& report) {
  const Offset base = *report.aborted_in_doubt;
  CO_TRY(const int rebuilt, co_await log_.settle_aborted(base, std::move(aborted)));
  if (rebuilt > 0) {
    report.findings.push_back({.kind = logs::Finding::Kind::IndexRebuilt,
                               .file = log_.folder(),
                               .offset = base,
                               .why = "indexes of aborted transactions were missing or damaged"});
  }
  co_return Result<void>{};
}

// The log tells of it between two appends. Only where its end is the segment's base do the
// producers stand as of there.
std::optional<ByteVector> ProducerSnapshots::at_roll(Offset at,
                                                     const txn::Producers& producers) const {
  if (at != log_.log_end() || at <= written_) return {};
  return txn::encode_snapshot(producers);
}

env::Task<void> ProducerSnapshots::write(Offset at, ByteVector content) {
  const Result<void> written =
      co_await env::write_file_atomically(cache_.files(), path(at), std::move(content));
  if (written) written_ = std::max(written_, at);
}

}  // namespace broker
