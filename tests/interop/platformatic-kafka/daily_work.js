// A day's work with @platformatic/kafka. Usage: daily_work.js HOST:PORT PREFIX
'use strict';
const { Admin, Consumer, Producer, findErrorBy } = require('@platformatic/kafka');
const { Day } = require('./day.js');

const [bootstrap, prefix] = process.argv.slice(2);
const common = { clientId: 'daily-work', bootstrapBrokers: [bootstrap], retries: 3, retryDelay: 50,
  metadataMaxAge: 50 };
const admin = new Admin(common);
const READ_COMMITTED = 1;
const TOPIC = 2;

function message(topic, { key, value, partition, headers, timestamp }) {
  return { topic, partition, key: key ?? undefined, value: value ?? undefined,
    timestamp: timestamp === undefined ? undefined : BigInt(timestamp),
    headers: new Map(headers.map(([name, bytes]) => [Buffer.from(name), bytes])) };
}

function record({ key, value, partition, offset, timestamp, headerEntries }) {
  return { key, value, partition, offset: Number(offset), timestamp: Number(timestamp),
    headers: headerEntries.map(([name, bytes]) => [name.toString(), bytes]) };
}

async function withProducer(settings, work) {
  const producer = new Producer({ ...common, ...settings });
  try {
    return await work(producer);
  } finally {
    await producer.close(true);
  }
}

// Reads with a group, which this client cannot do without, and lets `settle` commit before it leaves.
async function consume(group, topic, count, how, settle) {
  const consumer = new Consumer({ ...common, groupId: group, maxWaitTime: 100, isolationLevel: READ_COMMITTED,
    autocommit: false, sessionTimeout: 10_000, heartbeatInterval: 1_000 });
  const stream = await consumer.consume({ topics: [topic], ...how });
  const read = [];
  try {
    for await (const got of stream) {
      read.push(got);
      if (read.length === count) break;
    }
    await settle(consumer, read);
  } finally {
    await consumer.close(true);
  }
  return read.map(record);
}

let readers = 0;
const offsetsAt = async (topic, timestamp) => {
  const [found] = await admin.listOffsets({ isolationLevel: READ_COMMITTED,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: BigInt(timestamp) }] }] });
  return Number(found.partitions[0].offset);
};

const alter = (topic, configs) => ({ resources: [{ resourceType: TOPIC, resourceName: topic, configs }] });

const client = {
  isCode: (error, code) => Boolean(findErrorBy(error, 'apiCode', code)),
  create: (topic, partitions, config) => admin.createTopics({ topics: [topic], partitions, replicas: 1,
    configs: Object.entries(config).map(([name, value]) => ({ name, value })) }),
  remove: (topic) => admin.deleteTopics({ topics: [topic] }),
  send: (topic, records, { acks, codec, idempotent }) =>
    // Acknowledgements asked for when a producer is made count for nothing: without them here they are acks=1.
    withProducer({ idempotent }, (producer) =>
      producer.send({ acks, compression: codec, messages: records.map((one) => message(topic, one)) })),
  read: (topic, from, count) => consume(`${prefix}-reader-${readers++}`, topic, count, { mode: 'manual',
    offsets: Object.entries(from).map(([partition, offset]) =>
      ({ topic, partition: Number(partition), offset: BigInt(offset) })) }, () => {}),
  readGroup: (group, topic, count) => consume(group, topic, count, { mode: 'committed', fallbackMode: 'earliest' },
    (consumer, read) => consumer.commit({ offsets: [0, 1].map((partition) =>
      read.findLast((one) => one.partition === partition)).filter(Boolean).map((one) =>
      ({ topic, partition: one.partition, offset: one.offset + 1n, leaderEpoch: one.leaderEpoch })) })),
  committed: async (group) => {
    const [found] = await admin.listConsumerGroupOffsets({ groups: [group] });
    const offsets = found.topics.flatMap((topic) => topic.partitions).map((one) => Number(one.committedOffset));
    return offsets.reduce((sum, offset) => sum + offset, 0);
  },
  groups: async () => [...(await admin.listGroups()).keys()],
  deleteGroup: (group) => admin.deleteGroups({ groups: [group] }),
  offsetAt: offsetsAt,
  watermarks: async (topic) => [await offsetsAt(topic, -2), await offsetsAt(topic, -1)],
  transact: (id, topic, records, commit) => withProducer({ transactionalId: `${id}-${commit}`, idempotent: true },
    async (producer) => {
      const transaction = await producer.beginTransaction();
      await transaction.send({ messages: records.map((one) => message(topic, one)) });
      await (commit ? transaction.commit() : transaction.abort());
    }),
  topics: () => admin.listTopics(),
  partitions: async (topic) => {
    const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true });
    return topics.get(topic).partitions.filter(({ leader }) => leader >= 0).length;
  },
  cluster: async () => {
    const { id, brokers, controllerId } = await admin.metadata({ topics: [], forceUpdate: true });
    return { id, brokers: [...brokers.keys()], controller: controllerId };
  },
  logDirBytes: async (topic) => {
    const [{ results }] = await admin.describeLogDirs({ topics: [{ name: topic, partitions: [0] }] });
    return Number(results[0].topics[0].partitions[0].partitionSize);
  },
  config: async (topic, name) => {
    const [{ configs }] = await admin.describeConfigs({ resources: [{ resourceType: TOPIC, resourceName: topic,
      configurationKeys: [name] }] });
    return configs[0].value;
  },
  setConfig: (topic, name, value) =>
    admin.incrementalAlterConfigs(alter(topic, [{ name, configOperation: 0, value }])),
  replaceConfig: (topic, name, value) => admin.alterConfigs(alter(topic, [{ name, value }])),
  grow: (topic, count) => admin.createPartitions({ topics: [{ name: topic, count }] }),
  trim: (topic, offset) => admin.deleteRecords({ topics: [{ name: topic,
    partitions: [{ partition: 0, offset: BigInt(offset) }] }] }),
};

new Day(client, prefix).work();
