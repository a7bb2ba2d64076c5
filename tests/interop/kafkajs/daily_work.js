// A day's work with kafkajs, a client written in JavaScript alone. Usage: daily_work.js HOST:PORT PREFIX
const assert = require('node:assert/strict');
const { Kafka, CompressionTypes, CompressionCodecs, ConfigResourceTypes, logLevel } = require('kafkajs');
const Snappy = require('kafkajs-snappy');
const lz4 = require('lz4js');
const xxh32 = require('lz4js/xxh32');
const zstd = require('@bokuweb/zstd-wasm');
const { blob, feature, finish, until, PATIENCE } = require('./feature');

const [bootstrap, prefix] = process.argv.slice(2);
const kafka = new Kafka({ brokers: [bootstrap], clientId: 'daily-work', logLevel: logLevel.NOTHING });
const admin = kafka.admin();

CompressionCodecs[CompressionTypes.Snappy] = Snappy;
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: async (encoder) => withIndependentBlocks(Buffer.from(lz4.compress(encoder.buffer))),
  decompress: async (buffer) => Buffer.from(lz4.decompress(buffer)),
});
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async (encoder) => Buffer.from(zstd.compress(encoder.buffer, 3)),
  decompress: async (buffer) => Buffer.from(zstd.decompress(buffer)),
});
const CODECS = { none: 'None', gzip: 'GZIP', snappy: 'Snappy', lz4: 'LZ4', zstd: 'ZSTD' };

// Kafka takes only frames that say their blocks stand alone. lz4js's do, one block being all there is
// of less than 4 MiB, but its header does not say so.
function withIndependentBlocks(frame) {
  frame[4] |= 0x20;
  frame[6] = (xxh32.hash(0, frame, 4, 2) >> 8) & 0xff;
  return frame;
}

async function create(name, numPartitions = 1, configEntries = []) {
  const topic = `${prefix}-${name}`;
  const created = await admin.createTopics({ topics: [{ topic, numPartitions, configEntries }] });
  return created ? topic : assert.fail(`${topic} is there already`);
}

function someMessages(partitions, count, size) {
  return Array.from({ length: count }, (_, i) =>
    ({ key: `key-${i}`, value: blob(size), partition: i % partitions }));
}

async function send(topic, messages, { acks = -1, codec = 'None', ...settings } = {}) {
  const producer = kafka.producer({ allowAutoTopicCreation: false, retry: { retries: 2 }, ...settings });
  await producer.connect();
  try {
    return await producer.send({ topic, messages, acks, compression: CompressionTypes[codec] });
  } finally {
    await producer.disconnect();
  }
}

// Reads `count` messages with a group, from the beginning if the group is new, and commits them.
async function read(topic, count, groupId = `${prefix}-${topic}`) {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 200 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const messages = [];
  try {
    await new Promise((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      consumer.run({
        autoCommit: false,
        eachBatch: async ({ batch, resolveOffset, commitOffsetsIfNecessary, uncommittedOffsets }) => {
          for (const message of batch.messages) {
            if (messages.length === count) break;
            messages.push({ ...message, partition: batch.partition });
            resolveOffset(message.offset);
          }
          await commitOffsetsIfNecessary(uncommittedOffsets());
          if (messages.length === count) resolve();
        },
      }).catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return messages;
}

const text = (bytes) => (bytes === null || bytes === undefined ? null : Buffer.from(bytes).toString('latin1'));

function assertSame(sent, got) {
  const next = {};
  const byPlace = new Map(got.map((message) => [`${message.partition}@${message.offset}`, message]));
  for (const message of sent) {
    const partition = message.partition ?? 0;
    const offset = next[partition] ?? 0;
    next[partition] = offset + 1;
    const same = byPlace.get(`${partition}@${offset}`);
    assert(same, `nothing at ${partition}@${offset}`);
    assert.equal(text(same.key), text(message.key), `another key at ${partition}@${offset}`);
    assert(text(same.value) === text(message.value), `another value at ${partition}@${offset}`);
    for (const [name, value] of Object.entries(message.headers ?? {})) {
      const texts = (values) => [values].flat().map(text);
      assert.deepEqual(texts(same.headers[name]), texts(value), `header ${name}`);
    }
  }
}

async function produce(acks, codec) {
  const topic = await create(`acks-${acks}-${codec}`, 2);
  const messages = someMessages(2, 100, 300);
  // A leader that is not ready yet would lose what is sent without an answer.
  await send(topic, messages.slice(0, 1));
  await send(topic, messages.slice(1, 2));
  await send(topic, messages.slice(2), { acks: acks === 'all' ? -1 : Number(acks), codec: CODECS[codec] });
  assertSame(messages, await read(topic, 100));
}

async function sendAndReadBack(name, messages, settings) {
  const topic = await create(name);
  await send(topic, messages, settings);
  assertSame(messages, await read(topic, messages.length));
}

async function configured(topic, name) {
  const { resources } = await admin.describeConfigs(
    { resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }], includeSynonyms: false });
  return resources[0].configEntries.find((entry) => entry.configName === name).configValue;
}

async function everything() {
  await zstd.init();
  await admin.connect();

  await feature('create-topic', async () => {
    const configEntries = [{ name: 'retention.ms', value: '3600000' }];
    const topic = await create('created', 3, configEntries);
    assert.equal(await admin.createTopics({ topics: [{ topic, numPartitions: 3 }] }), false, 'created twice');
  });
  for (const acks of ['0', '1', 'all']) {
    for (const codec of Object.keys(CODECS)) {
      await feature(`produce-${acks}-${codec}`, () => produce(acks, codec));
    }
  }
  await feature('idempotent-produce', () =>
    sendAndReadBack('idempotent', someMessages(1, 1000, 100), { idempotent: true, maxInFlightRequests: 1 }));
  await feature('headers', () => sendAndReadBack('headers', [
    { key: 'k', value: 'v', headers: { trace: ['4f2a', 'again'], empty: '' } },
    { key: 'k', value: 'v', headers: { 'é': blob(5000).toString() } }]));
  await feature('null-key-and-value', () => sendAndReadBack('nulls', [
    { key: null, value: 'value' }, { key: 'key', value: null }, { key: null, value: null },
    { key: '', value: '' }]));
  await feature('record-sizes', () => sendAndReadBack('sizes',
    [1, 127, 128, 16_384, 100_000, 500_000].map((size) => ({ value: blob(size) }))));
  await feature('seek-by-time', seekByTime);
  await feature('group-resume', groupResumes);
  await feature('delete-group', async () => {
    await admin.deleteGroups([`${prefix}-group`]);
    const { groups } = await admin.listGroups();
    assert(!groups.some((group) => group.groupId === `${prefix}-group`), 'the group is still listed');
  });
  await feature('transactions', transactions);
  await feature('list-topics', async () =>
    assert((await admin.listTopics()).includes(`${prefix}-created`), 'the created topic is not listed'));
  await feature('describe-topic', async () => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [`${prefix}-created`] });
    assert.equal(topics[0].partitions.length, 3);
    assert(topics[0].partitions.every(({ leader, isr }) => leader >= 0 && isr.length === 1), 'leaders');
  });
  await feature('describe-cluster', async () => {
    const { brokers, controller, clusterId } = await admin.describeCluster();
    assert.equal(brokers.length, 1);
    assert.equal(controller, brokers[0].nodeId);
    assert.equal(clusterId.length, 22);
  });
  await feature('config', async () => {
    const topic = await create('configured', 1, [{ name: 'retention.ms', value: '3600000' }]);
    assert.equal(await configured(topic, 'retention.ms'), '3600000');
    await admin.alterConfigs({ validateOnly: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: topic,
      configEntries: [{ name: 'segment.bytes', value: '2000000' }] }] });
    assert.equal(await configured(topic, 'segment.bytes'), '2000000');
    assert.equal(await configured(topic, 'retention.ms'), '604800000', 'the old way replaces all');
  });
  await feature('create-partitions', async () => {
    const topic = await create('grown');
    await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
    // A new partition may take a moment to find its leader.
    const offsets = () => admin.fetchTopicOffsets(topic).catch(() => []);
    await until(async () => (await offsets()).length === 4, 'growth to 4 partitions');
    const messages = someMessages(4, 40, 20);
    await send(topic, messages);
    assertSame(messages, await read(topic, 40));
  });
  await feature('delete-records', async () => {
    const topic = await create('trimmed');
    await send(topic, someMessages(1, 50, 20));
    await admin.fetchTopicOffsets(topic); // Deleting looks for leaders among topics asked for before.
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '30' }] });
    assert.equal((await admin.fetchTopicOffsets(topic))[0].low, '30');
    assert.equal((await read(topic, 20))[0].offset, '30');
  });
  await feature('unknown-topic', async () => {
    const refused = await send(`${prefix}-no where`, [{ value: 'x' }], { retry: { retries: 0 } })
      .then(() => null, (error) => error);
    assert(refused, 'a topic of an unlawful name was written to');
    await assert.rejects(admin.fetchTopicOffsets(`${prefix}-nowhere`), /does not host|not exist|UNKNOWN/i);
  });
  await feature('too-large', async () => {
    const topic = await create('small', 1, [{ name: 'max.message.bytes', value: '1000' }]);
    await assert.rejects(send(topic, [{ value: blob(2000) }]), /larger than|too large/i);
  });
  await feature('delete-topic', async () => {
    const topic = await create('gone');
    await admin.deleteTopics({ topics: [topic] });
    await until(async () => !(await admin.listTopics()).includes(topic), 'the end of the topic');
  });
  await admin.disconnect();
}

async function seekByTime() {
  const topic = await create('times');
  const start = Date.now() - 1_000_000;
  const messages = Array.from({ length: 100 }, (_, i) => ({ value: blob(50), timestamp: String(start + i * 1000) }));
  await send(topic, messages);
  const [{ offset }] = await admin.fetchTopicOffsetsByTimestamp(topic, start + 41_500);
  assert.equal(offset, '42');
  const [{ low, high }] = await admin.fetchTopicOffsets(topic);
  assert.deepEqual([low, high], ['0', '100']);
  const groupId = `${prefix}-times`;
  await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset }] });
  const rest = await read(topic, 58, groupId);
  assert.equal(rest[0].timestamp, String(start + 42_000));
}

async function transactions() {
  const topic = await create('transactions');
  const producer = kafka.producer({ transactionalId: prefix, idempotent: true, maxInFlightRequests: 1,
    retry: { retries: 2 } });
  await producer.connect();
  try {
    for (const value of ['aborted', 'committed']) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value, partition: 0 }] });
      await (value === 'aborted' ? transaction.abort() : transaction.commit());
    }
  } finally {
    await producer.disconnect();
  }
  assert.equal((await read(topic, 1))[0].value.toString(), 'committed', 'what was aborted is read');
}

async function groupResumes() {
  const topic = await create('group', 2);
  await send(topic, someMessages(2, 100, 50));
  const groupId = `${prefix}-group`;
  const seen = new Set();
  for (let life = 0; life < 2; life++) {
    for (const { partition, offset } of await read(topic, 50, groupId)) seen.add(`${partition}@${offset}`);
  }
  assert.equal(seen.size, 100, `both lives together read ${seen.size} different records`);
  const { groups } = await admin.listGroups();
  assert(groups.some((group) => group.groupId === groupId), 'the group is not listed');
}

everything().then(finish, (error) => {
  console.log(`FAIL kafkajs ${error.message}`);
  process.exit(1);
});
