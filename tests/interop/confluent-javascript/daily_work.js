// A day's work with @confluentinc/kafka-javascript, which stands on librdkafka. Usage: daily_work.js HOST:PORT PREFIX
//
// Records are sent by its newer interface, which is that of kafkajs; reading and the administrator are its
// older one, which can do more. Neither changes configurations or describes the cluster.
'use strict';
const { promisify } = require('node:util');
const { AdminClient, KafkaConsumer, KafkaJS } = require('@confluentinc/kafka-javascript');
const { Day } = require('./day.js');

const [bootstrap, prefix] = process.argv.slice(2);
const TIMEOUT = 20_000;
const settings = { 'bootstrap.servers': bootstrap, 'topic.metadata.refresh.fast.interval.ms': 20, log_level: 0 };
const admin = AdminClient.create(settings);
const ask = (name, ...args) => promisify(admin[name].bind(admin))(...args);

async function withProducer(more, work) {
  const producer = new KafkaJS.Kafka().producer({ ...settings, ...more });
  producer.logger().setLogLevel(KafkaJS.logLevel.NOTHING);
  await producer.connect();
  try {
    return await work(producer);
  } finally {
    await producer.disconnect();
  }
}

const messages = (records) => records.map(({ key, value, partition, headers, timestamp }) => {
  const named = {};
  for (const [name, bytes] of headers) (named[name] ??= []).push(bytes);
  return { key, value, partition, headers: named, timestamp: timestamp?.toString() };
});

const record = ({ key, value, partition, offset, timestamp, headers }) =>
  ({ key, value, partition, offset, timestamp, headers: (headers ?? []).flatMap(Object.entries) });

// Lends a consumer to `begin`, reads, lets `settle` commit, and closes it.
async function consume(more, count, begin, settle) {
  const consumer = new KafkaConsumer({ ...settings, 'enable.auto.commit': false, 'group.id': `${prefix}-none`,
    'fetch.wait.max.ms': 100, ...more }, { 'auto.offset.reset': 'earliest' });
  await promisify(consumer.connect.bind(consumer))({});
  consumer.setDefaultConsumeTimeout(100);
  const read = [];
  try {
    begin(consumer);
    const deadline = Date.now() + TIMEOUT;
    while (read.length < count) {
      if (Date.now() > deadline) throw new Error(`read ${read.length} records instead of ${count}`);
      read.push(...await promisify(consumer.consume.bind(consumer))(count - read.length));
    }
    settle?.(consumer);
  } finally {
    await promisify(consumer.disconnect.bind(consumer))();
  }
  return read.map(record);
}

async function offsetAt(topic, timestamp) {
  const [{ offset }] = await ask('listOffsets', [{ topic, partition: 0, offset: { timestamp } }], { timeout: TIMEOUT });
  return offset;
}

const client = {
  isCode: (error, code) => error.code === code || error.errors?.some((cause) => cause.code === code),
  create: (topic, num_partitions, config) =>
    ask('createTopic', { topic, num_partitions, replication_factor: 1, config }, TIMEOUT),
  remove: (topic) => ask('deleteTopic', topic, TIMEOUT),
  send: (topic, records, { acks, codec, idempotent }) => withProducer({ acks, 'compression.type': codec,
    'enable.idempotence': idempotent, 'linger.ms': 5, 'message.max.bytes': 2_000_000 },
  async (producer) => {
    const sent = await producer.send({ topic, messages: messages(records) });
    await producer.flush({ timeout: TIMEOUT });
    return sent;
  }),
  read: (topic, from, count) => consume({}, count, (consumer) => consumer.assign(
    Object.entries(from).map(([partition, offset]) => ({ topic, partition: Number(partition), offset })))),
  readGroup: (group, topic, count) => consume({ 'group.id': group }, count,
    (consumer) => consumer.subscribe([topic]), (consumer) => consumer.commitSync()),
  committed: async (group) => {
    const [{ partitions }] = await ask('listConsumerGroupOffsets', [{ groupId: group }], { timeout: TIMEOUT });
    return partitions.reduce((sum, { offset }) => sum + Number(offset), 0);
  },
  groups: async () => (await ask('listGroups', { timeout: TIMEOUT })).groups.map(({ groupId }) => groupId),
  deleteGroup: (group) => ask('deleteGroups', [group], { timeout: TIMEOUT }),
  offsetAt,
  watermarks: async (topic) => [await offsetAt(topic, -2), await offsetAt(topic, -1)],
  transact: (id, topic, records, commit) => withProducer({ 'transactional.id': id, 'transaction.timeout.ms': 3_000 },
    async (producer) => {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: messages(records) });
      await (commit ? transaction.commit() : transaction.abort());
    }),
  topics: () => ask('listTopics', { timeout: TIMEOUT }),
  partitions: async (topic) => {
    const [{ partitions, error }] = await ask('describeTopics', [topic], { timeout: TIMEOUT });
    if (error) throw error;
    return partitions.filter(({ leader }) => leader).length;
  },
  grow: (topic, count) => ask('createPartitions', topic, count, TIMEOUT),
  trim: (topic, offset) => ask('deleteRecords', [{ topic, partition: 0, offset }], { timeout: TIMEOUT }),
};

new Day(client, prefix).work();
