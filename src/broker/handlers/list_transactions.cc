// Lists the transactional ids that this broker coordinates (KIP-664, KIP-994, KIP-1152).
#include "wire/066_list_transactions.h"

#include <algorithm>

#include "broker/engine.h"
#include "broker/handlers/handlers.h"
#include "broker/transaction_coordinator.h"
#include "env/sync.h"
#include "group/regex.h"

namespace broker {
namespace {

using Request = wire::ListTransactionsRequest;
using Response = wire::ListTransactionsResponse;

// What is asked for, ready to be compared.
struct Filter {
  std::vector<txn::Status> states;
  bool any_state = true;
  std::vector<ProducerId> producers;
  std::int64_t open_for = -1;
  std::optional<group::TopicRegex> pattern;

  bool takes(const TransactionalId& id, const txn::Transaction& of, Timestamp now) const {
    const bool is_state = any_state || std::ranges::find(states, of.status) != states.end();
    const bool is_producer =
        producers.empty() || std::ranges::find(producers, of.producer.id) != producers.end();
    const bool is_open = of.status == txn::Status::Ongoing || of.is_ending();
    const bool is_old = open_for < 0 || (is_open && now.value - of.started.value > open_for);
    return is_state && is_producer && is_old && (!pattern || pattern->matches(TopicName{id.value}));
  }
};

Result<Filter> to_filter(const Request& request, Response& response) {
  Filter filter{.states = {},
                .any_state = request.state_filters.empty(),
                .producers = request.producer_id_filters,
                .open_for = request.duration_filter,
                .pattern = {}};
  for (const std::string& name : request.state_filters) {
    if (const auto status = txn::status_of(name)) {
      filter.states.push_back(*status);
    } else {
      response.unknown_state_filters.push_back(name);
    }
  }
  if (request.transactional_id_pattern && !request.transactional_id_pattern->empty()) {
    filter.pattern = TRY(group::TopicRegex::compile(*request.transactional_id_pattern));
  }
  return filter;
}

env::Task<Response> list_here(Engine& engine, const Filter& filter) {
  Response response;
  const Timestamp now = engine.shard().wall();
  const Result<void> listed = engine.transactions().each(
      [&](const TransactionalId& id, const txn::Transaction& transaction) {
        if (!filter.takes(id, transaction, now)) return;
        response.transaction_states.push_back(
            {id, transaction.producer.id, std::string(txn::name_of(transaction.status))});
      });
  if (!listed) response.error_code = listed.error().code;
  co_return response;
}

}  // namespace

env::Task<Response> list_transactions(Call& call, Request request) {
  Response response;
  const Result<Filter> filter = to_filter(request, response);
  if (!filter) {
    response.error_code = ErrorCode::InvalidRegularExpression;
    co_return response;
  }
  std::vector<env::Task<Response>> tasks;
  const Filter* const wanted = &*filter;
  for (const auto& engine : call.engine().node().engines) {
    Engine* const at = engine.get();
    tasks.push_back(
        call.on<Response>(at->shard(), [at, wanted] { return list_here(*at, *wanted); }));
  }
  for (Response& part : co_await env::all(call.shard(), std::move(tasks))) {
    if (part.error_code != ErrorCode::None) response.error_code = part.error_code;
    std::ranges::move(part.transaction_states, std::back_inserter(response.transaction_states));
  }
  co_return response;
}

}  // namespace broker
