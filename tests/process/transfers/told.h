// Histories that real clients wrote of their transactions (transfer_worker.cc,
// TransferWorker.java), brought before the checks of the simulator's. A file holds what one process
// saw, a line an act, each beginning with the time of the monotonic clock in nanoseconds, which is
// one for all processes of a machine. Acts are noted before and after them:
//
//   begin PRODUCER NUMBER                    a transaction, counted from 0
//   write PRODUCER NUMBER GROUP POSITION PARTITION VALUE
//                                            about to be sent, made of that position of the group
//   commit PRODUCER NUMBER                   about to be asked for; in doubt from here on
//   committed PRODUCER NUMBER                the client says so, and so
//   aborted PRODUCER NUMBER                  of this
//   read PARTITION OFFSET VALUE              given to one who reads what is committed
//   polled PARTITION FROM NEXT               which were the reads from there to there
//   content PARTITION OFFSET VALUE           read by one who reads everything after the run
//   group GROUP OFFSET                       how far the group has read, after the run
//   complete                                 nothing more is to come of content and groups
//
// Other acts (init, abort, failed, lost) are for people. The last line of a process that was killed
// may be torn: it is left out.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace told {

struct File {
  std::string name;
  std::string text;
};

struct Verdict {
  std::size_t committed = 0;
  std::size_t aborted = 0;   // And those that their producers left open.
  std::size_t in_doubt = 0;  // Their producers never heard how they ended.
  std::size_t written = 0;   // Values.
  std::size_t reads = 0;     // Each time that one was given to somebody.
  std::size_t content = 0;   // Values that are there after the run.
  std::size_t cycles = 0;    // Pairs of transactions in one order here, in another there.
  std::vector<std::string> faults = {};
};

// An error tells of a line that is none of these, or of content that nobody read to its end.
Result<Verdict> judge(const std::vector<File>& files);

}  // namespace told
