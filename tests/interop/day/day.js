// A day's work with Apache Kafka's protocol, told once for the clients in JavaScript that bring a client.
//
// A client's suite gives an object with the functions that its client has; a feature whose function is not
// there is not told of. Features have the same names in all languages: they are the rows of docs/clients.md.
//
// What the client must have: isCode(error, number), create(topic, partitions, config), remove(topic), topics(),
// partitions(topic), send(topic, records, { acks, codec, idempotent }), which may give offsets, and
// read(topic, { partition: offset }, count), which gives what is committed. What it may have stands in `work`.
// A record is { partition, key, value, headers: [[name, value]], timestamp, offset }, bytes as Buffer or null.
'use strict';
const assert = require('node:assert/strict');
const { blob, feature, finish, until, PATIENCE } = require('./feature');

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const UNKNOWN_TOPIC = 3;
const MESSAGE_TOO_LARGE = 10;
const INVALID_TOPIC = 17;
const TOPIC_EXISTS = 36;

const bytes = (text) => Buffer.from(text);
const record = (value, more = {}) => ({ partition: 0, key: null, value, headers: [], ...more });
const someRecords = (partitions, count, size) => Array.from({ length: count }, (_, i) =>
  record(blob(size), { key: bytes(`key-${i}`), partition: i % partitions }));
const text = (value) => (value === null || value === undefined ? null : Buffer.from(value).toString('latin1'));
const beginnings = (partitions) => Object.fromEntries(Array.from({ length: partitions }, (_, p) => [p, 0]));

class Day {
  constructor(client, prefix) {
    this.client = client;
    this.prefix = prefix;
  }

  async create(name, partitions = 1, config = {}) {
    const topic = `${this.prefix}-${name}`;
    await this.client.create(topic, partitions, config);
    return topic;
  }

  send(topic, records, how = {}) {
    return this.client.send(topic, records, { acks: -1, codec: 'none', idempotent: false, ...how });
  }

  async sendAndReadBack(name, partitions, records, how) {
    const topic = await this.create(name, partitions);
    await this.send(topic, records, how);
    await this.assertSame(topic, partitions, records);
  }

  async assertSame(topic, partitions, sent) {
    const read = {};
    for (const got of await this.client.read(topic, beginnings(partitions), sent.length)) {
      (read[got.partition] ??= []).push(got);
    }
    const next = beginnings(partitions);
    for (const want of sent) {
      const at = next[want.partition]++;
      const got = read[want.partition]?.[at];
      const where = `partition ${want.partition} offset ${at}`;
      assert(got, `nothing at ${where}`);
      assert.equal(got.offset, at, `${where} came as offset ${got.offset}`);
      assert.equal(text(got.key), text(want.key), `${where}: another key`);
      assert(text(got.value) === text(want.value), `${where}: another value`);
      const texts = (headers) => headers.map(([name, value]) => [name, text(value)]);
      assert.deepEqual(texts(got.headers), texts(want.headers), `${where}: other headers`);
    }
  }

  async refused(code, what, call) {
    const error = await call().then(() => null, (why) => why);
    assert(error, `${what} was accepted`);
    assert(this.client.isCode(error, code), `${what} gave ${error.message}`);
  }

  // First a record to each partition by itself, with an answer: a leader that is not ready yet would lose what is
  // sent without one, and what was sent to two partitions may come twice to the other.
  async produce(name, acks, codec) {
    const topic = await this.create(`acks-${name}-${codec}`, 2);
    const sent = someRecords(2, 200, 300);
    await this.send(topic, sent.slice(0, 1), { codec });
    await this.send(topic, sent.slice(1, 2), { codec });
    await this.send(topic, sent.slice(2), { acks, codec });
    await this.assertSame(topic, 2, sent);
  }

  async headers() {
    await this.sendAndReadBack('headers', 1, [
      record(bytes('v'), { headers: [['trace', bytes('4f2a')], ['trace', bytes('again')]] }),
      record(bytes('v'), { headers: [['empty', bytes('')], ['é', blob(5000)]] })]);
  }

  async nulls() {
    await this.sendAndReadBack('nulls', 1, [record(bytes('value')), record(null, { key: bytes('key') }),
      record(null), record(bytes(''), { key: bytes('') })]);
  }

  async sizes() {
    const sizes = [1, 127, 128, 16_383, 16_384, 100_000, 500_000, 1_048_000];
    const topic = await this.create('sizes');
    const sent = sizes.map((size) => record(blob(size)));
    for (const one of sent) await this.send(topic, [one]);
    await this.assertSame(topic, 1, sent);
  }

  async idempotent() {
    await this.sendAndReadBack('idempotent', 1, someRecords(1, 2000, 100), { idempotent: true });
  }

  async seekByTime() {
    const topic = await this.create('times');
    const start = Date.now() - 1_000_000;
    await this.send(topic, Array.from({ length: 100 }, (_, i) =>
      record(blob(50), { timestamp: start + i * 1000 })));
    const offset = await this.client.offsetAt(topic, start + 41_500);
    assert.equal(offset, 42, `the first record from then on is 42, not ${offset}`);
    const rest = await this.client.read(topic, { 0: offset }, 58);
    assert.equal(rest[0].timestamp, start + 42_000, 'another timestamp was read');
    assert.deepEqual(await this.client.watermarks(topic), [0, 100]);
  }

  async groupResumes() {
    const topic = await this.create('group', 2);
    await this.send(topic, someRecords(2, 100, 50));
    const group = `${this.prefix}-group`;
    const read = [...await this.client.readGroup(group, topic, 50), ...await this.client.readGroup(group, topic, 50)];
    const places = new Set(read.map(({ partition, offset }) => `${partition}@${offset}`));
    assert.equal(places.size, 100, `read ${read.length} records, ${places.size} different ones`);
    assert.equal(await this.client.committed(group, topic), 100, 'other committed offsets');
    assert((await this.client.groups()).includes(group), 'the group is not listed');
  }

  async deleteGroup() {
    const group = `${this.prefix}-group`;
    await this.client.deleteGroup(group);
    assert(!(await this.client.groups()).includes(group), 'the group is still listed');
  }

  async transactions() {
    const topic = await this.create('transactions');
    const [aborted, committed] = [someRecords(1, 5, 20), someRecords(1, 5, 20)];
    await this.client.transact(this.prefix, topic, aborted, false);
    await this.client.transact(this.prefix, topic, committed, true);
    const read = await this.client.read(topic, { 0: 0 }, 5);
    assert.deepEqual(read.map(({ value }) => text(value)), committed.map(({ value }) => text(value)));
  }

  async describeCluster() {
    const { id, brokers, controller } = await this.client.cluster();
    assert.deepEqual(brokers, [controller]);
    assert.equal(id.length, 22);
  }

  async describeLogDirs() {
    const size = await this.client.logDirBytes(`${this.prefix}-sizes`);
    assert(size > 1_600_000, `the large records take ${size} bytes`);
  }

  async config() {
    const topic = await this.create('configured', 1, { 'retention.ms': '3600000' });
    const holds = (name, value) =>
      until(async () => (await this.client.config(topic, name)) === value, `${name}=${value}`);
    await holds('retention.ms', '3600000');
    await this.client.setConfig(topic, 'retention.ms', '7200000');
    await holds('retention.ms', '7200000');
    if (!this.client.replaceConfig) return;
    await this.client.replaceConfig(topic, 'segment.bytes', '2000000');
    await holds('segment.bytes', '2000000');
    await holds('retention.ms', '604800000');
  }

  async createPartitions() {
    const topic = await this.create('grown');
    await this.client.grow(topic, 4);
    await until(async () => (await this.client.partitions(topic)) === 4, 'growth to 4 partitions');
    const sent = someRecords(4, 40, 20);
    // One after the other: if one leader is not ready yet, some clients send to all of them again.
    for (const p of [0, 1, 2, 3]) await this.send(topic, sent.filter(({ partition }) => partition === p));
    await this.assertSame(topic, 4, sent);
  }

  async deleteRecords() {
    const topic = await this.create('trimmed');
    await this.send(topic, someRecords(1, 50, 20));
    await this.client.trim(topic, 30);
    assert.equal((await this.client.watermarks(topic))[0], 30);
    assert.equal((await this.client.read(topic, { 0: 30 }, 20))[0].offset, 30, 'reading begins elsewhere');
  }

  async unknownTopic() {
    await this.refused(UNKNOWN_TOPIC, 'deleting what is not there', () =>
      this.client.remove(`${this.prefix}-nowhere`));
    await this.refused(INVALID_TOPIC, 'an unlawful name', () => this.create('no where'));
  }

  async tooLarge() {
    const topic = await this.create('small', 1, { 'max.message.bytes': '1000' });
    await this.refused(MESSAGE_TOO_LARGE, 'a record over the limit', () => this.send(topic, [record(blob(2000))]));
  }

  async deleteTopic() {
    const topic = await this.create('gone');
    await this.client.remove(topic);
    await until(async () => !(await this.client.topics()).includes(topic), 'the end of the topic');
  }

  async work() {
    const does = (needs, name, work) => (this.client[needs] ? feature(name, work.bind(this)) : undefined);
    await feature('create-topic', async () => {
      const topic = await this.create('created', 3, { 'retention.ms': '3600000' });
      await this.refused(TOPIC_EXISTS, 'creating it twice', () => this.client.create(topic, 3, {}));
    });
    for (const [name, acks] of [['0', 0], ['1', 1], ['all', -1]]) {
      for (const codec of this.client.codecs ?? CODECS) {
        await feature(`produce-${name}-${codec}`, () => this.produce(name, acks, codec));
      }
    }
    await feature('idempotent-produce', () => this.idempotent());
    await feature('headers', () => this.headers());
    await feature('null-key-and-value', () => this.nulls());
    await feature('record-sizes', () => this.sizes());
    await does('offsetAt', 'seek-by-time', this.seekByTime);
    await does('readGroup', 'group-resume', this.groupResumes);
    await does('deleteGroup', 'delete-group', this.deleteGroup);
    await does('transact', 'transactions', this.transactions);
    await feature('list-topics', async () =>
      assert((await this.client.topics()).includes(`${this.prefix}-created`), 'the created topic is not listed'));
    await feature('describe-topic', async () =>
      assert.equal(await this.client.partitions(`${this.prefix}-created`), 3));
    await does('cluster', 'describe-cluster', this.describeCluster);
    await does('logDirBytes', 'describe-log-dirs', this.describeLogDirs);
    await does('config', 'config', this.config);
    await does('grow', 'create-partitions', this.createPartitions);
    await does('trim', 'delete-records', this.deleteRecords);
    await feature('unknown-topic', () => this.unknownTopic());
    await feature('too-large', () => this.tooLarge());
    await feature('delete-topic', () => this.deleteTopic());
    finish();
  }
}

module.exports = { Day };
