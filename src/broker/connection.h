// One client's connection: frames in, answers out.
//
// Requests start in the order they arrive, run side by side, and are answered in that order: a
// producer's next batch never waits for the disk of the one before. How many may be under way is
// bounded, and so are the bytes they hold; past either bound the connection stops reading.
//
// Invariant: an answer is sent only when all earlier ones of this connection have been.
#pragma once
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "broker/call.h"
#include "broker/memory_budget.h"
#include "env/network.h"
#include "env/sync.h"

namespace broker {

class Engine;

class ClientConnection {
 public:
  ClientConnection(Engine& engine, env::ConnectionPtr socket, std::uint64_t id);

  // Serves until the client goes, the framing is lost or `drain` was asked, and everything under
  // way is answered.
  env::Task<void> serve();

  // Takes no more requests; closes when those under way are answered.
  void drain();
  // Closes now; what is under way is not answered.
  void abort(std::string why);

  // Nothing under way and nothing heard since.
  bool idle_since(Instant limit) const {
    return slots_.empty() && !writing_ && !mid_frame_ && heard_ < limit;
  }
  // A request that came in part, with nothing heard since.
  bool stuck_since(Instant limit) const { return mid_frame_ && heard_ < limit; }
  // A request that began to come in then and is not whole yet.
  bool slow_since(Instant limit) const { return mid_frame_ && frame_began_ < limit; }

  const ClientFacts& client() const { return client_; }

 private:
  // The place of one answer in the order of answers.
  struct Slot {
    bool ready = false;
    std::vector<env::Chunk> chunks;  // Empty: the request wants no answer.
  };
  struct Frame {
    Buffer bytes;
    MemoryBudget::Lease lease;
  };

  env::Task<void> read_loop();
  env::Task<void> write_loop();
  env::Task<Result<Frame>> next_frame();
  env::Task<Result<void>> fill(std::size_t at_least);
  bool start(Frame frame);
  env::Task<void> run(std::shared_ptr<Slot> slot, Frame frame, RequestHead head);

  Engine& engine_;
  env::ConnectionPtr socket_;
  ClientFacts client_;
  Instant heard_;

  ByteVector input_;  // Read and not yet taken: input_[taken_..].
  std::size_t taken_ = 0;
  bool mid_frame_ = false;  // Not while the frame waits for memory: that is not the client's fault.
  Instant frame_began_;

  std::deque<std::shared_ptr<Slot>> slots_;
  bool writing_ = false;  // An answer is on its way out.
  bool reading_ = true;
  bool draining_ = false;
  env::Signal answered_;  // A slot became ready, or reading ended.
  env::Signal sent_;      // A slot was taken off.
  env::Gate running_;
};

}  // namespace broker
