#!/bin/sh
# Makes tests/formats/wire/golden.bin.gz anew: messages of every kind and version, as Kafka writes
# them. Needs a JDK and Maven. src/wire/golden_test.cc reads the file.
set -eu
cd "$(dirname "$0")"
mvn -q compile dependency:build-classpath -Dmdep.outputFile=target/classpath
golden=../../tests/formats/wire/golden.bin.gz
java -cp "target/classes:$(cat target/classpath)" thalweg.GoldenMessages "$golden"
