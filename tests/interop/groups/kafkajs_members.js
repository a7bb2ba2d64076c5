// Members of groups by kafkajs, for the suites of this folder; cast.py says what is asked and told.
'use strict';
const fs = require('node:fs');
const readline = require('node:readline');
const { Kafka, PartitionAssigners, logLevel } = require('kafkajs');

const [bootstrap, path] = process.argv.slice(2);
const file = fs.openSync(path, 'a');
const members = new Map();

// kafkajs has one assigner, which goes by a name of its own: under Kafka's it can be in a group with other clients.
const roundrobin = (given) => {
  const assigner = PartitionAssigners.roundRobin(given);
  const named = { name: 'roundrobin' };
  return { ...assigner, ...named, protocol: (topics) => ({ ...assigner.protocol(topics), ...named }) };
};

// Each line is one write, so that those of several programs do not mix.
const tell = (...words) => fs.writeSync(file, `${words.join(' ')}\n`);

async function start(name, groupId, topic, words) {
  const kafka = new Kafka({ brokers: [bootstrap], clientId: name, logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId, partitionAssigners: [roundrobin], maxWaitTimeInMs: 100,
    sessionTimeout: Number(words.session ?? 30000), heartbeatInterval: 200,
    retry: { retries: 10, initialRetryTime: 100 } });
  members.set(name, consumer);
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) =>
    tell(name, 'owns', ...(payload.memberAssignment[topic] ?? [])));
  consumer.on(consumer.events.REBALANCING, () => tell(name, 'owns'));
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    tell(name, 'owns');
    if (!payload.restart) tell(name, 'failed', payload.error.message.replace(/\n/g, ' '));
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachBatch: async ({ batch, resolveOffset }) => {
      for (const { offset } of batch.messages) {
        tell(name, 'read', batch.partition, offset);
        resolveOffset(offset);
      }
    },
  });
}

async function stop(name) {
  const consumer = members.get(name);
  members.delete(name);
  tell(name, 'owns'); // It leaves its group before it says so.
  await consumer.disconnect();
  tell(name, 'left');
}

const failed = (name) => (error) => tell(name, 'failed', error.message.replace(/\n/g, ' '));

const commands = readline.createInterface({ input: process.stdin });
commands.on('line', (line) => {
  const [verb, name, group, topic, ...words] = line.split(' ');
  if (verb === 'stop') stop(name).catch(failed(name));
  else start(name, group, topic, Object.fromEntries(words.map((word) => word.split('=')))).catch(failed(name));
});
commands.on('close', () => Promise.all([...members.keys()].map((name) => stop(name).catch(failed(name)))));
