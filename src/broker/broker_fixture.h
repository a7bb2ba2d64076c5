// For tests: a case that has a broker (broker_test_support.h).
#pragma once
#include <gtest/gtest.h>

#include "broker/broker_test_support.h"

namespace broker {

class BrokerTest : public testing::Test, protected TestBroker {};

}  // namespace broker
